"""Shapley values: games with known answers, the axioms, and orders that make a mean over chips exact."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikecim.explore.shapley import marginals, members, order_of, prefixes, shapley_values


def game(n: int, worth: object) -> list[int]:
    return [worth(frozenset(members(mask))) for mask in range(2**n)]  # type: ignore[operator]


worths = st.integers(1, 5).flatmap(
    lambda n: st.tuples(st.just(n), st.lists(st.integers(-(10**6), 10**6), min_size=2**n, max_size=2**n))
)


def test_an_additive_game_pays_each_its_own() -> None:
    own = [3, -5, 0, 11]
    assert shapley_values(4, game(4, lambda s: 7 + sum(own[i] for i in s))) == own


@pytest.mark.parametrize("team", [{0}, {1, 3}, {0, 2, 4}, {0, 1, 2, 3, 4}])
def test_unanimity_shares_evenly_within_the_team(team: set[int]) -> None:
    expected = [Fraction(12, len(team)) if i in team else 0 for i in range(5)]
    assert shapley_values(5, game(5, lambda s: 12 * (team <= s))) == expected


def test_gloves_one_left_two_right() -> None:
    values = shapley_values(3, game(3, lambda s: min(len(s & {0}), len(s & {1, 2}))))
    assert values == [Fraction(2, 3), Fraction(1, 6), Fraction(1, 6)]


@given(worths)
def test_nothing_is_left_over(case: tuple[int, list[int]]) -> None:
    n, worth = case
    assert sum(shapley_values(n, worth)) == worth[-1] - worth[0]


@given(worths)
def test_a_dummy_gets_exactly_nothing_and_changes_nobody(case: tuple[int, list[int]]) -> None:
    n, worth = case
    # The dummy is the highest bit: with or without it the worth is the same.
    assert shapley_values(n + 1, worth + worth) == [*shapley_values(n, worth), 0]


@given(worths, st.data())
def test_names_do_not_matter(case: tuple[int, list[int]], data: st.DataObject) -> None:
    n, worth = case
    name = data.draw(st.permutations(range(n)))
    renamed = game(n, lambda s: worth[sum(1 << name[i] for i in s)])
    values = shapley_values(n, worth)
    assert shapley_values(n, renamed) == [values[name[i]] for i in range(n)]


@given(worths)
def test_it_is_the_mean_over_all_orders(case: tuple[int, list[int]]) -> None:
    n, worth = case
    total = np.zeros(n, np.int64)
    for order in permutations(range(n)):
        grown = np.array([worth[sum(1 << i for i in s)] for s in prefixes(order)])
        total += marginals(order, grown)
    orders = int(np.prod(range(1, n + 1)))
    assert shapley_values(n, worth) == [Fraction(int(part), orders) for part in total]


@pytest.mark.parametrize("number", [0, 1, 2, 7, 8])
def test_an_order_holds_everyone_once_and_pairs_are_reversed(number: int) -> None:
    order = order_of(10, number, seed=3)
    assert sorted(order) == list(range(10))
    assert order_of(10, number ^ 1, seed=3) == order[::-1]
    assert order_of(10, number, seed=3) == order
    assert order_of(10, number, seed=4) != order


def test_marginals_of_an_order_sum_to_the_whole() -> None:
    order, worths_ = [2, 0, 1], np.array([5, 9, 4, 10])
    assert marginals(order, worths_).tolist() == [-5, 6, 4]
