"""The compiled step codes give the very words of the NumPy ones, queue at the link and window's end included."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from spikecim.coding.steps import STEP_CODES, StepCode

# Values whose products with a step lie on the edge between two counts, too.
EDGES = st.one_of(st.floats(-1, 1), st.sampled_from([k / 64 for k in range(-64, 65)]), st.just(-0.0))


@settings(max_examples=200, deadline=None)
@given(data=st.data(), n_in=st.integers(1, 12), n_samples=st.integers(1, 4), kind=st.sampled_from(STEP_CODES))
def test_same_words_as_in_numpy(data: st.DataObject, n_in: int, n_samples: int, kind: str) -> None:
    values = np.array(data.draw(st.lists(EDGES, min_size=n_in * n_samples, max_size=n_in * n_samples)))
    plan = StepCode(
        kind=kind,
        n_steps=data.draw(st.integers(1, 40)),
        ticks_per_step=data.draw(st.integers(1, 5)),
        words_per_tick=data.draw(st.integers(1, 6) | st.just(1000)),
        tail_steps=data.draw(st.integers(0, 3)),
    )
    rows = values.reshape(n_samples, n_in)
    trains = plan.encode(rows, first_sample=7)
    for sample, row in enumerate(rows):
        own = trains.window(sample, sample + 1)
        for found, wanted in zip((own.ticks, own.lines, own.signs), plan.encode_one(row), strict=True):
            assert np.array_equal(found, wanted)
    assert trains.first_sample == 7
    assert (trains.ticks.dtype, trains.lines.dtype, trains.signs.dtype) == (np.int32, np.int16, np.int8)


def test_a_line_sends_one_word_a_tick_on_an_overloaded_link() -> None:
    rows = np.random.default_rng(0).random((20, 9))
    plan = StepCode(kind="even", n_steps=8, ticks_per_step=1, words_per_tick=3, tail_steps=30)
    trains = plan.encode(rows)
    asked = sum(len(plan.requests(row)[0]) for row in rows)
    words = {*zip(trains.samples().tolist(), trains.ticks.tolist(), trains.lines.tolist(), strict=True)}
    assert len(words) == trains.n_spikes < asked


def test_float32_pixels_are_read_as_they_are() -> None:
    rows = (np.arange(256, dtype=np.float32) / np.float32(255))[None]
    plan = StepCode(kind="even", n_steps=64, ticks_per_step=30, words_per_tick=1)
    trains = plan.encode(rows)
    assert trains.n_spikes == plan.n_ticks  # the serial link is full
    ticks, lines, _ = plan.encode_one(rows[0])
    assert np.array_equal(trains.ticks, ticks)
    assert np.array_equal(trains.lines, lines)


def test_an_empty_image_has_no_spike() -> None:
    trains = StepCode(kind="even", n_steps=4, ticks_per_step=1, words_per_tick=9).encode(np.zeros((2, 3)))
    assert trains.n_samples == 2
    assert trains.n_spikes == 0
