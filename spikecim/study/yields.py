"""Yield: which share of virtual chips reads well enough, and how sure so many chips make it."""

from __future__ import annotations

import math

import numpy as np

from spikecim.explore.compare_curves import wilson as score_interval
from spikecim.results.sweep_parts import Estimate

Z_90 = 1.6448536269514722  # two-sided 90 %
OUTSIDE = 0.1  # of a 90 % interval


def wilson(good: int, n: int, z: float = Z_90) -> Estimate:
    """Share good / n and its score interval; NaN for none."""
    if n == 0:
        return Estimate(value=math.nan, low=math.nan, high=math.nan)
    low, high = score_interval(np.array([good]), n, z)
    return Estimate(value=good / n, low=float(low[0]), high=float(high[0]))


def picked(good: int, n: int, among: int) -> Estimate:
    """Share good / n of the best of `among` designs: an interval that holds for all of them at once, at 90 %.

    Clopper and Pearson (Biometrika 26, 1934, 404-413) with Bonferroni's share of the error, for designs may have the
    same chips; NaN for none.
    """
    from scipy.special import betaincinv

    if n == 0:
        return Estimate(value=math.nan, low=math.nan, high=math.nan)
    side = OUTSIDE / (2 * max(1, among))
    low = float(betaincinv(good, n - good + 1, side)) if good else 0.0
    high = float(betaincinv(good + 1, n - good, 1 - side)) if good < n else 1.0
    return Estimate(value=good / n, low=low, high=high)


def accuracy_of(metrics: tuple[str, ...]) -> str:
    """The accuracy that a yield is read from: the chip's own margin before others; empty if there is none."""
    found = [name for name in metrics if name.partition("@")[0] == "accuracy"]
    return min(found, key=lambda name: "@" in name, default="")
