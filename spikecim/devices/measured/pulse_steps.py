"""The affine step of each direction from measured trains: y' = q y + d by moments, noise of reads taken out.

y is the share of the window passed. The noise of pulses adds up in the state, so successive changes are independent and
least squares on them is efficient; the noise of reads makes neighbours anticorrelated and pulls q down, and both are
undone by that very correlation (moment estimator; Fuller, Measurement Error Models, 1987, ch. 1).
Every estimate is a function of sums over independent units, so any unit can be left out at no cost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.devices.measured.estimate import FloatArray, IntArray
from spikecim.devices.pulsed.nonlinearity import label_of

Mask = NDArray[np.bool_]
_ROUNDS = 3
# q so near 1 that the label is below 1e-5.
_STRAIGHT = 1e-12


@dataclass(frozen=True, kw_only=True)
class Passed:
    """Trains of one direction as the share of a window passed; `y` (n_trains, n_readings), units (n_trains, n_steps).

    `kept` (n_trains, n_steps) says which steps count: those that may end at an end of the window are bent by it.
    `calm` says the same of a step and the two behind it. Both look at earlier readings only.
    """

    y: FloatArray
    unit: IntArray
    kept: Mask
    calm: Mask
    first: int
    stride: int

    @property
    def pulses(self) -> int:
        return self.first + self.stride * (int(self.y.shape[1]) - 1)


@dataclass(frozen=True, kw_only=True)
class Curves:
    """One direction as solved, arrays (...): q and d of a pulse, start and end of the trains, variances of a pulse.

    `label` > 0 is concave in y.
    """

    q: FloatArray
    d: FloatArray
    start: FloatArray
    end: FloatArray
    label: FloatArray
    pulse_variance: FloatArray


# Up, down, and the variance of a read.
Solution = tuple[Curves, Curves, FloatArray]


def unit_sums(passed: Passed, n_units: int) -> FloatArray:
    """Sums (n_units, 16) of steps, of changes from step to step and to the step after that, and of first readings."""
    y, kept = passed.y, passed.kept
    a, b = y[:, :-1], y[:, 1:]
    steps = [np.ones_like(a), a, b, a * a, a * b, b * b]
    groups = [(passed.unit[kept], [one[kept] for one in steps])]
    for lag in (1, 2):
        both = passed.calm[:, :-lag]
        change, before = (one[:, lag:] - one[:, :-lag] for one in (b, a))
        products = (np.ones_like(change), change * change, change * before, before * before)
        groups.append((passed.unit[:, :-lag][both], [one[both] for one in products]))
    groups.append((passed.unit[:, 0], [np.ones(len(y)), y[:, 0]]))
    return np.column_stack([np.bincount(unit, one, n_units) for unit, ones in groups for one in ones])


def solve(sums: tuple[FloatArray, FloatArray], trains: tuple[Passed, Passed]) -> Solution:
    """Curves of both directions and the variance of a read (...), from sums (..., 16) of both directions.

    Variances may come out below 0 where there is no such noise; cut off at 0, they would be biased.
    """
    read = np.zeros(sums[0].shape[:-1])
    for _ in range(_ROUNDS):
        found = []
        for one in sums:
            slope = _line(one, read)[0]
            near, far = _half_change(one, slope, 1), _half_change(one, slope, 2)
            found.append(((near - far) / slope, one[..., 6]))
        read = np.asarray(sum(value * count for value, count in found) / sum(count for _, count in found))
    up, down = (_curves(one, read, passed) for one, passed in zip(sums, trains, strict=True))
    return up, down, read


def stride_line(curves: Curves, stride: int) -> tuple[float, float]:
    """Slope and offset from one reading to the next, `stride` pulses on."""
    return float(curves.q) ** stride, float(curves.d * _geometric(curves.q, stride))


def labels_of(q: FloatArray, pulses: int) -> FloatArray:
    """Labels (...) of curves with factor `q` (...) over `pulses` pulses; above 0 for q < 1, below for q > 1."""
    rate = -np.log(q) * pulses
    flat = np.array([label_of(1.0 / abs(one)) if abs(one) > _STRAIGHT else 0.0 for one in rate.ravel()])
    return np.asarray(np.copysign(flat.reshape(rate.shape), rate), np.float64)


def _line(sums: FloatArray, read: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Slope and offset from one reading to the next, the noise of reads taken out of the spread of the first."""
    n, a, b, aa, ab = (sums[..., place] for place in range(5))
    # Too few steps give NaN, which the caller refuses.
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (ab - a * b / n) / (aa - a * a / n - n * read)
        return slope, (b - slope * a) / n


def _half_change(sums: FloatArray, slope: FloatArray, lag: int) -> FloatArray:
    """Half the mean square change of the residuals from a step to the one `lag` on.

    Residuals are noise of pulse n and of reads n + 1 and n, so those two steps apart are independent and those next to
    each other share a read. Changes are free of what is smooth: another curve of a cell, or a bend that no curve has.
    """
    m, cc, cb, bb = (sums[..., 2 + 4 * lag + part] for part in range(4))
    return np.asarray((cc - 2.0 * slope * cb + slope**2 * bb) / (2.0 * np.maximum(m, 1.0)))


def _curves(sums: FloatArray, read: FloatArray, passed: Passed) -> Curves:
    """The step of one pulse from that of one stride, and where the trains start and end by it."""
    slope, offset = _line(sums, read)
    variance = _half_change(sums, slope, 2) - (1.0 + slope**2) * read
    q = np.sign(slope) * np.abs(slope) ** (1.0 / passed.stride)
    d = offset / _geometric(q, passed.stride)
    first = sums[..., 15] / sums[..., 14]
    start = (first - d * _geometric(q, passed.first)) / q**passed.first
    end = q**passed.pulses * start + d * _geometric(q, passed.pulses)
    pulse_variance = variance / _geometric(q * q, passed.stride)
    label = labels_of(np.where(q > 0.0, q, np.nan), passed.pulses)
    return Curves(q=q, d=d, start=start, end=end, label=label, pulse_variance=pulse_variance)


def _geometric(q: FloatArray, n: int) -> FloatArray:
    """1 + q + ... + q^(n - 1)."""
    straight = np.abs(q - 1.0) < 1e-9
    safe = np.where(straight, 0.5, q)
    return np.where(straight, float(n), (1.0 - safe**n) / (1.0 - safe))
