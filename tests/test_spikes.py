"""Spike trains as data: the flat layout, and every way it can be malformed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikecim.engines import get_engine
from spikecim.errors import ShapeError
from spikecim.spikes import SpikeTrains, trains_from_lists
from tests.engines.strategies import ideal_program, one_line

TRAINS = trains_from_lists([[(4, 1, -1), (2, 0, 1)], [], [(2, 1, 1), (2, 0, -1)]], n_in=2, n_ticks=5)


def test_trains_are_flat_sorted_and_typed() -> None:
    assert TRAINS.offsets.tolist() == [0, 2, 2, 4]
    assert TRAINS.ticks.tolist() == [2, 4, 2, 2]
    assert TRAINS.lines.tolist() == [0, 1, 0, 1]
    assert TRAINS.signs.tolist() == [1, -1, -1, 1]
    types = [getattr(TRAINS, name).dtype for name in ("offsets", "ticks", "lines", "signs")]
    assert types == [np.int64, np.int32, np.int16, np.int8]


def test_counts_and_samples() -> None:
    assert (TRAINS.n_samples, TRAINS.n_spikes) == (3, 4)
    assert TRAINS.counts().tolist() == [2, 0, 2]
    assert TRAINS.samples().tolist() == [0, 0, 2, 2]


def test_trains_without_any_spike_are_well_formed() -> None:
    silent = trains_from_lists([[], []], n_in=2, n_ticks=5)
    assert (silent.n_samples, silent.n_spikes) == (2, 0)
    assert silent.samples().tolist() == []


SPIKES = st.tuples(st.integers(0, 9), st.integers(0, 3), st.sampled_from([-1, 1]))
SAMPLES = st.lists(st.lists(SPIKES, max_size=6, unique_by=lambda spike: spike[:2]), min_size=1, max_size=5)


# Oracle: the lists themselves.
@given(samples=SAMPLES, data=st.data())
def test_a_window_holds_exactly_its_samples(samples: list[list[tuple[int, int, int]]], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(samples)))
    stop = data.draw(st.integers(start, len(samples)))
    part = trains_from_lists(samples, n_in=4, n_ticks=10).window(start, stop).check()
    expected = trains_from_lists(samples[start:stop], n_in=4, n_ticks=10)
    for name in ("offsets", "ticks", "lines", "signs"):
        assert getattr(part, name).tolist() == getattr(expected, name).tolist()
    assert (part.n_in, part.n_ticks) == (4, 10)


def array(values: list[int], like: np.ndarray) -> np.ndarray:
    return np.array(values, like.dtype)


@pytest.mark.parametrize(
    ("field", "values", "message"),
    [
        ("offsets", [1, 2, 2, 4], "offsets must rise from 0"),
        ("offsets", [0, 2, 2, 3], "offsets must rise from 0 to the number of spikes"),
        ("offsets", [0, 3, 2, 4], "offsets must rise"),
        ("lines", [0, 1, 0], "same length"),
        ("signs", [1, -1, -1], "same length"),
        ("ticks", [-1, 4, 2, 2], r"ticks must lie in 0\.\.4"),
        ("ticks", [2, 5, 2, 2], r"ticks must lie in 0\.\.4"),
        ("lines", [0, -1, 0, 1], r"lines must lie in 0\.\.1"),
        ("lines", [0, 2, 0, 1], r"lines must lie in 0\.\.1"),
        ("signs", [1, 0, -1, 1], r"signs must be \+1 or -1"),
        ("signs", [1, 2, -1, 1], r"signs must be \+1 or -1"),
        ("ticks", [4, 2, 2, 2], "must not decrease"),
        ("lines", [0, 1, 1, 1], "a line may spike once per tick"),
    ],
)
def test_malformed_trains_are_refused(field: str, values: list[int], message: str) -> None:
    broken = replace(TRAINS, **{field: array(values, getattr(TRAINS, field))})
    with pytest.raises(ShapeError, match=message):
        broken.check()


def test_ticks_may_go_back_between_samples_and_lines_within_a_tick() -> None:
    trains = replace(TRAINS, lines=array([0, 1, 1, 0], TRAINS.lines))
    assert trains.check() is trains


# Values that would fit again after a cast to 8, 16 or 32 bits.
@pytest.mark.parametrize("spike", [(0, 0, 257), (0, 2**16, 1), (2**32, 0, 1), (-(2**32), 0, 1)])
def test_numbers_that_wrap_around_are_refused(spike: tuple[int, int, int]) -> None:
    with pytest.raises(ShapeError):
        trains_from_lists([[spike]], n_in=2, n_ticks=5)


def test_a_line_twice_in_one_tick_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"coding\.link\.arbitrate"):
        trains_from_lists([[(1, 0, 1), (1, 0, -1)]], n_in=2, n_ticks=5)


def test_a_record_tells_sample_winner_and_delivered_input() -> None:
    trains: SpikeTrains = trains_from_lists([[], [(3, 1, 1), (5, 1, 1)]], n_in=2, n_ticks=40)
    record = get_engine("stepper").run(ideal_program([[4, 0], [0, 4]], delta_s=1), trains)
    assert (record.n_samples, record.n_spikes) == (2, 1)
    assert record.samples().tolist() == [1]
    assert record.winners.tolist() == [0, 1]
    assert record.delivered.tolist() == [0, 1]


def test_one_line_is_one_sample() -> None:
    assert one_line([1, 3]).counts().tolist() == [2]
