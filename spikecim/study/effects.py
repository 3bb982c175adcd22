"""Main effects: the mean of a metric over all chips of all designs at one level of a factor, and its 90 % interval.

Which two levels lie furthest apart is seen in the data, and so is the factor that moves most. The interval of a change
allows for both: it holds for all pairs of levels at once (Tukey's range, as in Hothorn, Bretz, Westfall, Biom. J. 50,
2008, 346-363) and for all factors of a metric at once (Bonferroni).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.results.sweep_parts import Effect, Estimate, Level
from spikecim.results.sweep_report import YIELD
from spikecim.streams import stream
from spikecim.study.groups import Groups
from spikecim.study.matrix import Matrix
from spikecim.study.means import deviations
from spikecim.study.pairs import Floats
from spikecim.study.yields import OUTSIDE, Z_90, wilson


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


def main_effects(metric: str, matrix: Matrix, grouped: Grouped, seed: int) -> list[Effect]:
    """Effects of all factors on `metric`; points without a number are left out, and counted at each level."""
    if not matrix.known.any():
        return []
    factors = sum(group.n > 1 for group in grouped.groups)
    found = []
    for path, group in zip(grouped.paths, grouped.groups, strict=True):
        source = stream(seed, "effects", metric, path)
        drawn = deviations(matrix, group, grouped.cluster, source)
        levels = _levels(metric, matrix, group, drawn)
        if metric == YIELD.name:
            drawn = drawn + source.normal(size=drawn.shape) * _unseen(levels, matrix, group.n)
        found.append(_effect(metric, path, levels, drawn, OUTSIDE / max(1, factors)))
    return found


def _levels(metric: str, matrix: Matrix, group: Groups, drawn: Floats) -> dict[int, Level]:
    """Levels with a number, by their place."""
    half = _ends(np.abs(drawn), OUTSIDE)
    found = {}
    for k in range(group.n):
        inside = matrix.values[group.place == k]
        points = inside[np.isfinite(inside)]
        if not len(points):
            continue
        value = float(points.mean())
        low, high = value - half[k], value + half[k]
        if _is_share(metric):
            low, high = max(0.0, low), min(1.0, high)
        mean = Estimate(value=value, low=float(low), high=float(high))
        if metric == YIELD.name and value in (0.0, 1.0):
            mean = _all_alike(value, inside)
        found[k] = _level(group, k, inside, points, mean)
    return found


def _is_share(metric: str) -> bool:
    """Whether a metric lies between 0 and 1."""
    return metric.partition("@")[0] in (YIELD.name, "accuracy")


def _all_alike(share: float, inside: Floats) -> Estimate:
    """Chips that are all good, or none: the chips are the same in all designs, and no more than so many."""
    n = int(np.isfinite(inside).any(axis=0).sum())
    return wilson(round(share * n), n)


def _unseen(levels: dict[int, Level], matrix: Matrix, n_groups: int) -> Floats:
    """Standard deviation that chips which are all good hide, (n_groups,); 0 where they differ, and with one chip."""
    found = np.zeros(n_groups)
    for k, level in levels.items():
        if level.mean.value in (0.0, 1.0) and matrix.values.shape[1] > 1:
            found[k] = (level.mean.high - level.mean.low) / (2 * Z_90)
    return found


def _effect(metric: str, path: str, levels: dict[int, Level], drawn: Floats, outside: float) -> Effect:
    judged = [k for k in levels if np.isfinite(drawn[0, k])]
    compared = judged if len(judged) > 1 else list(levels)
    top, bottom = (pick(compared, key=lambda k: levels[k].mean.value) for pick in (max, min))
    value = levels[top].mean.value - levels[bottom].mean.value
    half = float(_ends(np.ptp(drawn[:, judged], axis=1), outside)) if len(judged) > 1 else float("nan")
    return Effect(
        metric=metric,
        factor=path,
        levels=tuple(levels.values()),
        change=Estimate(value=value, low=value - half, high=min(value + half, 1.0 if _is_share(metric) else math.inf)),
        lowest=levels[bottom].name,
        highest=levels[top].name,
    )


def _ends(distance: Floats, outside: float) -> Floats:
    """What a share `outside` of the drawn distances lies beyond; NaN where none is known."""
    return np.asarray(np.quantile(distance, 1.0 - outside, axis=0))


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
