"""Intervals from a few chips hold the truth as often as they say; tolerances follow from the number of repetitions."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binom, expon, norm

from spikecim.study.search_intervals import mean_interval, quantile_interval, quantile_needs

REPETITIONS = 4_000
SHARES = [0.05, 0.5, 0.95]
CHIPS = [1, 5, 6, 16, 32, 48, 71, 72, 100]


Interval = Callable[[NDArray[np.float64]], tuple[float, float]]


def misses(draws: NDArray[np.float64], interval: Interval, truth: float) -> tuple[int, int]:
    """How often the truth lies below and above the interval."""
    ends = np.array([interval(row) for row in draws])
    return int((truth < ends[:, 0]).sum()), int((truth > ends[:, 1]).sum())


def chance(n: int, share: float) -> float:
    """Largest sum of first terms of the binomial distribution that is at most 2.5 %."""
    sums = binom.cdf(np.arange(n), n, share)
    return float(max(sums[sums <= 0.025], default=0.0))


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("n", CHIPS)
@pytest.mark.parametrize("law", [norm, expon], ids=["normal", "exponential"])
def test_each_end_misses_a_quantile_as_often_as_the_binomial_says(n: int, share: float, law: object) -> None:
    """The number of misses is binomial with the exact chance; four standard deviations either way."""
    truth = float(law.ppf(share))  # type: ignore[attr-defined]
    draws = law.rvs(size=(REPETITIONS, n), random_state=np.random.default_rng(n))  # type: ignore[attr-defined]
    found = misses(draws, lambda row: quantile_interval(row, share), truth)
    for missed, expected in zip(found, (chance(n, share), chance(n, 1 - share)), strict=True):
        assert expected <= 0.025
        assert abs(missed - REPETITIONS * expected) <= 4 * math.sqrt(REPETITIONS * expected * (1 - expected))


@pytest.mark.parametrize("share", SHARES)
def test_an_end_is_open_exactly_where_the_outermost_chip_misses_too_often(share: float) -> None:
    for n in range(1, 120):
        low, high = quantile_interval(np.arange(float(n)), share)
        assert math.isinf(low) == ((1 - share) ** n > 0.025)
        assert math.isinf(high) == (share**n > 0.025)
        assert (math.isinf(low) or math.isinf(high)) == (n < quantile_needs(share))
        assert low < high


def test_equal_chips_give_an_interval_of_no_width() -> None:
    assert quantile_interval(np.full(80, 0.5), 0.05) == (0.5, 0.5)


@pytest.mark.parametrize("n", [2, 3, 16, 48])
def test_a_mean_of_normal_chips_is_missed_by_two_and_a_half_percent_on_each_side(n: int) -> None:
    draws = np.random.default_rng(n).normal(size=(REPETITIONS, n))
    for missed in misses(draws, mean_interval, 0.0):
        assert abs(missed - 0.025 * REPETITIONS) <= 4 * math.sqrt(0.025 * 0.975 * REPETITIONS)


def test_one_chip_bounds_no_mean() -> None:
    assert mean_interval(np.array([0.5])) == (-math.inf, math.inf)
