"""`spikecim reproduce spirit` cut short during its studies: the report is written and the exit code tells."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from spikecim.cli.experiments import reproduce
from spikecim.explore.ageing import AgeingStudy

APP = typer.Typer()
APP.add_typer(reproduce, name="reproduce")


def test_an_interrupt_during_the_studies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def ages(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(AgeingStudy, "_ages", ages)
    words = ["--data", "digits", "--images", "20", "--chips", "2", "--no-check", "--quiet", "--out", str(tmp_path)]
    done = CliRunner().invoke(APP, ["reproduce", "spirit", *words])
    assert done.exit_code == 130, done.output
    assert "interrupted: the report holds the table" in done.stderr
    assert "Traceback" not in done.output
    studies = json.loads((tmp_path / "reproduction.json").read_text())["studies"]
    assert studies.pop("interrupted") is True
    assert set(studies.values()) == {None}
    page = (tmp_path / "report.html").read_text()
    assert '<section id="race">' in page
    assert '<section id="codes">' not in page
    assert (tmp_path / "run.h5").exists()
