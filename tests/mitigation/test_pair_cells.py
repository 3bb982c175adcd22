"""Cells of pairs that make up for stuck ones: as near to the weight as all their choices, against brute force."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikecim.mitigation.digit_cells import choose_digits
from spikecim.mitigation.pair_cells import choose_pairs
from spikecim.mitigation.place import Window
from spikecim.mitigation.stuck import Defects

WINDOW = Window(g_min=1.0, g_max=10.0)


def drawn(n_slices: int, top: int, seed: int, n: int = 6) -> tuple[np.ndarray, np.ndarray, Defects, np.ndarray]:
    """Whole weights (n,), their targets, stuck cells at the ends of the window, slice factors."""
    draw, base = np.random.default_rng((seed, n_slices, top)), top + 1
    factors = np.array([float(top * base**k) for k in range(n_slices)])
    weights = draw.integers(1 - base**n_slices, base**n_slices, n)
    digits = np.abs(weights) // base ** np.arange(n_slices)[:, None] % base
    digits = np.stack([digits * (weights > 0), digits * (weights < 0)])
    stuck = draw.choice([-1, 0, 1], p=[0.2, 0.6, 0.2], size=digits.shape).astype(np.int8)
    chip = Defects(stuck=stuck, lrs=WINDOW.g_max, hrs=WINDOW.g_min, window=WINDOW)
    return weights, WINDOW.g_min + digits * WINDOW.width / top, chip, factors


def felt(targets: np.ndarray, chip: Defects, factors: np.ndarray) -> np.ndarray:
    held = chip.held()
    real = np.where(np.isnan(held), targets, held)
    return factors @ (real[0] - real[1]) / WINDOW.width


@settings(max_examples=40, deadline=None)
@given(n_slices=st.integers(1, 4), top=st.sampled_from([1, 3]), seed=st.integers(0, 999))
def test_digits_are_as_good_as_any(n_slices: int, top: int, seed: int) -> None:
    weights, targets, chip, factors = drawn(n_slices, top, seed)
    found = choose_digits(targets, chip, factors, top)
    error = np.abs(felt(found, chip, factors) - weights)
    for place, weight in enumerate(weights):
        sums = []
        for k in range(n_slices):
            one, two = ({-1: [0], 0: range(top + 1), 1: [top]}[int(state)] for state in chip.stuck[:, k, place])
            sums.append({(a - b) * (top + 1) ** k for a in one for b in two})
        best = min(abs(sum(pick) - weight) for pick in product(*sums))
        assert error[place] == pytest.approx(best, abs=1e-9)
    steps = (found - WINDOW.g_min) * top / WINDOW.width
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(n_slices=st.integers(1, 4), seed=st.integers(0, 999))
def test_continuous_cells_reach_all_that_their_intervals_hold(n_slices: int, seed: int) -> None:
    weights, targets, chip, factors = drawn(n_slices, 3, seed)
    found = choose_pairs(targets, chip, factors)
    assert WINDOW.g_min <= found.min() and found.max() <= WINDOW.g_max
    held = chip.held()
    lowest, highest = (np.where(np.isnan(held), end, held) for end in (WINDOW.g_min, WINDOW.g_max))
    least = factors @ (lowest[0] - highest[1]) / WINDOW.width
    most = factors @ (highest[0] - lowest[1]) / WINDOW.width
    exact = np.maximum(0.0, np.maximum(least - weights, weights - most))
    np.testing.assert_allclose(np.abs(felt(found, chip, factors) - weights), exact, atol=1e-9)


@pytest.mark.parametrize("digital", [False, True])
def test_without_stuck_cells_nothing_moves(digital: bool) -> None:
    _, targets, chip, factors = drawn(3, 1, 0)
    free = Defects(stuck=np.zeros_like(chip.stuck), lrs=chip.lrs, hrs=chip.hrs, window=WINDOW)
    found = choose_digits(targets, free, factors, 1) if digital else choose_pairs(targets, free, factors)
    np.testing.assert_array_equal(found, targets)


def test_the_partner_of_a_stuck_cell_answers() -> None:
    # +3 of a window of 9, the positive cell stuck at the top: the negative cell goes up to 10 - 3.
    targets = np.array([[[4.0]], [[1.0]]])
    chip = Defects(stuck=np.array([[[1]], [[0]]], np.int8), lrs=10.0, hrs=1.0, window=WINDOW)
    assert choose_pairs(targets, chip, np.ones(1))[1, 0, 0] == pytest.approx(7.0)
