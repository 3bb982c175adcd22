"""The first difference is found and named, whatever it is; differing spikes are counted."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikecim.results.compare import compared_spikes, first_difference
from spikecim.spikes import Decisions, SpikeRecord

Spike = tuple[int, int, int, int]  # sample, tick, neuron, sign
SPIKES: list[Spike] = [(0, 3, 1, 1), (0, 5, 0, -1), (2, 0, 1, 1), (2, 0, 2, 1)]


def record(spikes: list[Spike], n_samples: int = 3) -> SpikeRecord:
    rows = np.array(sorted(spikes), np.int64).reshape(-1, 4)
    table = np.zeros((n_samples, 2), np.int32)
    return SpikeRecord(
        offsets=np.searchsorted(rows[:, 0], np.arange(n_samples + 1)),
        ticks=rows[:, 1].astype(np.int32),
        neurons=rows[:, 2].astype(np.int16),
        signs=rows[:, 3].astype(np.int8),
        residual=np.zeros((n_samples, 3), np.int32),
        decisions=Decisions(
            durations=table + 10, winners=table.astype(np.int16), inputs=table, outputs=table, reached=table > 0
        ),
    )


def test_identical() -> None:
    assert first_difference(record(SPIKES), record(SPIKES)) is None
    assert compared_spikes(record(SPIKES), record(SPIKES)) == (4, 0)
    assert first_difference(record([]), record([])) is None
    assert compared_spikes(record([]), record([])) == (0, 0)


@pytest.mark.parametrize(
    ("spikes", "sentence", "counts"),
    [
        (SPIKES[:-1], "sample 2, tick 0, neuron 2: output spike +1 in A, none in B", (4, 1)),
        ([*SPIKES, (2, 9, 0, -1)], "sample 2, tick 9, neuron 0: output spike none in A, -1 in B", (5, 1)),
        (SPIKES[1:], "sample 0, tick 3, neuron 1: output spike +1 in A, none in B", (4, 1)),
        ([(0, 3, 1, -1), *SPIKES[1:]], "sample 0, tick 3, neuron 1: output spike +1 in A, -1 in B", (5, 2)),
        ([(0, 3, 0, 1), *SPIKES[1:]], "sample 0, tick 3, neuron 0: output spike none in A, +1 in B", (5, 2)),
        ([(1, 3, 1, 1), *SPIKES[1:]], "sample 0, tick 3, neuron 1: output spike +1 in A, none in B", (5, 2)),
        ([(1, 0, 0, 1), *SPIKES], "sample 1, tick 0, neuron 0: output spike none in A, +1 in B", (5, 1)),
        ([], "sample 0, tick 3, neuron 1: output spike +1 in A, none in B", (4, 4)),
        ([SPIKES[0], *SPIKES], "sample 0, tick 3, neuron 1: output spike none in A, +1 in B", (5, 1)),
    ],
)
def test_spikes(spikes: list[Spike], sentence: str, counts: tuple[int, int]) -> None:
    a, b = record(SPIKES), record(spikes)
    assert first_difference(a, b, ("A", "B")) == sentence
    assert compared_spikes(a, b) == compared_spikes(b, a) == counts


def decisions(**changes: Any) -> SpikeRecord:
    base = record(SPIKES)
    return replace(base, decisions=replace(base.decisions, **changes))


def changed(array: np.ndarray, index: tuple[int, int], value: int) -> np.ndarray:
    copy = array.copy()
    copy[index] = value
    return copy


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (lambda a: record(SPIKES, 4), "A has 3 samples, B 4"),
        (
            lambda a: decisions(durations=changed(a.decisions.durations, (1, 1), 7)),
            "sample 1, tick 6, decision column 1: durations 10 in A, 7 in B",
        ),
        (
            lambda a: decisions(reached=changed(a.decisions.reached, (2, 0), 1)),
            "sample 2, tick 9, decision column 0: reached False in A, True in B",
        ),
        (lambda a: decisions(winners=a.decisions.winners[:, :1]), "winners has shape (3, 2) in A, (3, 1) in B"),
        (
            lambda a: replace(a, residual=changed(a.residual, (1, 2), -5)),
            "sample 1, neuron 2: residual charge at time-out 0 electrons in A, -5 in B",
        ),
        (lambda a: replace(a, residual=a.residual[:, :2]), "residual has shape (3, 3) in A, (3, 2) in B"),
    ],
)
def test_everything_else(other: Callable[[SpikeRecord], SpikeRecord], sentence: str) -> None:
    a = record(SPIKES)
    assert first_difference(a, other(a), ("A", "B")) == sentence


def test_wide_networks_and_long_windows_do_not_overflow() -> None:
    far = [(999, 10_000_000, 32_766, 1)]
    assert compared_spikes(record(far, 1000), record([(999, 10_000_000, 32_766, -1)], 1000)) == (2, 2)


spike_lists = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 2), st.sampled_from([-1, 1])), max_size=12
)


@given(spike_lists, spike_lists)
def test_counts_agree_with_a_plain_count(a: list[Spike], b: list[Spike]) -> None:
    first, second = Counter(a), Counter(b)
    differing = ((first - second) + (second - first)).total()
    assert compared_spikes(record(a), record(b)) == ((first | second).total(), differing)
    assert (first_difference(record(a), record(b)) is None) == (differing == 0)


def test_three_million_spikes_take_seconds() -> None:
    n = 3_000_000
    rows = np.stack([np.arange(n) // 300, np.arange(n) % 300, np.arange(n) % 10, np.ones(n, int)], axis=1)
    one = record([], 10_000)
    one = replace(
        one,
        offsets=np.arange(0, n + 1, 300),
        ticks=rows[:, 1].astype(np.int32),
        neurons=rows[:, 2].astype(np.int16),
        signs=rows[:, 3].astype(np.int8),
    )
    two = replace(one, signs=np.where(np.arange(n) == n // 2, -1, one.signs).astype(np.int8))
    start = time.perf_counter()
    assert compared_spikes(one, two) == (n + 1, 2)
    assert first_difference(one, two) is not None
    assert time.perf_counter() - start < 5.0
