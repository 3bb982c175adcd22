"""Pareto fronts and hypervolume against closed forms and against formulas that count the same in another way."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from spikecim.study.front import hypervolume, nondominated

# A grid of few values brings ties, which continuous draws never would.
GRID = st.integers(0, 6).map(lambda value: value / 6)


def clouds(most: int) -> st.SearchStrategy[NDArray[np.float64]]:
    return st.integers(1, 4).flatmap(
        lambda m: st.lists(st.tuples(*[GRID] * m), min_size=1, max_size=most).map(lambda rows: np.array(rows))
    )


def by_inclusion(losses: NDArray[np.float64], reference: NDArray[np.float64]) -> float:
    """Inclusion and exclusion over all subsets: the box of a subset reaches to its worst corner."""
    total = 0.0
    for size in range(1, len(losses) + 1):
        for subset in combinations(losses, size):
            sides = np.maximum(reference - np.max(subset, axis=0), 0.0)
            total += (-1) ** (size + 1) * float(np.prod(sides))
    return total


def test_one_point_dominates_a_box() -> None:
    assert hypervolume(np.array([[0.25, 0.5, 0.0]]), np.ones(3)) == pytest.approx(0.75 * 0.5)


def test_a_straight_front_dominates_half_a_square_in_the_limit() -> None:
    n = 200
    x = np.arange(n + 1) / n
    staircase = 0.5 - 0.5 / n  # n steps of height and width 1/n below the diagonal
    assert hypervolume(np.column_stack([x, 1 - x]), np.ones(2)) == pytest.approx(staircase, abs=1e-12)


def test_a_sphere_leaves_an_eighth_of_a_ball() -> None:
    angle = np.linspace(0.0, np.pi / 2, 20)
    a, b = np.meshgrid(angle, angle)
    points = np.column_stack([(np.cos(a) * np.cos(b)).ravel(), (np.cos(a) * np.sin(b)).ravel(), np.sin(a).ravel()])
    # Below the points of the sphere lie boxes; between them the sphere is missed by less than a step of the grid.
    limit, step = 1.0 - np.pi / 6, np.pi / 2 / 19
    assert limit - 2 * step < hypervolume(points, np.ones(3)) < limit


@given(clouds(6))
def test_the_volume_is_that_of_inclusion_and_exclusion(losses: NDArray[np.float64]) -> None:
    reference = np.full(losses.shape[1], 0.9)
    assert hypervolume(losses, reference) == pytest.approx(by_inclusion(losses, reference), abs=1e-9)


@given(clouds(12))
def test_the_front_is_what_no_other_point_beats(losses: NDArray[np.float64]) -> None:
    kept = nondominated(losses)
    for place, point in enumerate(losses):
        beaten = any(all(other <= point) and any(other < point) for other in losses)
        assert kept[place] == (not beaten)


@given(clouds(12))
def test_beaten_points_add_no_volume_and_new_ones_take_none(losses: NDArray[np.float64]) -> None:
    reference = np.full(losses.shape[1], 1.1)
    whole = hypervolume(losses, reference)
    assert whole == pytest.approx(hypervolume(losses[nondominated(losses)], reference))
    assert hypervolume(losses[:-1], reference) <= whole + 1e-12


def test_points_beyond_the_reference_add_nothing() -> None:
    assert hypervolume(np.array([[0.5, 1.0], [2.0, 0.0]]), np.ones(2)) == 0.0
