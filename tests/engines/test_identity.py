"""One set of scenarios for every engine, and random programs on which all engines must agree bit by bit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from spikecim.coding.decision import margin
from spikecim.energy.actions import count_actions
from spikecim.engines import ENGINES, Engine, get_engine
from spikecim.engines.event import EventEngine
from spikecim.errors import EngineError
from spikecim.program import ON_EVENT, Program
from spikecim.spikes import Decisions, SpikeRecord, SpikeTrains, trains_from_lists
from tests.engines.strategies import UNIT, ideal_program, one_line, runs

# Brian2 2.9 uses names that pyparsing has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated")

Spike = tuple[int, int, int]  # tick, neuron, sign


@dataclass(frozen=True)
class Scenario:
    """What goes in, and what design section 3 says comes out (worked out by hand)."""

    name: str
    program: Program
    trains: SpikeTrains
    spikes: list[list[Spike]]
    winners: list[int] = field(default_factory=list)
    durations: list[int] = field(default_factory=list)
    delivered: list[int] = field(default_factory=list)
    residual: list[list[int]] = field(default_factory=list)


def samples(*lists: list[Spike], n_in: int, n_ticks: int = 40) -> SpikeTrains:
    return trains_from_lists(lists, n_in=n_in, n_ticks=n_ticks)


def _neurons() -> Iterator[Scenario]:
    yield Scenario(
        "silence: no input, no spike, the lower index wins",
        ideal_program([[4, 4]]),
        samples([], [], n_in=1),
        spikes=[[], []],
        winners=[0, 0],
        durations=[40, 40],
        delivered=[0, 0],
        residual=[[0, 0], [0, 0]],
    )
    yield Scenario(
        "a stimulus through +-4 fires in its own tick",
        ideal_program([[4, -4, 3]]),
        one_line([5]),
        spikes=[[(5, 0, 1), (5, 1, -1)]],
        residual=[[0, 0, 3 * UNIT]],
    )
    yield Scenario(
        "a negative spike drives the opposite injectors",
        ideal_program([[4, -4, 3]]),
        one_line([5], sign=-1),
        spikes=[[(5, 0, -1), (5, 1, 1)]],
        winners=[1],
        residual=[[0, 0, -3 * UNIT]],
    )
    yield Scenario(
        "a negative spike uses its own charges, not the mirror of the positive ones",
        ideal_program([[4]], charge=np.array([[[4 * UNIT]], [[-3 * UNIT]]], np.int32)),
        one_line([5], sign=-1),
        spikes=[[]],
        residual=[[-3 * UNIT]],
    )
    yield Scenario(
        "soft reset: the residue stays and counts",
        ideal_program([[3]]),
        one_line([0, 1, 2, 3]),
        spikes=[[(1, 0, 1), (2, 0, 1), (3, 0, 1)]],
        residual=[[0]],
    )
    yield Scenario(
        "charges of one tick are added before the comparator looks",
        ideal_program([[4], [-4], [2]]),
        samples([(3, 0, 1), (3, 1, 1), (3, 2, 1)], n_in=3),
        spikes=[[]],
        residual=[[2 * UNIT]],
    )
    yield Scenario(
        "at most one spike per neuron and tick: the rest follows tick by tick",
        ideal_program([[4], [4]]),
        samples([(3, 0, 1), (3, 1, 1)], n_in=2),
        spikes=[[(3, 0, 1), (4, 0, 1)]],
        residual=[[0]],
    )
    yield Scenario(
        "the rails clip, and what is beyond them is lost",
        ideal_program([[4], [4], [4]]),
        samples([(3, 0, 1), (3, 1, 1), (3, 2, 1)], n_in=3),
        spikes=[[(3, 0, 1), (4, 0, 1)]],
        residual=[[0]],
    )
    yield Scenario(
        "clipping happens once, after all charge of the tick",
        ideal_program([[4], [4], [4], [-4]]),
        samples([(3, line, 1) for line in range(4)], n_in=4),
        spikes=[[(3, 0, 1), (4, 0, 1)]],
        residual=[[0]],
    )
    yield Scenario(
        "asymmetric rails",
        ideal_program([[4], [4], [4]], rail_low=5 * UNIT),
        samples([(3, line, -1) for line in range(3)], n_in=3),
        spikes=[[(3, 0, -1)]],
        residual=[[-UNIT]],
    )
    yield Scenario(
        "a threshold beyond the rail is never reached",
        ideal_program([[4]], rail_high=3 * UNIT),
        one_line([0, 1, 2]),
        spikes=[[]],
        residual=[[3 * UNIT]],
    )


def _refractory() -> Iterator[Scenario]:
    yield Scenario(
        "refractory: emission waits, integration goes on, the pending crossing fires at once",
        ideal_program([[4]], refractory_ticks=5),
        one_line([2, 3]),
        spikes=[[(2, 0, 1), (7, 0, 1)]],
        residual=[[0]],
    )
    yield Scenario(
        "on_event: the pending crossing waits for the next input after the refractory time",
        ideal_program([[4], [0]], refractory_ticks=5, comparator=ON_EVENT),
        samples([(2, 0, 1), (3, 0, 1), (6, 1, 1), (12, 1, 1)], n_in=2),
        spikes=[[(2, 0, 1), (12, 0, 1)]],
        residual=[[0]],
    )
    yield Scenario(
        "on_event: a pending crossing without further input stays",
        ideal_program([[4]], refractory_ticks=5, comparator=ON_EVENT),
        one_line([2, 3]),
        spikes=[[(2, 0, 1)]],
        residual=[[4 * UNIT]],
    )
    yield Scenario(
        "a pending crossing that input takes back does not fire",
        ideal_program([[4], [-1]], refractory_ticks=5),
        samples([(2, 0, 1), (3, 0, 1), (6, 1, 1)], n_in=2),
        spikes=[[(2, 0, 1)]],
        residual=[[3 * UNIT]],
    )
    yield Scenario(
        "refractory 0 and 1 both allow one spike per tick",
        ideal_program([[4]], refractory_ticks=1),
        one_line([2, 3, 4]),
        spikes=[[(2, 0, 1), (3, 0, 1), (4, 0, 1)]],
    )
    yield Scenario(
        "a refractory time beyond any window allows one spike",
        ideal_program([[4]], refractory_ticks=2**31 + 5),
        one_line([2, 3, 4, 39]),
        spikes=[[(2, 0, 1)]],
        residual=[[8 * UNIT]],
    )
    yield Scenario(
        "a crossing pending at the end of the window is lost",
        ideal_program([[4]], refractory_ticks=5),
        one_line([35, 36]),
        spikes=[[(35, 0, 1)]],
        residual=[[4 * UNIT]],
    )


def _packets_and_leak() -> Iterator[Scenario]:
    yield Scenario(
        "a small packet leaves charge beyond threshold: the neuron fires on by itself",
        ideal_program([[4], [4]], reset_up=UNIT // 5),
        samples([(3, 0, 1), (3, 1, 1)], n_in=2),
        # 800 electrons, 20 per packet, threshold 400: spikes at charges 800, 780, .. 400.
        spikes=[[(3 + k, 0, 1) for k in range(21)]],
        residual=[[4 * UNIT - 20]],
    )
    yield Scenario(
        "a packet of twice the threshold flips the sign for ever",
        ideal_program([[4]], reset_up=8 * UNIT, reset_down=8 * UNIT, n_ticks=12),
        one_line([3], n_ticks=12),
        spikes=[[(3 + k, 0, (-1) ** k) for k in range(9)]],
        residual=[[-4 * UNIT]],
    )
    yield Scenario(
        "leak: a constant loss per tick towards rest, and no further",
        ideal_program([[3, -1]], leak=[UNIT // 2, UNIT // 2]),
        one_line([0, 4, 39]),
        # neuron 0: 300 - 4*50 = 100, +300 = 400 fires in tick 4; neuron 1: gone after 2 ticks each time.
        spikes=[[(4, 0, 1)]],
        residual=[[3 * UNIT, -UNIT]],
    )
    yield Scenario(
        "leak takes a pending crossing back below threshold",
        ideal_program([[5]], leak=UNIT // 2, refractory_ticks=5),
        one_line([2, 3]),
        # 100 left after the spike, 50 after the leak, 550 in tick 3, 350 at the end of the refractory time.
        spikes=[[(2, 0, 1)]],
        residual=[[0]],
    )


def _decisions() -> Iterator[Scenario]:
    yield Scenario(
        "delta_s ends a sample: later input is neither delivered nor counted",
        ideal_program([[4, 0]], delta_s=2),
        one_line([3, 6, 9]),
        spikes=[[(3, 0, 1), (6, 0, 1)]],
        winners=[0],
        durations=[7],
        delivered=[2],
        residual=[[0, 0]],
    )
    yield Scenario(
        "all spikes of the deciding tick count, its input too",
        ideal_program([[4, 0, -4], [0, 0, 0]], delta_s=1),
        samples([(3, 0, 1), (3, 1, 1), (4, 0, 1)], n_in=2),
        spikes=[[(3, 0, 1), (3, 2, -1)]],
        winners=[0],
        durations=[4],
        delivered=[2],
    )
    yield Scenario(
        "a negative spike of a rival can decide",
        ideal_program([[0, -4]], delta_s=2),
        one_line([3, 5, 8]),
        spikes=[[(3, 1, -1), (5, 1, -1)]],
        winners=[0],
        durations=[6],
    )
    yield Scenario(
        "time-out: the best score, then the larger residual charge, then the lower index",
        ideal_program([[4, 4, 0, 0], [0, 1, 0, 0], [0, 0, 2, 2], [0, 0, -4, 0]], delta_s=3),
        samples(
            [(3, 0, 1), (9, 2, 1)],
            [(3, 0, 1), (5, 1, 1), (9, 2, 1)],
            [(9, 2, 1)],
            [(3, 3, 1)],
            n_in=4,
        ),
        spikes=[[(3, 0, 1), (3, 1, 1)], [(3, 0, 1), (3, 1, 1)], [], [(3, 2, -1)]],
        winners=[0, 1, 2, 0],
        durations=[40] * 4,
    )
    yield Scenario(
        "samples end on their own",
        ideal_program([[4, 0], [0, 4]], delta_s=1),
        samples([(7, 1, 1)], [], [(2, 0, 1), (5, 1, 1)], n_in=2),
        spikes=[[(7, 1, 1)], [], [(2, 0, 1)]],
        winners=[1, 0, 0],
        durations=[8, 40, 3],
        delivered=[1, 0, 1],
    )
    yield Scenario(
        "a single neuron has no rival and runs to the end",
        ideal_program([[4]], delta_s=1),
        one_line([3, 6]),
        spikes=[[(3, 0, 1), (6, 0, 1)]],
        winners=[0],
        durations=[40],
    )
    yield Scenario(
        "33 neurons: three lane groups, the winner in the last",
        ideal_program(4 * np.eye(33, dtype=int)[[32, 16, 15]], delta_s=2),
        samples([(1, 1, 1), (2, 2, 1), (3, 0, 1), (4, 0, 1), (5, 0, 1)], n_in=3),
        spikes=[[(1, 16, 1), (2, 15, 1), (3, 32, 1), (4, 32, 1), (5, 32, 1)]],
        winners=[32],
        durations=[6],
    )
    yield Scenario(
        "100 samples: more than one block of work",
        ideal_program([[4, 0], [0, 4]], delta_s=1),
        samples(*([(k % 40, k % 2, 1)] for k in range(100)), n_in=2),
        spikes=[[(k % 40, k % 2, 1)] for k in range(100)],
        winners=[k % 2 for k in range(100)],
        durations=[k % 40 + 1 for k in range(100)],
    )


SCENARIOS = [*_neurons(), *_refractory(), *_packets_and_leak(), *_decisions()]


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    return engine_called(request.param)


def engine_called(name: str) -> Engine:
    if name == "brian2":
        pytest.importorskip("spikecim.engines.brian")
    return get_engine(name)


def by_sample(record: SpikeRecord) -> list[list[Spike]]:
    rows: list[list[Spike]] = [[] for _ in range(record.n_samples)]
    for sample, *spike in zip(record.samples(), record.ticks, record.neurons, record.signs, strict=True):
        rows[sample].append(tuple(int(x) for x in spike))  # type: ignore[arg-type]
    return rows


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_scenario(engine: Engine, scenario: Scenario) -> None:
    record = engine.run(scenario.program, scenario.trains)
    assert by_sample(record) == scenario.spikes
    for name, expected in {
        "winners": record.winners,
        "delivered": record.delivered,
        "durations": record.decisions.durations[:, -1],
        "residual": record.residual,
    }.items():
        if getattr(scenario, name):
            assert expected.tolist() == getattr(scenario, name), name


def test_trains_that_do_not_fit_are_refused(engine: Engine) -> None:
    with pytest.raises(EngineError, match="spike trains have 1 lines, the program has 2"):
        engine.run(ideal_program([[4], [4]]), one_line([3]))
    with pytest.raises(EngineError, match="spike trains span 39 ticks, the program's window is 40"):
        engine.run(ideal_program([[4]]), one_line([3], n_ticks=39))


def test_every_engine_answers_to_its_name(engine: Engine) -> None:
    assert get_engine(engine.name) == engine


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(EngineError, match="engine 'spice' is unknown; allowed: stepper, brian2, event"):
        get_engine("spice")


def assert_identical(one: Any, other: Any, *, skip: tuple[str, ...] = ()) -> None:
    """Every array of two records (or decision tables): shape, type and content."""
    for f in fields(one):
        if f.name in skip:
            continue
        left, right = getattr(one, f.name), getattr(other, f.name)
        if isinstance(left, Decisions):
            assert_identical(left, right)
            continue
        assert left.dtype == right.dtype, f.name
        np.testing.assert_array_equal(left, right, err_msg=f.name)


def assert_engines_agree(name: str, program: Program, trains: SpikeTrains) -> SpikeRecord:
    oracle = get_engine("stepper").run(program, trains)
    other = engine_called(name).run(program, trains)
    assert_identical(oracle, other)
    assert count_actions(program, trains, oracle).differs_from(count_actions(program, trains, other)) == []
    return oracle


@settings(max_examples=220, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(run=runs())
def test_event_engine_equals_the_stepper_on_random_programs(run: tuple[Program, SpikeTrains]) -> None:
    assert_engines_agree("event", *run)


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(run=runs())
def test_brian_engine_equals_the_stepper_on_random_programs(run: tuple[Program, SpikeTrains]) -> None:
    assert_engines_agree("brian2", *run)


# Oracle: the definitions of the table (design section 3.7), recomputed from the spikes alone.
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(run=runs())
def test_the_record_explains_its_own_decisions(run: tuple[Program, SpikeTrains]) -> None:
    program, trains = run
    record = get_engine("event").run(program, trains)
    table = record.decisions
    in_sample, out_sample = trains.samples(), record.samples()
    for s in range(record.n_samples):
        for column in range(program.n_margins):
            last = table.durations[s, column] - 1
            in_time = (out_sample == s) & (record.ticks <= last)
            scores = np.bincount(record.neurons[in_time], record.signs[in_time], minlength=program.n_out)
            assert table.outputs[s, column] == in_time.sum()
            assert table.inputs[s, column] == ((in_sample == s) & (trains.ticks <= last)).sum()
            assert scores[table.winners[s, column]] == scores.max()
            assert table.reached[s, column] == (margin(scores) >= column + program.first_margin)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(run=runs())
def test_the_event_engine_decides_alike_without_keeping_spikes(run: tuple[Program, SpikeTrains]) -> None:
    whole = EventEngine().run(*run)
    short = EventEngine(keep_spikes=False).run(*run)
    assert short.n_spikes == 0
    assert_identical(whole, short, skip=("offsets", "ticks", "neurons", "signs"))


def test_the_number_of_threads_changes_nothing() -> None:
    numba = pytest.importorskip("numba")
    if numba.config.NUMBA_NUM_THREADS < 2:
        pytest.skip("one thread only")
    rng = np.random.default_rng(0)
    program = ideal_program(rng.integers(-4, 5, (6, 10)), read_noise=np.full((6, 10), 50, np.int32), delta_s=3)
    trains = samples(*([(t, t % 6, 1) for t in range(k % 40)] for k in range(150)), n_in=6)
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        one = EventEngine().run(program, trains)
        numba.set_num_threads(2)
        two = EventEngine().run(program, trains)
    finally:
        numba.set_num_threads(before)
    assert one.n_spikes > 100
    assert_identical(one, two)
