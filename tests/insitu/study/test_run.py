"""A study from beginning to end: the numbers of the table, kills, torn files, failures, other folders."""

from __future__ import annotations

import json
import random
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spikecim.errors import DataError, FaultError, ResultFileError
from spikecim.insitu.study.folder import RUNS
from spikecim.insitu.study.run import Outlook, run_study
from spikecim.insitu.study.runner import Heard
from spikecim.insitu.study.spec import InsituStudy
from spikecim.insitu.study.tasks import Task
from spikecim.reports.insitu_files import write_insitu_data
from spikecim.results.insitu_data import read_insitu
from spikecim.results.insitu_live import LiveRun
from spikecim.results.insitu_run import TrainingRun
from spikecim.results.insitu_table import InsituTable
from spikecim.study.kept_folder import JOURNAL
from tests.insitu.study.fake import FakeRunner, accuracies, fake_study, layer

SMALL: dict[str, dict[str, Any]] = {
    "grid": {"devices": ["0", "+-4"], "rules": ["sgd", "momentum"]},
    "seeds": {"tuning": 2, "confirming": 3, "scoring": 5},
}


def ran(out: Path, runner: FakeRunner | None = None, study: InsituStudy | None = None, **how: object) -> InsituTable:
    return run_study(study or fake_study(**SMALL), runner or FakeRunner(), out, jobs=1, **how)  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True)
class Killed(FakeRunner):
    """Stops as if killed after `after` trainings."""

    after: list[int]

    def train(self, study: InsituStudy, task: Task, heard: Heard, checkpoint: Path) -> TrainingRun:
        if not self.after[0]:
            raise KeyboardInterrupt
        self.after[0] -= 1
        return super().train(study, task, heard, checkpoint)


def contents(table: InsituTable, out: Path) -> dict[str, bytes]:
    return {name: path.read_bytes() for name, path in write_insitu_data(table, out).items()}


def test_the_table_holds_what_was_trained(tmp_path: Path) -> None:
    study = fake_study(**SMALL)
    table = ran(tmp_path, study=study)
    cell = table.cell("+-4", "momentum")
    task = Task(phase="scoring", device="+-4", rule="momentum", rate=0.009, step=0, design=0, place=0, seed=1000)
    expected = [100 * accuracies(replace(task, seed=1000 + k))[1] for k in range(5)]
    assert cell.best == 0.009 and cell.edge == "" and [row.test for row in cell.seeds] == expected
    assert cell.test is not None and cell.test.value == pytest.approx(np.mean(expected)) and cell.test.n == 5
    # Student's t with 4 degrees of freedom, two-sided 95 %.
    half = 2.776445 * np.std(expected, ddof=1) / np.sqrt(5)
    assert cell.test.high == pytest.approx(np.mean(expected) + half, rel=1e-6)
    counts = layer(task)
    assert cell.pulses == (counts.pulses_up + counts.pulses_down) / counts.cells
    assert cell.arrays[0].velocity_bits == counts.velocity_bits_moved / 640 / 30
    assert [row.epoch for row in cell.curve] == [1, 2, 3]
    assert cell.validation is not None and cell.curve[-1].validation.value == pytest.approx(cell.validation.value)


def test_gains_are_paired_by_seed(tmp_path: Path) -> None:
    gain = ran(tmp_path).gains[1]
    assert (gain.device, gain.rule, gain.against) == ("+-4", "momentum", "sgd") and gain.gain is not None
    # Both rules see the same draw for a seed, so that pairing leaves the true difference, without spread.
    away = 0.1 * abs(np.log10(0.009) + 2.0)
    assert gain.gain.value == pytest.approx(100 * (0.06 - away))
    assert gain.gain.high is not None and gain.gain.high - gain.gain.value < 1e-9
    assert gain.fewer_pulses == pytest.approx(5.0)


def test_a_study_killed_ten_times_gives_the_same_table_byte_for_byte(tmp_path: Path) -> None:
    whole = contents(ran(tmp_path / "whole"), tmp_path / "whole")
    rng, out = random.Random(5), tmp_path / "killed"
    for _ in range(10):
        with pytest.raises(KeyboardInterrupt):
            ran(out, Killed(after=[rng.randrange(5)]))
        # What a power cut or a full disk leaves of the last line.
        torn = (out / JOURNAL).read_bytes()
        (out / JOURNAL).write_bytes(torn + b'1234abcd [7,0,[0.5,"na')
    assert contents(ran(out), out) == whole


def test_a_lost_run_is_trained_again_and_a_damaged_line_too(tmp_path: Path) -> None:
    whole = contents(ran(tmp_path), tmp_path)
    runs = sorted((tmp_path / RUNS).iterdir())
    runs[0].unlink()
    runs[-1].write_text("{", encoding="utf-8")
    lines = (tmp_path / JOURNAL).read_bytes().split(b"\n")
    lines[3] = lines[3][:-4] + b"0000"
    (tmp_path / JOURNAL).write_bytes(b"\n".join(lines))
    with pytest.warns(UserWarning) as told:
        table = ran(tmp_path)
    texts = [str(warning.message) for warning in told]
    assert any("1 damaged line dropped" in text for text in texts)
    assert sum("is trained again" in text for text in texts) == 2
    assert contents(table, tmp_path) == whole


def test_a_finished_study_trains_nothing(tmp_path: Path) -> None:
    table = ran(tmp_path)
    assert ran(tmp_path, FakeRunner(faulty=True)) == table


def test_more_scoring_seeds_go_on_with_the_same_tuning(tmp_path: Path) -> None:
    before = ran(tmp_path)
    seeds = {**SMALL["seeds"], "scoring": 7}
    after = ran(tmp_path, study=fake_study(**{**SMALL, "seeds": seeds}))
    assert after.cells[0].rates == before.cells[0].rates
    assert after.cells[0].seeds[:5] == before.cells[0].seeds and len(after.cells[0].seeds) == 7


def test_more_added_rates_go_on_where_the_best_one_stood_at_the_end(tmp_path: Path) -> None:
    short = {"sgd": [0.001, 0.003], "momentum": [0.01, 0.03], "extend": 1}
    before = ran(tmp_path / "short", study=fake_study(**SMALL, rates=short))
    assert before.cells[0].edge == "highest" and before.cells[0].best == 0.009
    more = fake_study(**SMALL, rates={**short, "extend": 5})
    after = ran(tmp_path / "short", study=more)
    assert after.cells[0].edge == "" and after.cells[0].rates[:2] == before.cells[0].rates[:2]
    assert contents(after, tmp_path / "short") == contents(ran(tmp_path / "long", study=more), tmp_path / "long")


def test_a_bad_rate_stands_in_its_row(tmp_path: Path) -> None:
    table = ran(tmp_path, FakeRunner(fails=(("sgd", 0.1),)))
    cell = table.cell("0", "sgd")
    bad = next(rate for rate in cell.rates if rate.rate == 0.1)
    assert bad.mean is None and bad.error == "the loss is not a finite number" and cell.best != 0.1
    assert cell.trouble == "rate 0.1 failed: the loss is not a finite number"
    assert table.failed == 4 and table.cell("0", "momentum").trouble == ""
    # With a repaired program they are trained again if one asks for it.
    assert ran(tmp_path).failed == 4
    assert ran(tmp_path, again=True).failed == 0


def test_a_rule_that_always_fails_has_no_score(tmp_path: Path) -> None:
    fails = tuple(("sgd", rate) for rate in (0.01, 0.1, 1.0))
    table = ran(tmp_path, FakeRunner(fails=fails))
    cell = table.cell("0", "sgd")
    assert cell.best is None and cell.test is None and cell.seeds == () and cell.curve == ()
    assert cell.trouble.startswith("every rate failed, the last with: the loss")
    assert all(gain.gain is None for gain in table.gains)
    write_insitu_data(table, tmp_path)
    assert read_insitu(tmp_path) == table


def test_a_fault_of_the_program_is_not_recorded(tmp_path: Path) -> None:
    with pytest.raises(
        FaultError, match=r"first 4 trainings all failed, the last with ZeroDivisionError: a fault \(fake"
    ):
        ran(tmp_path, FakeRunner(faulty=True))
    assert ran(tmp_path).failed == 0


@dataclass(frozen=True, kw_only=True)
class Clamping(FakeRunner):
    """Each training warns as `make_layer` does, and counts."""

    def train(self, study: InsituStudy, task: Task, heard: Heard, checkpoint: Path) -> TrainingRun:
        warnings.warn("layer0: initial weights: 320 outside -1 .. 1 were set to the edge", stacklevel=1)
        run = super().train(study, task, heard, checkpoint)
        return replace(run, layers=tuple(replace(one, clamped=320 + task.seed % 2) for one in run.layers))


def test_initial_weights_that_do_not_fit_are_told_once(tmp_path: Path) -> None:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        ran(tmp_path, Clamping())
    assert [str(one.message) for one in seen] == [
        "initial weights outside -1 .. 1 were set to the edge in each training, up to 321 of layer0; network.spread "
        "sets how far they reach"
    ]


def test_missing_data_end_the_study(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="digits: not there"):
        ran(tmp_path, FakeRunner(misses=True))
    assert ran(tmp_path).failed == 0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"rates": {"sgd": [0.1, 1.0], "momentum": [0.03, 0.1]}}, r"rates.sgd was \[0.01, 0.1, 1.0\]"),
        ({"training": {"epochs": 2}}, "training.epochs was 3, is 2"),
        ({"seeds": {"first": 3}}, "seeds.first was 0, is 3"),
        ({"devices": {"+-4": {"base": "+-5"}}}, r'devices.\+-4.base was "\+-4", is "\+-5"'),
    ],
)
def test_another_study_in_the_folder_is_refused(tmp_path: Path, change: dict[str, object], told: str) -> None:
    ran(tmp_path)
    before = (tmp_path / JOURNAL).read_bytes()
    with pytest.raises(ResultFileError, match=told):
        ran(tmp_path, study=fake_study(**{**SMALL, **change}))
    assert (tmp_path / JOURNAL).read_bytes() == before


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "study.json").write_text(json.dumps({"format": "spikecim-mitigation"}), encoding="utf-8")
    with pytest.raises(ResultFileError, match="is no study of the kind spikecim-train-insitu"):
        ran(tmp_path)
    (tmp_path / "study.json").write_text("{", encoding="utf-8")
    with pytest.raises(ResultFileError, match="cannot be read"):
        ran(tmp_path)
    (tmp_path / "study.json").unlink()
    (tmp_path / JOURNAL).write_text("something\n", encoding="utf-8")
    with pytest.raises(ResultFileError, match="is no journal of spikecim"):
        ran(tmp_path)


def test_progress_and_curves_are_told(tmp_path: Path) -> None:
    told: list[tuple[float, int]] = []
    curves: list[tuple[LiveRun, ...]] = []
    outlook = Outlook(progress=lambda name, done, total: told.append((done, total)), watch=curves.append)
    table = ran(tmp_path, outlook=outlook)
    assert told[0][0] == 0 and told[-1] == (table.trainings, table.trainings)
    done = [at for at, _ in told]
    assert done == sorted(done) and any(at % 1 for at in done)
    assert len(curves[-1]) == table.trainings and [point.epoch for point in curves[-1][0].points] == [1, 2, 3]


def test_a_result_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ResultFileError, match="cannot be read"):
        read_insitu(tmp_path)
    (tmp_path / "insitu.json").write_text('{"format": "x"}', encoding="utf-8")
    with pytest.raises(ResultFileError, match="is no result of"):
        read_insitu(tmp_path)
    (tmp_path / "insitu.json").write_text(
        '{"format": "spikecim-train-insitu-result", "schema": 1, "devices": []}', encoding="utf-8"
    )
    with pytest.raises(ResultFileError, match="is damaged"):
        read_insitu(tmp_path)
