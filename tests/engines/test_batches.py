"""A sample runs alike alone, in a part and in the whole set, read noise included."""

from __future__ import annotations

import numpy as np
import pytest

from spikecim.chips import load_chip
from spikecim.emulator import Emulator
from spikecim.engines import ENGINES, get_engine
from spikecim.network import Network


@pytest.mark.parametrize("engine", ENGINES)
def test_a_window_of_samples_gives_the_spikes_of_the_whole_run(engine: str) -> None:
    draws = np.random.default_rng(5)
    network = Network(weights=draws.integers(-4, 5, (144, 10)).astype(np.int8))
    chip = load_chip("spirit", {"cell.hrs.read_noise_rel": 0.3, "coding.window": "200 us"})
    run = Emulator(chip=chip, network=network).run(draws.random((5, 144)), np.zeros(5))
    assert run.program.noisy
    part = get_engine(engine).run(run.program, run.trains.window(2, 4))
    low, high = run.record.offsets[[2, 4]]
    np.testing.assert_array_equal(part.ticks, run.record.ticks[low:high])
    np.testing.assert_array_equal(part.neurons, run.record.neurons[low:high])
    np.testing.assert_array_equal(part.residual, run.record.residual[2:4])
    np.testing.assert_array_equal(part.winners, run.record.winners[2:4])
