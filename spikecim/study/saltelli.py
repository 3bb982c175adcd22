"""Sobol indices from Saltelli's design: which share of the variance between designs is whose.

First order: Saltelli et al., Comput. Phys. Commun. 181 (2010) 259-270, table 2 (b), good for small indices, or Janon et
al., ESAIM Probab. Stat. 18 (2014) 342-364, good for large ones. Total: Jansen, Comput. Phys. Commun. 117 (1999) 35-43,
good for small ones, or 1 less Saltelli's share of all other factors, f(A) (f(AB_i) - f(B)), good for large ones. Pairs:
T_i + T_j - T_ij, all that holds both factors (superset importance: Liu and Owen, J. Am. Stat. Assoc. 101, 2006,
712-721), where T_ij is Jansen's mean over f(AB_i) - f(AB_j), designs that differ in both. Products are over different
chips (`pairs`), so that few chips do not look like a design's doing.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from spikecim.study.pairs import Floats, over_chips


def rows_of(n_designs: int, n_factors: int) -> NDArray[np.int64]:
    """Designs of each base point, int64 (n_points, n_factors + 2): A, B, then A with one column of B each."""
    return np.arange(n_designs, dtype=np.int64).reshape(n_factors + 2, -1).T


def indices(values: Floats, points: Floats, chips: Floats) -> Floats:
    """Variance, then indices: first order, total, both by the other way too, and pairs, (1 + 4 d + d (d - 1) / 2,).

    Parameters
    ----------
    values : float64 (n_points, d + 2, n_chips)
        In the order of `rows_of`.
    points, chips : float64 (n_points,), (n_chips,)
        Weights.
    """
    share = points / points.sum()
    values = values - np.einsum("p,pkc->c", share, values[:, :2]) / 2
    first, second, mixed = values[:, 0], values[:, 1], np.moveaxis(values[:, 2:], 1, 0)

    def mean(one: Floats, other: Floats) -> float:
        return float(share @ over_chips(one, other, chips))

    def half_square(one: Floats, other: Floats) -> float:
        return mean(one - other, one - other) / 2

    def spread(one: Floats, other: Floats) -> float:
        """Variance of two columns taken as one."""
        middle = (share @ (one + other) / 2)[None, :]
        return (mean(one, one) + mean(other, other)) / 2 - float(over_chips(middle, middle, chips)[0])

    variance = spread(first, second)
    alone = [mean(second, column - first) / variance for column in mixed]
    total = [half_square(first, column) / variance for column in mixed]
    alone_too = [1 - half_square(second, column) / spread(second, column) for column in mixed]
    total_too = [1 - mean(first, column - second) / variance for column in mixed]
    pairs = [
        total[i] + total[j] - half_square(mixed[i], mixed[j]) / variance for i, j in combinations(range(len(mixed)), 2)
    ]
    return np.array([variance, *alone, *total, *alone_too, *total_too, *pairs])
