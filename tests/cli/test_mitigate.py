"""`spikecim mitigate` as a user types it: files, exit codes, and one clear line for what goes wrong."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import typer

from spikecim.cli.mitigate import mitigate
from spikecim.mitigate import subjects
from spikecim.mitigate.spec import MitigationStudy
from tests.mitigate.fake import FakeSubject

STUDY = """
schema = 1
name = "small"
[network]
name = "anything"
images = 40
blocks = 4
[chips]
count = {chips}
"""


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A study of the fake subject."""
    monkeypatch.setattr(subjects, "open_subject", lambda study, out: FakeSubject(study))
    return written(tmp_path)


def written(folder: Path, chips: object = 3) -> str:
    path = folder / "study.toml"
    path.write_text(STUDY.format(chips=chips))
    return str(path)


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> None:
    """One line on stderr that holds all `words`."""
    told = capsys.readouterr()
    assert told.out == "" and told.err.count("\n") == 1 and told.err.startswith("error: ")
    for word in words:
        assert word in told.err, told.err


def test_table_page_and_data(study: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "o"
    mitigate(study, out=out)
    told = capsys.readouterr()
    assert "All together" in told.out and "Recovered" in told.out and "mitigation.html" in told.err
    assert {"mitigation.html", "mitigation.json", "scores.csv", "chips.csv"} <= {path.name for path in out.iterdir()}
    mitigate(study, out=out, json=True)
    assert json.loads(capsys.readouterr().out) == json.loads((out / "mitigation.json").read_text())


def test_chips_and_images_are_options(study: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mitigate(study, out=tmp_path / "o", chips=2, images=12, page=False, json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["chips"], told["images"]) == (2, 12) and not (tmp_path / "o" / "mitigation.html").exists()


def test_ctrl_c_says_what_is_kept(
    study: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(study: MitigationStudy, out: Path) -> FakeSubject:
        return FakeSubject(study, stop_after=5)

    monkeypatch.setattr(subjects, "open_subject", stopped)
    with pytest.raises(typer.Exit) as left:
        mitigate(study, out=tmp_path / "o")
    assert left.value.exit_code == 130
    assert "measurements; the same command goes on from there" in capsys.readouterr().err


def test_the_shipped_studies_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    mitigate("list")
    assert "flash-lenet: LeNet on a NOR Flash array" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("chips", "words"),
    [("0", ("chips.count: 0 is out of range",)), ('"x"', ("chips.count must be a whole number",))],
)
def test_a_bad_study_is_one_line(
    study: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], chips: str, words: tuple[str, ...]
) -> None:
    with pytest.raises(typer.Exit) as left:
        mitigate(written(tmp_path, chips), out=tmp_path / "o")
    assert left.value.exit_code == 2 and not (tmp_path / "o").exists()
    refused(capsys, "study.toml", *words)


def test_a_study_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as left:
        mitigate("flash-lenett", out=tmp_path / "o")
    assert left.value.exit_code == 2
    refused(capsys, "flash-lenett", "did you mean 'flash-lenet'?")


def test_a_folder_of_something_else(study: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mitigate(study, out=tmp_path / "o", page=False, quiet=True)
    capsys.readouterr()
    with pytest.raises(typer.Exit) as left:
        mitigate(study, out=tmp_path / "o", images=20)
    assert left.value.exit_code == 2
    refused(capsys, "network.images was 40, is 20")


def test_a_missing_extra_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in ("mitigate.analog_subject", "analog.aware"):
        monkeypatch.delitem(sys.modules, f"spikecim.{module}", raising=False)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(typer.Exit) as left:
        mitigate("flash-lenet", out=tmp_path / "o", images=20)
    assert left.value.exit_code == 2 and not (tmp_path / "o").exists()
    refused(capsys, "torch")
