"""Relaxation after programming: ln G walks at random in log time, restless cells more than quiet ones.

ln G(t) = ln G(0) + drift(t) + activity * B(spread(t)^2) with B a Brownian motion, so that the variance grows linearly
in log t between the times a file lists; activity = exp(tail * z - tail^2), of mean square 1, makes the tails heavy.
Figures: 16,000 cells of public 1T1R arrays (presets/technology-c.toml), whose variance grows about linearly in log t.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from spikecim.devices.states import Resistance
from spikecim.errors import ParameterError
from spikecim.parameters import Parameter, Quantity, Section, Series, Switched
from spikecim.streams import stream
from spikecim.units import YEAR

FloatArray = NDArray[np.float64]


class StateRelaxation(Section):
    """Relaxation of one state: `drift` (mean) and `spread` (standard deviation) of the change of ln G at `times`.

    A cell of resistance R changes (R / reference)^state_exponent times as much: with exponent 1 the change in siemens
    is the same whatever the level, so that strong cells relax relatively less.
    """

    times: Annotated[Parameter[tuple[float, ...]], Series("second", 1e-9, 1e10, rising=True)]
    drift: Annotated[Parameter[tuple[float, ...]], Series("dimensionless", -5.0, 5.0)]
    spread: Annotated[Parameter[tuple[float, ...]], Series("dimensionless", 0.0, 5.0)]
    tail: Annotated[Parameter[float], Quantity("dimensionless", 0.0, 1.5)]
    reference: Resistance
    state_exponent: Annotated[Parameter[float], Quantity("dimensionless", 0.0, 3.0)]

    def check(self) -> None:
        counts = {len(self.times.value), len(self.drift.value), len(self.spread.value)}
        if len(counts) != 1:
            raise ParameterError("times, drift and spread must list as many values each")
        if any(np.diff(self.spread.value) < 0):
            raise ParameterError("spread must not fall from time to time: the walk never gathers again")

    def drift_at(self, seconds: float) -> float:
        """Mean change of ln G after `seconds`."""
        return self._read(self.drift.value, seconds)

    def variance_at(self, seconds: float) -> float:
        """Variance of the change of ln G after `seconds`."""
        return max(0.0, self._read(tuple(s * s for s in self.spread.value), seconds))

    def _read(self, values: tuple[float, ...], seconds: float) -> float:
        """Linear in log t between the listed times and on along the last stretch; linear in t before the first."""
        times = self.times.value
        if seconds <= times[0]:
            return values[0] * seconds / times[0]
        if len(times) == 1:
            return values[0]
        place = int(np.clip(np.searchsorted(times, seconds), 1, len(times) - 1))
        part = np.log(seconds / times[place - 1]) / np.log(times[place] / times[place - 1])
        return float(values[place - 1] + part * (values[place] - values[place - 1]))


class RelaxationSpec(Switched):
    """Both states, and how far the law is trusted."""

    lrs: StateRelaxation
    hrs: StateRelaxation
    horizon: Annotated[Parameter[float], Quantity("second", 1e-6, 1e10)]

    def check(self) -> None:
        last = max(self.lrs.times.value[-1], self.hrs.times.value[-1])
        if self.horizon.value < last:
            raise ParameterError(f"horizon {self.horizon.text()} lies before the last of times, {last:g} s")

    def check_time(self, seconds: float) -> None:
        """Raise ParameterError beyond the horizon."""
        if seconds > self.horizon.value:
            raise ParameterError(
                f"{seconds:g} s after programming: relaxation is stated for 0 .. {self.horizon.value:g} s "
                f"({self.horizon.value / YEAR:.3g} years, cell.relaxation.horizon); choose a time within it"
            )


@dataclass(frozen=True, kw_only=True)
class RelaxationWalk:
    """The walks of one chip's cells, drawn once.

    Attributes
    ----------
    spec : RelaxationSpec
    activity : float64 (...)
        Restlessness of each cell, times its dependence on the programmed level.
    level : float64 (...)
        That dependence alone, which the drift follows too.
    low : bool (...)
        Cells that relax like LRS.
    steps, bridges : float64 (n_segments, ...)
        Standard normal steps of the walk, and of its way within a step.
    """

    spec: RelaxationSpec
    activity: FloatArray
    level: FloatArray
    low: NDArray[np.bool_]
    steps: FloatArray
    bridges: FloatArray

    def log_shift(self, seconds: float) -> FloatArray:
        """Change of ln R (...) after `seconds`."""
        self.spec.check_time(seconds)
        lrs, hrs = (self._of(state, seconds) for state in (self.spec.lrs, self.spec.hrs))
        return -np.where(self.low, lrs, hrs)

    def _of(self, state: StateRelaxation, seconds: float) -> FloatArray:
        knots = _variances(state, self.spec.horizon.value)
        variance = state.variance_at(seconds)
        step = np.diff(knots)
        part = np.clip((variance - knots[:-1]) / np.where(step > 0, step, 1.0), 0.0, 1.0)
        walk = np.tensordot(part * np.sqrt(step), self.steps[: len(step)], 1)
        walk += np.tensordot(np.sqrt(part * (1.0 - part) * step), self.bridges[: len(step)], 1)
        return state.drift_at(seconds) * self.level + self.activity * walk


def draw_relaxation(
    spec: RelaxationSpec, resistance: FloatArray, low: NDArray[np.bool_], seed: int, *path: str | int
) -> RelaxationWalk:
    """Draw the walks of cells of programmed `resistance` (...) in ohm; `low` says which relax like LRS."""
    n_segments = 1 + max(len(spec.lrs.times.value), len(spec.hrs.times.value))
    source = stream(seed, *path, "relaxation")
    restless = source.standard_normal(resistance.shape)
    steps, bridges = source.standard_normal((2, n_segments, *resistance.shape))
    tail = np.where(low, spec.lrs.tail.value, spec.hrs.tail.value)
    reference = np.where(low, spec.lrs.reference.value, spec.hrs.reference.value)
    exponent = np.where(low, spec.lrs.state_exponent.value, spec.hrs.state_exponent.value)
    level = (resistance / reference) ** exponent
    activity = level * np.exp(tail * restless - tail**2)
    return RelaxationWalk(spec=spec, activity=activity, level=level, low=low, steps=steps, bridges=bridges)


def _variances(state: StateRelaxation, horizon: float) -> FloatArray:
    """Variance at rest, at the listed times and at the horizon: (n_segments + 1,)."""
    return np.array([0.0, *(s * s for s in state.spread.value), state.variance_at(horizon)])
