"""`spikecim compare`, `convert`, `conversions list`, `train NAME`: files, tables, one line for each bad input."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from spikecim.cli.app import app
from spikecim.explore.compare_material import find_model, model_names
from spikecim.layered.files import load_spiking
from spikecim.models.files import save_model
from spikecim.models.layers import Activation, Dense, Flatten
from spikecim.models.model import AnnModel
from tests.explore.networks import digits_network

IDEAL, REAL = "spirit-multi-ideal", "spirit-multi"


def call(*words: object) -> Result:
    return CliRunner().invoke(app, [*map(str, words)])


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "net.npz"
    save_model(digits_network("relu"), path)
    return path


@pytest.fixture
def no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven figures take a second; they are tested in tests/reports."""
    monkeypatch.setattr("spikecim.reports.comparison_page.comparison_html", lambda found: "<html></html>")


@pytest.fixture(scope="module")
def whole(model: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    """Two conversions on both chips, with the page."""
    out = tmp_path_factory.mktemp("whole") / "o"
    return compare(model, "--conversion", "relu-max", "--conversion", "first-spike", "--out", out), out


def compare(model: object, *words: object) -> Result:
    small = ("--data", "digits", "--limit", 20, "--steps", 8, "--chips", 1, "--quiet")
    return call("compare", model, *small, *words)


def assert_one_line(done: Result, *words: str) -> None:
    assert done.exit_code == 2, done.output
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1, done.stderr
    for word in words:
        assert word in done.stderr
    assert done.stdout == ""


def test_table_and_files(whole: tuple[Result, Path]) -> None:
    done, out = whole
    assert done.exit_code == 0, done.output
    assert "relu-max" in done.stdout and REAL in done.stdout
    assert {path.name for path in out.iterdir()} == {"comparison.json", "comparison.csv", "comparison.html"}
    data = json.loads((out / "comparison.json").read_text(encoding="utf-8"))
    pairs = [(row["conversion"], row["chip"]) for row in data["rows"]]
    assert pairs == [(name, chip) for name in ("relu-max", "first-spike") for chip in (IDEAL, REAL)]
    assert (data["network"], data["dataset"], data["n_samples"]) == ("digits-relu", "digits", 20)
    assert data["facts"]["calibration_images"].endswith("held-out training images (every sixth training image)")
    with (out / "comparison.csv").open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert [float(line["accuracy"]) for line in lines] == [row["accuracy"] for row in data["rows"]]


@pytest.mark.usefixtures("no_page")
def test_json_is_the_file_and_a_row_depends_on_nothing_beside_it(
    model: Path, whole: tuple[Result, Path], tmp_path: Path
) -> None:
    words = ("--conversion", "first-spike", "--chip", REAL, "--jobs", 1, "--json")
    found = json.loads(compare(model, *words, "--out", tmp_path).stdout)
    assert found == json.loads((tmp_path / "comparison.json").read_text(encoding="utf-8"))
    among_others = json.loads((whole[1] / "comparison.json").read_text(encoding="utf-8"))["rows"]
    assert found["rows"] == [row for row in among_others if (row["conversion"], row["chip"]) == ("first-spike", REAL)]


@pytest.mark.usefixtures("no_page")
def test_settings_reach_the_chip(model: Path, tmp_path: Path) -> None:
    words = ("--conversion", "relu-max", "--chip", REAL, "--json", "--out", tmp_path)
    rows = [
        json.loads(compare(model, *words, *more).stdout)["rows"][0]
        for more in (("--delta-s", 0), ("--set", "energy.link_bit=0 J"), ("--slices", 1), ("--delta-s", 1))
    ]
    whole, free_link, one_slice, first_spike = rows
    # Eight steps reach no margin of 10: every image is shown to its end.
    assert free_link["energy_core_nj"] == whole["energy_core_nj"]
    assert free_link["energy_chip_nj"] < whole["energy_chip_nj"]
    assert one_slice["n_cells"] < whole["n_cells"]
    assert first_spike["latency_ticks"] < whole["latency_ticks"]
    assert whole["margins"] is None
    assert first_spike["margins"]["delta_s"] == [1]


@pytest.mark.usefixtures("no_page")
def test_refused_pairs_are_lines(model: Path, tmp_path: Path) -> None:
    chosen = ("--conversion", "relu-max", "--conversion", "spirit-tanh", "--chip", IDEAL)
    done = compare(model, *chosen, "--out", tmp_path)
    assert done.exit_code == 0
    assert "not run: spirit-tanh" in done.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--conversion", "relu-mx"), ("did you mean 'relu-max'",)),
        (("--chip", "spirit-mlti"), ("spirit",)),
        (("--chip", "spirit"), ("chip of one core", "spirit_multi")),
        (("--chip", "gone.toml"), ("gone.toml",)),
        (("--data", "mnits"), ("did you mean 'mnist'",)),
        (("--set", "cores.cont=3"), ("cores.cont", "count")),
        (("--jobs", 4096), ("--jobs 4096",)),
        (("--slices", 9), ("cores.slices",)),
        (("--conversion", "spirit-tanh", "--chip", IDEAL), ("relu after layer hidden", "tanh")),
        (("--conversion", "relu-max", "--chip", REAL, "--set", "cores.count=1"), ("needs", "cores.count")),
    ],
)
def test_bad_options_are_one_line(
    model: Path, tmp_path: Path, words: tuple[object, ...], expected: tuple[str, ...]
) -> None:
    assert_one_line(compare(model, *words, "--out", tmp_path / "o"), *expected)
    assert not (tmp_path / "o" / "comparison.json").exists()


def test_unknown_and_damaged_networks(tmp_path: Path) -> None:
    assert_one_line(compare("mpl", "--out", tmp_path / "o"), "did you mean 'mlp'")
    assert_one_line(compare(tmp_path / "gone.npz", "--out", tmp_path / "o"), "gone.npz")
    assert_one_line(compare(tmp_path / "net.pt", "--out", tmp_path / "o"), "net.pt", "onnx")
    (tmp_path / "bad.npz").write_bytes(b"PK\x03\x04 no")
    assert_one_line(compare(tmp_path / "bad.npz", "--out", tmp_path / "o"), "bad.npz")
    (tmp_path / "bad.npz").write_text("weights", encoding="utf-8")
    assert_one_line(compare(tmp_path / "bad.npz", "--out", tmp_path / "o"), "not a .npz archive")
    (tmp_path / "bad.onnx").write_bytes(b"\x00\x01\x02")
    assert_one_line(compare(tmp_path / "bad.onnx", "--out", tmp_path / "o"), "bad.onnx")
    assert not (tmp_path / "o").exists()


def test_images_of_another_shape(tmp_path: Path) -> None:
    assert_one_line(compare("lenet", "--out", tmp_path / "o"), "28x28x1", "8x8x1")


def test_more_labels_than_classes(tmp_path: Path) -> None:
    layers = (
        Flatten(),
        Dense(weights=np.ones((64, 4), np.float32), bias=np.zeros(4, np.float32), name="a"),
        Activation(kind="relu"),
        Dense(weights=np.ones((4, 3), np.float32), bias=np.zeros(3, np.float32), name="b"),
    )
    save_model(AnnModel(name="three", input_shape=(8, 8, 1), layers=layers), tmp_path / "three.npz")
    assert_one_line(compare(tmp_path / "three.npz", "--out", tmp_path / "o"), "3 classes", "labels up to 9")


def test_a_missing_extra_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [key for key in sys.modules if key.startswith(("onnx", "spikecim.models.onnx"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "onnx", None)
    (tmp_path / "net.onnx").write_bytes(b"\x00")
    assert_one_line(compare(tmp_path / "net.onnx", "--out", tmp_path / "o"), "pip install", "onnx")


def max_pooled(path: Path) -> Path:
    onnx = pytest.importorskip("onnx")
    make, numbers = onnx.helper, onnx.numpy_helper
    kernel = np.random.default_rng(0).normal(0, 0.4, (4, 1, 3, 3)).astype(np.float32)
    rows = np.random.default_rng(1).normal(0, 0.4, (10, 36)).astype(np.float32)
    nodes = [
        make.make_node("Conv", ["x", "kernel"], ["c"]),
        make.make_node("Relu", ["c"], ["r"]),
        make.make_node("MaxPool", ["r"], ["p"], "pool1", kernel_shape=[2, 2], strides=[2, 2]),
        make.make_node("Flatten", ["p"], ["f"]),
        make.make_node("Gemm", ["f", "rows"], ["y"], transB=1),
    ]
    ends = [make.make_tensor_value_info(*end) for end in (("x", 1, ["n", 1, 8, 8]), ("y", 1, ["n", 10]))]
    weights = [numbers.from_array(kernel, "kernel"), numbers.from_array(rows, "rows")]
    graph = make.make_graph(nodes, "g", ends[:1], ends[1:], weights)
    path.write_bytes(
        make.make_model(graph, opset_imports=[make.make_opsetid("", 18)], ir_version=9).SerializeToString()
    )
    return path


@pytest.mark.usefixtures("no_page")
def test_a_network_from_onnx_and_its_max_pools(tmp_path: Path) -> None:
    path, out = max_pooled(tmp_path / "net.onnx"), tmp_path / "o"
    words = ("--conversion", "relu-percentile", "--chip", REAL, "--json", "--out", out)
    assert_one_line(compare(path, *words), "'pool1'", "--replace-max-pool")
    done = compare(path, *words, "--replace-max-pool")
    assert done.exit_code == 0, done.output
    assert done.stderr.startswith("warning: ")
    assert done.stderr.count("\n") == 1
    assert "'pool1' was replaced by the average over the same 2x2 windows" in done.stderr
    assert [layer["name"] for layer in json.loads(done.stdout)["rows"][0]["layers"]] == ["Conv_0", "Gemm_4"]


def test_a_file_of_another_kind_says_what_it_is(model: Path, tmp_path: Path) -> None:
    words = ("--data", "digits", "--conversion", "relu-max", "--slices", 1)
    assert call("convert", model, *words, "--out", tmp_path / "snn.NPZ").exit_code == 0
    assert_one_line(compare(tmp_path / "snn.NPZ", "--out", tmp_path / "o"), "converted network", "ANN")
    np.savez(tmp_path / "one.npz", weights=np.ones((64, 10), np.int8), about=np.array("{}"))
    assert_one_line(compare(tmp_path / "one.npz", "--out", tmp_path / "o"), "one layer", "spikecim run")


def test_a_folder_that_is_a_file(model: Path) -> None:
    assert_one_line(compare(model, "--out", model), "cannot write")


@pytest.mark.parametrize(
    "words",
    [("--chips", 0), ("--limit", 0), ("--seed", -1), ("--steps", 0), ("--delta-s", -1), ("--delta-s", 1001)],
)
def test_numbers_out_of_range(model: Path, words: tuple[object, ...]) -> None:
    assert compare(model, *words).exit_code == 2


@pytest.mark.usefixtures("no_page")
def test_an_interrupt_keeps_the_rows(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from spikecim.explore.compare_row import RowMaker
    from spikecim.results.comparison import ComparisonRow

    whole, seen = RowMaker.row, []

    def interrupted(self: RowMaker, quantised: object) -> ComparisonRow:
        seen.append(self)
        if len(seen) == 2:
            raise KeyboardInterrupt
        return whole(self, quantised)  # type: ignore[arg-type]

    monkeypatch.setattr(RowMaker, "row", interrupted)
    done = compare(model, "--conversion", "relu-max", "--out", tmp_path / "o")
    assert done.exit_code == 130
    assert "interrupted: the comparison holds the 1 row" in done.stderr
    data = json.loads((tmp_path / "o" / "comparison.json").read_text(encoding="utf-8"))
    assert data["interrupted"] is True
    assert len(data["rows"]) == 1


def test_convert_writes_a_network_and_a_table(model: Path, tmp_path: Path) -> None:
    done = call("convert", model, "--data", "digits", "--conversion", "relu-max", "--out", tmp_path / "s.npz")
    assert done.exit_code == 0, done.output
    network = load_spiking(tmp_path / "s.npz")
    assert network.conversion == "relu-max"
    assert "hidden" in done.stdout and "output" in done.stdout
    as_json = call(
        *("convert", model, "--data", "digits", "--conversion", "relu-max", "--slices", 1, "--json"),
        *("--out", tmp_path / "t.npz"),
    )
    rows = json.loads(as_json.stdout)["layers"]
    assert [row["weights"] for row in rows] == [64 * 48, 48 * 10]
    assert [row["slices"] for row in rows] == [1, 1]
    # 4 + 4 cells for each weight; the second layer has bias rows of two groups, so 16 cells a column.
    assert rows[0]["cells"] == 8 * 64 * 48
    assert rows[1]["cells"] == 8 * 48 * 10 + 16 * 10 * (rows[1]["rows"] - 48)


def test_convert_to_nir_says_what_is_lost(model: Path, tmp_path: Path) -> None:
    nir = pytest.importorskip("nir")
    words = ("convert", model, "--data", "digits", "--conversion", "relu-max", "--json", "--out", tmp_path / "s.nir")
    done = call(*words)
    assert done.exit_code == 0, done.output
    lost = " ".join(json.loads(done.stdout)["not_expressed"])
    for word in ("refractory", "negative", "input code", "margin"):
        assert word in lost
    thresholds = [node.v_threshold for node in nir.read(tmp_path / "s.nir").nodes.values() if isinstance(node, nir.IF)]
    assert [len(values) for values in thresholds] == [48, 10]
    refused = call(*("convert", model, "--data", "digits", "--conversion", "first-spike", "--out", tmp_path / "f.nir"))
    assert_one_line(refused, "NIR cannot express")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--conversion", "relu-max", "--out", "x.txt"), ".npz"),
        (("--conversion", "relu", "--out", "x.npz"), "relu"),
        (("--conversion", "signed-if", "--out", "x.npz"), "hidden"),
        (("--conversion", "relu-max", "--out", "x.npz", "--set", "cores.rows=9"), "cores.rows"),
    ],
)
def test_convert_bad_input(model: Path, words: tuple[object, ...], expected: str) -> None:
    assert_one_line(call("convert", model, "--data", "digits", *words), expected)


def test_conversions_list() -> None:
    shown = call("conversions", "list").stdout
    found = json.loads(call("conversions", "list", "--json").stdout)
    assert len(found) >= 8
    for conversion in found:
        assert conversion["name"] in shown
        assert conversion["takes"]
        assert any(year in conversion["paper"] for year in map(str, range(2013, 2026)))


def test_chips_of_several_cores_are_listed_and_shown() -> None:
    assert IDEAL in call("chips", "list").stdout
    shown = json.loads(call("chips", "show", REAL, "--set", "cores.count=7", "--json").stdout)
    assert shown["cores"]["count"]["value"] == 7
    assert "core_word" in call("chips", "show", REAL).stdout


def test_train_names_what_it_knows(tmp_path: Path) -> None:
    out = ("--out", tmp_path / "w.npz")
    assert_one_line(call("train", "lenett", *out), "did you mean 'lenet'")
    assert_one_line(call("train", "lenet", "--chip", "spirit", *out), "perceptron")
    assert_one_line(call("train", "digits", "--checkpoint", tmp_path, *out), "--checkpoint")
    assert_one_line(call("train", "digits", "--after", "1 h", *out), "--quantisation hardware-aware only")
    assert_one_line(call("train", "transformer-made", "--checkpoint", tmp_path, *out), "leave it out")
    aware = ("--quantisation", "hardware-aware", *out)
    assert_one_line(call("train", "digits", "--after", "1 volt", *aware), "--after 1 volt: ", "second")
    assert_one_line(call("train", "digits", "--quantisation", "hardware-awar", *out), "hardware-aware")
    assert_one_line(call("train", "digitz", *aware), "digits")


@pytest.mark.parametrize("what", ["digits", "lenet"])
def test_where_weights_cannot_be_written_is_said_before_training(tmp_path: Path, what: str) -> None:
    (tmp_path / "folder.npz").mkdir()
    for name in ("folder.npz", "weights.txt"):
        assert_one_line(call("train", what, "--out", tmp_path / name), name, ".npz")
    assert not list((tmp_path / "folder.npz").iterdir())


def test_every_shipped_network_is_found() -> None:
    assert "perceptron" in model_names()
    for name in model_names():
        assert find_model(name).n_classes == 10
