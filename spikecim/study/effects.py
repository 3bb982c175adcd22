"""Main effects: the mean of a metric over all chips of all designs at one level of a factor, and its 90 % interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.results.sweep_parts import Effect, Estimate, Level
from spikecim.results.sweep_report import YIELD
from spikecim.study.groups import Groups
from spikecim.study.matrix import Matrix
from spikecim.study.pairs import Floats
from spikecim.study.resample import Sampled, percentiles
from spikecim.study.yields import wilson


@dataclass(frozen=True, kw_only=True, eq=False)
class Grouped:
    """Designs grouped by every factor, and what a bootstrap may draw.

    Attributes
    ----------
    paths : tuple of str
    groups : tuple of Groups
        One for each factor.
    cluster : int64 (n_designs,) or None
        Which base point a design belongs to; None where designs are fixed.
    """

    paths: tuple[str, ...]
    groups: tuple[Groups, ...]
    cluster: NDArray[np.int64] | None

    @property
    def clusters(self) -> int:
        return 0 if self.cluster is None else int(self.cluster.max()) + 1


def main_effects(metric: str, matrix: Matrix, grouped: Grouped, seed: int) -> list[Effect]:
    """Effects of all factors on `metric`; points without a number are left out, and counted at each level."""
    if not matrix.known.any():
        return []
    drawn = _drawn_means(
        matrix, grouped, Sampled(clusters=grouped.clusters, chips=matrix.values.shape[1], seed=seed, name=metric)
    )
    return [
        _effect(metric, path, matrix, group, draws)
        for path, group, draws in zip(grouped.paths, grouped.groups, drawn, strict=True)
    ]


def _effect(metric: str, path: str, matrix: Matrix, group: Groups, drawn: Floats) -> Effect:
    levels, kept = [], []
    low, high = percentiles(drawn)
    for k in range(group.n):
        inside = matrix.values[group.place == k]
        points = inside[np.isfinite(inside)]
        if not len(points):
            continue
        mean = Estimate(value=float(points.mean()), low=float(low[k]), high=float(high[k]))
        if metric == YIELD.name and mean.value in (0.0, 1.0):
            # Chips that are all good, or none: the chips are the same in all designs, and no more than so many.
            n = int(np.isfinite(inside).any(axis=0).sum())
            mean = wilson(round(mean.value * n), n)
        levels.append(_level(group, k, inside, points, mean))
        kept.append(k)
    means = [level.mean.value for level in levels]
    top, bottom = int(np.argmax(means)), int(np.argmin(means))
    ends = percentiles(drawn[:, kept[top]] - drawn[:, kept[bottom]])
    change = Estimate(value=means[top] - means[bottom], low=float(ends[0]), high=float(ends[1]))
    return Effect(
        metric=metric,
        factor=path,
        levels=tuple(levels),
        change=change,
        lowest=levels[bottom].name,
        highest=levels[top].name,
    )


def _level(group: Groups, k: int, inside: Floats, points: Floats, mean: Estimate) -> Level:
    p5, median, p95 = np.percentile(points, [5.0, 50.0, 95.0])
    return Level(
        name=group.names[k],
        at=group.at[k],
        low=group.low[k],
        high=group.high[k],
        n_points=len(points),
        n_designs=int(np.isfinite(inside).any(axis=1).sum()),
        mean=mean,
        p5=float(p5),
        median=float(median),
        p95=float(p95),
    )


def _drawn_means(matrix: Matrix, grouped: Grouped, sampled: Sampled) -> list[Floats]:
    """For each factor the means of its groups in each draw, (n_draws, n_groups)."""
    known = matrix.known.astype(np.float64)
    values = np.where(matrix.known, matrix.values, 0.0)
    found: list[list[Floats]] = [[] for _ in grouped.groups]
    for clusters, chips in sampled.draws():
        weights = 1.0 if grouped.cluster is None else clusters[grouped.cluster]
        total, count = weights * (values @ chips), weights * (known @ chips)
        for draws, group in zip(found, grouped.groups, strict=True):
            draws.append(_ratio(group, total, count))
    return [np.array(draws).reshape(-1, group.n) for draws, group in zip(found, grouped.groups, strict=True)]


def _ratio(group: Groups, total: Floats, count: Floats) -> Floats:
    above = np.bincount(group.place, total, group.n)
    below = np.bincount(group.place, count, group.n)
    return np.divide(above, below, out=np.full(group.n, np.nan), where=below > 0)
