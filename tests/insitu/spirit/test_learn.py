"""Learning: a class is learned, rate 0 writes nothing, the same seed learns the same, STDP is alike on two engines."""

from __future__ import annotations

import numpy as np
import pytest

from spikecim.build import build
from spikecim.engines import get_engine
from spikecim.errors import ParameterError
from spikecim.insitu.spirit.learn import learn
from spikecim.insitu.spirit.lessons import Images
from spikecim.insitu.spirit.living_chip import LivingChip
from spikecim.insitu.spirit.measure import COLUMNS, WRITTEN, Measurer, named, row_of
from spikecim.insitu.spirit.plan import NEW, Plan
from spikecim.insitu.spirit.spec import OFFLINE, Condition
from spikecim.insitu.spirit.timing import learn_by_timing
from tests.insitu.spirit.small import small_chip, small_task

TEACH = Plan(rate=2.0, batches=6, batch=20, new_share=0.5)


def taught(plan: Plan, engine: str = "event", seed: int = 3) -> LivingChip:
    chip = LivingChip(build(small_chip(), small_task().start, seed))
    rehearsal = small_task().old if plan.n_new < plan.batch else None
    learn(chip, small_task().new, rehearsal, plan, engine=get_engine(engine), seed=seed)
    return chip


def measurer() -> Measurer:
    task = small_task()
    return Measurer(chip=small_chip(), task=task, exam=task.test, images=None, curve_images=30, seed=3, name="test")


def test_a_new_class_is_learned_and_the_old_ones_are_kept() -> None:
    found = measurer().measure(Condition(name="x", rule="delta", rehearsal=-1, new_share=0.5), TEACH, 0)
    assert found["before_new"] == 0.0 and found["before_old"] > 0.9
    assert found["after_new"] > 0.9 and found["after_old"] > 0.9
    assert found["presented"] == 120 and found["set_writes"] > 0
    assert sum(found[name] for name in WRITTEN) == small_chip().n_cells
    assert named(row_of(found)) == found and len(COLUMNS) == len(found)


def test_rate_zero_writes_nothing_and_costs_no_write_energy() -> None:
    found = measurer().measure(Condition(name="x", rule="delta"), Plan(rate=0.0, batches=2, batch=5), 0)
    assert found["set_pulses"] == found["reset_pulses"] == found["verify_reads"] == found["writes_largest"] == 0
    assert found[WRITTEN[0]] == small_chip().n_cells and found["read_link"] > 0


def test_programming_anew_gives_the_offline_weights() -> None:
    found = measurer().measure(Condition(name="x", rule=OFFLINE), Plan(rate=1.0), 0)
    differ = (small_task().taught.weights != small_task().start.weights).sum()
    assert found["changed_weights"] == pytest.approx(differ, abs=found["given_up"])
    assert found["after_new"] > 0.9 and found["presented"] == 0 and found["read_link"] == 0.0


def test_the_same_seed_learns_the_same_on_every_engine() -> None:
    plan = Plan(rate=2.0, batches=2, batch=3, new_share=0.5)
    found = [taught(plan, engine) for engine in ("event", "stepper", "brian2")]
    for other in found[1:]:
        assert np.array_equal(other.cells.resistance, found[0].cells.resistance)
        assert np.array_equal(other.pulses, found[0].pulses)
    assert found[0].writes.sum() > 0
    assert not np.array_equal(taught(plan, seed=4).cells.target, found[0].cells.target)


def test_only_the_new_neuron_is_written_if_it_alone_learns() -> None:
    chip = taught(Plan(rate=2.0, batches=3, batch=10, updates=NEW))
    assert chip.writes[:, 2].sum() > 0 and chip.writes[:, :2].sum() == 0


def test_stdp_learns_alike_on_two_engines_and_counts_every_write() -> None:
    plan = Plan(rate=30.0, batches=2, batch=4, new_share=0.5)
    living = LivingChip(build(small_chip(), small_task().start, 3))
    # Images of class 2 that are to be called 0: every answer is wrong.
    renamed = Images(values=small_task().new.values, labels=0 * small_task().new.labels)
    args = (living, renamed, small_task().old, plan)
    first, other = (learn_by_timing(*args, seed=3, engine=engine) for engine in ("event", "stepper"))
    assert np.array_equal(first.weights, other.weights) and first.set_writes.sum() > 0
    assert np.array_equal(first.program.charge, other.program.charge)
    code = small_chip().synapse.weight_code()
    change = (first.set_writes.astype(int) - first.reset_writes)[..., :4].sum(-1)
    change -= (first.set_writes.astype(int) - first.reset_writes)[..., 4:].sum(-1)
    assert np.array_equal(first.weights, code.decode(living.cells.target) + change)
    assert (first.set_pulses >= first.set_writes).all() and first.actions is not None


@pytest.mark.parametrize("bad", [{"new_share": 0.0}, {"batch": 0}, {"updates": "some"}, {"batches": -1}])
def test_bad_plans_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ParameterError, match=r"allowed|give"):
        Plan(**{"rate": 1.0, **bad})  # type: ignore[arg-type]


def test_rehearsal_and_share_go_together() -> None:
    chip = LivingChip(build(small_chip(), small_task().start, 3))
    engine = get_engine("event")
    with pytest.raises(ParameterError, match="rehearse"):
        learn(chip, small_task().new, None, TEACH, engine=engine, seed=0)
    with pytest.raises(ParameterError, match="rehearse"):
        learn(chip, small_task().new, small_task().old, Plan(rate=1.0), engine=engine, seed=0)
    with pytest.raises(ParameterError, match="2 classes"):
        learn(chip, small_task().old, None, Plan(rate=1.0, updates=NEW), engine=engine, seed=0)
