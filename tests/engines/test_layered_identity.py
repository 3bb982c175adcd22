"""Several layers: scenarios worked out by hand for every engine, and random programs on which all engines agree."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from spikecim.coding.decision import time_out_winner
from spikecim.engines import ENGINES, Engine, get_engine
from spikecim.engines.brian import BrianEngine
from spikecim.engines.stepper import Stepper
from spikecim.errors import EngineError
from spikecim.layered import DenseWiring, LayeredProgram, LayeredRecord, LayerProgram, LayerSpikes
from spikecim.program import CONTINUOUS, Program
from spikecim.results.layered_compare import differences
from spikecim.spikes import SpikeTrains, trains_from_lists
from tests.engines.layered_programs import busy_program, busy_trains, chain, ideal_layer
from tests.engines.layered_scenarios import SCENARIOS, Scenario, Spike
from tests.engines.layered_strategies import layered_runs
from tests.engines.strategies import runs

# Brian2 2.9 uses names that pyparsing has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated")


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    return get_engine(request.param)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_scenario(engine: Engine, scenario: Scenario) -> None:
    trains = trains_from_lists([scenario.spikes_in], n_in=scenario.program.n_in, n_ticks=scenario.program.n_ticks)
    record = engine.run_layers(scenario.program, trains, keep="spikes")
    assert record.spikes is not None
    assert [listed(layer) for layer in record.spikes] == scenario.spikes
    found: dict[str, Any] = {
        "duration": record.output.decisions.durations[0, -1],
        "winner": record.winners[0],
        "residual": record.output.residual[0].tolist(),
        "tallies": record.tallies[0].tolist(),
        "checkpoint_winners": record.checkpoint_winners[0].tolist(),
        "checkpoint_tallies": record.checkpoint_tallies[0].tolist(),
    }
    for name, value in found.items():
        if (expected := getattr(scenario, name)) not in (None, []):
            assert value == expected, name


def listed(spikes: LayerSpikes) -> list[Spike]:
    return list(zip(spikes.ticks.tolist(), spikes.neurons.tolist(), spikes.signs.tolist(), strict=True))


def assert_same(one: Any, other: Any, where: str = "record") -> None:
    """Every field of two records: type, shape and content."""
    assert type(one) is type(other), where
    if is_dataclass(one):
        for f in fields(one):
            assert_same(getattr(one, f.name), getattr(other, f.name), f"{where}.{f.name}")
    elif isinstance(one, tuple):
        assert len(one) == len(other), where
        for number, pair in enumerate(zip(one, other, strict=True)):
            assert_same(*pair, f"{where}[{number}]")
    elif one is not None:
        assert one.dtype == other.dtype, where
        np.testing.assert_array_equal(one, other, err_msg=where)


def assert_engines_agree(name: str, program: LayeredProgram, trains: SpikeTrains) -> None:
    oracle = Stepper().run_layers(program, trains, keep="spikes")
    other = get_engine(name).run_layers(program, trains, keep="spikes")
    assert_same(oracle, other)
    assert differences(oracle, other).first is None


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(run=layered_runs())
def test_event_engine_equals_the_stepper_on_random_programs(run: tuple[LayeredProgram, SpikeTrains]) -> None:
    assert_engines_agree("event", *run)


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(run=layered_runs())
def test_brian_engine_equals_the_stepper_on_random_programs(run: tuple[LayeredProgram, SpikeTrains]) -> None:
    assert_engines_agree("brian2", *run)


def as_layers(program: Program) -> LayeredProgram:
    """The same program of one layer, written as a chain."""
    same = ("noise_seed", "leak", "refractory_ticks", "threshold_up", "threshold_down", "reset_up", "reset_down")
    layer = LayerProgram(
        name="only",
        wiring=DenseWiring(n_rows=program.n_in, n_out=program.n_out),
        route=np.arange(program.n_in, dtype=np.int32),
        charge=program.charge.reshape(2, -1),
        read_noise=program.read_noise.ravel(),
        ramp=None,
        pulses=(),
        initial=np.zeros(program.n_out, np.int32),
        rail_high=program.rail_high,
        rail_low=program.rail_low,
        hard_reset=False,
        fire_from=0,
        fire_to=program.n_ticks,
        line_events=np.full(program.n_in, program.n_out, np.int64),
        line_electrons=program.row_electrons,
        cells_per_group=8,
        **{name: getattr(program, name) for name in same},
    )
    return LayeredProgram(
        layers=(layer,),
        n_ticks=program.n_ticks,
        delta_s=program.delta_s,
        checkpoints=(program.n_ticks,),
        tick_s=program.tick_s,
    ).check()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(run=runs())
def test_one_dense_layer_runs_as_the_single_layer_stepper(run: tuple[Program, SpikeTrains]) -> None:
    program, trains = run[0].with_(comparator=CONTINUOUS), run[1]
    alone = Stepper().run(program, trains)
    record = Stepper().run_layers(as_layers(program), trains, keep="spikes")
    assert_same(record.output, alone)
    np.testing.assert_array_equal(record.margin_tallies[:, :, 0, 0], alone.decisions.inputs)
    np.testing.assert_array_equal(record.margin_tallies[:, :, 0, 1], alone.decisions.inputs * program.n_out)
    np.testing.assert_array_equal(record.margin_tallies[:, :, 0, 3:].sum(-1), alone.decisions.outputs)
    np.testing.assert_array_equal(record.checkpoint_winners[:, -1], alone.winners)


# Oracle: the definitions of the tallies (point 15), recounted spike by spike from the kept spikes alone.
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(run=layered_runs())
def test_the_record_explains_its_own_tallies(run: tuple[LayeredProgram, SpikeTrains]) -> None:
    program, trains = run
    record = Stepper().run_layers(program, trains, keep="spikes")
    ends = record.output.decisions.durations
    checkpoints = np.minimum(program.checkpoints, ends[:, -1:])
    for table, durations in ((record.margin_tallies, ends), (record.checkpoint_tallies, checkpoints)):
        for (sample, column), duration in np.ndenumerate(durations):
            assert table[sample, column].tolist() == recounted(program, trains, record, sample, duration)
    assert record.counts is not None
    assert record.spikes is not None
    for counts, spikes in zip(record.counts, record.spikes, strict=True):
        for sample, low in enumerate(spikes.offsets[:-1]):
            part = slice(low, spikes.offsets[sample + 1])
            net = np.bincount(spikes.neurons[part], spikes.signs[part], minlength=counts.shape[1])
            assert counts[sample].tolist() == net.tolist()
            assert (spikes.ticks[part] < ends[sample, -1]).all()
    scores, late = record.counts[-1].astype(np.int64), ~record.output.decisions.reached[:, -1]
    np.testing.assert_array_equal(record.winners[late], time_out_winner(scores, record.output.residual)[late])


def recounted(
    program: LayeredProgram, trains: SpikeTrains, record: LayeredRecord, sample: int, duration: int
) -> list[list[int]]:
    window = trains.window(sample, sample + 1)
    brought = list(zip(window.ticks.tolist(), window.lines.tolist(), strict=True))
    rows = []
    for layer, spikes in zip(program.layers, record.spikes or (), strict=True):
        heard = [(tick, line) for tick, line in brought if tick < duration and layer.route[line] >= 0]
        width = [65536] * program.n_ticks if layer.ramp is None else layer.ramp.tolist()
        part = slice(spikes.offsets[sample], spikes.offsets[sample + 1])
        signs = spikes.signs[part][spikes.ticks[part] < duration]
        brought = list(zip((spikes.ticks[part] + 1).tolist(), spikes.neurons[part].tolist(), strict=True))
        events = sum(int(layer.line_events[line]) for _, line in heard)
        electrons = sum(int(layer.line_electrons[line]) * width[tick] // 65536 for tick, line in heard)
        rows.append([len(heard), events, electrons, int((signs > 0).sum()), int((signs < 0).sum())])
    return rows


def test_keep_says_what_the_record_holds(engine: Engine) -> None:
    program, trains = busy_program(delta_s=3), busy_trains()
    whole = engine.run_layers(program, trains, keep="spikes")
    assert whole.spikes is not None
    assert min(len(layer.ticks) for layer in whole.spikes) > 30
    assert_same(engine.run_layers(program, trains, keep="counts"), replace(whole, spikes=None))
    assert_same(engine.run_layers(program, trains), replace(whole, spikes=None, counts=None))
    with pytest.raises(EngineError, match="keep 'all' is unknown; allowed: decisions, counts, spikes"):
        engine.run_layers(program, trains, keep="all")


def test_a_window_of_samples_runs_as_in_the_whole_set(engine: Engine) -> None:
    program, trains = busy_program(delta_s=3), busy_trains()
    whole = engine.run_layers(program, trains, keep="counts")
    part = engine.run_layers(program, trains.window(2, 5), keep="counts")
    assert whole.counts is not None
    assert part.counts is not None
    for one, other in zip(whole.counts, part.counts, strict=True):
        np.testing.assert_array_equal(one[2:5], other)
    np.testing.assert_array_equal(whole.margin_tallies[2:5], part.margin_tallies)


def test_no_sample_is_no_fault(engine: Engine) -> None:
    record = engine.run_layers(busy_program(), busy_trains().window(2, 2), keep="spikes")
    assert_same(record, Stepper().run_layers(busy_program(), busy_trains().window(2, 2), keep="spikes"))
    assert record.checkpoint_winners.shape == (0, 1)


@pytest.mark.parametrize("chunk", [1, 3, 7])
def test_chunks_of_brian2_change_nothing(chunk: int) -> None:
    program, trains = busy_program(delta_s=3, checkpoints=(10, 15, 40)), busy_trains()
    oracle = Stepper().run_layers(program, trains, keep="spikes")
    assert_same(BrianEngine(chunk=chunk).run_layers(program, trains, keep="spikes"), oracle)


def test_trains_that_do_not_fit_are_refused(engine: Engine) -> None:
    with pytest.raises(EngineError, match="spike trains have 4 lines, the program has 1"):
        engine.run_layers(chain(ideal_layer([[4]])), busy_trains())
    with pytest.raises(EngineError, match="spike trains span 40 ticks, the program's window is 39"):
        engine.run_layers(chain(ideal_layer([[4]] * 4), n_ticks=39), busy_trains())


def test_switches_that_several_layers_do_not_have_are_refused() -> None:
    with pytest.raises(EngineError, match="can be watched on programs of one layer only"):
        Stepper(watch=lambda *_: None).run_layers(busy_program(), busy_trains())
    with pytest.raises(EngineError, match="'cpp_standalone' runs one layer only; allowed: numpy, cython"):
        BrianEngine(target="cpp_standalone").run_layers(busy_program(), busy_trains())
