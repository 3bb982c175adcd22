"""Every bad input of a user gets one clear line, exit code 2, no traceback, and leaves nothing half-written."""

from __future__ import annotations

import gzip
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest

from spikecim.datasets.catalogue import CATALOGUE
from tests.cli.conftest import Command, assert_one_clear_line


def leftovers(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.name.endswith(".part")]


def chip_file(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text('inherit = "spirit"\nname = "mine"\n' + text)
    return path


def test_unknown_chip_key_suggests_the_nearest(spikecim: Command, tmp_path: Path) -> None:
    path = chip_file(tmp_path, '[neuron]\nrefractry = { value = "5 us", status = "assumed", source = "x" }\n')
    assert_one_clear_line(spikecim("chips", "show", path), "mine.toml", "neuron.refractry", "'refractory'")


def test_wrong_unit_names_key_value_and_unit(spikecim: Command, tmp_path: Path) -> None:
    path = chip_file(tmp_path, '[neuron]\ncapacitance = { value = "200 pJ", status = "assumed", source = "x" }\n')
    assert_one_clear_line(spikecim("chips", "show", path), "neuron.capacitance", "200 pJ", "farad")


def test_value_out_of_range_names_the_range(spikecim: Command) -> None:
    done = spikecim("chips", "show", "spirit", "--set", "cell.stuck_lrs=150 %")
    assert_one_clear_line(done, "cell.stuck_lrs", "150 %", "0 .. 1")


def test_unknown_chip_and_network_and_data(spikecim: Command) -> None:
    assert_one_clear_line(spikecim("chips", "show", "spirt"), "'spirt'", "did you mean 'spirit'")
    assert_one_clear_line(spikecim("run", "--data", "mnits"), "mnits", "mnist")
    assert_one_clear_line(spikecim("run", "--data", "digits", "--network", "mnist-post"), "mnist-post-training")
    assert_one_clear_line(spikecim("run", "--data", "digits", "--engine", "brian3"), "brian3", "brian2")


@pytest.mark.parametrize(
    ("weights", "word"),
    [
        (np.full((144, 10), 5), "outside -4..4"),
        (np.full((144, 9), 1), "(144, 10)"),
        (np.full((144, 10), 0.5), "whole numbers"),
        (np.full((144, 10), np.nan), "whole numbers"),
        (np.zeros(1440), "(n_in, n_out)"),
    ],
)
def test_bad_weights(spikecim: Command, tmp_path: Path, weights: np.ndarray, word: str) -> None:
    np.savez(tmp_path / "w.npz", weights=weights)
    assert_one_clear_line(spikecim("run", "--data", "digits", "--network", "w.npz"), "weights", word)


def test_network_file_that_is_none(spikecim: Command, tmp_path: Path) -> None:
    (tmp_path / "w.npz").write_bytes(b"PK\x03\x04 not really")
    assert_one_clear_line(spikecim("run", "--data", "digits", "--network", "w.npz"), "w.npz", "weights")
    assert_one_clear_line(spikecim("run", "--data", "digits", "--network", "gone.npz"), "gone.npz")


@pytest.mark.parametrize("damage", ["truncated", "wrong checksum"])
def test_damaged_mnist(spikecim: Command, tmp_path: Path, damage: str) -> None:
    entry = CATALOGUE["mnist"]
    folder = tmp_path / "data" / entry.folder
    folder.mkdir(parents=True)
    for file in entry.files():
        content = gzip.compress(b"\x00\x00\x08\x03" + bytes(100))
        (folder / file.name).write_bytes(content[:-20] if damage == "truncated" else content)
    done = spikecim("run", "--data", "mnist", env={"SPIKECIM_DATA": str(tmp_path / "data")})
    assert_one_clear_line(done, "t10k-images-idx3-ubyte.gz", "spikecim data fetch mnist")


def test_unwritable_output_is_found_before_the_work_starts(spikecim: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = spikecim("reproduce", "spirit", "--data", "digits", "--out", "file/below")
    assert_one_clear_line(done, "cannot write", "file/below", "--out")


def test_disk_full_leaves_nothing_half_written(spikecim: Command, tmp_path: Path) -> None:
    # A file-size limit fails a write in the middle, as a full disk does.
    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))

    words = ("run", "--data", "digits", "--out", "run.h5", "--quiet")
    # Compiled code is cached on the first run, so that only the result is written in the second.
    assert spikecim(*words[:3], "--quiet").returncode == 0
    done = spikecim(*words, preexec_fn=small_files)
    assert_one_clear_line(done, "cannot write", "run.h5")
    assert not (tmp_path / "run.h5").exists()
    assert not leftovers(tmp_path)


def test_hdf5_that_is_not_ours_or_cut_off(spikecim: Command, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = [1, 2, 3]
    (tmp_path / "text.h5").write_text("hello")
    assert_one_clear_line(spikecim("report", "other.h5"), "other.h5", "spikecim")
    assert_one_clear_line(spikecim("replay", "text.h5"), "text.h5", "HDF5")
    assert_one_clear_line(spikecim("report", "gone.h5"), "gone.h5")
    assert spikecim("run", "--data", "digits", "--images", 20, "--out", "run.h5", "-q").returncode == 0
    whole = (tmp_path / "run.h5").read_bytes()
    (tmp_path / "cut.h5").write_bytes(whole[: len(whole) // 2])
    assert_one_clear_line(spikecim("replay", "cut.h5"), "cut.h5")


def test_bad_override_and_jobs(spikecim: Command) -> None:
    assert_one_clear_line(spikecim("run", "--set", "neuron.refractory"), "path=value")
    assert_one_clear_line(spikecim("run", "--set", "neuron.refractroy=5 us"), "refractroy", "'refractory'")
    assert_one_clear_line(spikecim("run", "--data", "digits", "--jobs", 4096), "--jobs 4096", "allowed 1 ..")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--after", "-1 h"), ("--after '-1 h'", "0 s or more")),
        (("--after", "5"), ("--after '5'", "'1 h'")),
        (("--after", "inf s"), ("--after 'inf s'", "finite")),
        (("--after", "100 years"), ("relaxation is stated for 0 ..", "10 years")),
        (("--after", "1 h", "--temperature", "85"), ("--temperature '85'", "'85 degC'")),
        (("--after", "1 h", "--temperature", "400 degC"), ("retention is stated for", "0 .. 260 degC")),
        (("--after", "1 h", "--temperature", "-10 degC"), ("retention is stated for", "0 .. 260 degC")),
        (("--temperature", "85 degC"), ("without effect", "--after")),
        (("--reads", "-5"), ("--reads -5", "0 or more")),
        (("--reads", "inf"), ("--reads inf", "finite")),
        (("--reads", "1e11"), ("read disturb is stated for 0 .. 1e+10",)),
    ],
)
def test_a_past_outside_the_stated_range(
    spikecim: Command, tmp_path: Path, words: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    done = spikecim("run", "--data", "digits", "--images", 5, "--quiet", "--out", "run.h5", *words)
    assert_one_clear_line(done, *expected)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("nonsense",), ("nonsense", "spikecim --help")),
        (("device", "fit"), ("CELLS.csv", "spikecim device fit --help")),
        (("explain", "run.h5", "--image", "seven"), ("--image", "integer")),
        (("run", "--reads", "many"), ("--reads", "number")),
        (("run", "--imagse", "3"), ("--imagse",)),
    ],
)
def test_words_that_no_command_takes(spikecim: Command, words: tuple[str, ...], expected: tuple[str, ...]) -> None:
    done = spikecim(*words)
    assert_one_clear_line(done, *expected)
    assert done.stderr.startswith("error: ")


def test_a_file_in_the_way_of_a_folder_is_called_one(spikecim: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    done = spikecim("run", "--data", "digits", "--images", 5, "-q", "--out", "file/run.h5")
    assert_one_clear_line(done, "cannot write file", "it is a file, not a folder", "--out")


def test_a_disk_that_fills_elsewhere_is_one_line_too(spikecim: Command, tmp_path: Path) -> None:
    def no_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

    empty_cache = {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    done = spikecim("run", "--data", "digits", "--images", 5, "--quiet", preexec_fn=no_files, env=empty_cache)
    assert_one_clear_line(done, "File too large", "free some space")


@pytest.mark.slow
def test_ctrl_c_during_the_main_job(tmp_path: Path) -> None:
    def listen() -> None:
        # A shell that runs the suite in the background hides Ctrl-C from its children.
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    words = ["reproduce", "spirit", "--data", "digits", "--chips", "200000", "--no-check", "--quiet", "--out", "o"]
    process = subprocess.Popen(
        [sys.executable, "-m", "spikecim", *words], cwd=tmp_path, stderr=subprocess.PIPE, text=True, preexec_fn=listen
    )
    while not (tmp_path / "o").exists():
        time.sleep(0.1)
    time.sleep(3.0)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate()
    assert process.returncode == 130, stderr
    assert "Traceback" not in stderr
    assert "interrupted" in stderr
    assert not leftovers(tmp_path)
    shutil.rmtree(tmp_path / "o")
