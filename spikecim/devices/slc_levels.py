"""SPIRIT's own SLC cell with two analog levels: the mean conductances, programmed by `SlcOxram.program`.

A target between both states (only with ideal weights, "quantisation" off) mixes the two draws of the same cell in
proportion, so that mean and spread go over from one state to the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spikecim.devices.ageing import Future, Past
from spikecim.devices.analog_cell import FREE, AnalogCells, StuckMap
from spikecim.devices.level_spec import LevelIv, Volt
from spikecim.devices.oxram import Cells, OxramSpec, SlcOxram
from spikecim.devices.stuck_cells import on_rails, stuck_fate, within_window
from spikecim.errors import ParameterError
from spikecim.parameters import Parameter, Section, switched_on

FloatArray = NDArray[np.float64]
# The whole of a read: slow noise is frozen, see ageing.Future.
_CORNER_S = 1e-3


class SlcSpec(Section):
    """A device file of devices/library that stands for a cell of devices/presets."""

    name: str
    title: str
    sources: dict[str, str]
    preset: str
    read_voltage: Volt
    iv: LevelIv


@dataclass(frozen=True, kw_only=True)
class SlcLevels:
    """The cell of `preset`, with the read voltage and I-V law of `spec`."""

    spec: SlcSpec
    preset: OxramSpec

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def g_min(self) -> float:
        return self._means[1]

    @property
    def g_max(self) -> float:
        return self._means[0]

    @property
    def levels(self) -> int:
        return 2

    @property
    def read_voltage(self) -> float:
        return self.spec.read_voltage.value

    @property
    def rails(self) -> tuple[float, float]:
        return self.g_min, self.g_max

    @property
    def stuck_shares(self) -> tuple[float, float]:
        wear = self.preset.endurance
        fresh = self.preset.stuck_lrs.value
        worn = 0.0 if wear is None else wear.worn_out()
        return self.preset.stuck_hrs.value, 1.0 - (1.0 - fresh) * (1.0 - worn)

    @property
    def iv(self) -> LevelIv:
        return self.spec.iv

    @property
    def fluctuates(self) -> bool:
        states = (self.preset.lrs, self.preset.hrs)
        return any(s.sigma_ln.value or s.read_noise_rel.value or s.tail_probability.value for s in states)

    @property
    def ages(self) -> bool:
        spec = self.preset
        return any(switched_on(table) for table in (spec.relaxation, spec.retention, spec.flicker, spec.telegraph))

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
        """Program cells towards `target` (...) in S; arguments and errors as `MultiLevelCell.program`."""
        wanted = within_window(target, self.g_min, self.g_max)
        result = self._drawn(wanted, cycle, seed, *path) if fluctuation else wanted
        fate = stuck_fate(self, wanted.shape, seed, *path, stuck=stuck, stuck_map=stuck_map)
        return on_rails(AnalogCells(conductance=result, target=wanted, stuck=fate), self.rails)

    def at(self, cells: AnalogCells, seconds: float, seed: int, *path: str | int) -> AnalogCells:
        """The cells `seconds` after programming, by the laws of time of the preset; see `devices.ageing`."""
        if not (np.isfinite(seconds) and seconds >= 0.0):
            raise ParameterError(f"{seconds!r} s after programming: must be a finite number, not below 0")
        if seconds == 0.0:
            return cells
        if not self.ages:
            raise ParameterError(f"{seconds:g} s would be without effect: device {self.name} states no law of time")
        shape = cells.conductance.shape
        low = cells.target >= self._middle
        frozen = Cells(
            resistance=1.0 / cells.conductance,
            target=low,
            stuck=cells.stuck != FREE,
            verified=np.ones(shape, np.bool_),
            pulses=np.ones(shape, np.int32),
        )
        future = Future(cell=self._cell, fresh=frozen, seed=seed, path=path, corner=_CORNER_S)
        moved = 1.0 / future.at(Past(seconds=seconds)).resistance
        return replace(cells, conductance=np.where(cells.stuck == FREE, moved, cells.conductance))

    def program_sd(self, target: ArrayLike) -> FloatArray:
        """Standard deviation (S) by target (S), of the log-normal body before any verify cut; mixed in proportion."""
        state = (np.asarray(target, np.float64) - self.g_min) / (self.g_max - self.g_min)
        lrs, hrs = (_body_sd(s.median.value, s.sigma_ln.value) for s in (self.preset.lrs, self.preset.hrs))
        return np.hypot(state * lrs, (1.0 - state) * hrs)

    def read_sd(self, conductance: ArrayLike) -> FloatArray:
        """Standard deviation (S) of one read of cells of `conductance` (S), by the state they are in."""
        now = np.asarray(conductance, np.float64)
        lrs, hrs = (state.read_noise_rel.value for state in (self.preset.lrs, self.preset.hrs))
        return np.asarray(np.where(now >= self._middle, lrs, hrs) * now)

    @cached_property
    def _cell(self) -> SlcOxram:
        zero = Parameter(value=0.0, unit="dimensionless", status="assumed", source="the map is drawn apart")
        return SlcOxram(spec=self.preset.model_copy(update={"stuck_lrs": zero, "stuck_hrs": zero, "endurance": None}))

    @cached_property
    def _means(self) -> tuple[float, float]:
        return self._cell.mean_conductance(0.0)

    @property
    def _middle(self) -> float:
        return float(np.sqrt(self.g_min * self.g_max))

    def _drawn(self, wanted: FloatArray, cycle: int, seed: int, *path: str | int) -> FloatArray:
        state = (wanted - self.g_min) / (self.g_max - self.g_min)
        ends = (state == 0.0) | (state == 1.0)
        if ends.all():
            return np.asarray(1.0 / self._cell.program(state == 1.0, seed, *path, cycle=cycle).resistance)
        both = [
            1.0 / self._cell.program(np.full(wanted.shape, low), seed, *path, cycle=cycle).resistance
            for low in (True, False)
        ]
        return np.asarray(state * both[0] + (1.0 - state) * both[1])


def _body_sd(median_ohm: float, sigma_ln: float) -> float:
    """Standard deviation of 1 / R for log-normal R."""
    return float(np.sqrt(np.expm1(sigma_ln**2)) * np.exp(sigma_ln**2 / 2.0) / median_ohm)
