"""`spikecim calibrate`: one command for the shipped fit and for files, its outputs, and bad input."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command, assert_one_clear_line

FILE = """
schema = 1
name = "mine"
title = "My chip"
[base]
data = "digits"
images = 60
[parameters]
"injectors.gain_mismatch_rel" = { low = "2 %", high = "15 %" }
"coding.window" = { low = "400 us", high = "1600 us" }
[figures]
accuracy = { value = "85 %", half_unit = "0.5 %", source = "a test" }
input_spikes = { value = 240, half_unit = 0.5, source = "a test" }
[measured]
images = 600
[design]
points = 16
chips = 2
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(FILE)
    return path


@pytest.mark.slow
def test_a_file_is_fitted_and_everything_is_written(spikecim: Command, file: Path, tmp_path: Path) -> None:
    done = spikecim("calibrate", file, "--out", "out", "--jobs", 1, "--trial", 3)
    assert done.returncode == 0, done.stderr
    assert "injectors.gain_mismatch_rel" in done.stdout
    assert "3 synthetic chips" in " ".join(done.stdout.split())
    out = tmp_path / "out"
    found = json.loads((out / "calibration.json").read_text())
    assert [entry["path"] for entry in found["parameters"]] == ["injectors.gain_mismatch_rel", "coding.window"]
    assert found["trial"]["chips"] == 3
    page = (out / "report.html").read_text()
    assert "My chip" in page and page.count("<svg") == 4
    with (out / "parameters.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [float(row["p50"]) for row in rows] == [entry["interval"][1] for entry in found["parameters"]]
    for name in ("profiles", "sets", "pairs", "coverage"):
        assert (out / "figures" / f"{name}.png").stat().st_size > 5000
    # The same again runs no chip and says the same; --json prints what the file holds.
    again = spikecim("calibrate", file, "--out", "out", "--jobs", 1, "--trial", 3, "--json", "-q")
    assert json.loads(again.stdout) == json.loads((out / "calibration.json").read_text()) == found
    # Other bounds are another calibration.
    file.write_text(FILE.replace("400 us", "500 us"))
    assert_one_clear_line(
        spikecim("calibrate", file, "--out", "out", "--jobs", 1), "coding.window.low", "0.0004 s", "0.0005 s", "--out"
    )
    # A figure that no chip comes near; the simulated chips are used again.
    file.write_text(FILE.replace("value = 240", "value = 9000"))
    done = spikecim("calibrate", file, "--out", "out", "--jobs", 1)
    assert_one_clear_line(done, "input_spikes = 9000", "out of reach", "nearest")


def test_bad_input(spikecim: Command, file: Path) -> None:
    assert_one_clear_line(spikecim("calibrate", file), "--out is missing")
    assert_one_clear_line(spikecim("calibrate", "gone.toml", "--out", "out"), "gone.toml", "`spirit`")
    assert_one_clear_line(spikecim("calibrate", "spirit", "--out", "out"), "--out goes with FILE.toml only")
    assert_one_clear_line(spikecim("calibrate", file, "--out", "out", "--chips", 5), "--chips goes with `spirit` only")
    file.write_text(FILE.replace('data = "digits"', 'data = "digits"\nsplit = "test"'))
    assert_one_clear_line(
        spikecim("calibrate", file, "--out", "out"), "mine.toml", "base.split", "training images only"
    )
    file.write_text(FILE.replace("accuracy =", "acuracy ="))
    assert_one_clear_line(spikecim("calibrate", file, "--out", "out"), "'acuracy'", "did you mean 'accuracy'?")
    file.write_text(FILE.replace('low = "2 %"', 'low = "-2 %"'))
    assert_one_clear_line(
        spikecim("calibrate", file, "--out", "out"), "injectors.gain_mismatch_rel", "-0.02 is out of range"
    )
    file.write_text(FILE.replace("points = 16", "points = 8"))
    assert_one_clear_line(spikecim("calibrate", file, "--out", "out"), "2 parameters take 12 designs")


def test_help_tells_both_uses(spikecim: Command) -> None:
    done = spikecim("calibrate", "--help")
    assert done.returncode == 0
    for word in ("spirit | FILE.toml", "calibrate FILE.toml --out DIR", "--trial", "--scheduler"):
        assert word in done.stdout
