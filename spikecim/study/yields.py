"""Yield: which share of virtual chips reads well enough, and how sure so many chips make it."""

from __future__ import annotations

import math

from spikecim.results.sweep_parts import Estimate

Z_90 = 1.6448536269514722  # two-sided 90 %


def wilson(good: int, n: int, z: float = Z_90) -> Estimate:
    """Share good / n and its score interval (Wilson, J. Am. Stat. Assoc. 22, 1927, 209-212); NaN for none."""
    if n == 0:
        return Estimate(value=math.nan, low=math.nan, high=math.nan)
    share, square = good / n, z * z
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = z / (1 + square / n) * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    # 0 of n has its end at 0, not at a rounding error.
    low, high = 0.0 if good == 0 else middle - half, 1.0 if good == n else middle + half
    return Estimate(value=share, low=low, high=high)


def accuracy_of(metrics: tuple[str, ...]) -> str:
    """The accuracy that a yield is read from: the chip's own margin before others; empty if there is none."""
    found = [name for name in metrics if name.partition("@")[0] == "accuracy"]
    return min(found, key=lambda name: "@" in name, default="")
