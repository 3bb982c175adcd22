"""`spikecim attribute spirit`: what it prints and writes, and bad input as one clear line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from spikecim.cli.attribute import attribute

APP = typer.Typer()
APP.add_typer(attribute, name="attribute")
SMALL = ("--data", "digits", "--images", "30", "--chips", "2", "--quiet")


def call(*words: object) -> Result:
    return CliRunner().invoke(APP, ["attribute", "spirit", *map(str, words)])


def test_a_table_and_files_come_out(tmp_path: Path) -> None:
    done = call("--out", tmp_path, "--no-region", *SMALL)
    assert done.exit_code == 0, done.output
    for words in ("HRS spread and tails", "Sum = whole change", "network on paper"):
        assert words in done.output
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "attribution.csv",
        "attribution.json",
        "attribution.md",
        "attribution.png",
        "attribution.svg",
    ]


def test_json_and_region(tmp_path: Path) -> None:
    done = call("--out", tmp_path, "--designs", "128", "--json", *SMALL)
    assert done.exit_code == 0, done.output
    data = json.loads(done.stdout)
    assert data["region"]["designs"] == 128
    assert data == json.loads((tmp_path / "attribution.json").read_text())
    assert (tmp_path / "region.png").exists()


def test_after_is_the_age_of_the_chips(tmp_path: Path) -> None:
    fresh = json.loads(call("--out", tmp_path, "--after", "0 s", "--no-region", "--json", *SMALL).stdout)
    relaxation = next(cause for cause in fresh["causes"] if cause["name"] == "relaxation")
    assert not relaxation["active"]
    assert relaxation["accuracy_points"]["shapley_exact"] == "0"


def test_an_interrupt_keeps_whole_chips_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from spikecim.explore.attribution import Attributor

    whole = Attributor._chip

    def chip(self: Attributor, index: int, *rest: object) -> object:
        if index == 1:
            raise KeyboardInterrupt
        return whole(self, index, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Attributor, "_chip", chip)
    done = call("--out", tmp_path, *SMALL)
    assert done.exit_code == 130
    assert "interrupted: the result holds 1 of 2 virtual chips" in done.output
    assert json.loads((tmp_path / "attribution.json").read_text())["interrupted"]


def test_an_interrupt_of_the_search_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from spikecim.explore.region import RegionSearch

    def one(self: RegionSearch, place: np.ndarray, chip: int) -> tuple[float, float]:
        if chip == 120:
            raise KeyboardInterrupt
        wobble = np.random.default_rng(chip).standard_normal(2)
        return 84.0 + 4 * place[0] + wobble[0], 136.0 + 20 * place[1] + wobble[1]

    monkeypatch.setattr(RegionSearch, "_one", one)
    done = call("--out", tmp_path, "--designs", "128", *SMALL)
    assert done.exit_code == 130, done.output
    assert "interrupted: the search holds 120 of 128 designs" in done.output
    data = json.loads((tmp_path / "attribution.json").read_text())
    assert (data["interrupted"], data["region"]["interrupted"]) == (False, True)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--after", "-1 h"), "must be a finite time, 0 s or more"),
        (("--after", "3 kg"), "second"),
        (("--after", "soon"), "soon"),
        (("--after", "1000 years"), "relaxation is stated for"),
        (("--chip", "sprit"), "did you mean 'spirit'"),
        (("--data", "mnits"), "mnist"),
    ],
)
def test_bad_input_is_one_clear_line(words: tuple[str, ...], expected: str, tmp_path: Path) -> None:
    done = call("--out", tmp_path, "--no-region", *SMALL, *words)
    assert done.exit_code == 2
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("error: ")
    assert expected in lines[0]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("words", [("--chips", "0"), ("--designs", "10"), ("--images", "0")])
def test_numbers_out_of_range_are_refused(words: tuple[str, str], tmp_path: Path) -> None:
    done = call("--out", tmp_path, *words)
    assert done.exit_code == 2
    assert words[0] in done.stderr
