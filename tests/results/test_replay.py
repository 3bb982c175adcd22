"""A saved run replays spike for spike on every engine, and a changed spike is found where it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spikecim.errors import EngineError
from spikecim.results.hdf5 import load_run, save_run
from spikecim.results.replay import replay
from spikecim.results.run import RunResult
from tests.results.runs import small_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    path = tmp_path_factory.mktemp("replay") / "run.h5"
    save_run(small_run(40), path)
    return load_run(path)


@pytest.mark.parametrize("engine", ["stepper", "event"])
def test_identical(engine: str, run: RunResult) -> None:
    again = replay(run, engine)
    assert (again.identical, again.difference, again.engine) == (True, None, engine)
    assert (again.spikes_compared, again.spikes_differing) == (run.record.n_spikes, 0)
    assert again.spikes_compared > 100 and again.seconds > 0


@pytest.mark.parametrize("engine", ["stepper", "event"])
def test_a_changed_sign_is_located(engine: str, run: RunResult, tmp_path: Path) -> None:
    at = run.record.n_spikes // 2
    signs = run.record.signs.copy()
    signs[at] = -signs[at]
    save_run(replace(run, record=replace(run.record, signs=signs)), tmp_path / "run.h5")
    again = replay(load_run(tmp_path / "run.h5"), engine)
    place = f"sample {run.record.samples()[at]}, tick {run.record.ticks[at]}, neuron {run.record.neurons[at]}"
    found = f"{place}: output spike {signs[at]:+d} in the saved run, {-signs[at]:+d} in the replay on {engine}"
    assert (again.identical, again.difference) == (False, found)
    assert (again.spikes_compared, again.spikes_differing) == (run.record.n_spikes + 1, 2)


def test_changed_decisions_and_counts_are_named(run: RunResult) -> None:
    decisions = run.record.decisions
    inputs = decisions.inputs - (np.arange(run.n_samples) == 3)[:, None].astype(np.int32)
    again = replay(replace(run, record=replace(run.record, decisions=replace(decisions, inputs=inputs))), "stepper")
    assert not again.identical and again.difference is not None
    assert again.difference.startswith("sample 3, tick ") and "inputs" in again.difference
    assert "action counts that differ: input_words, cell_reads, cell_electrons" in again.difference
    assert again.spikes_differing == 0


def test_a_changed_program_is_noticed(run: RunResult) -> None:
    charge = run.program.charge.copy()
    charge[0] += 20_000
    assert not replay(replace(run, program=replace(run.program, charge=charge)), "stepper").identical


def test_a_record_of_fewer_samples_is_named(run: RunResult) -> None:
    short = replace(run, trains=run.trains.window(0, 10), labels=run.labels[:10])
    again = replay(short, "stepper")
    assert again.difference == "the saved run has 40 samples, the replay on stepper 10"


def test_unknown_engine(run: RunResult) -> None:
    with pytest.raises(EngineError, match="allowed: stepper"):
        replay(run, "spice")
