"""Functional analysis of variance on a full grid: exact for the grid, every level counting alike.

y = mean + sum of effects of one factor + sum of effects of two + ..., each with mean 0 along each of its factors
(Hoeffding 1948; Sobol, Math. Comput. Simul. 55, 2001, 271-280). Squares are taken over different chips (`pairs`).
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from spikecim.study.pairs import Floats, over_chips


def indices(values: Floats, chips: Floats) -> Floats:
    """Variance, then shares of it: of each factor alone, with all it takes part in, and of each pair alone.

    Parameters
    ----------
    values : float64 (n_1, ..., n_d, n_chips)
        The whole grid.
    chips : float64 (n_chips,)
        Weights.

    Returns
    -------
    float64 (1 + 2 d + d (d - 1) / 2,)
    """
    d = values.ndim - 1
    values = values - values.mean(axis=tuple(range(d)))

    def closed(*kept: int) -> float:
        """Variance of the mean over all factors but `kept`."""
        mean = values.mean(axis=tuple(k for k in range(d) if k not in kept))
        return float(over_chips(mean, mean, chips).mean())

    variance = closed(*range(d))
    alone = [closed(k) for k in range(d)]
    total = [variance - closed(*(k for k in range(d) if k != i)) for i in range(d)]
    pairs = [closed(i, j) - alone[i] - alone[j] for i, j in combinations(range(d), 2)]
    return np.append(variance, np.array([*alone, *total, *pairs]) / variance)
