"""The signed-count decision: by hand, and from a run that never stopped."""

from __future__ import annotations

import itertools
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from spikecim.coding.decision import MarginReader, ScoreCount, decide, margin, time_out_winner
from spikecim.engines import get_engine
from spikecim.program import Program
from spikecim.spikes import Decisions, SpikeTrains, trains_from_lists
from tests.engines.strategies import ideal_program, runs


@pytest.mark.parametrize(
    ("scores", "lead"),
    [([3, 1], 2), ([1, 3], 2), ([5, 5, 1], 0), ([-1, -4, -2], 1), ([0, 0, 0], 0), ([7, 2, 6, 3], 1)],
)
def test_margin_is_best_minus_second_best(scores: list[int], lead: int) -> None:
    assert margin(np.array([scores])).tolist() == [lead]


def test_a_single_neuron_never_leads() -> None:
    assert margin(np.array([[7], [-7]])).tolist() == [-1, -1]


# Design section 3.7: best score, then larger residual charge, then lower index.
@pytest.mark.parametrize(
    ("scores", "residual", "winner"),
    [
        ([1, 3, 2], [900, 0, 900], 1),
        ([3, 1, 3], [5, 900, 6], 2),
        ([3, 1, 3], [6, 900, 5], 0),
        ([3, 3, 3], [-1, -1, -1], 0),
        ([0, 0, 0], [-2, -1, -1], 1),
        ([-5, -5, -6], [2**31 - 1, -(2**31), 0], 0),
    ],
)
def test_time_out_winner(scores: list[int], residual: list[int], winner: int) -> None:
    assert time_out_winner(np.array([scores]), np.array([residual], np.int32)).tolist() == [winner]


def by_hand(spikes: list[list[tuple[int, int, int]]], **changes: Any) -> tuple[Decisions, np.ndarray]:
    """Decide over output spikes (tick, neuron, sign); inputs come in ticks 0, 2, 4, .. of a window of 20."""
    program = ideal_program(np.zeros((1, 3)), n_ticks=20, **changes)
    trains = trains_from_lists([[(t, 0, 1) for t in range(0, 20, 2)] for _ in spikes], n_in=1, n_ticks=20)
    rows = np.array([(s, *spike) for s, sample in enumerate(spikes) for spike in sample], np.int64).reshape(-1, 4)
    residual = np.tile(np.array([10, 30, 20], np.int32), (len(spikes), 1))
    return decide(program, trains, tuple(rows.T), residual)  # type: ignore[arg-type]


def test_margins_are_read_as_they_are_reached() -> None:
    # Scores after each tick: (1 0 0), (1 1 0), (2 2 0) in one tick, (3 2 0), (4 2 0), (5 2 0).
    spikes = [(1, 0, 1), (3, 1, 1), (5, 0, 1), (5, 1, 1), (8, 0, 1), (11, 0, 1), (15, 0, 1)]
    table, in_time = by_hand([spikes], delta_s=3)
    assert table.durations.tolist() == [[2, 12, 16]]
    assert table.winners.tolist() == [[0, 0, 0]]
    assert table.outputs.tolist() == [[1, 6, 7]]
    assert table.inputs.tolist() == [[1, 6, 8]]
    assert table.reached.tolist() == [[True, True, True]]
    assert in_time.all()


def test_one_tick_may_reach_several_margins() -> None:
    # First sample: (-1 1 -1) after tick 4, a lead of 2 at once; second: (0 0 1), then (0 0 2).
    table, _ = by_hand([[(4, 0, -1), (4, 1, 1), (4, 2, -1)], [(4, 2, 1), (6, 2, 1)]], delta_s=3)
    assert table.durations.tolist() == [[5, 5, 20], [5, 7, 20]]
    assert table.reached.tolist() == [[True, True, False], [True, True, False]]


def test_spikes_after_the_decision_are_cut() -> None:
    # Sample 0 ends in tick 1: its other spike of that tick counts, the one of the next tick does not.
    table, in_time = by_hand([[(1, 0, 1), (1, 2, -1), (2, 1, 1), (9, 1, 1)], [(2, 2, 1)]], delta_s=1)
    assert table.winners.tolist() == [[0], [2]]
    assert table.outputs.tolist() == [[2], [1]]
    assert in_time.tolist() == [True, True, False, False, True]


def test_without_spikes_the_larger_residual_wins_at_time_out() -> None:
    table, in_time = by_hand([[], []], delta_s=2)
    assert table.winners.tolist() == [[1, 1], [1, 1]]
    assert table.durations.tolist() == [[20, 20], [20, 20]]
    assert table.inputs.tolist() == [[10, 10], [10, 10]]
    assert not table.reached.any()
    assert in_time.tolist() == []


def test_a_margin_never_reached_shows_the_time_out_decision() -> None:
    # Neuron 0 leads by 1 first, neuron 2 at the end: margin 1 keeps the first, margin 2 goes to the last.
    table, _ = by_hand([[(1, 0, 1), (9, 2, 1), (12, 2, 1)]], delta_s=2)
    assert table.winners.tolist() == [[0, 2]]
    assert table.reached.tolist() == [[True, False]]


def test_without_delta_s_nothing_is_decided_early() -> None:
    table, in_time = by_hand([[(t, 0, 1) for t in range(12)]], delta_s=None)
    assert table.reached.tolist() == [[False]]
    assert table.winners.tolist() == [[0]]
    assert table.outputs.tolist() == [[12]]
    assert in_time.all()


def test_a_reader_tells_who_is_decided() -> None:
    reader = MarginReader(3, ideal_program(np.zeros((1, 2)), delta_s=2))
    decided = reader.feed(np.array([0, 2]), np.array([4, 4]), np.array([[1, 0], [0, 2]]))
    assert decided.tolist() == [False, True]
    assert reader.reached.tolist() == [[True, False], [False, False], [True, True]]


# An engine that cannot stop runs on; cutting its spikes afterwards must give the stopped run.
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(run=runs())
def test_deciding_afterwards_equals_stopping_in_time(run: tuple[Program, SpikeTrains]) -> None:
    program, trains = run
    assume(program.delta_s is not None)
    stopped = get_engine("stepper").run(program, trains)
    endless = get_engine("stepper").run(program.with_(delta_s=None), trains)
    spikes = (endless.samples(), endless.ticks, endless.neurons, endless.signs)
    table, in_time = decide(program, trains, spikes, endless.residual)  # type: ignore[arg-type]
    for field in fields(Decisions):
        one, other = getattr(table, field.name), getattr(stopped.decisions, field.name)
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other, err_msg=field.name)
    for whole, kept in zip(spikes, (stopped.samples(), stopped.ticks, stopped.neurons, stopped.signs), strict=True):
        np.testing.assert_array_equal(whole[in_time], kept)


# Brian2 runs in stretches of the window: counting piece by piece must change nothing.
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(run=runs(), data=st.data())
def test_counting_in_stretches_equals_counting_at_once(run: tuple[Program, SpikeTrains], data: st.DataObject) -> None:
    program, trains = run
    endless = get_engine("event").run(program.with_(delta_s=None), trains)
    spikes = np.stack([endless.samples(), endless.ticks, endless.neurons, endless.signs]).astype(np.int64)
    cuts = sorted(data.draw(st.lists(st.integers(0, program.n_ticks), max_size=3)))
    count = ScoreCount(trains.n_samples, program)
    for start, stop in itertools.pairwise([0, *cuts, program.n_ticks]):
        inside = (spikes[1] >= start) & (spikes[1] < stop)
        count.add(tuple(spikes[:, inside]))  # type: ignore[arg-type]
    pieces, in_time = count.close(trains, tuple(spikes), endless.residual)  # type: ignore[arg-type]
    whole, all_in_time = decide(program, trains, tuple(spikes), endless.residual)  # type: ignore[arg-type]
    for field in fields(Decisions):
        np.testing.assert_array_equal(getattr(pieces, field.name), getattr(whole, field.name), err_msg=field.name)
    np.testing.assert_array_equal(in_time, all_in_time)
    np.testing.assert_array_equal(count.open, ~whole.reached[:, -1])
