"""`spikecim crossbar`: solve, netlist and compare as a user does it, and every bad input in one line."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from spikecim.arrays.crossbar.crossbar import Crossbar
from spikecim.arrays.crossbar.map_file import random_map, read_map, read_vectors
from spikecim.arrays.crossbar.solve import solve
from spikecim.arrays.crossbar.wires import Wires
from spikecim.cli.app import app
from spikecim.errors import DataError, ParameterError
from tests.cli.conftest import Command, assert_one_clear_line

MAP = "1e-4,5e-6,open\n# a comment\n5e-6,1e-4,1e-4\n"
CONDUCTANCE = np.array([[1e-4, 5e-6, 0.0], [5e-6, 1e-4, 1e-4]])
WIRES = ("--row-segment", "2 ohm", "--column-segment", "3 ohm", "--driver", "0.1 kohm", "--sense", "20 ohm")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with a map."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "map.csv").write_text(MAP)
    (tmp_path / "volts.csv").write_text("0.1,-0.05\n0,0.2\n")
    return tmp_path


def test_solve_from_a_file(spikecim: Command, here: Path) -> None:
    done = spikecim("crossbar", "solve", "map.csv", *WIRES, "--inputs", "volts.csv", "--json", "--out", "drop.png")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    wires = Wires(row_segment=2.0, column_segment=3.0, driver=100.0, sense=20.0)
    volts = np.array([[0.1, -0.05], [0.0, 0.2]])
    expected = solve(Crossbar(conductance=CONDUCTANCE, wires=wires), volts)
    np.testing.assert_allclose(found["currents"], expected.currents, rtol=1e-12)
    np.testing.assert_allclose(found["ideal_currents"], volts @ CONDUCTANCE, rtol=1e-12)
    lost = 1.0 - np.abs(expected.currents).sum() / np.abs(volts @ CONDUCTANCE).sum()
    assert found["loss"] == pytest.approx(lost)
    assert found["worst_drop"] == pytest.approx(expected.worst_drop)
    assert (found["rows"], found["columns"], found["vectors"]) == (2, 3, 2)
    assert {path.name for path in here.iterdir()} == {"map.csv", "volts.csv", "drop.png", "drop.svg"}
    assert (here / "drop.png").read_bytes().startswith(b"\x89PNG")


def run(*words: object) -> tuple[int, str, str]:
    """The same command inside this process, which is quicker: exit code, stdout, stderr."""
    done = CliRunner().invoke(app, ["crossbar", *map(str, words)])
    return done.exit_code, done.stdout, done.stderr


def test_what_a_person_reads(here: Path) -> None:
    words = (
        "--kind",
        "gated",
        "--source-segment",
        "1 ohm",
        "--access",
        "2 kohm",
        "--leak",
        "1 nS",
        "--law",
        "sinh: 0.1 V",
    )
    code, out, _ = run("solve", "random", "--rows", 6, "--columns", 4, *words)
    assert code == 0
    for text in ("6 x 4 cells, gated", "source segment 1 ohm, access 2 kohm, leak 1 nS", "sinh law (v0 = 0.1 V)"):
        assert text in out
    assert "newton" in out


def test_random_arrays_have_a_seed(here: Path) -> None:
    words = ("solve", "random", "--rows", 5, "--columns", 7, *WIRES, "--json")
    first, again, other = run(*words, "--seed", 3), run(*words, "--seed", 3), run(*words, "--seed", 4)
    assert first[0] == 0
    assert first == again
    assert first[1] != other[1]
    map_ = random_map(5, 7, (1e4, 2e5), 3)
    assert map_.shape == (5, 7)
    assert set(np.unique(map_)) == {1e-4, 5e-6}


def test_more_wire_means_more_loss(here: Path) -> None:
    losses = []
    for ohm in ("0 ohm", "1 ohm", "10 ohm"):
        code, out, _ = run(
            "solve", "random", "--rows", 30, "--columns", 20, "--row-segment", ohm, "--active", 1, "--json"
        )
        assert code == 0
        losses.append(json.loads(out)["loss"])
    assert losses[0] == pytest.approx(0.0, abs=1e-12)
    assert 0.0 < losses[1] < losses[2]


def test_netlist_to_a_file_and_to_the_screen(here: Path) -> None:
    code, out, _ = run("netlist", "map.csv", *WIRES, "--inputs", "volts.csv", "--vector", 1)
    assert code == 0
    assert "Vin1 in1 0 DC 0.2" in out
    assert out.endswith(".op\n.end\n")
    code, nothing, said = run(
        "netlist", "map.csv", *WIRES, "--inputs", "volts.csv", "--vector", 1, "--out", "a/array.cir"
    )
    assert (code, nothing) == (0, "")
    assert "ngspice -b array.cir" in said
    assert (here / "a" / "array.cir").read_text() == out


def test_compare_with_ngspice(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("compare", "map.csv", *WIRES, "--inputs", "volts.csv", "--law", "polynomial: 1, 0.5")
    if shutil.which("ngspice") is not None:
        code, out, _ = run(*words, "--json")
        assert code == 0
        assert 0.0 <= json.loads(out)["largest_relative_difference"] < 1e-9
        assert "differ from ngspice's by at most" in " ".join(run(*words)[1].split())
    else:
        assert os.environ.get("SPIKECIM_REQUIRE_NGSPICE") != "1"
    monkeypatch.setenv("PATH", str(here))
    code, out, said = run(*words)
    assert (code, out, said.count("\n")) == (2, "", 1)
    assert "ngspice is not on the PATH" in said


def test_maps_as_npy_and_in_ohm(here: Path) -> None:
    np.save(here / "map.npy", CONDUCTANCE.astype(np.float32))
    np.testing.assert_allclose(read_map(here / "map.npy"), CONDUCTANCE, rtol=1e-6)
    (here / "ohm.csv").write_text("10,200,inf\n200,10,open\n")
    np.testing.assert_allclose(read_map(here / "ohm.csv", "kohm"), [[1e-4, 5e-6, 0.0], [5e-6, 1e-4, 0.0]])
    np.testing.assert_allclose(read_map(here / "map.csv", "uS"), 1e-6 * CONDUCTANCE)


BAD_FILES = {
    "ragged.csv": ("1,2\n3\n", "line 2: 1 values, but the first row has 2"),
    "word.csv": ("1,2\n3,1;5\n", "line 2, value 2: '1;5' is not a number"),
    "negative.csv": ("1,2\n3,-4\n", "the cell in row 1, column 1 (from 0) is -4 S"),
    "infinite.csv": ("1,inf\n", "the cell in row 0, column 1 (from 0) is inf S"),
    "nan.csv": ("nan\n", "is nan S"),
    "empty.csv": ("\n", "is empty"),
    "latin.csv": (b"\xff\xfe\x00", "not UTF-8"),
    "not.npy": (b"1,2,3", "cannot be read as NPY"),
    "cut.npy": (b"\x93NUMPY\x01\x00v\x00", "cannot be read as NPY"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_files_that_are_no_map(here: Path, name: str) -> None:
    content, words = BAD_FILES[name]
    (here / name).write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(DataError) as caught:
        read_map(here / name)
    assert name in str(caught.value)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_of_other_things(here: Path) -> None:
    np.save(here / "cube.npy", np.zeros((2, 2, 2)))
    np.save(here / "words.npy", np.array([["a"]]))
    np.save(here / "objects.npy", np.array([[None]], dtype=object), allow_pickle=True)
    for name in ("cube.npy", "words.npy", "objects.npy", "missing.csv", "missing.npy"):
        with pytest.raises(DataError, match=name):
            read_map(here / name)
    (here / "zero.csv").write_text("10,0\n")
    with pytest.raises(DataError, match=r"is 0 ohm; it must be above 0"):
        read_map(here / "zero.csv", "ohm")
    with pytest.raises(ParameterError, match="unit 'V' of the map"):
        read_map(here / "map.csv", "V")
    (here / "nan.csv").write_text("0.1,nan\n")
    with pytest.raises(DataError, match=r"row 1 of vector 0 \(from 0\) is nan"):
        read_vectors(here / "nan.csv")


BAD_WORDS = [
    (("solve", "missing.csv"), ("missing.csv", "cannot be read")),
    (("solve", "random", "--row-segment", "-1 ohm"), ("row_segment", "0 or more", "-1")),
    (("solve", "random", "--driver", "inf ohm"), ("--driver", "finite")),
    (("solve", "random", "--sense", "5"), ("--sense", "not in ohm")),
    (("solve", "random", "--access", "1 V"), ("--access", "not in ohm")),
    (("solve", "random", "--source-segment", "1 ohm"), ("source_segment", "passive")),
    (("solve", "random", "--kind", "gated", "--row-segment", "1 ohm"), ("row_segment", "gated")),
    (("solve", "random", "--kind", "optical"), ("kind", "optical")),
    (("solve", "random", "--drive-end", "top"), ("drive_end", "left")),
    (("solve", "random", "--lrs", "1 Mohm"), ("LRS", "HRS")),
    (("solve", "random", "--lrs", "0 ohm"), ("LRS is 0 ohm",)),
    (("solve", "random", "--rows", "100000", "--columns", "100000"), ("too many",)),
    (("solve", "random", "--unit", "uS"), ("--unit", "without effect")),
    (("solve", "map.csv", "--rows", "3"), ("--rows 3", "without effect")),
    (("solve", "map.csv", "--method", "guess"), ("guess", "line-cg")),
    (("solve", "map.csv", "--method", "block", "--law", "sinh: 1 V"), ("block", "auto")),
    (("solve", "map.csv", "--law", "sinh: 1"), ("sinh: 1", "0.25 V")),
    (("solve", "map.csv", "--law", "polynomial: 1, -9", "--read-voltage", "1 V", "--active", "1"), ("good up to",)),
    (("solve", "map.csv", "--inputs", "map.csv"), ("inputs", "(n_samples, 2)")),
    (("solve", "map.csv", "--out", "drop.jpg"), ("drop.jpg", ".png")),
    (("netlist", "map.csv", "--vector", "1"), ("--vector 1", "counted from 0")),
    (("netlist", "map.csv", "--out", "."), ("is a folder",)),
]


@pytest.mark.parametrize(("words", "told"), BAD_WORDS, ids=lambda part: " ".join(part)[:60])
def test_bad_words_are_one_line(here: Path, words: tuple[str, ...], told: tuple[str, ...]) -> None:
    code, out, said = run(*words)
    assert (code, out, said.count("\n")) == (2, "", 1), said
    assert said.startswith("error: ")
    for word in told:
        assert word in said
    assert {path.name for path in here.iterdir()} == {"map.csv", "volts.csv"}


def test_a_bad_word_in_a_process_of_its_own(spikecim: Command, here: Path) -> None:
    assert_one_clear_line(
        spikecim("crossbar", "solve", "map.csv", "--row-segment", "one ohm"), "--row-segment", "one ohm"
    )
