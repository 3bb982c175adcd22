"""Intervals of an attribution: they cover as often as they say, and know where there is nothing to scatter."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from spikecim.results.attribution import mean_interval


@pytest.mark.parametrize("paired", [False, True])
def test_ninety_percent_intervals_cover_ninety_percent(paired: bool) -> None:
    draws, trials = np.random.default_rng(3), 1000
    hits = 0
    for _ in range(trials):
        values = draws.normal(2.0, 3.0, 20)
        if paired:
            # Antithetic halves: what one gains the other loses, so that chips are not independent.
            shared = np.repeat(draws.normal(0, 5.0, 10), 2) * np.tile([1, -1], 10)
            values = values + shared
        low, high = mean_interval(values, paired=paired)
        assert low is not None and high is not None
        hits += low <= 2.0 <= high
    assert binom.ppf(0.001, trials, 0.9) <= hits <= binom.ppf(0.999, trials, 0.9)


def test_antithetic_draws_are_worth_their_pairing() -> None:
    values = np.tile([1.0, -1.0], 10)
    assert mean_interval(values, paired=True) == (0.0, 0.0)
    low, high = mean_interval(values)
    assert low is not None and low < -0.3 and high == pytest.approx(-low)


def test_one_chip_has_no_interval() -> None:
    assert mean_interval(np.array([1.5])) == (None, None)
