"""Means over seeds with Student's t interval; differences of two rules are taken seed by seed (paired)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from spikecim.results.insitu_table import MeanInterval

CONFIDENCE = 95.0


def mean_interval(values: Sequence[float]) -> MeanInterval | None:
    """Mean of `values` and its interval; None if there are none.

    Student's t with n - 1 degrees of freedom: seeds are drawn independently, and their spread is not known beforehand.
    """
    n = len(values)
    if not n:
        return None
    mean = float(np.mean(values))
    if n == 1:
        return MeanInterval(value=mean, low=None, high=None, n=1)
    from scipy.special import stdtrit

    half = float(stdtrit(n - 1, 0.5 + CONFIDENCE / 200.0)) * float(np.std(values, ddof=1)) / math.sqrt(n)
    return MeanInterval(value=mean, low=mean - half, high=mean + half, n=n)


def paired_gain(with_rule: Sequence[float | None], reference: Sequence[float | None]) -> MeanInterval | None:
    """Mean of the differences of pairs that both ended well, with its interval."""
    pairs = zip(with_rule, reference, strict=True)
    return mean_interval([one - other for one, other in pairs if one is not None and other is not None])
