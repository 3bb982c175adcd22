"""`spikecim train-insitu` as a user types it: files, exit codes, and one clear line for what goes wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer

from spikecim.cli.train_insitu import train_insitu
from spikecim.insitu.study import runner
from spikecim.insitu.study.runner import Heard
from spikecim.insitu.study.spec import InsituStudy
from spikecim.insitu.study.tasks import Task
from spikecim.results.insitu_run import TrainingRun
from tests.insitu.study.fake import FakeRunner

STUDY = """
schema = 1
name = "small"
[network]
sizes = [64, 10]
[data]
name = "digits"
[grid]
devices = ["0", "+-4"]
rules = ["sgd", "momentum"]
[rates]
sgd = [{rate}, 0.1, 1.0]
momentum = [0.003, 0.01, 0.03]
[seeds]
tuning = 1
confirming = 1
"""


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A study of the fake runner."""
    monkeypatch.setattr(runner, "runner_of", lambda study: FakeRunner())
    return written(tmp_path)


def written(folder: Path, rate: object = 0.01) -> str:
    path = folder / "study.toml"
    path.write_text(STUDY.format(rate=rate), encoding="utf-8")
    return str(path)


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> None:
    """One line on stderr that holds all `words`."""
    told = capsys.readouterr()
    assert told.out == "" and told.err.count("\n") == 1 and told.err.startswith("error: ")
    for word in words:
        assert word in told.err, told.err


def left_with(code: int, *args: object, **options: object) -> None:
    with pytest.raises(typer.Exit) as left:
        train_insitu(*args, **options)  # type: ignore[arg-type]
    assert left.value.exit_code == code


def test_table_and_data_and_a_second_call_trains_nothing(
    study: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "o"
    train_insitu(study, out=out, jobs=1, page=False)
    told = capsys.readouterr()
    assert "a gain of" in told.out and "insitu.json" in told.err
    before = {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}
    assert {"insitu.json", "table.csv", "trainings.csv", "curves.csv", "arrays.csv", "study.json"} < set(before)
    monkeypatch.setattr(runner, "runner_of", lambda study: FakeRunner(faulty=True))
    train_insitu(study, out=out, jobs=1, page=False, json=True)
    assert json.loads(capsys.readouterr().out) == json.loads((out / "insitu.json").read_text())
    assert {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()} == before


def test_the_shipped_studies_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    train_insitu("list")
    assert {line.partition(":")[0] for line in capsys.readouterr().out.splitlines()} >= {
        "nonlinearity",
        "digits",
        "rules",
        "fashion",
    }


def test_bad_input_is_one_line_and_exit_code_2(study: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    left_with(2, "nonlinarity", out=tmp_path / "o")
    refused(capsys, "did you mean 'nonlinearity'?")
    left_with(2, written(tmp_path, rate=-1), out=tmp_path / "o")
    refused(capsys, "rates.sgd: -1 is no rate")
    assert not (tmp_path / "o").exists()
    train_insitu(written(tmp_path), out=tmp_path / "o", jobs=1, page=False, quiet=True)
    capsys.readouterr()
    left_with(2, written(tmp_path, rate=0.02), out=tmp_path / "o", jobs=1)
    refused(capsys, "holds results of something else: rates.sgd was [0.01, 0.1, 1.0], is [0.02, 0.1, 1.0]")
    (tmp_path / "file").touch()
    left_with(2, written(tmp_path), out=tmp_path / "file", jobs=1)
    refused(capsys, "is a file, not a folder")


def test_failed_trainings_are_said_with_exit_code_1(
    study: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "runner_of", lambda study: FakeRunner(fails=(("sgd", 1.0),)))
    left_with(1, study, out=tmp_path / "o", jobs=1, page=False, quiet=True)
    assert "2 of 32 trainings failed; 0, sgd: rate 1 failed: the loss is not a finite number" in capsys.readouterr().err


@dataclass(frozen=True, kw_only=True)
class Interrupted(FakeRunner):
    """Ctrl-C in the scoring."""

    def train(self, study: InsituStudy, task: Task, heard: Heard, checkpoint: Path) -> TrainingRun:
        if task.phase == "scoring":
            raise KeyboardInterrupt
        return super().train(study, task, heard, checkpoint)


def test_ctrl_c_says_what_the_folder_holds(
    study: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "runner_of", lambda study: Interrupted())
    left_with(130, study, out=tmp_path / "o", jobs=1, page=False)
    assert "holds 12 of 32 trainings; the same command goes on from there" in capsys.readouterr().err
    monkeypatch.setattr(runner, "runner_of", lambda study: FakeRunner())
    train_insitu(study, out=tmp_path / "o", jobs=1, page=False)
