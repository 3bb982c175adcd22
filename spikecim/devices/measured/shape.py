"""The measured quantile function as the `shape` of a state, where no log-normal law describes the cells."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from spikecim.devices.measured.estimate import LEVEL, Estimate, FloatArray, IntArray
from spikecim.devices.states import SHAPE_REACH
from spikecim.streams import stream

N_KNOTS = 161
_RESAMPLES = 1000


def normal_scores(y: FloatArray) -> FloatArray:
    """Normal score (n,) of each reading: the number at which a normal distribution has its share of cells below."""
    order = np.argsort(np.argsort(y, kind="stable"), kind="stable")
    return np.asarray(ndtri((order + 0.5) / len(y)))


def measured_shape(y: FloatArray) -> tuple[float, ...]:
    """S at `N_KNOTS` even normal scores, for ln R = median(y) + sd(y) * S(z); level beyond the readings."""
    ordered = np.sort(y)
    scores = ndtri((np.arange(len(y)) + 0.5) / len(y))
    knots = np.interp(np.linspace(-SHAPE_REACH, SHAPE_REACH, N_KNOTS), scores, ordered)
    shape = (knots - np.median(y)) / y.std(ddof=1)
    return tuple(round(float(value), 6) + 0.0 for value in np.maximum.accumulate(shape))


def shape_estimates(y: FloatArray, cell: IntArray | None, seed: int = 0) -> dict[str, Estimate]:
    """Median and sigma_ln of readings `y` of any law, with bootstrap intervals (whole cells drawn where cycled)."""
    n_groups = len(y) if cell is None else int(cell.max()) + 1
    source = stream(seed, "device-fit", "bootstrap")
    medians, spreads = np.empty(_RESAMPLES), np.empty(_RESAMPLES)
    members = None if cell is None else np.split(np.argsort(cell, kind="stable"), np.cumsum(np.bincount(cell))[:-1])
    for number in range(_RESAMPLES):
        drawn = source.integers(n_groups, size=n_groups)
        again = y[drawn] if members is None else y[np.concatenate([members[group] for group in drawn])]
        medians[number], spreads[number] = np.median(again), again.std(ddof=1)
    how = "bootstrap of readings" if cell is None else "bootstrap of cells"
    ends = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
    low, high = np.exp(np.quantile(medians, ends))
    median = Estimate(value=float(np.exp(np.median(y))), low=float(low), high=float(high), how=how)
    low, high = np.quantile(spreads, ends)
    return {
        "median": median,
        "sigma_ln": Estimate(value=float(y.std(ddof=1)), low=float(low), high=float(high), how=how),
    }
