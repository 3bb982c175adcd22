"""Pareto fronts: which of many points no other one beats, and the volume they dominate (Zitzler & Thiele 1999).

Every column counts as a loss: less is better. The volume is exact, by slicing along the last objective.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def nondominated(losses: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether no other point is at least as good everywhere and better somewhere.

    Parameters
    ----------
    losses : float64 (n_points, n_objectives)
        Points with equal losses do not beat each other.

    Returns
    -------
    bool (n_points,)
    """
    kept = np.ones(len(losses), bool)
    # From the smallest sum on: a point that is beaten is out before its turn, and only the front does work.
    for place in np.argsort(losses.sum(axis=1), kind="stable"):
        if kept[place]:
            point = losses[place]
            kept &= ~((losses >= point).all(axis=1) & (losses > point).any(axis=1))
    return kept


def hypervolume(losses: NDArray[np.float64], reference: NDArray[np.float64]) -> float:
    """Volume between the points and `reference`, each part counted once.

    Parameters
    ----------
    losses : float64 (n_points, n_objectives)
        Points not better than `reference` in every objective add nothing.
    reference : float64 (n_objectives,)
    """
    inside = losses[(losses < reference).all(axis=1)]
    if not len(inside):
        return 0.0
    return _sliced(np.unique(inside, axis=0), reference)


def _sliced(points: NDArray[np.float64], reference: NDArray[np.float64]) -> float:
    """Slices between neighbours along the last objective, each the volume of the points below it."""
    points = points[nondominated(points)]
    if points.shape[1] == 1:
        return float(reference[0] - points.min())
    if points.shape[1] == 2:
        return _staircase(points, reference)
    points = points[np.argsort(points[:, -1], kind="stable")]
    edges = np.append(points[:, -1], reference[-1])
    volume = 0.0
    for count, thickness in enumerate(np.diff(edges), start=1):
        if thickness > 0:
            volume += float(thickness) * _sliced(points[:count, :-1], reference[:-1])
    return volume


def _staircase(points: NDArray[np.float64], reference: NDArray[np.float64]) -> float:
    """Area under two objectives; the points beat each other nowhere."""
    first, second = points[np.argsort(points[:, 0], kind="stable")].T
    ceiling = np.append(reference[1], second[:-1])
    return float(((reference[0] - first) * (ceiling - second)).sum())
