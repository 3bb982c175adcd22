"""Step codes: counts, places and the queue at the link."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikecim.coding.steps import StepCode
from spikecim.errors import ParameterError


def code(kind: str = "even", n_steps: int = 8, ticks: int = 1, words: int = 1000, tail: int = 0) -> StepCode:
    return StepCode(kind=kind, n_steps=n_steps, ticks_per_step=ticks, words_per_tick=words, tail_steps=tail)


@given(values=st.lists(st.floats(-1, 1), min_size=1, max_size=12), n_steps=st.integers(1, 40))
def test_even_counts_are_rounded_values(values: list[float], n_steps: int) -> None:
    trains = code(n_steps=n_steps).encode(np.array([values])).check()
    counts = np.bincount(trains.lines, weights=trains.signs, minlength=len(values))
    expected = np.sign(values) * np.floor(np.abs(values) * np.float64(n_steps) + 0.5)
    assert np.array_equal(counts, expected)


def test_even_spikes_are_evenly_spaced() -> None:
    trains = code(n_steps=32).encode(np.array([[0.25]]))
    assert np.array_equal(np.diff(trains.ticks), np.full(7, 4))


@given(values=st.lists(st.floats(0, 1), min_size=1, max_size=12), n_steps=st.integers(1, 40))
def test_first_spikes_come_in_order_of_value(values: list[float], n_steps: int) -> None:
    trains = code("first-spike", n_steps=n_steps).encode(np.array([values])).check()
    step = np.rint((1 - np.array(values)) * n_steps)
    assert np.array_equal(np.sort(trains.lines), np.flatnonzero(step < n_steps))
    assert np.array_equal(trains.ticks, step[trains.lines])


@settings(max_examples=50)
@given(
    n_in=st.integers(1, 9),
    words=st.integers(1, 4),
    ticks=st.integers(1, 5),
    seed=st.integers(0, 9),
    kind=st.sampled_from(["even", "first-spike"]),
)
def test_the_link_serves_first_come_first_served(n_in: int, words: int, ticks: int, seed: int, kind: str) -> None:
    values = np.random.default_rng(seed).random((3, n_in))
    plan = code(kind, n_steps=6, ticks=ticks, words=words, tail=2)
    trains = plan.encode(values).check()
    for sample in range(3):
        steps, lines = plan.requests(values[sample])
        free: dict[int, int] = {}
        served = []
        last = 0
        for step, line in zip(steps, lines, strict=True):
            tick = max(step * ticks, last)
            while free.get(tick, 0) >= words:
                tick += 1
            free[tick] = free.get(tick, 0) + 1
            last = tick
            if tick < plan.n_ticks and (tick, line) not in served:
                served.append((tick, line))
        part = trains.window(sample, sample + 1)
        assert list(zip(part.ticks, part.lines, strict=True)) == served
        assert max(np.bincount(part.ticks), default=0) <= words


def test_nothing_gives_no_spikes_and_one_sample_keeps_its_axis() -> None:
    trains = code().encode(np.zeros(5))
    assert (trains.n_samples, trains.n_spikes, trains.n_in) == (1, 0, 5)


def test_a_sample_does_not_depend_on_its_neighbours() -> None:
    values = np.random.default_rng(0).random((4, 7))
    together, alone = code().encode(values).window(2, 3), code().encode(values[2:3])
    assert np.array_equal(together.ticks, alone.ticks)
    assert np.array_equal(together.lines, alone.lines)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"kind": "burst"}, "code 'burst' is not one of even, first-spike"),
        ({"n_steps": 0}, "must be at least 1"),
        ({"n_steps": 10_000, "ticks": 10_000}, "take fewer steps"),
    ],
)
def test_bad_codes_are_refused(bad: dict[str, object], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        code(**bad)
