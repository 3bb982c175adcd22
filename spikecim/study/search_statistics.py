"""A design's numbers from its virtual chips: a statistic, and its 95 % interval over chips (`search_intervals`)."""

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
from spikecim.study.search_intervals import FEWEST, mean_interval, quantile_interval, quantile_needs

DRAWS = 2_000
NOTHING = Estimate(value=np.nan, low=np.nan, high=np.nan)
# What follows from the design alone and is the same for all its chips.
_FIXED = ("cells",)


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


def estimate_of(target: Target, sample: Sample, good: float) -> Estimate:
    """The statistic and its interval over chips; the images are the same for all chips and are not part of it."""
    if sample.error:
        return NOTHING
    low, high = _interval(target, _chips(target, sample, good))
    return Estimate(value=value_of(target, sample, good), low=low, high=high)


def bounded_from(target: Target) -> int:
    """Number of chips from which the interval of `target` has two ends."""
    if _is_yield(target) or _is_fixed(target):
        return 1
    return FEWEST if target.statistic == "mean" else quantile_needs(_share(target))


def draws_of(seed: int, name: str, n_chips: int) -> NDArray[np.int64]:
    """Draws of chips with replacement, int64 (n_draws, n_chips): the same for all designs, whose chips are pairs."""
    return stream(seed, "search", "bootstrap", name).integers(n_chips, size=(DRAWS, n_chips))


def _interval(target: Target, chips: NDArray[np.float64]) -> tuple[float, float]:
    if _is_yield(target):
        low, high = wilson(np.array([round(chips.sum())]), len(chips))
        return float(low[0]), float(high[0])
    if _is_fixed(target):
        return float(chips.min()), float(chips.max())
    return mean_interval(chips) if target.statistic == "mean" else quantile_interval(chips, _share(target))


def _is_yield(target: Target) -> bool:
    return target.metric.startswith(YIELD)


def _is_fixed(target: Target) -> bool:
    return target.source.partition("@")[0] in _FIXED


def _share(target: Target) -> float:
    """Share of chips below the statistic: the bad end is low where more is better."""
    if target.statistic == "median":
        return 0.5
    return 0.05 if metric_of(target.source).better == "high" else 0.95


def _chips(target: Target, sample: Sample, good: float) -> NDArray[np.float64]:
    values = sample.metrics[target.source]
    return (values >= good).astype(np.float64) if _is_yield(target) else values


def _statistic(target: Target, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Over the last axis."""
    if target.statistic == "median":
        return np.asarray(np.median(values, axis=-1))
    if target.statistic == "worst-5-percent":
        return np.asarray(np.quantile(values, _share(target), axis=-1))
    return np.asarray(values.mean(axis=-1))
