"""From measured pulse trains to a pulsed device: labels, windows and noise of both directions, spread over cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spikecim.devices.measured.estimate import Estimate, FloatArray
from spikecim.devices.measured.jackknife import jackknife, root_jackknife
from spikecim.devices.measured.pulse_goodness import CurveGoodness, judge_curve
from spikecim.devices.measured.pulse_spread import LabelSpread, fit_label_spread
from spikecim.devices.measured.pulse_steps import Curves, Passed, Solution, solve, unit_sums
from spikecim.devices.measured.pulse_stuck import PulseStuckFit, find_stuck_trains
from spikecim.devices.measured.pulse_trains import DIRECTIONS, PulseTrains
from spikecim.devices.measured.pulse_units import Pair, into_units, off_the_edges
from spikecim.devices.pulsed.nonlinearity import LARGEST
from spikecim.errors import DataError

# Two for the line, two for both noises, and one to spare.
_FEWEST_INSIDE = 5


@dataclass(frozen=True, kw_only=True)
class DirectionFit:
    """One direction.

    Attributes
    ----------
    label : Estimate
        Nonlinearity, signed as device files have it: below 0 is the usual depression.
    pulses : int
        Pulses of a train; they lead from one end of this direction's window to the other.
    g_min, g_max : Estimate, S
        That window: where trains start, and where the curve is after the pulses.
    noise : Estimate
        Standard deviation of one pulse, share of the working window.
    goodness : CurveGoodness
    """

    label: Estimate
    pulses: int
    g_min: Estimate
    g_max: Estimate
    noise: Estimate
    goodness: CurveGoodness


@dataclass(frozen=True, kw_only=True)
class PulseFit:
    """What a measured file tells of a pulsed device.

    Attributes
    ----------
    trains : PulseTrains
        Without the cells found stuck.
    up, down : DirectionFit
    window : (low, high), S
        Where both directions reach.
    noise : Estimate
        Standard deviation of one pulse, both directions, share of the window.
    read : Estimate
        Standard deviation of one read, share of the window.
    spread : LabelSpread or None
        Device-to-device spread of the labels; None without enough cells.
    stuck : PulseStuckFit
    passed : (up, down)
        The trains as shares of the window, and which steps were fitted.
    """

    trains: PulseTrains
    up: DirectionFit
    down: DirectionFit
    window: tuple[float, float]
    noise: Estimate
    read: Estimate
    spread: LabelSpread | None
    stuck: PulseStuckFit
    passed: Pair

    def of(self, direction: str) -> DirectionFit:
        return self.up if direction == DIRECTIONS[0] else self.down


def fit_trains(measured: PulseTrains) -> PulseFit:
    """Fit `measured`.

    Raises
    ------
    DataError
        If the trains follow no curve that a pulsed device has.
    """
    trains, stuck = find_stuck_trains(measured)
    low, high = (float(side.conductance[:, 0].mean()) for side in (trains.up, trains.down))
    if high <= low:
        raise DataError(f"{trains.file}: potentiation starts at {low:.4g} S, above depression at {high:.4g} S")
    pair, n_units, unit = into_units(trains, (low, high - low))
    pair = off_the_edges(pair, n_units)
    _check_steps(trains, pair)
    found, left_out = _solved(pair, n_units)
    _check_curves(trains, (found[0], found[1]))
    sides = [_Side(sign=sign, zero=zero, width=high - low) for sign, zero in ((1.0, low), (-1.0, high))]
    ends = _windows(sides, (found[0], found[1]), (left_out[0], left_out[1]), unit)
    window = max(one[0].value for one in ends), min(one[1].value for one in ends)
    if window[0] >= window[1]:
        raise DataError(f"{trains.file}: the windows of both directions do not meet; nothing lies where both reach")
    told = _Told(scale=(high - low) / (window[1] - window[0]), unit=unit)
    up, down = (
        _direction(told, side, (one, gone), (passed, reach))
        for side, one, gone, passed, reach in zip(sides, found[:2], left_out[:2], pair, ends, strict=True)
    )
    steps = [float(one.kept.sum()) for one in pair]
    noise = [_mean_variance(curves, steps) for curves in ((found[0], found[1]), (left_out[0], left_out[1]))]
    return PulseFit(
        trains=trains,
        up=up,
        down=down,
        window=window,
        noise=told.root(noise[0], noise[1]),
        read=told.root(found[2], left_out[2]),
        spread=fit_label_spread(pair, (found[0], found[1]), float(found[2]), (trains.up.cell, trains.down.cell)),
        stuck=stuck,
        passed=pair,
    )


@dataclass(frozen=True, kw_only=True)
class _Told:
    """Noise in shares of the working window, `scale` of it from that of the trains, and the unit to leave out."""

    scale: float
    unit: str

    def root(self, variance: FloatArray, left_out: FloatArray) -> Estimate:
        return root_jackknife(float(variance) * self.scale**2, left_out * self.scale**2, self.unit)


@dataclass(frozen=True, kw_only=True)
class _Side:
    """How the share passed of one direction reads in siemens: zero + sign * width * y."""

    sign: float
    zero: float
    width: float


def _direction(
    told: _Told, side: _Side, curves: tuple[Curves, Curves], seen: tuple[Passed, tuple[Estimate, Estimate]]
) -> DirectionFit:
    (whole, rest), (passed, (g_min, g_max)) = curves, seen
    return DirectionFit(
        label=jackknife(side.sign * float(whole.label), side.sign * rest.label, told.unit),
        pulses=passed.pulses,
        g_min=g_min,
        g_max=g_max,
        noise=told.root(whole.pulse_variance, rest.pulse_variance),
        goodness=judge_curve(passed, whole),
    )


def _windows(
    sides: list[_Side], whole: tuple[Curves, Curves], rest: tuple[Curves, Curves], unit: str
) -> list[tuple[Estimate, Estimate]]:
    """(g_min, g_max) of each direction: start of its trains, and their end by the curve; as one where they agree."""
    found = []
    for side, one, gone in zip(sides, whole, rest, strict=True):
        start, end = (
            jackknife(
                side.zero + side.sign * side.width * float(part), side.zero + side.sign * side.width * others, unit
            )
            for part, others in ((one.start, gone.start), (one.end, gone.end))
        )
        found.append((start, end) if side.sign > 0 else (end, start))
    low, high = (_agreed(found[0][place], found[1][place]) for place in (0, 1))
    return [(low[number], high[number]) for number in (0, 1)]


def _agreed(one: Estimate, other: Estimate) -> tuple[Estimate, Estimate]:
    """Both as their mean weighted by precision if their intervals meet; both as they are if not."""
    if one.high < other.low or other.high < one.low:
        return one, other
    weights = [1.0 / max(0.5 * (end.high - end.low), 1e-18) ** 2 for end in (one, other)]
    value = (weights[0] * one.value + weights[1] * other.value) / sum(weights)
    reach = sum(weights) ** -0.5
    met = Estimate(value=value, low=value - reach, high=value + reach, how=f"{one.how}, both directions")
    return met, met


def _solved(pair: Pair, n_units: int) -> tuple[Solution, Solution]:
    """Curves and the variance of a read from all units, and without each of them."""
    sums = tuple(unit_sums(one, n_units) for one in pair)
    whole = tuple(one.sum(axis=0) for one in sums)
    filled = (sums[0][:, 0] > 0.0) | (sums[1][:, 0] > 0.0)
    rest = tuple(_without(all_, each[filled]) for all_, each in zip(whole, sums, strict=True))
    return solve((whole[0], whole[1]), pair), solve((rest[0], rest[1]), pair)


def _without(whole: FloatArray, units: FloatArray) -> FloatArray:
    """Sums (n_units, n_sums) with each unit left out."""
    left = whole - units
    # A block of pulses may hold all first readings; they stay.
    left[:, 14:] = np.where(left[:, 14:15] > 0.0, left[:, 14:], whole[14:])
    return np.asarray(left)


def _mean_variance(curves: tuple[Curves, Curves], steps: list[float]) -> FloatArray:
    weighted = [one.pulse_variance * count for one, count in zip(curves, steps, strict=True)]
    return np.asarray((weighted[0] + weighted[1]) / sum(steps))


def _check_steps(trains: PulseTrains, pair: Pair) -> None:
    """Raise DataError if hardly a step of a direction lies inside the window, clear of the noise at its ends."""
    for name, one in zip(DIRECTIONS, pair, strict=True):
        if one.calm.sum() < _FEWEST_INSIDE:
            raise DataError(
                f"{trains.file}: {name}: {one.calm.sum()} steps lie inside the window, clear of its noise, at least"
                f" {_FEWEST_INSIDE} are needed: the cell jumps, or noise hides the steps; measure more trains"
            )


def _check_curves(trains: PulseTrains, curves: tuple[Curves, Curves]) -> None:
    for name, one, passed in zip(DIRECTIONS, curves, (trains.up, trains.down), strict=True):
        if not np.isfinite(one.label) or float(one.d) <= 0.0:
            raise DataError(
                f"{trains.file}: {name}: the steps follow no curve 1 - exp(-n / A); noise hides it, or the cell jumps:"
                " measure more trains, or fit a table with --kind table"
            )
        if abs(float(one.label)) > LARGEST:
            raise DataError(
                f"{trains.file}: {name}: nonlinearity {abs(float(one.label)):.2f} over {passed.pulses} pulses is above"
                f" {LARGEST:g}: most pulses do nothing; keep only the first pulses of each train"
            )
