"""`spikecim device` and `spikecim cells`: from a CSV to a running chip, and out and in again, as a user does it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import Command, assert_one_clear_line
from tests.devices.measured.samples import BODY, HIGH, body, write_wide

RUN = ("run", "--data", "digits", "--images", 20, "--json", "--quiet")


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    return write_wide(tmp_path / "cells.csv", body(rng, 120, BODY), body(rng, 100, HIGH))


def test_from_measured_cells_to_a_run(spikecim: Command, tmp_path: Path, csv: Path) -> None:
    done = spikecim("device", "fit", "cells.csv", "--out", "mine.toml")
    assert done.returncode == 0, done.stderr
    assert "LRS: log-normal" in done.stdout
    assert "describes the data" in done.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"cells.csv", "mine.toml", "mine.png", "mine.svg"}
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert str(tmp_path).encode() not in first["mine.toml"]
    assert spikecim("device", "fit", "cells.csv", "--out", "mine.toml").returncode == 0
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first
    done = spikecim(*RUN, "--set", "cell.device=mine.toml")
    assert done.returncode == 0, done.stderr
    done = spikecim("device", "show", "mine.toml", "--out", "show.png")
    assert done.returncode == 0, done.stderr
    assert "HRS median over LRS median" in done.stdout
    assert (tmp_path / "show.png").read_bytes().startswith(b"\x89PNG")


def test_fit_and_show_as_json(spikecim: Command, csv: Path) -> None:
    fit = json.loads(spikecim("device", "fit", csv, "--json").stdout)
    assert (fit["lrs"]["readings"], fit["hrs"]["readings"], fit["device"]) == (120, 100, "cells.toml")
    estimate = fit["lrs"]["estimates"]["median"]
    assert estimate["low"] < estimate["value"] < estimate["high"]
    shown = json.loads(spikecim("device", "show", "cells.toml", "--json").stdout)
    ratio = fit["hrs"]["estimates"]["median"]["value"] / estimate["value"]
    assert shown["derived"]["window_ratio"] == pytest.approx(ratio, rel=1e-5)
    listed = json.loads(spikecim("device", "list", "--json").stdout)
    assert "nominal" in {device["name"] for device in listed["devices"]}


def test_a_window_that_misses_the_cells_is_told(spikecim: Command, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    write_wide(tmp_path / "high.csv", body(rng, 100, BODY) + 2.0, body(rng, 100, HIGH) + 2.0)
    done = spikecim("device", "fit", "high.csv")
    assert "of the measured LRS cells miss the verify window of the base (lrs_max 20 kohm)" in done.stderr
    done = spikecim("device", "fit", "high.csv", "--no-verify")
    assert "miss the verify window" not in done.stderr


def test_readings_beyond_the_other_state_are_told(spikecim: Command, tmp_path: Path, csv: Path) -> None:
    assert "HRS median" not in spikecim("device", "fit", csv).stderr
    lines = csv.read_text().splitlines()
    pairs = [line.split(",") for line in lines[1:]]
    highest = max((high for _, high in pairs if high), key=float)
    lines[5] = f"{highest},{min((low for low, _ in pairs), key=float)}"
    (tmp_path / "swapped.csv").write_text("\n".join(lines))
    done = spikecim("device", "fit", "swapped.csv")
    assert done.returncode == 0, done.stderr
    assert "note: 1 LRS reading above the HRS median, 1 HRS reading below the LRS median" in done.stderr


def test_files_that_are_no_table(spikecim: Command, tmp_path: Path, csv: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "binary.csv").write_bytes(bytes(range(256)))
    before = {path.name for path in tmp_path.iterdir()}
    assert_one_clear_line(spikecim("device", "fit", "folder"), "folder", "cannot be read")
    assert_one_clear_line(spikecim("device", "fit", "empty.csv"), "empty.csv", "is empty")
    assert_one_clear_line(spikecim("device", "fit", "binary.csv"), "binary.csv", "is not text", "UTF-8")
    assert_one_clear_line(spikecim("device", "fit", csv, "--out", "/proc/mine/x.toml"), "cannot write /proc/mine")
    assert {path.name for path in tmp_path.iterdir()} == before


def test_bad_input_of_fit_and_show(spikecim: Command, tmp_path: Path, csv: Path) -> None:
    text = csv.read_text().replace("lrs_ohm,hrs_ohm", "lrs,hrs")
    (tmp_path / "plain.csv").write_text(text)
    assert_one_clear_line(spikecim("device", "fit", "plain.csv"), "plain.csv", "states no unit", "--unit")
    assert_one_clear_line(spikecim("device", "fit", "gone.csv"), "gone.csv", "cannot be read")
    assert_one_clear_line(spikecim("device", "fit", csv, "--out", "mine"), "--out mine", ".toml")
    assert_one_clear_line(spikecim("device", "fit", csv, "--unit", "kohms"), "'kohms'", "did you mean 'kohm'")
    assert_one_clear_line(spikecim("device", "fit", csv, "--base", "nomnial"), "'nomnial'", "'nominal'")
    assert_one_clear_line(spikecim("device", "fit", csv, "--out", "cells.csv/x.toml"), "cannot write", "--out")
    assert_one_clear_line(spikecim("device", "show", "nomnial"), "did you mean 'nominal'")
    assert_one_clear_line(spikecim("device", "show", "nominal", "--out", "x.pdf"), "x.pdf", ".png")
    assert {path.name for path in tmp_path.iterdir()} == {"cells.csv", "plain.csv"}


def test_cells_go_out_and_in_again_to_the_last_spike(spikecim: Command, tmp_path: Path) -> None:
    done = spikecim("cells", "export", "--data", "digits", "--chip-index", 3, "--seed", 5, "--out", "cells")
    assert done.returncode == 0, done.stderr
    assert "11,520 cells" in done.stdout
    names = {"cell-image.csv", "cell-image.png", "cell-image.svg", "programming.csv"}
    assert {path.name for path in (tmp_path / "cells").iterdir()} == names
    which = ("--chip-index", 3, "--seed", 5)
    drawn = json.loads(spikecim(*RUN, *which).stdout)
    read = json.loads(spikecim(*RUN, *which, "--cells", "cells/cell-image.csv").stdout)
    assert (drawn["settings"].pop("cells"), read["settings"].pop("cells")) == ("drawn", "cell-image.csv")
    assert drawn == read


def test_bad_cell_maps(spikecim: Command, tmp_path: Path) -> None:
    (tmp_path / "map.csv").write_text("row,neuron,cell,resistance_ohm\n0,0,0,5000\n")
    assert_one_clear_line(spikecim(*RUN, "--cells", "map.csv"), "map.csv", "11,519 of 11,520 cells are missing")
    np.save(tmp_path / "map.npy", np.ones((144, 10, 4)))
    assert_one_clear_line(spikecim(*RUN, "--cells", "map.npy"), "(144, 10, 8)", "(144, 10, 4)")
    assert_one_clear_line(spikecim(*RUN, "--cells", "gone.csv"), "gone.csv", "cannot be read")
    assert_one_clear_line(spikecim("cells", "export", "--out", "map.csv/x"), "cannot write", "map.csv/x")
