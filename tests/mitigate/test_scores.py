"""The two scores: closed forms, pairing, and what has no score."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikecim.mitigate.scores import DRAWS, Resampling, accuracy, accuracy_ratio, lost, recovered

N_BLOCKS = 10


def drawn(n_chips: int) -> Resampling:
    return Resampling.draw(n_chips, N_BLOCKS, seed=1)


def flat(*means: float) -> np.ndarray:
    """Chips whose blocks are all alike."""
    return np.repeat(np.array(means)[:, None], N_BLOCKS, axis=1)


def test_the_two_scores_are_not_the_same_number() -> None:
    before, after = flat(0.5, 0.6, 0.7), flat(0.8, 0.85, 0.9)
    ideal, algorithm = flat(0.95)[0], flat(1.0)[0]
    draws = drawn(3)
    assert accuracy_ratio(after, algorithm, draws).value == pytest.approx(85.0)
    score = recovered(ideal, before, after, draws)
    assert score.interval is not None and score.interval.value == pytest.approx(100 * 0.25 / 0.35)
    assert score.interval.low <= score.interval.value <= score.interval.high
    assert score.chips == pytest.approx((100 * 0.3 / 0.45, 100 * 0.25 / 0.35, 100 * 0.2 / 0.25))


@settings(max_examples=15, deadline=None)
@given(st.floats(0.05, 0.6), st.floats(-0.5, 1.5))
def test_a_share_given_back_to_every_chip_is_the_score_and_is_never_clipped(loss: float, share: float) -> None:
    losses = loss * np.array([0.8, 0.9, 1.0, 1.1, 1.2])
    ideal = flat(0.9)[0]
    before = ideal - flat(*losses)
    after = before + share * flat(*losses)
    score = recovered(ideal, before, after, drawn(5))
    assert score.interval is not None
    assert [score.interval.value, score.interval.low, score.interval.high] == pytest.approx([100 * share] * 3, abs=1e-6)


def test_a_loss_within_its_noise_has_no_score_and_says_so() -> None:
    rng = np.random.default_rng(0)
    ideal = 0.9 + 0.02 * rng.standard_normal(N_BLOCKS)
    before = 0.9 + 0.02 * rng.standard_normal((6, N_BLOCKS))
    score = recovered(ideal, before, before + 0.01, drawn(6))
    assert score.interval is None and score.chips == (None,) * 6
    assert "nothing to recover" in score.undefined and "noise" in score.undefined


def test_no_chip_is_left_out_of_the_score() -> None:
    # Half of the chips had lost nothing and lose by the cure what the others gain: nothing came back.
    before = flat(*(0.5, 0.9) * 10)
    score = recovered(flat(0.8)[0], before, flat(*(0.6, 0.8) * 10), drawn(20))
    assert score.interval is not None and score.interval.value == pytest.approx(0.0)
    assert score.interval.low < 0 < score.interval.high
    # What a chip got back of its own is told where it had lost something.
    assert score.chips[0] == pytest.approx(100 / 3) and score.chips[1::2] == (None,) * 10


def test_the_same_chips_and_images_are_compared() -> None:
    # Chips and blocks differ wildly, the cure gives every one of them exactly half: no interval is left.
    rng = np.random.default_rng(3)
    ideal = 0.8 + 0.1 * rng.random(N_BLOCKS)
    before = ideal - (0.1 + 0.3 * rng.random((20, N_BLOCKS)))
    score = recovered(ideal, before, (before + ideal) / 2, drawn(20))
    assert score.interval is not None
    assert score.interval.high - score.interval.low < 1e-9 and score.interval.value == pytest.approx(50.0)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    # 60 experiments of 20 chips and 10 blocks, chips normal around 0.8: the median over chips is 0.8.
    rng = np.random.default_rng(4)
    hits, n = 0, 60
    for _ in range(n):
        chips = 0.8 + 0.05 * rng.standard_normal(20)
        found = accuracy(chips[:, None] + np.zeros(N_BLOCKS), Resampling.draw(20, N_BLOCKS, int(rng.integers(1 << 30))))
        hits += found.low <= 80.0 <= found.high
    # 95 % is asked for; four standard deviations of a binomial below it is 0.837.
    assert hits / n > 0.95 - 4 * np.sqrt(0.95 * 0.05 / n)


def test_chips_that_are_alike_keep_the_interval_of_the_images() -> None:
    blocks = np.tile(np.linspace(0.6, 0.9, N_BLOCKS), (20, 1))
    found = accuracy(blocks, drawn(20))
    # Standard error of the mean of ten blocks.
    assert found.high - found.low == pytest.approx(2 * 1.96 * 100 * blocks[0].std() / np.sqrt(N_BLOCKS), rel=0.15)


def test_draws_hold_all_images_once_on_average() -> None:
    draws = drawn(4)
    assert np.allclose(draws.blocks.sum(axis=1), 1.0)
    assert np.all(np.abs(draws.blocks.mean(axis=0) - 1 / N_BLOCKS) < 5 * 0.095 / np.sqrt(DRAWS))
    assert lost(flat(0.9)[0], flat(0.9, 0.9, 0.9, 0.9), draws).value == 0.0
