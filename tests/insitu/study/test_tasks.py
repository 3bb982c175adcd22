"""What is trained next: tuning ends with the best rate inside, no order of work changes it, scoring has other seeds."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikecim.insitu.study.spec import SCORING, TUNING, InsituStudy, RuleChoice
from spikecim.insitu.study.tasks import Task, cells_of, plan, rate_at, tuned
from tests.insitu.study.fake import accuracies, fake_study

STUDY = fake_study()
ONE = fake_study(grid={"devices": ["0"], "rules": ["sgd"]}, rates={"sgd": [0.01, 0.1], "extend": 3})


def finished(study: InsituStudy, rng: random.Random, peak: float = 0.0) -> dict[tuple[int, int], tuple[Task, float]]:
    """Everything that is asked for, done in a random order; accuracy peaks at 10 ** `peak`, or as the fake has it."""
    done: dict[tuple[int, int], tuple[Task, float]] = {}

    def known(task: Task) -> float | None:
        return done[task.key][1] if task.key in done else None

    while pending := plan(study, known).pending:
        task = rng.choice(pending)
        assert task.key not in done
        value = -abs(math.log10(task.rate) - peak) if peak else accuracies(task)[0]
        done[task.key] = task, value
    return done


def test_no_order_of_work_changes_what_is_done() -> None:
    first = finished(STUDY, random.Random(1))
    assert {key: task for key, (task, _) in first.items()} == {
        key: task for key, (task, _) in finished(STUDY, random.Random(2)).items()
    }


def test_scoring_uses_the_best_rate_and_seeds_that_tuning_never_saw() -> None:
    done = [task for task, _ in finished(STUDY, random.Random(3)).values()]
    for phase, n in ((TUNING, STUDY.confirming), (SCORING, STUDY.scoring)):
        for device, rule in cells_of(STUDY):
            tasks = [task for task in done if (task.phase, task.device, task.rule) == (phase, device.name, rule.name)]
            assert len({task.seed for task in tasks}) == n
            assert phase == TUNING or {task.rate for task in tasks} == {0.1 if rule.name == "sgd" else 0.009}
    seeds = {phase: {task.seed for task in done if task.phase == phase} for phase in (TUNING, SCORING)}
    assert not seeds[TUNING] & seeds[SCORING]


@settings(max_examples=25)
@given(st.floats(-4.0, 1.5))
def test_the_best_rate_is_followed_beyond_the_ends(peak: float) -> None:
    done = {key: value for key, (_, value) in finished(ONE, random.Random(0), peak or 0.1).items()}
    found = tuned(ONE, next(cells_of(ONE)), lambda task: done.get(task.key))
    assert found.best is not None and not found.pending
    # Decades from 1e-5 to 1e2: the nearest one has been tried, and lies inside unless it is one of these two.
    nearest = min(range(-3, 5), key=lambda step: abs(step - 2 - (peak or 0.1)))
    assert found.best == nearest
    assert found.edge == ("lowest" if nearest == -3 else "highest" if nearest == 4 else "")


def test_a_rate_with_a_failed_seed_is_not_chosen_and_nothing_is_scored_if_all_fail() -> None:
    pair = next(cells_of(STUDY))
    bad = tuned(STUDY, pair, lambda task: math.nan if task.step == 1 and task.place == 1 else 0.5)
    assert bad.best is not None and bad.best != 1
    none = tuned(STUDY, pair, lambda task: math.nan)
    assert none.best is None and none.pending == ()
    assert plan(STUDY, lambda task: math.nan).pending == ()


def test_a_rate_on_a_brink_is_not_confirmed() -> None:
    """It is the best one with the two tuning seeds; the third one falls."""

    def tried(task: Task) -> float:
        if task.step == 2:
            return 0.95 if task.place < 2 else 0.5
        return 0.9 - 0.1 * task.step

    study = fake_study(rates={"sgd": [0.01, 0.1, 1.0, 10.0], "momentum": [0.1], "extend": 0})
    pair = next(cells_of(study))
    found = tuned(study, pair, tried)
    assert (found.best, found.steps, found.seeds) == (0, (0, 1, 2, 3), (3, 2, 3, 2))
    first = tuned(study, pair, lambda task: None if task.place == 2 else tried(task))
    assert [(task.step, task.place) for task in first.pending] == [(2, 2)]


def test_of_equal_rates_the_lowest_is_taken() -> None:
    found = tuned(STUDY, next(cells_of(STUDY)), lambda task: 0.9)
    assert found.best == found.steps[0] and found.edge == "lowest"


@pytest.mark.parametrize(("step", "rate"), [(-1, 0.0125), (0, 0.025), (2, 0.1), (3, 0.2), (5, 0.8)])
def test_rates_beyond_the_ends_go_on_evenly(step: int, rate: float) -> None:
    assert rate_at(RuleChoice(name="sgd", settings={}, rates=(0.025, 0.05, 0.1)), step) == rate


def test_every_task_has_a_key_of_its_own() -> None:
    done = finished(fake_study(rates={"sgd": [0.01], "momentum": [0.001, 0.01, 0.1], "extend": 3}), random.Random(4))
    assert len({(task.phase, task.device, task.rule, task.rate, task.seed) for task, _ in done.values()}) == len(done)
