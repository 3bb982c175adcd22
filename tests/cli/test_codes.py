"""`spikecim codes`: a short table, files, JSON, and one line for every bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from spikecim.cli.codes import codes


def call(*words: object) -> Result:
    """The command alone, as `cli.app` mounts it."""
    app = typer.Typer()
    app.command()(codes)
    return CliRunner().invoke(app, [*map(str, words), "--quiet"])


def test_table_and_files(tmp_path: Path) -> None:
    done = call("--data", "digits", "--chips", 1, "--images", 30, "--out", tmp_path / "o")
    assert done.exit_code == 0, done.output
    assert "4 + sign ×3" in done.stdout
    names = {path.name for path in (tmp_path / "o").iterdir()}
    assert {
        "codes.json",
        "codes.csv",
        "codes-stuck.png",
        "codes-stuck.svg",
        "sign-bit.svg",
        "codes-groups.png",
    } <= names


def test_json_is_the_file(tmp_path: Path) -> None:
    done = call("--data", "digits", "--chips", 1, "--images", 30, "--out", tmp_path, "--json")
    assert json.loads(done.stdout) == json.loads((tmp_path / "codes.json").read_text())


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--chip", "spirt"), "did you mean 'spirit'"),
        (("--data", "mnits"), "mnist"),
        (("--chip", "gone.toml"), "gone.toml"),
        (("--jobs", 4096), "--jobs 4096"),
    ],
)
def test_bad_input_is_one_line(words: tuple[object, ...], expected: str, tmp_path: Path) -> None:
    done = call(*words, "--out", tmp_path)
    assert done.exit_code == 2
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert expected in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    done = call("--data", "digits", "--out", tmp_path / "file")
    assert done.exit_code == 2
    assert "cannot write" in done.stderr


@pytest.mark.parametrize("words", [("--chips", 0), ("--images", 0), ("--seed", -1), ("--chips", "many")])
def test_numbers_out_of_range(words: tuple[object, ...]) -> None:
    assert call(*words).exit_code == 2
