"""Intervals of a share against published ones, and which accuracy a yield is read from."""

from __future__ import annotations

import math

import numpy as np
import pytest

from spikecim.study.yields import accuracy_of, picked, wilson

Z_95 = 1.959963984540054


@pytest.mark.parametrize(
    ("good", "n", "low", "high"),
    # Newcombe, Stat. Med. 17 (1998) 857-872, table I, score method without continuity correction, 95 %.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_published_intervals(good: int, n: int, low: float, high: float) -> None:
    found = wilson(good, n, Z_95)
    assert found.value == good / n
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_the_interval_is_scipys_at_90_percent() -> None:
    from scipy.stats import binomtest

    for good, n in ((0, 8), (3, 8), (8, 8), (17, 40)):
        theirs = binomtest(good, n).proportion_ci(0.9, method="wilson")
        found = wilson(good, n)
        assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_all_and_none_reach_the_ends() -> None:
    assert wilson(0, 8).low == 0.0
    assert wilson(8, 8).high == 1.0
    assert math.isnan(wilson(0, 0).value)


def test_the_best_of_many_has_its_choice_allowed_for() -> None:
    from scipy.stats import binomtest

    for good, n in ((0, 8), (3, 8), (8, 8), (17, 40)):
        theirs = binomtest(good, n).proportion_ci(1 - 0.1 / 20, method="exact")
        found = picked(good, n, 20)
        assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)
        assert found.low <= picked(good, n, 2).low <= found.value
    assert math.isnan(picked(0, 0, 5).low)


def test_the_best_design_lies_in_its_interval() -> None:
    trials, held = 400, 0
    for seed in range(trials):
        good = int(np.random.default_rng(seed).binomial(8, 0.6, size=50).max())
        found = picked(good, 8, 50)
        held += found.low <= 0.6 <= found.high
    assert held >= trials * 0.9 - 3 * math.sqrt(trials * 0.9 * 0.1)


def test_the_chips_own_margin_comes_first() -> None:
    assert accuracy_of(("core_nj", "accuracy@5", "accuracy")) == "accuracy"
    assert accuracy_of(("core_nj", "accuracy@5", "accuracy@7")) == "accuracy@5"
    assert accuracy_of(("core_nj",)) == ""
