"""A sample runs alike alone, in a part and in the whole set, read noise included."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from spikecim.chips import load_chip
from spikecim.emulator import Emulator
from spikecim.engines import ENGINES, get_engine
from spikecim.engines.brian import BrianEngine
from spikecim.network import Network
from spikecim.results.compare import first_difference
from spikecim.results.run import RunResult


def noisy_run() -> RunResult:
    draws = np.random.default_rng(5)
    network = Network(weights=draws.integers(-4, 5, (144, 10)).astype(np.int8))
    chip = load_chip("spirit", {"cell.hrs.read_noise_rel": 0.3, "coding.window": "200 us"})
    run = Emulator(chip=chip, network=network).run(draws.random((5, 144)), np.zeros(5))
    assert run.program.noisy
    return run


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler")
@pytest.mark.parametrize("target", ["cython", "cpp_standalone"])
def test_compiled_brian2_targets_agree_read_noise_included(target: str) -> None:
    run = noisy_run()
    assert first_difference(run.record, BrianEngine(target=target, chunk=3).run(run.program, run.trains)) is None


@pytest.mark.parametrize("engine", ENGINES)
def test_a_window_of_samples_gives_the_spikes_of_the_whole_run(engine: str) -> None:
    run = noisy_run()
    part = get_engine(engine).run(run.program, run.trains.window(2, 4))
    low, high = run.record.offsets[[2, 4]]
    np.testing.assert_array_equal(part.ticks, run.record.ticks[low:high])
    np.testing.assert_array_equal(part.neurons, run.record.neurons[low:high])
    np.testing.assert_array_equal(part.residual, run.record.residual[2:4])
    np.testing.assert_array_equal(part.winners, run.record.winners[2:4])
