"""A search of real virtual chips: fresh silicon and test images judge it, and neither kill nor pool changes it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spikecim.errors import ParameterError, ResultFileError
from spikecim.explore.compare_curves import wilson
from spikecim.results.search_data import front_rows, search_json, trial_rows
from spikecim.results.search_result import FRESH, JUDGED, SEARCHED, Estimate, SearchResult
from spikecim.study.designs import Design
from spikecim.study.front import hypervolume, nondominated
from spikecim.study.point import Point, evaluate
from spikecim.study.pool import OneProcess, Outcome, open_pool
from spikecim.study.search import run_search
from spikecim.study.search_goals import Target
from spikecim.study.search_judge import FIRST_FRESH
from spikecim.study.search_loop import growth_of
from spikecim.study.search_spec import read_search
from spikecim.study.search_statistics import Sample, bounded_from, estimate_of, value_of
from spikecim.study.spec import Study
from tests.study.studies import study

FACTORS = {
    "decision.delta_s": {"low": 1, "high": 12},
    "coding.window": {"low": "500 us", "high": "2 ms", "step": "250 us"},
}
SEARCH: dict[str, Any] = {
    "objectives": ["accuracy", "core_nj"],
    "trials": 12,
    "population": 4,
    "final_chips": 3,
    "final_images": 30,
}


def searched(**changes: Any) -> Study:
    return study(**{"factors": FACTORS, "search": SEARCH, **changes})


@dataclass
class Recording:
    """Computes points in this process, in any order, and remembers which."""

    backwards: bool = False
    n_workers: int = 1
    seen: list[tuple[Study, Point]] = field(default_factory=list)

    def run(self, own: Study, points: Iterable[Point]) -> Iterator[tuple[Point, Outcome]]:
        todo = list(points)
        for point in reversed(todo) if self.backwards else todo:
            self.seen.append((own, point))
            yield point, Outcome(metrics=evaluate(own, point))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[SearchResult, Recording]:
    pool = Recording()
    return run_search(searched(), tmp_path_factory.mktemp("whole"), pool), pool


def test_the_search_sees_validation_images_only(whole: tuple[SearchResult, Recording]) -> None:
    early = [(own, p) for own, p in whole[1].seen if p.chip_index < FIRST_FRESH]
    late = [(own, p) for own, p in whole[1].seen if p.chip_index >= FIRST_FRESH]
    assert {own.split for own, _ in early} == {"validation"}
    assert {own.split for own, _ in late} == {"validation", "test"}
    on_front = {point.design for point in whole[0].front}
    assert {p.design.number for _, p in late} == on_front
    assert {p.chip_index for _, p in late} == {FIRST_FRESH, FIRST_FRESH + 1, FIRST_FRESH + 2}


def test_estimates_are_those_of_the_chips(whole: tuple[SearchResult, Recording]) -> None:
    found, own = whole[0], searched()
    point = found.front[0]
    design = Design(number=point.design, values=point.values)
    chips = [evaluate(own, Point(design=design, chip_index=chip)) for chip in range(2)]
    estimate = point.estimates[SEARCHED][0]
    values = [chip["accuracy"] for chip in chips]
    assert estimate.value == pytest.approx(np.median(values))
    assert estimate.low_open
    assert estimate.high_open
    judged = [own_point for own_point in whole[1].seen if own_point[1].design.number == point.design][-3:]
    again = [evaluate(own, p)["core_nj"] for own, p in judged]
    assert point.estimates[JUDGED][1].value == pytest.approx(np.median(again))
    assert point.optimism(0) == estimate.value - point.estimates[FRESH][0].value


def test_the_front_is_that_of_the_trials(whole: tuple[SearchResult, Recording]) -> None:
    losses = np.array([(-a, e) for a, e in (trial.objectives for trial in whole[0].trials)])
    assert {point.design for point in whole[0].front} == set(np.flatnonzero(nondominated(losses)))
    accuracies = [point.estimates[SEARCHED][0].value for point in whole[0].front]
    assert accuracies == sorted(accuracies, reverse=True)


def test_order_and_number_of_workers_do_not_matter(whole: tuple[SearchResult, Recording], tmp_path: Path) -> None:
    assert run_search(searched(), tmp_path / "b", Recording(backwards=True)) == whole[0]


@pytest.mark.slow
def test_two_processes_give_the_same(whole: tuple[SearchResult, Recording], tmp_path: Path) -> None:
    with open_pool(2) as pool:
        assert run_search(searched(), tmp_path, pool) == whole[0]


def test_a_second_call_computes_nothing(whole: tuple[SearchResult, Recording], tmp_path: Path) -> None:
    first, second = Recording(), Recording()
    run_search(searched(), tmp_path, first)
    assert run_search(searched(), tmp_path, second) == whole[0]
    assert second.seen == []


_KILLED = """
import os, signal, sys
from pathlib import Path
from spikecim.study.point import evaluate
from spikecim.study.pool import OneProcess
from spikecim.study.search import run_search
from tests.study.test_search import searched
left = int(sys.argv[2])
def work(own, point):
    global left
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
    print("point", flush=True)
    return evaluate(own, point)
run_search(searched(), Path(sys.argv[1]), OneProcess(work=work))
"""


@pytest.mark.slow
def test_sigkill_changes_nothing_and_nothing_is_computed_twice(
    whole: tuple[SearchResult, Recording], tmp_path: Path
) -> None:
    total, done = len(whole[1].seen), 0
    draw = np.random.default_rng(11)
    while done < total:
        left = int(draw.integers(25, 60))
        words = [sys.executable, "-c", _KILLED, str(tmp_path), str(left)]
        run = subprocess.run(words, capture_output=True, text=True, cwd=Path(__file__).parents[2], env=os.environ)
        done += run.stdout.count("point")
        assert run.returncode in (0, -signal.SIGKILL), run.stderr
    assert done == total
    assert run_search(searched(), tmp_path, Recording()) == whole[0]


def test_a_changed_study_is_refused_with_the_difference(tmp_path: Path) -> None:
    run_search(searched(), tmp_path, Recording())
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    with pytest.raises(ResultFileError, match=r"search\.trials was 12, is 16"):
        run_search(searched(search={**SEARCH, "trials": 16}), tmp_path, Recording())
    assert before == {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}


def test_a_constraint_that_nothing_keeps_names_the_closest(tmp_path: Path) -> None:
    own = searched(search={**SEARCH, "constraints": ["core_nj <= 0.001"]})
    with pytest.raises(
        ParameterError, match=r"none of 12 designs keeps all constraints; the closest, design \d+, breaks"
    ):
        run_search(own, tmp_path, Recording())


def test_a_search_whose_designs_all_fail_names_the_first_reason(tmp_path: Path) -> None:
    def work(own: Study, point: Point) -> dict[str, float]:
        raise ParameterError("too hot")

    with pytest.raises(ParameterError, match="all 12 designs failed; the first with: virtual chip 0: too hot"):
        run_search(searched(), tmp_path, OneProcess(work=work))


def test_designs_that_no_chip_can_be_fail_alone(tmp_path: Path) -> None:
    own = searched(factors={"geometry.n_out": [5, 10], "decision.delta_s": {"low": 1, "high": 12}})
    found = run_search(own, tmp_path, OneProcess())
    failed = [trial for trial in found.trials if trial.error]
    assert {trial.values[0] for trial in failed} == {5}
    assert all(trial.error.startswith("virtual chip 0: ") for trial in failed)
    assert found.n_failed == len(failed)
    assert {point.values[0] for point in found.front} == {10}


def test_a_yield_has_the_interval_of_a_share() -> None:
    sample = Sample(metrics={"accuracy": np.array([0.8, 0.9, 0.85, 0.7])})
    estimate = estimate_of(Target(metric="yield", statistic="share"), sample, 0.84)
    low, high = wilson(np.array([2]), 4)
    assert (estimate.value, estimate.low, estimate.high) == (0.5, low[0], high[0])


def test_ends_that_so_few_chips_cannot_give_are_open() -> None:
    def ends(metric: str, statistic: str, n_chips: int) -> tuple[float, float]:
        sample = Sample(metrics={metric: np.arange(1.0, n_chips + 1)})
        estimate = estimate_of(Target(metric=metric, statistic=statistic), sample, 0.5)
        assert estimate.low <= estimate.value <= estimate.high
        return estimate.low, estimate.high

    assert ends("accuracy", "worst-5-percent", 71) == (-np.inf, 9.0)
    assert ends("accuracy", "worst-5-percent", 72) == (1.0, 9.0)
    assert ends("core_nj", "worst-5-percent", 71) == (63.0, np.inf)
    assert ends("core_nj", "worst-5-percent", 72) == (64.0, 72.0)
    assert ends("core_nj", "median", 5) == (-np.inf, np.inf)
    assert ends("core_nj", "median", 6) == (1.0, 6.0)
    assert ends("core_nj", "mean", 1) == (-np.inf, np.inf)


@pytest.mark.parametrize("statistic", ["median", "mean", "worst-5-percent"])
def test_an_interval_has_two_ends_from_the_number_that_is_told(statistic: str) -> None:
    target = Target(metric="accuracy", statistic=statistic)
    needs = bounded_from(target)
    for n_chips in (needs - 1, needs):
        estimate = estimate_of(target, Sample(metrics={"accuracy": np.linspace(0.5, 0.9, n_chips)}), 0.5)
        assert (estimate.low_open or estimate.high_open) == (n_chips < needs)


@pytest.mark.parametrize("statistic", ["median", "worst-5-percent"])
def test_cells_are_the_same_for_all_chips(statistic: str) -> None:
    target = Target(metric="cells", statistic=statistic)
    estimate = estimate_of(target, Sample(metrics={"cells": np.full(2, 11_520.0)}), 0.5)
    assert estimate == Estimate(value=11_520.0, low=11_520.0, high=11_520.0)
    assert bounded_from(target) == 1


def test_statistics_look_at_the_bad_end() -> None:
    values = np.arange(101.0)
    sample = Sample(metrics={"accuracy": values, "core_nj": values})
    found = {
        (metric, statistic): value_of(Target(metric=metric, statistic=statistic), sample, 0.5)
        for metric in ("accuracy", "core_nj")
        for statistic in ("median", "worst-5-percent")
    }
    assert list(found.values()) == [50.0, 5.0, 50.0, 95.0]


def test_rows_and_json_are_whole(whole: tuple[SearchResult, Recording]) -> None:
    data = json.loads(json.dumps(search_json(whole[0]), allow_nan=False))
    assert [row["design"] for row in data["front"]] == [point.design for point in whole[0].front]
    assert len(data["trials"]) == 12 == len(trial_rows(whole[0]))
    row = front_rows(whole[0])[0]
    assert row["accuracy_median_test"] == data["front"][0]["estimates"]["test"][0]["value"]
    assert row["decision.delta_s"] == whole[0].front[0].values[0]
    # Three chips bound no median.
    assert row["accuracy_median_test_low"] == row["accuracy_median_test_high"] == ""
    told = data["front"][0]["estimates"]["test"][0]
    assert (told["low"], told["low_open"], told["high"], told["high_open"]) == (None, True, None, True)


@pytest.mark.slow
def test_95_percent_of_a_front_of_spirit(tmp_path: Path) -> None:
    """Truth: every one of 84 designs, measured on the same chips and images; the search may try a third of them."""
    own = searched(search={**SEARCH, "trials": 28, "population": 7})
    search = read_search(own)
    found = run_search(own, tmp_path, OneProcess())
    truth = []
    for values in product(*(factor.levels(0) for factor in own.factors)):
        chips = [evaluate(own, Point(design=Design(number=0, values=values), chip_index=chip)) for chip in range(2)]
        truth.append([-np.median([c["accuracy"] for c in chips]), np.median([c["core_nj"] for c in chips])])
    losses, reference = np.array(truth), np.max(truth, axis=0)
    mine = np.array([(-a, e) for a, e in (trial.objectives for trial in found.trials)])
    assert len(losses) == 84
    assert hypervolume(mine, reference) >= 0.95 * hypervolume(losses, reference)
    assert growth_of(search, found.trials)[0] == found.growth
