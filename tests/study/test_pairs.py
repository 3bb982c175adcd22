"""Squares without noise: pairs of different chips and designs, counted one by one."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from spikecim.study.pairs import over_both, over_chips, over_designs


def drawn(values: np.ndarray, designs: np.ndarray, chips: np.ndarray) -> list[tuple[int, int, float]]:
    """All entries of the resampled table: each row and column as often as it was drawn."""
    rows = [i for i, n in enumerate(designs) for _ in range(int(n))]
    columns = [j for j, n in enumerate(chips) for _ in range(int(n))]
    return [(i, j, float(values[i, j])) for i, j in product(rows, columns)]


@pytest.fixture
def table() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    return rng.normal(size=(4, 3)), np.array([2.0, 0.0, 1.0, 1.0]), np.array([1.0, 2.0, 1.0])


def test_pairs_are_those_one_would_count(table: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    values, designs, chips = table
    entries = drawn(values, designs, chips)
    both = [a * b for (i, j, a), (k, m, b) in product(entries, entries) if i != k and j != m]
    assert over_both(values, designs, chips) == pytest.approx(np.mean(both))
    same_design = [a * b for (i, j, a), (k, m, b) in product(entries, entries) if i == k == 0 and j != m]
    assert over_chips(values, values, chips)[0] == pytest.approx(np.mean(same_design))
    same_chip = [a * b for (i, j, a), (k, m, b) in product(entries, entries) if i != k and j == m == 1]
    assert over_designs(values, designs)[1] == pytest.approx(np.mean(same_chip))


def test_one_chip_is_taken_as_it_is() -> None:
    values = np.array([[2.0], [3.0], [5.0]])
    assert over_chips(values, values, np.ones(1)).tolist() == [4.0, 9.0, 25.0]
    assert over_both(values, np.ones(3), np.ones(1)) == pytest.approx((6 + 10 + 15) / 3)


def test_one_design_has_no_pairs() -> None:
    assert np.isnan(over_both(np.ones((1, 3)), np.ones(1), np.ones(3)))


def test_noise_of_few_chips_leaves_no_square() -> None:
    # 20,000 designs of 3 chips: noise of variance 1 leaves a mean square of 1/3, and products of different chips none.
    values = np.random.default_rng(5).normal(size=(20_000, 3))
    found = over_chips(values, values, np.ones(3))
    # A product of two unit normals has variance 1; three pairs share chips but are uncorrelated.
    assert abs(found.mean()) < 4 * np.sqrt(1 / 3 / 20_000)
    assert (values.mean(axis=1) ** 2).mean() == pytest.approx(1 / 3, abs=4 * np.sqrt(2 / 9 / 20_000))
