"""An SLC 1T1R HfO2 OxRAM cell: two log-normal states with tails, programmed by one pulse or by write-verify.

ln R = ln(median) + sigma_ln * (sqrt(s) * z_cell + sqrt(1 - s) * z_cycle), with s the share of the variance that stays
with the cell (device-to-device) and the rest drawn anew by every programming pulse (cycle-to-cycle). Statistics of
both states: presets/*.toml, after 256 cells x 290 cycles of a public 1T1R array (doi 10.1109/TED.2021.3097975).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import ParameterError
from spikecim.parameters import Choice, Count, Parameter, Quantity, Section
from spikecim.streams import stream

Fraction = Annotated[Parameter[float], Quantity("dimensionless", 0.0, 1.0)]
Positive = Annotated[Parameter[float], Quantity("dimensionless", 1e-6, 1e6)]
Resistance = Annotated[Parameter[float], Quantity("ohm", 1.0, 1e12)]
Energy = Annotated[Parameter[float], Quantity("joule", 0.0, 1.0)]


class StateSpec(Section):
    """Distribution of one resistance state (LRS or HRS)."""

    median: Resistance
    sigma_ln: Annotated[Parameter[float], Quantity("dimensionless", 0.0, 5.0)]
    tail_probability: Fraction
    tail_low_factor: Positive
    tail_high_factor: Positive
    read_noise_rel: Fraction

    def check(self) -> None:
        low, high = self.tail_low_factor.value, self.tail_high_factor.value
        if low > high:
            raise ParameterError(f"tail_low_factor {low:g} is above tail_high_factor {high:g}; swap them")
        if self.tail_probability.value > 0 and low == high == 1:
            raise ParameterError(
                f"tail_probability {self.tail_probability.text()} is without effect while tail_low_factor and "
                "tail_high_factor are 1; set it to 0 or give the tail another factor"
            )


class ProgrammingSpec(Section):
    """How a cell is written."""

    mode: Annotated[Parameter[str], Choice(("one-pulse", "write-verify"))]
    lrs_max: Resistance
    hrs_min: Resistance
    max_pulses: Annotated[Parameter[int], Count(1, 10_000)]
    set_energy: Energy
    reset_energy: Energy

    def check(self) -> None:
        if self.mode.value == "one-pulse" and self.max_pulses.value > 1:
            raise ParameterError(
                f"max_pulses {self.max_pulses.value} is without effect in mode one-pulse; "
                "set max_pulses to 1 or mode to write-verify"
            )


class OxramSpec(Section):
    """Everything about the cell that a chip or device file states."""

    lrs: StateSpec
    hrs: StateSpec
    cell_share: Fraction
    stuck_lrs: Fraction
    stuck_hrs: Fraction
    programming: ProgrammingSpec

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
        body = stream(seed, *path, "cell").standard_normal((2, *shape))
        fate = stream(seed, *path, "stuck").random(shape)
        stuck_lrs = fate < spec.stuck_lrs.value
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
        verified = self._inside(resistance, targets)
        return Cells(resistance=resistance, target=targets, stuck=stuck, verified=verified, pulses=pulses)

    def programming_energy(self, cells: Cells) -> float:
        """Joules spent on `cells`: pulses times the energy of a SET (target LRS) or RESET pulse."""
        set_pulses = int(cells.pulses[cells.target].sum())
        reset_pulses = int(cells.pulses[~cells.target].sum())
        rules = self.spec.programming
        return set_pulses * rules.set_energy.value + reset_pulses * rules.reset_energy.value

    def mean_conductance(self, series_ohm: float) -> tuple[float, float]:
        """Mean conductance (LRS, HRS) in siemens of freshly programmed cells that are not stuck, behind `series_ohm`.

        Taken by quadrature over the cell part, the cycle part and the tail. The verify loop draws only the cycle part
        anew: a cell whose pulses miss the window with probability q ends at its k-th pulse with q^(k-1) (1 - q), or
        outside after the last one.
        """
        return self._mean(self.spec.lrs, series_ohm, low=True), self._mean(self.spec.hrs, series_ohm, low=False)

    def read_noise_rel(self, cells: Cells) -> NDArray[np.float64]:
        """Relative standard deviation of one read of each cell, by the state the cell is in."""
        middle = np.sqrt(self.spec.lrs.median.value * self.spec.hrs.median.value)
        in_lrs = cells.resistance < middle
        return np.where(in_lrs, self.spec.lrs.read_noise_rel.value, self.spec.hrs.read_noise_rel.value)

    def _pulse(
        self, low: NDArray[np.bool_], cell_part: NDArray[np.float64], cycles: np.random.Generator
    ) -> NDArray[np.float64]:
        spec = self.spec
        share = spec.cell_share.value
        z = np.sqrt(share) * cell_part + np.sqrt(1.0 - share) * cycles.standard_normal(low.shape)
        tail_draw, tail_place = cycles.random((2, *low.shape))
        result = np.empty(low.shape)
        for state, here in ((spec.lrs, low), (spec.hrs, ~low)):
            factor = _tail_factor(state, tail_draw[here], tail_place[here])
            result[here] = state.median.value * np.exp(state.sigma_ln.value * z[here]) * factor
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
            again = ~self._inside(resistance, targets)
            if not again.any():
                break
            resistance[again] = pulse(again)
            pulses[again] += 1
        # A stuck cell answers to no pulse: it keeps its value, however many are spent on it.
        resistance = np.where(stuck, first, resistance)
        return resistance, np.where(stuck & ~self._inside(resistance, targets), np.int32(limit), pulses)

    def _inside(self, resistance: NDArray[np.float64], targets: NDArray[np.bool_]) -> NDArray[np.bool_]:
        rules = self.spec.programming
        return np.where(targets, resistance <= rules.lrs_max.value, resistance >= rules.hrs_min.value)

    def _mean(self, state: StateSpec, series_ohm: float, *, low: bool) -> float:
        rules = self.spec.programming
        share = self.spec.cell_share.value
        cell_z, cell_mass = np.polynomial.hermite_e.hermegauss(_CELL_NODES)
        log_factor, factor_mass = _log_factors(state)
        log_body = np.log(state.median.value) + state.sigma_ln.value * np.sqrt(share) * cell_z[:, None] + log_factor
        cycle_sigma = max(state.sigma_ln.value * np.sqrt(1.0 - share), 1e-12)
        edge = np.log(rules.lrs_max.value if low else rules.hrs_min.value)
        cut = np.clip((edge - log_body) / cycle_sigma, -_CYCLE_REACH, _CYCLE_REACH)
        below = _moments(log_body, cycle_sigma, series_ohm, -_CYCLE_REACH, cut) @ factor_mass
        above = _moments(log_body, cycle_sigma, series_ohm, cut, _CYCLE_REACH) @ factor_mass
        (_, inside), (missed, outside) = (below, above) if low else (above, below)
        pulses = rules.max_pulses.value if rules.mode.value == "write-verify" else 1
        tried = np.sum([missed**k for k in range(pulses)], axis=0)
        mean = inside * tried + outside * missed ** (pulses - 1)
        return float((mean * cell_mass).sum() / cell_mass.sum())


# Nodes of the quadrature: twice as many of each move the mean of no shipped device by more than 1e-6.
_CELL_NODES, _CYCLE_NODES, _TAIL_NODES = 64, 40, 16
# Standard deviations beyond which the cycle part is left out (mass 1e-15).
_CYCLE_REACH = 8.0


def _log_factors(state: StateSpec) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nodes of ln(tail factor) with their masses, both (1 + n,); the first stands for the cells without a tail."""
    places, masses = np.polynomial.legendre.leggauss(_TAIL_NODES)
    p = state.tail_probability.value
    factors = _tail_factor(state, np.zeros_like(places), (places + 1.0) / 2.0, always=True)
    return np.concatenate([[0.0], np.log(factors)]), np.concatenate([[1.0 - p], p * masses / 2.0])


def _moments(
    log_body: NDArray[np.float64],
    sigma: float,
    series_ohm: float,
    start: NDArray[np.float64] | float,
    stop: NDArray[np.float64] | float,
) -> NDArray[np.float64]:
    """Mass, and mass times conductance, of a cycle part between `start` and `stop`: (2, *log_body.shape)."""
    nodes, weights = np.polynomial.legendre.leggauss(_CYCLE_NODES)
    half = np.asarray((stop - start) / 2.0)[..., None]
    z = np.asarray((stop + start) / 2.0)[..., None] + half * nodes
    mass = half * weights * np.exp(-(z**2) / 2.0) / np.sqrt(2.0 * np.pi)
    conductance = 1.0 / (np.exp(log_body[..., None] + sigma * z) + series_ohm)
    return np.stack([mass.sum(-1), (mass * conductance).sum(-1)])


def _tail_factor(
    state: StateSpec, draw: NDArray[np.float64], place: NDArray[np.float64], *, always: bool = False
) -> NDArray[np.float64]:
    low, high = np.log(state.tail_low_factor.value), np.log(state.tail_high_factor.value)
    in_tail = np.ones(draw.shape, bool) if always else draw < state.tail_probability.value
    return np.where(in_tail, np.exp(low + (high - low) * place), 1.0)
