"""The search reaches known fronts, comes out the same after any kill, asks for no design twice, keeps what failed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from spikecim.errors import OutputError, ResultFileError
from spikecim.results.search_result import Trial
from spikecim.study.search_goals import Constraint
from spikecim.study.search_loop import Problem, front_of, growth_of, search_designs
from tests.study.searches import (
    LOW,
    MIXED,
    Counted,
    mixed,
    mixed_designs,
    problem,
    unit_factors,
    volume,
    volume_of,
    zdt1,
    zdt1_volume,
)

SMALL = problem(MIXED, 30, population=8)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[tuple[Trial, ...], bytes]:
    """A small search without interruption, and its file."""
    path = tmp_path_factory.mktemp("whole") / "trials.jsonl"
    return search_designs(SMALL, path, Counted(mixed)), path.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_95_percent_of_a_continuous_front(tmp_path: Path, seed: int) -> None:
    own = problem(unit_factors(3), 600, seed=seed)
    trials = search_designs(own, tmp_path / "t", Counted(zdt1))
    assert volume_of(own, trials) >= 0.95 * zdt1_volume()


@pytest.mark.parametrize("seed", range(3))
def test_95_percent_of_a_mixed_front_after_a_sixth_of_its_designs(tmp_path: Path, seed: int) -> None:
    designs = mixed_designs()
    own = problem(MIXED, len(designs) // 6, seed=seed)
    trials = search_designs(own, tmp_path / "t", Counted(mixed))
    assert volume_of(own, trials) >= 0.95 * volume(np.array([mixed(values) for values in designs]))


@pytest.mark.slow
def test_tpe_reaches_it_too(tmp_path: Path) -> None:
    designs = mixed_designs()
    own = problem(MIXED, len(designs) // 6, sampler="tpe")
    trials = search_designs(own, tmp_path / "t", Counted(mixed))
    assert volume_of(own, trials) >= 0.95 * volume(np.array([mixed(values) for values in designs]))


@pytest.mark.parametrize("sampler", ["nsga2", "tpe"])
def test_a_space_is_searched_to_its_last_design_and_no_further(tmp_path: Path, sampler: str) -> None:
    own, evaluate = problem(MIXED[1:3], 1_000, population=5, sampler=sampler), Counted(lambda v: (float(v[0]), 1.0))
    trials = search_designs(own, tmp_path / "t", evaluate)
    assert len(trials) == 12
    assert sorted(evaluate.asked) == sorted({trial.values for trial in trials})


def test_no_design_is_asked_for_twice(whole: tuple[tuple[Trial, ...], bytes]) -> None:
    assert len({trial.values for trial in whole[0]}) == len(whole[0]) == 30
    assert [trial.number for trial in whole[0]] == list(range(30))


def test_generations_are_those_of_the_sampler(whole: tuple[tuple[Trial, ...], bytes]) -> None:
    """The first is NSGA-II's first too: else it would start from nothing again in the second."""
    for line in whole[1].decode().splitlines():
        entry = json.loads(line)
        if "user_attrs" in entry:
            assert entry["system_attrs"]["NSGAIISampler:generation"] == entry["user_attrs"]["generation"]


def test_any_cut_of_the_file_gives_the_same_search(whole: tuple[tuple[Trial, ...], bytes], tmp_path: Path) -> None:
    trials, content = whole
    ends = [place + 1 for place, byte in enumerate(content) if byte == ord("\n")]
    draw = np.random.default_rng(5)
    cuts = sorted({0, *ends[::4], *(int(cut) for cut in draw.integers(0, len(content), 12))})
    for cut in cuts:
        path = tmp_path / f"{cut}.jsonl"
        path.write_bytes(content[:cut])
        evaluate = Counted(mixed)
        assert search_designs(SMALL, path, evaluate) == trials
        # Generations of 8: only those that were written whole are not asked for again.
        written = max(0, sum(end <= cut for end in ends) - 1)
        kept = written if written == 30 else written // 8 * 8
        assert len(evaluate.asked) == 30 - kept
        assert len(path.read_text(encoding="utf-8").splitlines()) == len(ends)


def test_the_seed_names_the_search(whole: tuple[tuple[Trial, ...], bytes], tmp_path: Path) -> None:
    other = problem(MIXED, 30, population=8, seed=1)
    assert search_designs(other, tmp_path / "t", Counted(mixed)) != whole[0]


def test_failed_designs_keep_their_reason_and_never_reach_the_front(tmp_path: Path) -> None:
    evaluate = Counted(mixed, fails=lambda values: values[2] == "voting")
    trials = search_designs(SMALL, tmp_path / "t", evaluate)
    failed = [trial for trial in trials if trial.values[2] == "voting"]
    assert failed
    assert {trial.error for trial in failed} == {"virtual chip 0: too hot"}
    assert all(trial.values[2] != "voting" for trial in front_of(SMALL.search, trials))
    again = Counted(mixed)
    assert search_designs(SMALL, tmp_path / "t", again) == trials
    assert again.asked == []


def test_what_is_not_a_number_fails(tmp_path: Path) -> None:
    trials = search_designs(SMALL, tmp_path / "t", Counted(lambda values: (float("nan"), 1.0)))
    assert {trial.error for trial in trials} == {"core energy per inference, mean chip is not a number"}


def test_constraints_bound_the_front_and_draw_the_search(tmp_path: Path) -> None:
    limit = Constraint(metric=LOW, statistic="mean", at_most=0.3)
    own = problem(MIXED, 80, constraints=(limit,))
    trials = search_designs(own, tmp_path / "t", Counted(mixed))
    front = front_of(own.search, trials)
    assert front
    assert all(trial.objectives[0] <= 0.3 for trial in front)
    first, last = trials[:20], trials[-20:]
    assert sum(trial.feasible for trial in last) > sum(trial.feasible for trial in first)
    assert trials[0].violations == (max(0.0, trials[0].objectives[0] - 0.3) / 0.3,)


def test_growth_never_falls_and_ends_at_the_whole_front(whole: tuple[tuple[Trial, ...], bytes]) -> None:
    shares, reference = growth_of(SMALL.search, whole[0])
    assert len(shares) == 4
    assert list(shares) == sorted(shares)
    assert 0 < shares[0] <= shares[-1] <= 1
    worst = np.max([trial.objectives for trial in whole[0]], axis=0)
    assert (np.array(reference) > worst).all()


@pytest.mark.parametrize(
    "other",
    [
        problem(MIXED[:3], 30, population=8),
        problem([MIXED[0], *MIXED[:0:-1][:2], unit_factors(1)[0]], 30, population=8),
    ],
)
def test_a_file_of_other_factors_is_refused(
    whole: tuple[tuple[Trial, ...], bytes], tmp_path: Path, other: Problem
) -> None:
    path = tmp_path / "t"
    path.write_bytes(whole[1])
    with pytest.raises(ResultFileError, match="choose another --out folder"):
        search_designs(other, path, Counted(mixed))
    assert path.read_bytes() == whole[1]


@pytest.mark.parametrize(
    "content",
    [
        b"no json at all\nnor here\n",
        b'{"op_code": 99}\n',
        b'{"op_code": 4, "study_id": 7}\n[]\n',
        b"[1, 2]\n{}\n",
        b'{"op_code":0,"worker_id":"a","study_name":"other","directions":[1,1]}\n',
        b'{"op_code":0,"worker_id":"a","study_name":"known","directions":[2,1]}\n',
    ],
)
def test_a_file_that_is_no_search_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "t"
    path.write_bytes(content)
    with pytest.raises(ResultFileError, match="choose another --out folder") as caught:
        search_designs(SMALL, path, Counted(mixed))
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == content


def test_results_that_came_out_otherwise_are_refused(whole: tuple[tuple[Trial, ...], bytes], tmp_path: Path) -> None:
    """A generation cut in its middle is compared with what comes out now."""
    lines = whole[1].splitlines(keepends=True)
    path = tmp_path / "t"
    path.write_bytes(b"".join(lines[:4]))
    with pytest.raises(ResultFileError, match="does not come out as it was stored"):
        search_designs(SMALL, path, Counted(lambda values: (0.1, 0.2)))


def test_a_full_disk_is_one_line_and_loses_nothing(
    whole: tuple[tuple[Trial, ...], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from optuna.storages.journal import JournalFileBackend

    path, append, written = tmp_path / "t", JournalFileBackend.append_logs, 0

    def full(self: JournalFileBackend, logs: list[dict[str, object]]) -> None:
        nonlocal written
        written += 1
        if written > 12:
            raise OSError(28, "No space left on device")
        append(self, logs)

    monkeypatch.setattr(JournalFileBackend, "append_logs", full)
    with pytest.raises(OutputError, match="No space left on device"):
        search_designs(SMALL, path, Counted(mixed))
    monkeypatch.undo()
    assert search_designs(SMALL, path, Counted(mixed)) == whole[0]
