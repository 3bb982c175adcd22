"""`spikecim run` on chips of several cores: figures, files, and one line for each bad input."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from spikecim.cli.app import app
from spikecim.models.files import save_model
from spikecim.results.layered_hdf5 import load_layered_run
from tests.cli.test_compare import assert_one_line, max_pooled
from tests.explore.networks import digits_network

IDEAL, REAL = "spirit-multi-ideal", "spirit-multi"


def call(*words: object) -> Result:
    return CliRunner().invoke(app, [*map(str, words)])


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "net.npz"
    save_model(digits_network("relu"), path)
    return path


def run(network: object, *words: object, chip: str = REAL) -> Result:
    small = ("--data", "digits", "--images", 20, "--steps", 8, "--quiet")
    return call("run", "--chip", chip, "--network", network, *small, *words)


def test_the_file_is_what_is_printed(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "new" / "run.h5"
    done = run(model, "--conversion", "relu-percentile", "--delta-s", 2, "--json", "--out", path)
    assert done.exit_code == 0, done.output
    said, kept = json.loads(done.stdout), load_layered_run(path)
    ledger = kept.ledger()
    assert (said["images"], said["delta_s"], said["window_ticks"]) == (20, 2, kept.n_ticks)
    assert said["accuracy_percent"] == 100 * kept.accuracy()
    assert said["ann_accuracy_percent"] == 100 * kept.ann_accuracy
    assert said["energy"]["core"]["nj_per_image"]["mean"] == (ledger.per_sample("core") / 1000).mean()
    assert [row["name"] for row in said["layers"]] == ["hidden", "output"]
    for row, pj in zip(said["layers"], ledger.by_layer("chip").mean(0), strict=True):
        assert row["chip_nj"] == pj / 1000
        assert sum(row["parts_nj"].values()) == pytest.approx(row["chip_nj"], rel=1e-12)
    assert sum(row["chip_nj"] for row in said["layers"]) == pytest.approx(
        said["energy"]["chip"]["nj_per_image"]["mean"], rel=1e-12
    )
    assert sum(part["nj_per_image"] for part in said["energy"]["parts"]) == pytest.approx(
        said["energy"]["chip"]["nj_per_image"]["mean"], rel=1e-12
    )
    assert said["margins"]["delta_s"] == [1, 2]
    assert said["margins"]["accuracy_percent"] == [100 * kept.accuracy(1), 100 * kept.accuracy(2)]
    assert np.sum(said["confusion"]["counts"]) == 20
    assert np.trace(said["confusion"]["counts"]) == kept.correct().sum()
    assert said["settings"]["conversion"] == kept.conversion == "relu-percentile"
    assert kept.settings["data"].startswith("digits, first 20 of ")


def test_the_summary_is_for_people(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    done = call("run", "--chip", REAL, "--network", model, "--data", "digits", "--images", 20, "--out", path)
    assert done.exit_code == 0, done.output
    assert done.stderr == f"wrote {path}\n"
    kept = load_layered_run(path)
    assert kept.conversion == "relu-max"  # the first that takes the network
    for text in ("Accuracy", "float ANN", "virtual chip 0, seed 0", "words between cores", "whole chip", "relu-max"):
        assert text in done.stdout
    for layer in kept.layers:
        assert layer.name in done.stdout
    assert "nan" not in done.stdout and "…" not in done.stdout


def test_same_words_same_file(model: Path) -> None:
    first, again = (run(model, "--json", "--chip-index", 3, *jobs).stdout for jobs in ((), ("--jobs", 1)))
    assert json.loads(first) == json.loads(again)
    assert json.loads(first)["layers"] != json.loads(run(model, "--json").stdout)["layers"]


def test_every_engine(model: Path) -> None:
    event, stepper = (json.loads(run(model, "--json", "--engine", name).stdout) for name in ("event", "stepper"))
    assert stepper["settings"].pop("engine") == "stepper"
    assert event["settings"].pop("engine") == "event"
    assert event == stepper


def test_settings_reach_the_chip(model: Path) -> None:
    whole, free, one, ideal = (
        json.loads(run(model, "--json", *words, chip=chip).stdout)
        for words, chip in (
            (("--delta-s", 0), REAL),
            (("--delta-s", 0, "--set", "energy.link_bit=0 J"), REAL),
            (("--slices", 1), REAL),
            ((), IDEAL),
        )
    )
    assert whole["margins"] is None and whole["time_outs_percent"] == 0
    assert free["energy"]["core"] == whole["energy"]["core"]
    assert free["energy"]["chip"]["nj_per_image"]["mean"] < whole["energy"]["chip"]["nj_per_image"]["mean"]
    assert one["cells"] < whole["cells"]
    assert ideal["chip"]["name"] == IDEAL


@pytest.mark.skipif("SPIKECIM_DATA" not in os.environ, reason="needs MNIST")
def test_a_shipped_network(tmp_path: Path) -> None:
    words = ("--data", "mnist", "--images", 8, "--conversion", "relu-max", "--out", tmp_path / "lenet.h5")
    done = call("run", "--chip", "spirit_multi", "--network", "lenet", *words)
    assert done.exit_code == 0, done.output
    kept = load_layered_run(tmp_path / "lenet.h5")
    assert (kept.n_samples, len(kept.layers), kept.network) == (8, 5, "lenet")
    assert kept.macs.tolist() == [117600, 240000, 48000, 10080, 840]
    assert kept.accuracy() >= 0.75


def test_a_network_from_onnx_and_its_max_pools(tmp_path: Path) -> None:
    path = max_pooled(tmp_path / "net.onnx")
    assert_one_line(run(path), "'pool1'", "--replace-max-pool")
    done = run(path, "--replace-max-pool", "--json")
    assert done.exit_code == 0, done.output
    assert done.stderr.startswith("warning: ") and done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--cells", "cells.csv"), "--cells cells.csv"),
        (("--after", "1 h"), "--after 1 h"),
        (("--temperature", "85 degC"), "--temperature"),
        (("--reads", 0), "--reads"),
    ],
)
def test_options_of_one_core(model: Path, words: tuple[object, ...], named: str) -> None:
    assert_one_line(run(model, *words), named, "without effect", REAL, "several cores")


@pytest.mark.parametrize(
    "words",
    [
        ("--conversion", "relu-max"),
        ("--steps", 8),
        ("--slices", 1),
        ("--delta-s", 0),
        ("--replace-max-pool",),
    ],
)
def test_options_of_several_cores(words: tuple[object, ...]) -> None:
    done = call("run", "--data", "digits", *words)
    assert_one_line(done, str(words[0]), "without effect", "spirit, a chip of one core", "spirit_multi")


@pytest.mark.parametrize("network", ["lenet", "perceptron", "net.onnx", "NET.NIR"])
def test_a_deep_network_on_one_core(network: str) -> None:
    assert_one_line(call("run", "--network", network, "--data", "digits"), network, "one core", "--chip spirit_multi")


def test_a_deep_network_is_needed() -> None:
    assert_one_line(call("run", "--chip", REAL), "--network", "several cores", "lenet")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--conversion", "relu-mox"), ("did you mean 'relu-max'",)),
        (("--conversion", "spirit-tanh"), ("hidden", "tanh")),
        (("--data", "mnits"), ("did you mean 'mnist'",)),
        (("--engine", "evnt"), ("evnt", "event")),
        (("--slices", 3), ("1..2",)),
        (("--set", "cores.rows=9"), ("cores.rows",)),
        (("--set", "coers.rows=9"), ("coers",)),
        (("--steps", 100_000_000), ("fewer steps",)),
        (("--jobs", 4096), ("--jobs 4096",)),
    ],
)
def test_bad_input(model: Path, tmp_path: Path, words: tuple[object, ...], named: tuple[str, ...]) -> None:
    out = tmp_path / "o" / "run.h5"
    assert_one_line(run(model, "--out", out, *words), *named)
    assert not out.exists()


@pytest.mark.parametrize("words", [("--images", 0), ("--steps", 0), ("--chip-index", -1), ("--delta-s", 1001)])
def test_numbers_out_of_range(model: Path, words: tuple[object, ...]) -> None:
    assert run(model, *words).exit_code == 2


def test_networks_that_do_not_fit_or_are_none(tmp_path: Path) -> None:
    (tmp_path / "bad.npz").write_bytes(b"PK\x03\x04 no")
    assert_one_line(run("lenett"), "did you mean 'lenet'")
    assert_one_line(run("lenet"), "28x28x1", "8x8x1")
    for name in ("bad.npz", "gone.npz"):
        assert_one_line(run(tmp_path / name), name)


def test_an_output_that_is_a_folder_is_said_before_the_run(model: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert_one_line(run(model, "--out", tmp_path), "is a folder")
    assert_one_line(run(model, "--out", tmp_path / "file" / "run.h5"), "cannot write")
    assert_one_line(call("run", "--data", "digits", "--out", tmp_path), "is a folder")


def test_a_chip_file(model: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('inherit = "spirit_multi"\nname = "mine"\n[coding]\nsteps = 4\n', "utf-8")
    done = call(
        *("run", "--chip", tmp_path / "mine.toml", "--network", model, "--data", "digits", "--images", 5, "--json")
    )
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["settings"]["steps"] == "4"
    (tmp_path / "bad.toml").write_text('inherit = "spirit_multi"\n[cores]\nrows = "many"\n', "utf-8")
    assert_one_line(call("run", "--chip", tmp_path / "bad.toml", "--network", model), "bad.toml", "cores.rows")


def test_commands_for_one_core_say_what_reads_the_file(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    assert run(model, "--out", path).exit_code == 0
    for words in (("report", path), ("replay", path), ("explain", path, "--image", 0)):
        assert_one_line(call(*words), "several layers", "spikecim energy")


def test_an_interrupt_leaves_nothing(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("spikecim.explore.deep_run.run_deep", interrupted)
    done = run(model, "--out", tmp_path / "run.h5")
    assert done.exit_code == 130
    assert list(tmp_path.iterdir()) == []
