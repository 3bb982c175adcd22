"""One image elsewhere: the ideal twin and other chips give what whole runs on them give."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spikecim.chips import load_chip
from spikecim.chips.ideal import ideal_twin
from spikecim.emulator import Emulator
from spikecim.engines import get_engine
from spikecim.errors import ParameterError
from spikecim.explore.explain import explain
from spikecim.results.explanation import Outcome
from spikecim.results.run import RunResult
from tests.results.runs import SMALL, small_run


@pytest.fixture(scope="module")
def run() -> RunResult:
    return small_run(12)


def same_as(found: Outcome, whole: RunResult, sample: int) -> None:
    record, own = whole.record, slice(whole.record.offsets[sample], whole.record.offsets[sample + 1])
    scores = np.zeros(whole.program.n_out, int)
    np.add.at(scores, record.neurons[own], record.signs[own])
    assert found.winner == record.winners[sample]
    assert found.scores.tolist() == scores.tolist()
    assert found.lead == np.sort(scores)[-1] - np.sort(scores)[-2]
    assert (found.inputs, found.outputs) == (record.delivered[sample], own.stop - own.start)
    assert found.ticks == record.decisions.durations[sample, -1]


@pytest.mark.parametrize("sample", [0, 7])
def test_other_chips_see_the_same_spikes_and_their_own_noise(run: RunResult, sample: int) -> None:
    told = explain(run, sample)
    same_as(told.here, run, sample)
    assert [chip.chip for chip in told.others] == [f"chip {number}" for number in range(1, 11)]
    for number in (1, 10):
        emulator = Emulator(chip=run.chip, network=run.network, seed=1, chip_index=number)
        whole = emulator.run(run.values, run.labels, trains=run.trains)
        same_as(told.others[number - 1], whole, sample)
    assert told.note is None


def test_the_ideal_chip_is_the_ideal_twin(run: RunResult) -> None:
    twin = ideal_twin(run.chip)
    assert twin.digest() == load_chip("spirit-ideal", SMALL).digest()
    whole = Emulator(chip=twin, network=run.network, seed=1).run(run.values, run.labels, trains=run.trains)
    np.testing.assert_array_equal(whole.program.charge[0] / explain(run, 3).unit, run.network.weights)
    same_as(explain(run, 3).ideal, whole, 3)


def test_the_runs_own_index_is_not_among_the_others() -> None:
    run = small_run(3)
    other = Emulator(chip=run.chip, network=run.network, seed=1, chip_index=4).run(run.values, run.labels)
    names = [chip.chip for chip in explain(other, 0).others]
    assert names == [f"chip {number}" for number in (0, 1, 2, 3, 5, 6, 7, 8, 9, 10)]


def test_another_margin_of_the_run_holds_on_all_chips(run: RunResult) -> None:
    program = run.program.with_(delta_s=2)
    short = replace(run, program=program, record=get_engine("event").run(program, run.trains))
    told = explain(short, 0)
    assert all(chip.lead >= 2 for chip in (told.here, told.ideal, *told.others) if chip.reached)
    assert any(chip.reached for chip in told.others)


def test_cells_that_are_not_the_chips_are_told(run: RunResult) -> None:
    charge = run.program.charge.copy()
    charge[:, 0, 0] += 1
    program = run.program.with_(charge=charge)
    told = explain(replace(run, program=program, record=get_engine("event").run(program, run.trains)), 0)
    assert told.note is not None and "seed 1, index 0" in told.note


@pytest.mark.parametrize(("setting", "value"), [("seed", ""), ("chip_index", "-1"), ("seed", "x")])
def test_a_run_that_does_not_say_its_seed_or_index(run: RunResult, setting: str, value: str) -> None:
    with pytest.raises(ParameterError, match=f"does not say its {setting}"):
        explain(replace(run, settings={**run.settings, setting: value}), 0)
