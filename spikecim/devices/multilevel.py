"""A multi-level memory cell in siemens: states between two conductances, programmed with a state-dependent spread.

G = max(0, G_target + sd(G_target) (sqrt(s) z_cell + sqrt(1 - s) z_cycle)): s is the share of the variance that stays
with the cell (device-to-device), the rest is drawn anew by every programming (cycle-to-cycle). Stuck cells lie on their
rails. Library: devices/library/*.toml; the same protocol holds SPIRIT's own cell (slc_levels.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from spikecim.devices.analog_cell import FREE, AnalogCells, FloatArray, StuckMap
from spikecim.devices.level_ageing import aged_conductance
from spikecim.devices.level_spec import LevelIv, MultiLevelSpec
from spikecim.devices.rectified import rectified_mean, rectified_sd
from spikecim.devices.stuck_cells import on_rails, stuck_fate, within_window
from spikecim.errors import ParameterError
from spikecim.parameters import switched_on
from spikecim.streams import stream


@dataclass(frozen=True, kw_only=True)
class MultiLevelCell:
    """The cell model: `spec` in, programmed `AnalogCells` out."""

    spec: MultiLevelSpec

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def g_min(self) -> float:
        return self.spec.window.g_min.value

    @property
    def g_max(self) -> float:
        return self.spec.window.g_max.value

    @property
    def levels(self) -> int:
        return self.spec.window.levels.value

    @property
    def read_voltage(self) -> float:
        return self.spec.window.read_voltage.value

    @property
    def rails(self) -> tuple[float, float]:
        return self.spec.stuck.rail_low.value, self.spec.stuck.rail_high.value

    @property
    def stuck_shares(self) -> tuple[float, float]:
        return self.spec.stuck.share_low.value, self.spec.stuck.share_high.value

    @property
    def iv(self) -> LevelIv:
        return self.spec.iv

    @property
    def fluctuates(self) -> bool:
        spec = self.spec
        return any(spec.programming.spread.value) or any(spec.read.noise_rel.value)

    @property
    def ages(self) -> bool:
        return switched_on(self.spec.relaxation) is not None or switched_on(self.spec.drift) is not None

    def program(
        self,
        target: ArrayLike,
        seed: int,
        *path: str | int,
        cycle: int = 0,
        fluctuation: bool = True,
        stuck: bool = True,
        stuck_map: StuckMap | None = None,
    ) -> AnalogCells:
        """Program cells towards `target` (...) in S.

        The cells themselves (their device-to-device part, which are stuck) are named by `seed` and `path`; `cycle`
        names the programming cycle, of which another number draws the rest anew on the same cells.

        Parameters
        ----------
        fluctuation : bool
            False: free cells meet their target exactly.
        stuck : bool
            False: no cell is stuck.
        stuck_map : int8 (...), optional
            1 LRS, -1 HRS, 0 free; without it the map is drawn by the device's shares.

        Raises
        ------
        ParameterError
            If a target lies outside the window, or `cycle` beyond the endurance.
        ShapeError
            If the map is of another shape.
        """
        wanted = within_window(target, self.g_min, self.g_max)
        self._check_cycle(cycle)
        result = wanted
        if fluctuation:
            share = self.spec.programming.cell_share.value
            z = np.sqrt(share) * stream(seed, *path, "cell").standard_normal(wanted.shape)
            z += np.sqrt(1.0 - share) * stream(seed, *path, "cycle", cycle).standard_normal(wanted.shape)
            result = np.maximum(0.0, wanted + self.program_sd(wanted) * z)
        fate = stuck_fate(self, wanted.shape, seed, *path, stuck=stuck, stuck_map=stuck_map)
        return on_rails(AnalogCells(conductance=result, target=wanted, stuck=fate), self.rails)

    def at(self, cells: AnalogCells, seconds: float, seed: int, *path: str | int) -> AnalogCells:
        """The cells `seconds` after programming: drift and relaxation; stuck cells answer to nothing.

        Raises
        ------
        ParameterError
            For a negative time, one beyond the horizon, or if the device states no law of time.
        """
        if not (np.isfinite(seconds) and seconds >= 0.0):
            raise ParameterError(f"{seconds!r} s after programming: must be a finite number, not below 0")
        if seconds == 0.0:
            return cells
        if not self.ages:
            raise ParameterError(
                f"{seconds:g} s would be without effect: device {self.name} has no relaxation or drift table on"
            )
        moved = aged_conductance(self.spec, cells.conductance, cells.target, seconds, seed, *path)
        return replace(cells, conductance=np.where(cells.stuck == FREE, moved, cells.conductance))

    def program_sd(self, target: ArrayLike) -> FloatArray:
        """Standard deviation (S) that programming aims with, by target (S)."""
        rules = self.spec.programming
        relative = np.interp(self.state(target), rules.states.value, rules.spread.value)
        return np.asarray(relative * (self.g_max - self.g_min))

    def programmed(self, target: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Closed-form mean and standard deviation (S) of free cells programmed to `target` (S)."""
        wanted = np.asarray(target, np.float64)
        sd = self.program_sd(wanted)
        return rectified_mean(wanted, sd), rectified_sd(wanted, sd)

    def read_sd(self, conductance: ArrayLike) -> FloatArray:
        """Standard deviation (S) of one read of cells of `conductance` (S)."""
        now = np.asarray(conductance, np.float64)
        table = self.spec.read
        return np.asarray(np.interp(self.state(now), table.states.value, table.noise_rel.value) * now)

    def state(self, conductance: ArrayLike) -> FloatArray:
        """Place in the window: 0 at g_min, 1 at g_max, unclipped."""
        return (np.asarray(conductance, np.float64) - self.g_min) / (self.g_max - self.g_min)

    def _check_cycle(self, cycle: int) -> None:
        last = self.spec.window.endurance.value
        if not 0 <= cycle <= last:
            raise ParameterError(f"device {self.name}: programming cycle {cycle} is outside 0 .. {last:g} (endurance)")
