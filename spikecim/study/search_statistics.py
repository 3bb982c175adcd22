"""A design's numbers from its virtual chips: statistic, 95 % interval (bootstrap over chips; Wilson for a yield)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from spikecim.explore.compare_curves import wilson
from spikecim.results.search_result import Estimate
from spikecim.streams import stream
from spikecim.study.metrics import metric_of
from spikecim.study.search_goals import YIELD, Target

DRAWS = 2_000
_ENDS = (2.5, 97.5)
NOTHING = Estimate(value=np.nan, low=np.nan, high=np.nan)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Virtual chips of one design.

    Attributes
    ----------
    metrics : dict of str to float64 (n_chips,)
        Empty if a chip failed.
    error : str
    """

    metrics: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    error: str = ""


def value_of(target: Target, sample: Sample, good: float) -> float:
    """The statistic of `target`; a chip at least as accurate as `good` counts for the yield."""
    return float(_statistic(target, _chips(target, sample, good)[None])[0])


def resampled(target: Target, sample: Sample, good: float, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """The statistic over each draw of chips; `rows` (n_draws, n_chips) from `draws_of`."""
    return _statistic(target, _chips(target, sample, good)[rows])


def estimate_of(target: Target, sample: Sample, good: float, rows: NDArray[np.int64]) -> Estimate:
    """The statistic and its interval over chips; the images are the same for all chips and are not part of it."""
    if sample.error:
        return NOTHING
    value = value_of(target, sample, good)
    if target.metric.startswith(YIELD):
        chips = _chips(target, sample, good)
        low, high = wilson(np.array([round(chips.sum())]), len(chips))
        return Estimate(value=value, low=float(low[0]), high=float(high[0]))
    low, high = np.percentile(resampled(target, sample, good, rows), _ENDS)
    return Estimate(value=value, low=float(low), high=float(high))


def draws_of(seed: int, name: str, n_chips: int) -> NDArray[np.int64]:
    """Draws of chips with replacement, int64 (n_draws, n_chips): the same for all designs, whose chips are pairs."""
    return stream(seed, "search", "bootstrap", name).integers(n_chips, size=(DRAWS, n_chips))


def _chips(target: Target, sample: Sample, good: float) -> NDArray[np.float64]:
    values = sample.metrics[target.source]
    return (values >= good).astype(np.float64) if target.metric.startswith(YIELD) else values


def _statistic(target: Target, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Over the last axis."""
    if target.statistic == "median":
        return np.asarray(np.median(values, axis=-1))
    if target.statistic == "worst-5-percent":
        return np.asarray(np.percentile(values, 5 if metric_of(target.source).better == "high" else 95, axis=-1))
    return np.asarray(values.mean(axis=-1))
