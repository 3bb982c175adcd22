"""An SLC 1T1R HfO2 OxRAM cell: two log-normal states with tails, programmed by one pulse or by write-verify.

ln R = ln(median) + sigma_ln * (sqrt(s) * z_cell + sqrt(1 - s) * z_cycle), with s the share of the variance that stays
with the cell (device-to-device) and the rest drawn anew by every programming pulse (cycle-to-cycle). Statistics of
both states: presets/*.toml, after 256 cells x 290 cycles of a public 1T1R array (doi 10.1109/TED.2021.3097975).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.devices.disturb import DisturbSpec
from spikecim.devices.endurance import EnduranceSpec
from spikecim.devices.flicker import FlickerSpec
from spikecim.devices.iv import IvSpec
from spikecim.devices.quadrature import mean_conductance
from spikecim.devices.relaxation import RelaxationSpec
from spikecim.devices.retention import RetentionSpec
from spikecim.devices.states import Fraction, ProgrammingSpec, StateSpec
from spikecim.devices.telegraph import TelegraphSpec
from spikecim.errors import ParameterError
from spikecim.parameters import Section
from spikecim.streams import stream


class OxramSpec(Section):
    """Everything about the cell that a chip or device file states."""

    lrs: StateSpec
    hrs: StateSpec
    cell_share: Fraction
    stuck_lrs: Fraction
    stuck_hrs: Fraction
    programming: ProgrammingSpec
    relaxation: RelaxationSpec | None = None
    retention: RetentionSpec | None = None
    disturb: DisturbSpec | None = None
    endurance: EnduranceSpec | None = None
    flicker: FlickerSpec | None = None
    telegraph: TelegraphSpec | None = None
    iv: IvSpec | None = None

    def check(self) -> None:
        low, high = self.lrs.median, self.hrs.median
        if low.value >= high.value:
            raise ParameterError(f"lrs.median {low.text()} must be below hrs.median {high.text()}")
        stuck = self.stuck_lrs.value + self.stuck_hrs.value
        if stuck > 1.0 + 1e-12:  # shares that sum to 1 may round above it
            raise ParameterError(f"stuck_lrs + stuck_hrs is {stuck:g}; no more than all cells can be stuck: at most 1")


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Programmed cells; all arrays share one shape (...).

    Attributes
    ----------
    resistance : float64, ohm
    target : bool, True for LRS
    stuck : bool
    verified : bool
        True where the last pulse left the cell inside its window (with one pulse: reported, not acted on).
    pulses : int32
        Programming pulses spent.
    """

    resistance: NDArray[np.float64]
    target: NDArray[np.bool_]
    stuck: NDArray[np.bool_]
    verified: NDArray[np.bool_]
    pulses: NDArray[np.int32]


@dataclass(frozen=True, kw_only=True)
class SlcOxram:
    """The cell model: `spec` in, programmed `Cells` out."""

    spec: OxramSpec

    def program(self, targets: NDArray[np.bool_], seed: int, *path: str | int, cycle: int = 0) -> Cells:
        """Program cells towards `targets` (True = LRS).

        The cells themselves (their device-to-device part, which ones are stuck) are named by `seed` and `path`: the
        same name programs the same physical array again, whatever the targets. `cycle` names the programming cycle:
        another number draws the cycle-to-cycle part anew on the same cells.
        """
        spec, shape = self.spec, targets.shape
        body = self.body(shape, seed, *path)
        fate = stream(seed, *path, "stuck").random(shape)
        stuck_lrs = fate < self._stuck_lrs()
        stuck_hrs = fate > 1.0 - spec.stuck_hrs.value
        stuck = stuck_lrs | stuck_hrs
        low = (targets | stuck_lrs) & ~stuck_hrs
        cell_part = np.where(low, body[0], body[1])
        cycles = stream(seed, *path, "cycle", cycle)
        resistance, pulses = self._pulse(low, cell_part, cycles), np.ones(shape, np.int32)
        if spec.programming.mode.value == "write-verify":
            resistance, pulses = self._verify(
                resistance, targets, stuck, lambda again: self._pulse(low[again], cell_part[again], cycles)
            )
        verified = self.inside(resistance, targets)
        return Cells(resistance=resistance, target=targets, stuck=stuck, verified=verified, pulses=pulses)

    def body(self, shape: tuple[int, ...], seed: int, *path: str | int) -> NDArray[np.float64]:
        """What stays with each cell of the array `seed` and `path` name: z_cell in LRS [0] and HRS [1], (2, ...)."""
        return stream(seed, *path, "cell").standard_normal((2, *shape))

    def rewrite(
        self, cells: Cells, body: NDArray[np.float64], targets: NDArray[np.bool_], draws: np.random.Generator
    ) -> Cells:
        """Write programmed `cells` (...) of `body` (2, ...) once more, towards `targets`; stuck ones stay as they are.

        Every pulse draws the cycle-to-cycle part anew from `draws`; `pulses` are those of this write.
        """
        part = np.where(targets, body[0], body[1])
        first = np.where(cells.stuck, cells.resistance, self._pulse(targets, part, draws))
        resistance, pulses = first, np.ones(first.shape, np.int32)
        if self.spec.programming.mode.value == "write-verify":
            resistance, pulses = self._verify(
                first, targets, cells.stuck, lambda again: self._pulse(targets[again], part[again], draws)
            )
        verified = self.inside(resistance, targets)
        return Cells(resistance=resistance, target=targets, stuck=cells.stuck, verified=verified, pulses=pulses)

    def programming_energy(self, cells: Cells) -> float:
        """Joules spent on `cells`: pulses times the energy of a SET (target LRS) or RESET pulse."""
        set_pulses = int(cells.pulses[cells.target].sum())
        reset_pulses = int(cells.pulses[~cells.target].sum())
        rules = self.spec.programming
        return set_pulses * rules.set_energy.value + reset_pulses * rules.reset_energy.value

    def mean_conductance(self, series_ohm: float) -> tuple[float, float]:
        """Mean conductance (LRS, HRS) in siemens of fresh cells that are not stuck, behind `series_ohm`."""
        spec = self.spec
        lrs, hrs = (
            mean_conductance(state, spec.cell_share.value, spec.programming, series_ohm, low=low)
            for state, low in ((spec.lrs, True), (spec.hrs, False))
        )
        return lrs, hrs

    def read_noise_rel(self, cells: Cells) -> NDArray[np.float64]:
        """Relative standard deviation of one read of each cell, by the state the cell is in."""
        return np.where(
            self.in_lrs(cells.resistance), self.spec.lrs.read_noise_rel.value, self.spec.hrs.read_noise_rel.value
        )

    def in_lrs(self, resistance: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which cells conduct like LRS: below the geometric mean of both medians."""
        return resistance < np.sqrt(self.spec.lrs.median.value * self.spec.hrs.median.value)

    def _stuck_lrs(self) -> float:
        """Share of cells stuck in LRS: from the start, or worn out by cycling."""
        fresh, wear = self.spec.stuck_lrs.value, self.spec.endurance
        return fresh if wear is None else 1.0 - (1.0 - fresh) * (1.0 - wear.worn_out())

    def _pulse(
        self, low: NDArray[np.bool_], cell_part: NDArray[np.float64], cycles: np.random.Generator
    ) -> NDArray[np.float64]:
        spec = self.spec
        share = spec.cell_share.value
        z = np.sqrt(share) * cell_part + np.sqrt(1.0 - share) * cycles.standard_normal(low.shape)
        tail_draw, tail_place = cycles.random((2, *low.shape))
        result = np.empty(low.shape)
        for state, here in ((spec.lrs, low), (spec.hrs, ~low)):
            factor = state.tail_factor(tail_draw[here], tail_place[here])
            result[here] = state.median.value * np.exp(state.sigma_ln.value * state.score(z[here])) * factor
        if spec.endurance is not None:
            result[~low] *= spec.endurance.hrs_factor()
        return result

    def _verify(
        self,
        first: NDArray[np.float64],
        targets: NDArray[np.bool_],
        stuck: NDArray[np.bool_],
        pulse: Callable[[NDArray[np.bool_]], NDArray[np.float64]],
    ) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Pulse cells again while they miss their window, up to the limit.

        Parameters
        ----------
        first : float64 (...), ohm
            Resistances after the first pulse.
        targets, stuck : bool (...)
        pulse : callable(again)
            Resistances (again.sum(),) in ohm of one more pulse on the cells `again` (...).

        Returns
        -------
        resistance : float64 (...), ohm
        pulses : int32 (...)
            The first pulse included.
        """
        limit = self.spec.programming.max_pulses.value
        resistance, pulses = first.copy(), np.ones(first.shape, np.int32)
        for _ in range(limit - 1):
            again = ~self.inside(resistance, targets)
            if not again.any():
                break
            resistance[again] = pulse(again)
            pulses[again] += 1
        # A stuck cell answers to no pulse: it keeps its value, however many are spent on it.
        resistance = np.where(stuck, first, resistance)
        return resistance, np.where(stuck & ~self.inside(resistance, targets), np.int32(limit), pulses)

    def inside(self, resistance: NDArray[np.float64], targets: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which cells lie inside the verify window of their target."""
        rules = self.spec.programming
        return np.where(targets, resistance <= rules.lrs_max.value, resistance >= rules.hrs_min.value)
