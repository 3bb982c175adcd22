"""Device-to-device spread of the labels: one label per cell by least squares, its own error taken out of the spread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spikecim.devices.measured.estimate import LEVEL, Estimate, FloatArray, IntArray
from spikecim.devices.measured.pulse_steps import Curves, Passed
from spikecim.devices.pulsed.nonlinearity import curvatures

FEWEST_CELLS = 5
_ROUNDS = 4
# Half the distance over which the slope against the label is taken.
_STEP = 1e-3


@dataclass(frozen=True, kw_only=True)
class LabelSpread:
    """Standard deviation of the labels over cells.

    Attributes
    ----------
    both, up, down : Estimate
        Of both directions together, as the device has it, and of each.
    correlation : float
        Of the signed labels up and down; 0 where a spread is not resolved.
    resolved : bool
        Whether both spreads are above 0 beyond their intervals.
    labels : (up, down), float64 (n_cells,)
        Signed labels of single cells, each with its error of fit.
    """

    both: Estimate
    up: Estimate
    down: Estimate
    correlation: float
    resolved: bool
    labels: tuple[FloatArray, FloatArray]


def fit_label_spread(
    pair: tuple[Passed, Passed], curves: tuple[Curves, Curves], read: float, cells: tuple[IntArray, IntArray]
) -> LabelSpread | None:
    """Spread of the labels of cells that were measured in both directions; None for fewer than five.

    Parameters
    ----------
    pair, curves : of both directions
    read : float
        Variance of one read, in the units of `pair`.
    cells : (up, down), int64 (n_trains,)
    """
    both = np.intersect1d(*cells)
    if len(both) < FEWEST_CELLS:
        return None
    found = [
        _cell_labels(passed, one, read, np.where(np.isin(cell, both), np.searchsorted(both, cell), -1))
        for passed, one, cell in zip(pair, curves, cells, strict=True)
    ]
    up, down = found[0][0], found[1][0]
    parts = [_variances(*one) for one in found]
    likeness = float(np.corrcoef(up, down)[0, 1]) if min(up.std(), down.std()) > 0.0 else 0.0
    total, error = (float(np.mean([part[place] for part in parts])) for place in (0, 1))
    # Directions that vary together count as one.
    df = (len(both) - 1) * 2.0 / (1.0 + likeness**2)
    each = [_sd(*part, len(both) - 1.0) for part in parts]
    resolved = all(one.low > 0.0 for one in each)
    correlation = 0.0
    if resolved:
        # The label of depression is signed the other way round.
        covariance = -float(np.cov(up, down)[0, 1])
        correlation = float(np.clip(covariance / (each[0].value * each[1].value), -1.0, 1.0))
    return LabelSpread(
        both=_sd(total, error, df),
        up=each[0],
        down=each[1],
        correlation=correlation,
        resolved=resolved,
        labels=(up, -down),
    )


def _variances(labels: FloatArray, errors: FloatArray) -> tuple[float, float]:
    """Variance of the labels over cells, and the mean variance of their errors."""
    return float(labels.var(ddof=1)), float(errors.mean())


def _sd(total: float, error: float, df: float) -> Estimate:
    """What the spread is without the errors, by the chi^2 law of the whole variance."""
    from scipy.special import chdtri

    tail = (1.0 - LEVEL) / 2.0
    low, high = (total * df / float(chdtri(df, one)) for one in (tail, 1.0 - tail))
    value, low, high = (float(np.sqrt(max(one - error, 0.0))) for one in (total, low, high))
    return Estimate(value=value, low=low, high=high, how="chi^2 of labels of single cells, their errors taken out")


def _cell_labels(passed: Passed, curves: Curves, read: float, place: IntArray) -> tuple[FloatArray, FloatArray]:
    """Labels (n_cells,), concave above 0, and the variances of their errors.

    The slope of a step against the label is taken on the curve of all cells, where no noise of reads enters it.
    `place` (n_trains,) is the number of each train's cell, below 0 for a train to leave out. All cells have one window.
    """
    start, width, n = float(curves.start), float(curves.end - curves.start), int(place.max()) + 1
    y = (passed.y - start) / width
    kept = passed.kept & (place >= 0)[:, None]
    cell = np.maximum(place, 0)
    whole = np.array([float(curves.label)])
    slope = _slope_on(whole, _typical(whole, passed), passed)
    weight = kept * slope
    labels, bend = np.full(n, whole[0]), np.full(n, 1.0)
    for _ in range(_ROUNDS):
        tilt, offset = _lines(labels, passed)
        residual = y[:, 1:] - tilt[cell, None] * y[:, :-1] - offset[cell, None]
        bend = np.maximum(
            np.bincount(cell, (weight * _slope_on(labels[cell], y[:, :-1], passed)).sum(axis=1), n), 1e-12
        )
        move = np.bincount(cell, (weight * residual).sum(axis=1), n) / bend
        labels = np.clip(labels + np.clip(move, -2.0, 2.0), -8.9, 8.9)
    noise = max(float(curves.pulse_variance), 0.0) * passed.stride, max(read, 0.0)
    # A read enters the step that ends with it and, by the slope of the line, the one that starts with it.
    q = float(_lines(whole, passed)[0][0])
    edges = np.pad(weight, ((0, 0), (1, 1)))
    of_reads = ((edges[:, :-1] - q * edges[:, 1:]) ** 2).sum(axis=1)
    variance = (noise[0] * (weight**2).sum(axis=1) + noise[1] * of_reads) / width**2
    return labels, np.bincount(cell, variance, n) / bend**2


def _typical(label: FloatArray, passed: Passed) -> FloatArray:
    """States (1, n_steps) before each step of the curve with `label` (1,)."""
    slope, offset = (float(part[0]) for part in _lines(label, passed))
    states = [0.0]
    for _ in range(passed.y.shape[1] - 2):
        states.append(slope * states[-1] + offset)
    return np.array([states])


def _slope_on(labels: FloatArray, state: FloatArray, passed: Passed) -> FloatArray:
    """Change (n, n_steps) of the end of a step with its label (n,), from `state` (n, n_steps)."""
    low, high = (_lines(labels + shift, passed) for shift in (-_STEP, _STEP))
    tilt, rise = ((one - other) / (2.0 * _STEP) for one, other in zip(high, low, strict=True))
    return np.asarray(tilt[:, None] * state + rise[:, None])


def _lines(labels: FloatArray, passed: Passed) -> tuple[FloatArray, FloatArray]:
    """Slopes and offsets (n_cells,) of one stride of curves with `labels` from 0 to 1 in the pulses of a train."""
    full = -np.sign(labels) / curvatures(labels)
    safe = np.where(full == 0.0, 1e-12, full)
    rate = safe * passed.stride / passed.pulses
    return np.exp(rate), np.expm1(rate) / np.expm1(safe)
