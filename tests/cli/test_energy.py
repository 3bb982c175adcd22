"""`spikecim energy` as a user calls it: files and answer, and one clear line for every bad input."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from spikecim.results.hdf5 import save_run
from tests.cli.conftest import Command, assert_one_clear_line
from tests.results.runs import run_of, small_run


@pytest.fixture
def run(tmp_path: Path) -> Path:
    path = tmp_path / "run.h5"
    save_run(small_run(3), path)
    return path


def test_the_command_writes_the_report_and_tells_the_answer(spikecim: Command, run: Path, tmp_path: Path) -> None:
    done = spikecim("energy", run, "--out", "report", "--draws", 200)
    assert done.returncode == 0, done.stderr
    assert "An inference takes" in done.stdout
    assert "wrote report/energy.html" in done.stderr
    names = {path.name for path in (tmp_path / "report").iterdir()}
    assert names == {"energy.html", "energy.json", "energy.tex", "parts.csv", "layers.csv", "classes.csv", "images.csv"}
    found = json.loads((tmp_path / "report" / "energy.json").read_text())
    assert [one["name"] for one in found["runs"]] == ["run"]


def test_json_on_standard_output_is_the_file(spikecim: Command, run: Path, tmp_path: Path) -> None:
    done = spikecim("energy", run, "--out", "report", "--draws", 200, "--json", "--quiet")
    assert done.stderr == ""
    assert json.loads(done.stdout) == json.loads((tmp_path / "report" / "energy.json").read_text())


def test_a_file_that_is_no_run(spikecim: Command, tmp_path: Path) -> None:
    (tmp_path / "no.h5").write_text("no run")
    assert_one_clear_line(spikecim("energy", "no.h5"), "no.h5", "not an HDF5 file")
    assert_one_clear_line(spikecim("energy", "gone.h5"), "gone.h5", "does not exist")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = 1
    assert_one_clear_line(spikecim("energy", "other.h5"), "other.h5", "not a run of spikecim")
    assert not (tmp_path / "out").exists()


def test_a_run_cut_off_of_another_version_or_changed(spikecim: Command, run: Path, tmp_path: Path) -> None:
    whole = run.read_bytes()
    (tmp_path / "cut.h5").write_bytes(whole[: len(whole) // 2])
    assert_one_clear_line(spikecim("energy", run, "cut.h5"), "cut.h5", "cut off or damaged")
    with h5py.File(run, "a") as file:
        file.attrs["schema"] = np.int64(99)
    assert_one_clear_line(spikecim("energy", run), "run.h5", "schema 99", "upgrade")


def test_a_run_that_holds_nan_or_nothing(spikecim: Command, run: Path, tmp_path: Path) -> None:
    with h5py.File(run, "a") as file:
        file["samples/values"][0, 0] = np.nan
    assert_one_clear_line(spikecim("energy", run), "run", "NaN")
    some = small_run(1)
    spikes = {name: getattr(some.trains, name)[:0] for name in ("ticks", "lines", "signs")}
    empty = run_of(some.program, replace(some.trains, offsets=some.trains.offsets[:1], **spikes))
    save_run(empty, tmp_path / "none.h5")
    assert_one_clear_line(spikecim("energy", "none.h5"), "none", "no image")


def test_an_output_that_cannot_be_written_and_words_out_of_range(spikecim: Command, run: Path) -> None:
    assert_one_clear_line(spikecim("energy", run, "--out", run), "run.h5", "is a file, not a folder")
    assert_one_clear_line(spikecim("energy", run, "--out", "/proc/energy"), "cannot write /proc/energy")
    for words in (("--draws", 3), ("--seed", -1), ("--draws", "many")):
        done = spikecim("energy", run, *words)
        assert done.returncode == 2 and words[0] in done.stderr and "Traceback" not in done.stderr
    assert spikecim("energy").returncode == 2


def test_a_run_without_a_spike_has_static_energy_and_no_gain(spikecim: Command, tmp_path: Path) -> None:
    never = ("--set", "coding.full_scale_period=900 s")
    done = spikecim("run", "--data", "digits", "--images", 3, *never, "--out", "blank.h5")
    assert done.returncode == 0, done.stderr
    told = spikecim("energy", "blank.h5", "--out", "report", "--draws", 200, "--quiet")
    assert (told.returncode, told.stderr) == (0, "")
    assert "Nothing spiked" in told.stdout
    assert "gain of the core" not in told.stdout
    (run,) = json.loads((tmp_path / "report" / "energy.json").read_text())["runs"]
    parts = {row["part"]: row["nj"] for row in run["parts"]}
    assert parts.pop("static") > 0
    assert set(parts.values()) == {0.0}
