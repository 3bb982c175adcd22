"""95 % intervals from a few virtual chips: order statistics for a quantile, Student's t for a mean.

Order statistics need no assumption: the number of n chips below the quantile of share p is binomial (n, p), whatever
the distribution (David & Nagaraja, Order Statistics, 2003, section 7.1). An end that misses with more than 2.5 % even
at the outermost chip is infinite.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

# Chance of missing on each side.
_MISS = 0.025
# Fewest chips that give a mean an interval.
FEWEST = 2


def quantile_interval(values: NDArray[np.float64], share: float) -> tuple[float, float]:
    """Interval of the quantile of `share` from its sample `values` (n,); an open end is infinite."""
    n = len(values)
    rank = _rank(n, share)
    low, high = rank, n + 1 - _rank(n, 1.0 - share)
    ordered = np.sort(values)
    return float(ordered[low - 1]) if low else -math.inf, float(ordered[high - 1]) if high <= n else math.inf


def quantile_needs(share: float) -> int:
    """Fewest values whose `quantile_interval` has two ends: 6 for a median, 72 for one in twenty."""
    outer = max(share, 1.0 - share)
    return math.ceil(math.log(_MISS) / math.log(outer))


def mean_interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """Interval of the mean of `values` (n,) by Student's t; open for a single value."""
    from scipy.special import stdtrit

    n = len(values)
    if n < FEWEST:
        return -math.inf, math.inf
    half = float(stdtrit(n - 1, 1.0 - _MISS)) * float(values.std(ddof=1)) / math.sqrt(n)
    mean = float(values.mean())
    return mean - half, mean + half


def _rank(n: int, share: float) -> int:
    """Largest rank, counted from 1, whose value lies above the quantile with a chance of at most 2.5 %; 0 for none.

    The value of rank r lies above the quantile when fewer than r of n lie below it.
    """
    from scipy.special import bdtr

    chances = bdtr(np.arange(n), n, share)
    return int((chances <= _MISS).sum())
