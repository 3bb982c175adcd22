"""Bias rows hold what they should; layers wake, fire and sleep when they should."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikecim.coding.steps import StepCode
from spikecim.layered.biases import split_bias
from spikecim.layered.network import LatencyPhase, SpikingLayer
from spikecim.layered.timing import layer_timing
from spikecim.layered.wiring import DenseWiring


@given(bias=st.lists(st.floats(-2000, 2000), min_size=1, max_size=6), slices=st.integers(1, 2))
def test_biases_are_stored_to_a_ninth_of_a_unit(bias: list[float], slices: int) -> None:
    rows = split_bias(np.array(bias), 4, slices)
    assert np.abs(rows.values(4) - bias).max() <= 0.5 / 9 + 1e-9
    assert rows.digits.shape[1:] == (len(bias), slices + 1)


def test_no_bias_takes_no_row_and_a_small_one_takes_one() -> None:
    assert split_bias(np.zeros(3), 4, 1).n_rows == 0
    assert split_bias(np.array([0.0, 1.0]), 4, 1).n_rows == 1
    # One slice and the finer one hold up to 40 / 9 units in each row.
    assert split_bias(np.array([40.0 / 9.0]), 4, 1).n_rows == 1
    assert split_bias(np.array([5.0]), 4, 1).n_rows == 2


def layer(**changes: object) -> SpikingLayer:
    settings: dict[str, object] = {"window": "whole", "refractory_steps": 0.0, "phase": None, **changes}
    return SpikingLayer(
        name="layer",
        wiring=DenseWiring(n_rows=2, n_out=1),
        route=np.arange(2, dtype=np.int32),
        weights=np.ones(2, np.int32),
        slices=1,
        units_per_threshold=np.ones(1),
        bias=np.ones(1),
        rate_unit=1.0,
        signed=False,
        **settings,
    )


CODE = StepCode(kind="even", n_steps=8, ticks_per_step=5, words_per_tick=1, tail_steps=3)


@pytest.mark.parametrize(
    ("window", "awake", "bias"),
    [("whole", (0, 55), (2, 5, 42)), ("own steps", (10, 50), (10, 5, 50)), ("silent", (0, 0), (10, 5, 50))],
)
def test_windows(window: str, awake: tuple[int, int], bias: tuple[int, int, int]) -> None:
    timing = layer_timing(layer(window=window, refractory_steps=1.0), 2, CODE)
    assert (timing.fire_from, timing.fire_to) == awake
    assert timing.bias == bias
    assert len(range(*(bias[0], bias[2], bias[1]))) == 8
    assert timing.refractory_ticks == 5
    assert timing.ramp is None


def test_a_latency_layer_integrates_with_a_falling_ramp_and_fires_in_the_next_phase() -> None:
    timing = layer_timing(layer(phase=LatencyPhase(first=1, n_steps=4)), 1, CODE)
    first = 1 * 5 + 1
    assert timing.ramp is not None
    assert np.array_equal(timing.ramp[first : first + 20 : 5], [65536, 49152, 32768, 16384])
    assert not timing.ramp[:first].any()
    assert not timing.ramp[first + 20 :].any()
    assert timing.bias == (first, 1, first + 1)
    assert (timing.fire_from, timing.fire_to) == (first + 20, first + 40)
    assert timing.ramp_pulse == (first + 25, 5, first + 40)
