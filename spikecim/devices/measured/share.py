"""Share of the variance of ln R that stays with the cell (device to device), from cells programmed many times.

One-way analysis of variance: F = MS(between) / MS(within) is (1 + J s / (1 - s)) times an F variable (Searle, Casella,
McCulloch, Variance Components, 1992, ch. 3). Both states share one s: their ln F are averaged by weight, and the
quantiles of the average follow from its cumulants (Cornish and Fisher, 1938).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import brentq
from scipy.special import digamma, ndtri, polygamma

from spikecim.devices.measured.estimate import LEVEL, Estimate, FloatArray
from spikecim.devices.measured.lognormal import Groups

FEWEST_CELLS, FEWEST_WITHIN = 10, 30
_MOST = 1.0 - 1e-9


def enough_for_share(groups: Sequence[Groups]) -> bool:
    """Whether every state has cells and cycles enough to tell them apart."""
    return all(len(one.means) >= FEWEST_CELLS and one.within_df >= FEWEST_WITHIN for one in groups)


def cell_share(groups: Sequence[Groups]) -> Estimate:
    """The share that all states in `groups` have in common, with its interval."""
    cumulants = np.array([_log_f_cumulants(len(one.means) - 1, one.within_df) for one in groups])
    weights = 1.0 / cumulants[:, 1]
    weights /= weights.sum()
    measured = sum(w * np.log(one.harmonic * one.between / one.within) for w, one in zip(weights, groups, strict=True))
    mean, variance, skew, tails = (float((weights**order * cumulants[:, order - 1]).sum()) for order in range(1, 5))

    def at(z: float) -> float:
        x = _cornish_fisher(z, skew / variance**1.5, tails / variance**2)
        return _share_where(measured - mean - np.sqrt(variance) * x, weights, groups)

    reach = float(ndtri((1 + LEVEL) / 2))
    return Estimate(value=at(0.0), low=at(reach), high=at(-reach), how="analysis of variance, F distribution")


def _share_where(log_ratio: float, weights: FloatArray, groups: Sequence[Groups]) -> float:
    """The share at which the weighted ln(1 + J s / (1 - s)) is `log_ratio`."""

    def miss(share: float) -> float:
        ratio = [np.log1p(one.harmonic * share / (1.0 - share)) for one in groups]
        return float(weights @ ratio) - log_ratio

    if log_ratio <= 0:
        return 0.0
    return _MOST if miss(_MOST) <= 0 else float(brentq(miss, 0.0, _MOST, xtol=1e-12))


def _log_f_cumulants(between: int, within: int) -> tuple[float, float, float, float]:
    """First four cumulants of ln F with (`between`, `within`) degrees of freedom."""
    a, b = between / 2.0, within / 2.0
    mean = float(digamma(a) - np.log(a) - digamma(b) + np.log(b))
    second, third, fourth = (float(polygamma(n, a) + (-1.0) ** (n + 1) * polygamma(n, b)) for n in (1, 2, 3))
    return mean, second, third, fourth


def _cornish_fisher(z: float, skew: float, excess: float) -> float:
    return z + skew * (z**2 - 1) / 6 + excess * (z**3 - 3 * z) / 24 - skew**2 * (2 * z**3 - 5 * z) / 36
