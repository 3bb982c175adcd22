"""The delta rule: errors and votes by hand, one cell of the right side and state, probabilities as stated."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikecim.arrays.codes import CODES
from spikecim.errors import ParameterError
from spikecim.insitu.spirit.delta import DeltaRule, choose_cells
from spikecim.streams import stream

CODE = CODES["unary-bipolar"](levels=4)


def test_errors_and_votes_by_hand() -> None:
    rule = DeltaRule(rate=1.0, target=10, dead_zone=2)
    scores = np.array([[12, -3, 0], [-30, 9, -9]])
    labels = np.array([0, 1])
    # Beyond the target in the right direction: no error; within the dead zone: none either.
    assert rule.errors(scores, labels).tolist() == [[0, -7, -10], [0, 0, 0]]
    inputs = np.array([[2, 0], [5, 1]])
    assert rule.votes(inputs, scores, labels).tolist() == [[0.0, -14.0, -20.0], [0.0, 0.0, 0.0]]


def test_rate_falls_to_zero_if_it_is_to() -> None:
    assert DeltaRule(rate=2.0, target=5).rate_at(0.75) == 0.5
    assert DeltaRule(rate=2.0, target=5, falling=False).rate_at(0.75) == 2.0


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(-4, 4), st.sampled_from([-1.0, 1.0]))
def test_one_step_moves_a_weight_by_one_and_keeps_the_code(seed: int, weight: int, sign: float) -> None:
    targets = CODE.targets(np.array([[weight]], np.int8))
    chosen, to_lrs = choose_cells(np.array([[sign]]), targets, np.ones_like(targets), stream(seed, "lot"))
    after = targets.copy()
    after.ravel()[chosen] = to_lrs
    assert int(CODE.decode(after)[0, 0]) == np.clip(weight + sign, -4, 4)
    assert not (after[..., :4].any() and after[..., 4:].any()), "cells of one side only are in LRS"
    assert len(chosen) == (0 if weight == 4 * sign else 1)


def test_cells_given_up_are_left_alone_and_ties_are_broken_by_lot() -> None:
    targets = CODE.targets(np.zeros((1, 1), np.int8))
    free = np.array([[[False, True, True, False, True, True, True, True]]])
    seen = {int(choose_cells(np.array([[1.0]]), targets, free, stream(k, "lot"))[0][0]) for k in range(40)}
    # One of two cells 40 times in a row would come once in 2**39.
    assert seen == {1, 2}
    nothing = choose_cells(np.array([[1.0]]), targets, np.zeros_like(free), stream(0, "lot"))
    assert len(nothing[0]) == 0 and len(nothing[1]) == 0


def test_probability_of_a_write_is_the_size_of_the_change() -> None:
    n, p = 40_000, 0.3
    lrs = np.zeros((n, 1, 8), bool)
    chosen, to_lrs = choose_cells(np.full((n, 1), p), lrs, ~lrs, stream(3, "lot"))
    # Five standard deviations of a binomial number.
    assert abs(len(chosen) - n * p) < 5 * np.sqrt(n * p * (1 - p)) and to_lrs.all()
    assert len(choose_cells(np.full((n, 1), 1.7), lrs, ~lrs, stream(3, "lot"))[0]) == n
    assert len(choose_cells(np.zeros((n, 1)), lrs, ~lrs, stream(3, "lot"))[0]) == 0


@pytest.mark.parametrize("bad", [{"rate": float("nan")}, {"rate": -1.0}, {"target": 0}, {"dead_zone": 40}])
def test_bad_rules_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ParameterError, match="must be"):
        DeltaRule(**{"rate": 1.0, "target": 20, **bad})
