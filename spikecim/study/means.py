"""Means of groups of designs, and how far other designs and other chips would have moved them.

Designs (base points of a Saltelli design) and chips are two crossed clusters: the covariance of the means is the sum of
both (Cameron, Gelbach, Miller, J. Bus. Econ. Stat. 29, 2011, 238-249, without taking off what both count: a little too
wide). Deviations are drawn as Student's t, for few chips know little of their own spread.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.study.groups import Groups
from spikecim.study.matrix import Matrix
from spikecim.study.pairs import Floats

DRAWS = 10_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Chance:
    """One source of chance: `covariance` (n_groups, n_groups) of the means, and its degrees of freedom."""

    covariance: Floats
    freedom: int

    def drawn(self, source: np.random.Generator) -> Floats:
        """Deviations of the means, (DRAWS, n_groups)."""
        lengths, axes = np.linalg.eigh(self.covariance)
        normal = source.normal(size=(DRAWS, len(lengths))) * np.sqrt(np.maximum(0.0, lengths))
        scale = np.sqrt(self.freedom / source.chisquare(self.freedom, size=(DRAWS, 1)))
        return np.asarray(scale * (normal @ axes.T))


def deviations(matrix: Matrix, group: Groups, cluster: NDArray[np.int64] | None, source: np.random.Generator) -> Floats:
    """Draw how far the means of the groups may lie from the truth.

    Parameters
    ----------
    cluster : int64 (n_designs,) or None
        What was drawn as a whole; None where designs are fixed.

    Returns
    -------
    float64 (DRAWS, n_groups)
        NaN for a group without a number, for one of a single cluster, and if neither designs nor chips were drawn.
    """
    known = matrix.known
    count = np.bincount(group.place, known.sum(axis=1), group.n)
    shown = np.maximum(count, 1.0)
    mean = np.bincount(group.place, np.where(known, matrix.values, 0.0).sum(axis=1), group.n) / shown
    rest = np.where(known, matrix.values - mean[group.place][:, None], 0.0) / shown[group.place][:, None]
    usable = count > 0
    found = np.zeros((DRAWS, group.n))
    by_chip = _of_chips(rest, known, group)
    if by_chip:
        found += by_chip.drawn(source)
    if cluster is not None:
        by_design, several = _of_designs(rest, known, group, cluster)
        usable &= several
        found += by_design.drawn(source)
    elif not by_chip:
        usable[:] = False
    found[:, ~usable] = np.nan
    return found


def _of_chips(rest: Floats, known: NDArray[np.bool_], group: Groups) -> Chance | None:
    """Chance of the chips; None with one chip, which can not tell."""
    chips = int(known.any(axis=0).sum())
    if chips < 2:
        return None
    moved = np.stack([rest[group.place == k].sum(axis=0) for k in range(group.n)])
    return Chance(covariance=moved @ moved.T * chips / (chips - 1), freedom=chips - 1)


def _of_designs(
    rest: Floats, known: NDArray[np.bool_], group: Groups, cluster: NDArray[np.int64]
) -> tuple[Chance, NDArray[np.bool_]]:
    """Chance of the designs, and which groups hold several clusters."""
    moved, held = (np.zeros((int(cluster.max()) + 1, group.n)) for _ in range(2))
    np.add.at(moved, (cluster, group.place), rest.sum(axis=1))
    np.add.at(held, (cluster, group.place), known.any(axis=1))
    clusters = (held > 0).sum(axis=0)
    scale = np.sqrt(clusters / np.maximum(1, clusters - 1))
    freedom = max(1, int((held > 0).any(axis=1).sum()) - int((clusters > 0).sum()))
    return Chance(covariance=(moved.T @ moved) * np.outer(scale, scale), freedom=freedom), clusters > 1
