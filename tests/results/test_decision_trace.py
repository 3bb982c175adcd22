"""Traces: the run's own spikes, decisions and residues to the last electron, and the membranes of a scalar model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from spikecim.engines import get_engine
from spikecim.errors import ParameterError, ResultFileError
from spikecim.program import CONTINUOUS, Program
from spikecim.results.decision_trace import check_sample, trace_image, trace_images
from spikecim.results.explanation import Explanation, outcome
from spikecim.spikes import SpikeTrains, trains_from_lists
from spikecim.streams import event_key, gaussian_steps
from tests.engines.strategies import UNIT, ideal_program, runs
from tests.results.runs import run_of, small_run


def by_hand(program: Program, trains: SpikeTrains, sample: int) -> dict[int, list[int]]:
    """Charge after every tick of one sample that never stops, neuron by neuron in Python's own integers."""
    own = slice(trains.offsets[sample], trains.offsets[sample + 1])
    spikes = list(zip(*(part[own].tolist() for part in (trains.ticks, trains.lines, trains.signs)), strict=True))
    after: dict[int, list[int]] = {tick: [] for tick in range(program.n_ticks)}
    for j in range(program.n_out):
        charge, ready = 0, 0
        for tick in range(program.n_ticks):
            leak = int(program.leak[j])
            charge -= max(-leak, min(leak, charge))
            words = [(line, sign) for at, line, sign in spikes if at == tick]
            for line, sign in words:
                key = event_key(program.noise_seed, sample + trains.first_sample, tick, line)
                noise = int(program.read_noise[line, j]) * int(gaussian_steps(key, j))
                charge += int(program.charge[int(sign < 0), line, j]) + (noise >> 16)
            charge = max(-int(program.rail_low[j]), min(int(program.rail_high[j]), charge))
            if (program.comparator == CONTINUOUS or words) and tick >= ready:
                up, down = charge >= program.threshold_up[j], charge <= -int(program.threshold_down[j])
                if up or down:
                    charge += -int(program.reset_up[j]) if up else int(program.reset_down[j])
                    ready = tick + max(program.refractory_ticks, 1)
            after[tick].append(charge)
    return after


@settings(max_examples=60, deadline=None)
@given(runs())
def test_random_programs(scene: tuple[Program, SpikeTrains]) -> None:
    program, trains = scene
    run = replace(run_of(program, trains), record=get_engine("event").run(program, trains))
    order = list(range(trains.n_samples))[::-1]
    for sample, trace in zip(order, trace_images(run, order), strict=True):
        record, own = run.record, slice(run.record.offsets[sample], run.record.offsets[sample + 1])
        np.testing.assert_array_equal(trace.outputs[:, 0], record.ticks[own])
        assert (trace.sample, trace.winner) == (sample, record.winners[sample])
        assert len(trace.inputs) == record.delivered[sample]
        events = np.union1d(trace.inputs[:, 0], trace.outputs[:, 0])
        np.testing.assert_array_equal(trace.ticks, events)
        exact = by_hand(program, trains, sample)
        assert trace.charge.tolist() == [exact[tick] for tick in events]
        if not trace.reached:
            assert trace.left.tolist() == exact[program.n_ticks - 1] == record.residual[sample].tolist()
        scores = np.zeros(program.n_out, int)
        np.add.at(scores, record.neurons[own], record.signs[own])
        up, down = trace.emitted()
        np.testing.assert_array_equal(up - down, scores)
        if len(trace.ticks):
            np.testing.assert_array_equal(trace.scores[-1], scores)
        if trace.second is None:
            assert program.n_out == 1
        else:
            assert scores[trace.second] == np.delete(scores, trace.winner).max()
            assert not trace.reached or trace.final_lead >= (program.delta_s or 0)


def test_chosen_images_keep_the_read_noise_of_their_numbers() -> None:
    run = small_run(30)
    assert run.program.noisy
    chosen = [21, 3, 28]
    for sample, trace in zip(chosen, trace_images(run, chosen), strict=True):
        np.testing.assert_array_equal(trace.charge, trace_image(run, sample).charge)
        assert trace.charge.tolist() == [by_hand(run.program, run.trains, sample)[tick] for tick in trace.ticks]


def test_a_window_of_a_larger_set_traces_like_the_whole() -> None:
    run = small_run(12)
    part = replace(
        run,
        trains=run.trains.window(5, 12),
        record=get_engine("event").run(run.program, run.trains.window(5, 12)),
        labels=run.labels[5:],
        values=run.values[5:],
    )
    np.testing.assert_array_equal(trace_image(part, 2).charge, trace_image(run, 7).charge)


def test_a_changed_spike_is_refused_by_image_and_tick() -> None:
    run = small_run(5)
    at = int(run.record.offsets[3])
    signs = run.record.signs.copy()
    signs[at] = -signs[at]
    changed = replace(run, record=replace(run.record, signs=signs))
    assert len(trace_images(changed, [0, 4])) == 2
    with pytest.raises(ResultFileError, match=rf"image 3: tick {run.record.ticks[at]}, neuron \d+: output spike"):
        trace_images(changed, [0, 3])


def test_a_changed_decision_is_refused() -> None:
    run = small_run(3)
    decisions = run.record.decisions
    other = replace(decisions, winners=((decisions.winners + 1) % 3).astype(np.int16))
    with pytest.raises(ResultFileError, match=r"image 1: .*winners"):
        trace_image(replace(run, record=replace(run.record, decisions=other)), 1)


@pytest.mark.parametrize("sample", [-1, 4, 10**9])
def test_images_that_are_not_there(sample: int) -> None:
    with pytest.raises(ParameterError, match=rf"image {sample} is not in this run; it holds images 0 \.\. 3"):
        trace_image(small_run(4), sample)


def test_a_run_without_images() -> None:
    program = ideal_program(np.eye(3, dtype=int))
    empty = run_of(program, trains_from_lists([], n_in=3, n_ticks=40))
    with pytest.raises(ParameterError, match="holds no images"):
        check_sample(empty, 0)
    assert trace_images(empty, []) == []


def test_a_silent_image_has_no_steps() -> None:
    silent = run_of(ideal_program(np.eye(3, dtype=int)), trains_from_lists([[]], n_in=3, n_ticks=40))
    trace = trace_image(silent, 0)
    assert (len(trace.ticks), trace.final_lead, trace.winner, trace.second) == (0, 0, 0, 1)


def test_the_budget_by_hand() -> None:
    # Line 0 gives 4 units to neuron 0 and -1 to neuron 1; line 1 gives 1 unit to neuron 1.
    program = ideal_program([[4, -1], [0, 1]], delta_s=2)
    trains = trains_from_lists([[(2, 0, 1), (5, 1, 1), (9, 0, 1), (12, 0, 1)]], n_in=2, n_ticks=40)
    run = run_of(program, trains)
    trace = trace_image(run, 0)
    assert (trace.winner, trace.second, trace.duration, trace.reached) == (0, 1, 10, True)
    assert trace.ticks.tolist() == [2, 5, 9]
    assert trace.charge.tolist() == [[0, -UNIT], [0, 0], [0, -UNIT]]
    assert trace.lead.tolist() == [1, 1, 2]
    assert (trace.offered, trace.delivered(2).tolist()) == (4, [[2, 1], [0, 0]])
    here = outcome("this chip", run.record, 2)
    told = Explanation(trace=trace, program=program, values=run.values[0], unit=UNIT, here=here, ideal=here, others=())
    assert told.contributions().tolist() == [[8, -2], [0, 1]]
    assert told.difference().tolist() == [10, -1]
    budget = told.budget()
    assert {name: values.tolist() for name, values in vars(budget).items()} == {
        "excitation": [8, 1], "inhibition": [0, -2], "packets": [8, 0], "left": [0, -1], "lost": [0, 0],
    }  # fmt: skip
    assert (told.strongest(5), told.strongest(5, sign=-1)) == ([0], [])
    assert (here.lead, here.scores.tolist()) == (2, [2, 0])


def test_what_the_rails_and_the_leak_take_is_lost() -> None:
    # 6 units onto a rail of 5; then 3 ticks of leak of half a unit before the next word.
    program = ideal_program([[6]], rail_high=5 * UNIT, leak=UNIT // 2, threshold_up=100 * UNIT, reset_up=4 * UNIT)
    run = run_of(program, trains_from_lists([[(0, 0, 1)]], n_in=1, n_ticks=40))
    here = outcome("this chip", run.record, 1)
    told = Explanation(
        trace=trace_image(run, 0), program=program, values=run.values[0], unit=UNIT, here=here, ideal=here, others=()
    )
    assert told.trace.charge.tolist() == [[5 * UNIT]]
    assert (told.budget().left.tolist(), told.budget().lost.tolist()) == ([0], [6])
    assert told.rival == 0
