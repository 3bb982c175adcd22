"""`spikecim limits`: tables, files, JSON, and one line for every bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from spikecim.cli.limits import limits

SMALL = ("--data", "digits", "--chips", 1, "--images", 10, "--ohm", "1 ohm", "--ratio", 20, "--side", 144)


def call(*words: object) -> Result:
    """The command alone, as `cli.app` mounts it."""
    app = typer.Typer()
    app.command()(limits)
    return CliRunner().invoke(app, [*map(str, words), "--quiet"])


def test_tables_and_files(tmp_path: Path) -> None:
    done = call(*SMALL, "--kind", "gated", "--out", tmp_path)
    assert done.exit_code == 0, done.output
    assert "Gated: largest side" in done.stdout
    assert {path.name for path in tmp_path.iterdir()} == {
        "limits.html",
        "limits.json",
        "arrays.csv",
        "largest.csv",
        "figures",
    }


def test_json_is_the_file_and_validation_images_are_others(tmp_path: Path) -> None:
    done = call(*SMALL, "--split", "validation", "--kind", "gated", "--out", tmp_path, "--json")
    found = json.loads(done.stdout)
    assert found == json.loads((tmp_path / "limits.json").read_text())
    assert (found["facts"]["split"], found["images"]) == ("validation", 10)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--chip", "spirt"), "did you mean 'spirit'"),
        (("--ohm", "-1 ohm"), "--ohm -1 ohm: must be above 0"),
        (("--ohm", "1 V"), "--ohm 1 V"),
        (("--kind", "passiv"), "did you mean 'passive'"),
        (("--side", 100), "144 x 80"),
        (("--ratio", 1), "above 1"),
        (("--ratio", "nan"), "a finite number above 1, got nan"),
        (("--ratio", "inf"), "a finite number above 1, got inf"),
        (("--side", 100_000), "at most 4096 are allowed"),
        (("--trim", "none"), "allowed: cells, reads"),
        (("--split", "train"), "allowed: test, validation"),
        (("--kind", "passive", "--leak", "1 nS"), "--leak: without effect"),
        (("--set", "wires.kind=gated", "--kind", "gated"), "--kind: without effect"),
        (("--set", "wires.row_segment=-1 ohm"), "out of range"),
        (("--set", "wires.rows=100"), "144 rows"),
    ],
)
def test_bad_input_is_one_line(words: tuple[object, ...], expected: str, tmp_path: Path) -> None:
    done = call("--data", "digits", "--images", 10, "--chips", 1, *words, "--out", tmp_path / "o")
    assert done.exit_code == 2
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert expected in done.stderr
