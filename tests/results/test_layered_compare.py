"""Differences between two layered records are counted spike by spike, and the first is named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from spikecim.engines.stepper import Stepper
from spikecim.errors import EngineError
from spikecim.layered import LayeredRecord, LayerSpikes
from spikecim.results.layered_compare import differences
from spikecim.spikes import trains_from_lists
from tests.engines.layered_programs import busy_program, busy_trains, chain, ideal_layer


@pytest.fixture(scope="module")
def record() -> LayeredRecord:
    return Stepper().run_layers(busy_program(delta_s=3, checkpoints=(9, 40)), busy_trains(), keep="spikes")


def without(spikes: LayerSpikes, at: int) -> LayerSpikes:
    sample = np.delete(spikes.samples(), at)
    return LayerSpikes(
        offsets=np.searchsorted(sample, np.arange(len(spikes.offsets))),
        ticks=np.delete(spikes.ticks, at),
        neurons=np.delete(spikes.neurons, at),
        signs=np.delete(spikes.signs, at),
    )


def test_a_record_equals_itself(record: LayeredRecord) -> None:
    assert record.spikes is not None
    found = differences(record, record)
    assert found.compared == tuple(len(layer.ticks) for layer in record.spikes)
    assert found.differing == (0, 0)
    assert found.first is None


def test_a_missing_spike_and_a_flipped_one_are_counted(record: LayeredRecord) -> None:
    assert record.spikes is not None
    hidden, last = record.spikes
    n = len(hidden.ticks)
    found = differences(record, replace(record, spikes=(without(hidden, 5), last)))
    assert (found.compared, found.differing) == ((n, len(last.ticks)), (1, 0))
    signs = hidden.signs.copy()
    signs[7] *= -1
    found = differences(record, replace(record, spikes=(replace(hidden, signs=signs), last)))
    # The spike of either sign is one of its own.
    assert (found.compared, found.differing) == ((n + 1, len(last.ticks)), (2, 0))
    assert found.first == "layer 0: 2 spikes differ"


@pytest.mark.parametrize("name", ["margin_tallies", "checkpoint_winners", "checkpoint_tallies"])
def test_other_numbers_are_named(record: LayeredRecord, name: str) -> None:
    changed = getattr(record, name).copy()
    changed[3, 1] += 1
    found = differences(record, replace(record, **{name: changed}), ("stepper", "event"))
    assert found.differing == (0, 0)
    assert found.first is not None
    assert found.first.startswith(f"sample 3: {name}[3, 1")
    assert found.first.endswith("in event")


def test_output_and_counts_are_compared(record: LayeredRecord) -> None:
    assert record.counts is not None
    residual = record.output.residual + np.int32(1)
    changes: list[tuple[dict[str, Any], str]] = [
        ({"output": replace(record.output, residual=residual)}, "residual charge"),
        ({"counts": (record.counts[0], record.counts[1] + np.int32(1))}, "counts of layer 1[0, 0] is"),
        ({"checkpoint_winners": record.checkpoint_winners[:, :1]}, "checkpoint_winners has shape (7, 2)"),
    ]
    for change, words in changes:
        first = differences(record, replace(record, **change)).first
        assert first is not None
        assert words in first


def test_records_that_cannot_be_compared_are_refused(record: LayeredRecord) -> None:
    with pytest.raises(EngineError, match='run the engine with keep="spikes"'):
        differences(record, replace(record, spikes=None))
    single = chain(ideal_layer([[4]] * 4), n_ticks=40)
    with pytest.raises(EngineError, match="records of 2 and 1 layers"):
        differences(record, Stepper().run_layers(single, busy_trains(), keep="spikes"))
    few = trains_from_lists([[]], n_in=4, n_ticks=40)
    with pytest.raises(EngineError, match="records of 7 and 1 samples"):
        differences(record, Stepper().run_layers(busy_program(), few, keep="spikes"))
