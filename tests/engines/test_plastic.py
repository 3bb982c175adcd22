"""STDP: scenarios worked out by hand (docs/stdp.md), random programs on which engines agree, and closed forms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from spikecim.engines.plastic import run_plastic
from spikecim.engines.plastic_program import PlasticProgram
from spikecim.engines.plastic_record import PlasticRecord
from spikecim.engines.plastic_rule import CERTAIN, stdp_rule, switch_draw
from spikecim.engines.plastic_teacher import Teacher, no_teacher, supervised
from spikecim.engines.stepper import Stepper
from spikecim.errors import EngineError, ParameterError
from spikecim.program import ON_EVENT
from spikecim.spikes import SpikeTrains, trains_from_lists
from tests.engines.plastic_strategies import exact, plastic_runs
from tests.engines.strategies import UNIT, one_line

# Brian2 2.9 uses names that pyparsing has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated")

Spike = tuple[int, int, int]  # tick, neuron, sign
FULL = 4 * UNIT
Run = tuple[PlasticProgram, SpikeTrains, Teacher]


def samples(*lists: list[Spike], n_in: int, n_ticks: int = 40) -> SpikeTrains:
    return trains_from_lists(lists, n_in=n_in, n_ticks=n_ticks)


def same(a: PlasticRecord, b: PlasticRecord) -> bool:
    for item in fields(a):
        first, second = getattr(a, item.name), getattr(b, item.name)
        assert first.dtype == second.dtype and first.shape == second.shape, item.name
        assert (first == second).all(), item.name
    return True


@dataclass(frozen=True)
class Scenario:
    """What goes in, and what comes out; `cells` are LRS cells of the excitatory and inhibitory side per synapse."""

    name: str
    program: PlasticProgram
    trains: SpikeTrains
    teacher: Teacher | None
    spikes: list[Spike]
    cells: list[list[tuple[int, int]]]
    sets: list[int]
    resets: list[int]
    residual: list[list[int]] = field(default_factory=list)


def _by_output_spikes() -> Iterator[Scenario]:
    yield Scenario(
        "an output spike depresses silent lines; a negative one depresses active lines",
        exact([[4], [0]]),
        samples([(5, 0, 1), (8, 1, 1)], n_in=2),
        None,
        spikes=[(5, 0, 1), (8, 0, -1)],
        # Tick 5: line 1 is silent, its inhibitory cells are SET. Tick 8: it brings -4, and line 0 (3 ticks ago) turns.
        cells=[[(0, 4)], [(0, 4)]],
        sets=[8],
        resets=[4],
        residual=[[0]],
    )
    yield Scenario(
        "the window includes its last tick and the tick of the output spike itself",
        exact([[4], [0], [0]], stdp_rule(window=5, active=1.0, silent=0.0)),
        samples([(4, 1, 1), (5, 2, 1), (10, 0, 1)], n_in=3),
        None,
        spikes=[(10, 0, 1)],
        cells=[[(4, 0)], [(0, 0)], [(4, 0)]],
        sets=[4],
        resets=[0],
    )
    yield Scenario(
        "potentiation frees the inhibitory side too, and what one sample writes the next one reads",
        exact([[4], [-2]], stdp_rule(window=5, active=1.0, silent=0.0), n_ticks=20),
        samples([(3, 1, 1), (4, 0, 1), (5, 0, 1)], [(2, 1, 1)], n_in=2, n_ticks=20),
        None,
        # 4 - 2 units at tick 4; 6 units at tick 5. In the second sample line 1 fires the neuron by itself.
        spikes=[(5, 0, 1), (2, 0, 1)],
        cells=[[(4, 0)], [(4, 0)]],
        sets=[4, 0],
        resets=[2, 0],
        residual=[[2 * UNIT], [0]],
    )
    yield Scenario(
        "a negative input spike with a negative output spike is a reason to potentiate",
        exact([[1], [0]], stdp_rule(window=5, active=1.0, silent=0.0), threshold_down=UNIT, reset_down=UNIT),
        samples([(5, 0, -1)], n_in=2),
        None,
        spikes=[(5, 0, -1)],
        cells=[[(4, 0)], [(0, 0)]],
        sets=[3],
        resets=[0],
    )


def _by_late_inputs_and_teachers() -> Iterator[Scenario]:
    late = stdp_rule(window=0, active=0.0, silent=0.0, late=1.0, late_window=3)
    yield Scenario(
        "a late input spike is read before it is depressed; in the tick of the output spike it is not late",
        exact([[4], [1], [1]], late),
        samples([(5, 0, 1), (5, 2, 1), (6, 1, 1), (9, 2, 1)], n_in=3),
        None,
        spikes=[(5, 0, 1)],
        cells=[[(4, 0)], [(0, 4)], [(1, 0)]],
        sets=[4],
        resets=[1],
        residual=[[3 * UNIT]],
    )
    forced = supervised([0], 2, force=FULL, inhibit=FULL, period=10, start=5)
    yield Scenario(
        "a teacher alone makes neurons fire; every line is silent then",
        exact([[0, 0]]),
        samples([], n_in=1),
        forced,
        spikes=[(t, n, s) for t in (5, 15, 25, 35) for n, s in ((0, 1), (1, -1))],
        cells=[[(0, 4), (4, 0)]],
        sets=[8],
        resets=[0],
    )
    yield Scenario(
        "its pulse is no input word, so comparators on events wait for one",
        exact([[0, 0]], comparator=ON_EVENT),
        samples([(18, 0, 1)], n_in=1),
        forced,
        spikes=[(18, 0, 1), (18, 1, -1)],
        cells=[[(4, 0), (0, 4)]],
        sets=[8],
        resets=[0],
        residual=[[7 * UNIT + UNIT, -8 * UNIT]],
    )
    yield Scenario(
        "reward -1 turns the rule round, 0 writes nothing, a muted neuron only integrates",
        exact([[4, 4, 4]]),
        one_line([5]),
        replace(no_teacher(1, 3), reward=np.array([[-1, 0, 1]], np.int8), muted=np.array([[False, False, True]])),
        spikes=[(5, 0, 1), (5, 1, 1)],
        cells=[[(0, 4), (4, 0), (4, 0)]],
        sets=[4],
        resets=[4],
        residual=[[0, 0, FULL]],
    )
    yield Scenario(
        "no spikes, no writes",
        exact([[3, 3], [-1, 2], [0, 4]]),
        samples([], [], n_in=3),
        None,
        spikes=[],
        cells=[[(3, 0), (3, 0)], [(0, 1), (2, 0)], [(0, 0), (4, 0)]],
        sets=[0, 0],
        resets=[0, 0],
    )


SCENARIOS = [*_by_output_spikes(), *_by_late_inputs_and_teachers()]


# A Brian2 network takes half a second to build: carry-over and late spikes by hand, all else by random programs.
RUNS = [*((case, engine) for engine in ("stepper", "event") for case in SCENARIOS)]
RUNS += [(SCENARIOS[2], "brian2"), (SCENARIOS[4], "brian2")]


@pytest.mark.parametrize(("case", "engine"), RUNS, ids=lambda part: getattr(part, "name", part))
def test_scenario(case: Scenario, engine: str) -> None:
    record = run_plastic(case.program, case.trains, case.teacher, engine)
    assert [*zip(record.ticks.tolist(), record.neurons.tolist(), record.signs.tolist(), strict=True)] == case.spikes
    count = record.lrs.sum(-1)
    assert [[tuple(side) for side in row] for row in count.tolist()] == case.cells
    assert record.sets.tolist() == case.sets and record.resets.tolist() == case.resets
    assert (record.writes - case.program.writes).sum() == record.sets.sum() + record.resets.sum()
    if case.residual:
        assert record.residual.tolist() == case.residual


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(plastic_runs())
def test_event_engine_is_the_oracle(run: Run) -> None:
    assert same(run_plastic(*run, engine="stepper"), run_plastic(*run, engine="event"))


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(plastic_runs())
def test_brian_equations_are_the_event_engine(run: Run) -> None:
    assert same(run_plastic(*run, engine="brian2"), run_plastic(*run, engine="event"))


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(plastic_runs())
def test_a_run_in_two_parts_is_as_good_as_one(run: Run) -> None:
    plastic, trains, teacher = run
    n, cut = trains.n_samples, trains.n_samples // 2
    whole = run_plastic(plastic, trains, teacher)
    first = run_plastic(plastic, trains.window(0, cut), teacher.window(0, cut))
    second = run_plastic(plastic.after(first), trains.window(cut, n), teacher.window(cut, n))
    assert (second.lrs == whole.lrs).all() and (second.writes == whole.writes).all()
    assert np.concatenate([first.ticks, second.ticks]).tolist() == whole.ticks.tolist()
    assert np.concatenate([first.sets, second.sets]).tolist() == whole.sets.tolist()


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(plastic_runs())
def test_without_learning_it_is_the_plain_engine(run: Run) -> None:
    plastic, trains, _ = run
    record = run_plastic(plastic, trains, no_teacher(trains.n_samples, plastic.n_out, learns=False))
    plain = Stepper().run(plastic.frozen(), trains)
    assert record.sets.sum() == record.resets.sum() == 0 and (record.lrs == plastic.lrs).all()
    for name in ("offsets", "ticks", "neurons", "signs", "residual"):
        assert (getattr(record, name) == getattr(plain, name)).all()
    assert (record.winners() == plain.winners).all()


def test_share_of_cells_that_switch_is_their_chance() -> None:
    # Each forced spike gives every inhibitory cell of 30 x 10 silent synapses one try: 1,200 cells, 4 tries each.
    p, n_in, n_out, tries = 0.2, 30, 10, 4
    rule = stdp_rule(window=0, active=1.0, silent=p, set_share=0.5)
    left = np.zeros(tries + 1)
    n_runs = 20
    for run in range(n_runs):
        for k in range(1, tries + 1):
            plastic = exact(np.zeros((n_in, n_out), int), rule, seed=100 + run, n_ticks=10 * k)
            teacher = supervised([0], n_out, force=FULL, inhibit=-FULL, period=10)
            record = run_plastic(plastic, samples([], n_in=n_in, n_ticks=10 * k), teacher)
            left[k] += 4 * n_in * n_out - record.sets.sum()
    cells = n_runs * 4 * n_in * n_out
    for k in range(1, tries + 1):
        expected = (1.0 - 0.5 * p) ** k
        # Five standard deviations of a binomial share.
        assert abs(left[k] / cells - expected) < 5.0 * np.sqrt(expected * (1.0 - expected) / cells)


def test_draws_are_uniform_and_independent_of_each_other() -> None:
    where = np.indices((4, 10, 12, 6, 8)).reshape(5, -1)
    drawn = switch_draw(7, *where).astype(float) / CERTAIN
    n = len(drawn)
    assert abs(drawn.mean() - 0.5) < 5.0 / np.sqrt(12.0 * n)
    counts = np.histogram(drawn, 64, (0.0, 1.0))[0]
    # Chi-square with 63 degrees of freedom: mean 63, variance 126.
    assert abs(((counts - n / 64) ** 2 / (n / 64)).sum() - 63.0) < 5.0 * np.sqrt(126.0)
    cube = drawn.reshape(4, 10, 12, 6, 8)
    for axis in range(5):
        near = np.corrcoef(np.diff(cube, axis=axis).ravel(), np.take(cube, range(1, cube.shape[axis]), axis).ravel())
        # Of independent uniforms, a difference and its own end correlate by 1 / sqrt(2).
        assert abs(near[0, 1] - np.sqrt(0.5)) < 5.0 / np.sqrt(n / 2)


def test_every_write_takes_the_next_charge_of_the_pool() -> None:
    plastic = exact([[0]], stdp_rule(window=0, active=1.0, silent=1.0))
    pool = np.repeat(plastic.pool, 3, -1)
    pool[0, 1, 0, 0, 0] += np.arange(3, dtype=np.int32)
    varied = plastic.with_(pool=pool, drawn=np.repeat(plastic.drawn, 3, -1))
    trains = samples([(5, 0, 1)], [], n_in=1)
    # Sample 0 SETs all excitatory cells; in sample 1 the line is silent and the inhibitory ones go the other way.
    teacher = supervised([0, 0], 1, force=FULL, period=40, start=5)
    record = run_plastic(varied, trains, teacher)
    assert record.writes.tolist() == [[[[2, 2, 2, 2], [1, 1, 1, 1]]]]
    first = run_plastic(varied, trains.window(0, 1), teacher.window(0, 1))
    assert varied.after(first).frozen().charge[0, 0, 0] == 4 * (UNIT + 1)
    assert varied.after(first).weights().tolist() == [[4]]


def test_a_long_run_finds_room_for_its_spikes() -> None:
    small = {"threshold_up": 1, "reset_up": 1, "rail_high": 3000}
    plastic = exact([[4]], stdp_rule(window=0, active=0.0, silent=0.0), n_ticks=3000, **small)
    teacher = supervised([0], 1, force=3000, period=3000)
    record = run_plastic(plastic, samples([], n_in=1, n_ticks=3000), teacher)
    assert record.ticks.tolist() == list(range(3000))


def test_no_samples() -> None:
    record = run_plastic(exact([[1]]), samples(n_in=1))
    assert record.n_samples == 0 and record.sets.sum() == 0 and record.residual.shape == (0, 1)


def _change(**changes: Any) -> PlasticProgram:
    return replace(exact([[1, 2]]), **changes)


@pytest.mark.parametrize(
    ("program", "text"),
    [
        (_change(program=replace(exact([[1, 2]]).program, delta_s=3)), "delta_s must be None"),
        (_change(lrs=np.ones((1, 2, 2, 3), bool)), "writes must have shape"),
        (_change(writes=np.full((1, 2, 2, 4), -1)), "writes must not be negative"),
        (_change(lrs=np.ones((1, 2, 2, 4), bool)), "not the sum of the cells"),
        (_change(pool=np.full((2, 2, 1, 2, 2, 4, 1), 2**30, np.int32)), "not the sum|may exceed"),
    ],
)
def test_a_program_that_breaks_the_contract_is_refused(program: PlasticProgram, text: str) -> None:
    with pytest.raises(ParameterError, match=text):
        program.check()


@pytest.mark.parametrize(
    ("settings_of_rule", "text"),
    [
        ({"active": 1.5}, "active is 1.5; it must lie in 0 .. 1"),
        ({"silent": (0.1, float("nan"))}, "silent is nan"),
        ({"late": 0.1}, "go together"),
        ({"late_window": 4}, "go together"),
        ({"window": -1}, "must not be negative"),
        ({"set_share": -0.1}, "set_share is -0.1"),
    ],
)
def test_a_rule_out_of_range_is_refused(settings_of_rule: dict[str, Any], text: str) -> None:
    with pytest.raises(ParameterError, match=text):
        stdp_rule(**({"window": 3, "active": 0.1, "silent": 0.1} | settings_of_rule))


def test_a_teacher_that_does_not_fit_is_refused() -> None:
    plastic, trains = exact([[1, 2]]), one_line([3])
    good = no_teacher(1, 2)
    for teacher, text in (
        (no_teacher(2, 2), "drive must have shape"),
        (replace(good, period=0), "period at least 1"),
        (replace(good, reward=np.full((1, 2), 2, np.int8)), "reward must be"),
        (replace(good, drive=np.full((1, 2), 2**31 - 1, np.int32)), "exceed"),
    ):
        with pytest.raises(EngineError, match=text):
            run_plastic(plastic, trains, teacher)
    with pytest.raises(ParameterError, match=r"labels must lie in 0\.\.1"):
        supervised([2], 2, force=1, period=1)
    with pytest.raises(EngineError, match="unknown; allowed: stepper, brian2, event"):
        run_plastic(plastic, trains, engine="nest")
