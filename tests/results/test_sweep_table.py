"""The table of a study on disk: the same bytes for the same results, and nothing trusted on the way back."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from spikecim.errors import OutputError, ResultFileError
from spikecim.results.sweep_table import SweepTable, load_table, write_table


def table(n: int = 6) -> SweepTable:
    error = np.full(n, "", object)
    error[2:3] = "cell.hrs.sigma_ln: 9 is out of range \u2264 3"
    rng = np.random.default_rng(0)
    accuracy = rng.random(n)
    accuracy[2:3] = np.nan
    return SweepTable(
        study={"name": "s", "base": {"images": 3}},
        design=np.arange(n) // 2,
        chip=np.arange(n) % 2,
        factors={
            "synapse.code": np.array((["unary-bipolar", "sign-magnitude"] * n)[:n], object),
            "decision.delta_s": rng.integers(1, 9, n),
            "cell.hrs.sigma_ln": rng.random(n),
        },
        metrics={"accuracy": accuracy, "accuracy@3": rng.random(n)},
        error=error,
    )


@pytest.mark.parametrize("n", [0, 1, 6])
def test_it_comes_back(tmp_path: Path, n: int) -> None:
    own = table(n)
    write_table(own, tmp_path / "t.h5")
    read = load_table(tmp_path / "t.h5")
    assert read.study == own.study
    assert list(read.columns()) == list(own.columns())
    for name, values in own.columns().items():
        assert read.columns()[name].dtype.kind == values.dtype.kind
        np.testing.assert_array_equal(read.columns()[name], values)


def test_status_and_error_tell_of_failed_points() -> None:
    own = table()
    assert own.status.tolist() == ["done", "done", "failed", "done", "done", "done"]
    assert own.n_failed == 1
    assert len(own) == 6


def test_same_content_same_bytes(tmp_path: Path) -> None:
    write_table(table(), tmp_path / "a.h5")
    write_table(load_table(tmp_path / "a.h5"), tmp_path / "b.h5")
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_any_cut_is_noticed(tmp_path: Path) -> None:
    write_table(table(), tmp_path / "t.h5")
    whole = (tmp_path / "t.h5").read_bytes()
    for size in np.linspace(0, len(whole) - 1, 40).astype(int):
        (tmp_path / "t.h5").write_bytes(whole[:size])
        with pytest.raises(ResultFileError):
            load_table(tmp_path / "t.h5")


def changed(path: Path, place: str, values: np.ndarray) -> None:
    with h5py.File(path, "r+") as file:
        del file[place]
        file[place] = values


@pytest.mark.parametrize(
    ("place", "values", "words"),
    [
        ("chip", np.arange(5), "n_rows"),
        ("design", np.arange(6.0), "type is float64"),
        ("metric/accuracy", np.zeros((6, 1)), "shape"),
        ("factor/synapse.code/codes", np.full(6, 2, np.int32), "do not fit each other"),
        ("factor/synapse.code/codes", np.full(6, -1, np.int32), "do not fit each other"),
        ("error/labels", np.frombuffer(b"[1, 2]", np.uint8), "neither numbers nor texts"),
        ("error/labels", np.frombuffer(b"[", np.uint8), "cut off or damaged"),
    ],
)
def test_parts_that_do_not_fit_are_named(tmp_path: Path, place: str, values: np.ndarray, words: str) -> None:
    write_table(table(), tmp_path / "t.h5")
    changed(tmp_path / "t.h5", place, values)
    with pytest.raises(ResultFileError, match=words):
        load_table(tmp_path / "t.h5")


def test_another_schema_and_another_kind(tmp_path: Path) -> None:
    write_table(table(), tmp_path / "t.h5")
    with h5py.File(tmp_path / "t.h5", "r+") as file:
        file.attrs["schema"] = np.int64(2)
    with pytest.raises(ResultFileError, match="has schema 2, this spikecim reads schema 1; upgrade"):
        load_table(tmp_path / "t.h5")
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["a"] = 1
    with pytest.raises(ResultFileError, match="no table of a study"):
        load_table(tmp_path / "x.h5")
    with pytest.raises(ResultFileError, match="does not exist"):
        load_table(tmp_path / "no.h5")


def test_a_column_of_another_length_is_not_written(tmp_path: Path) -> None:
    own = table()
    own.metrics["accuracy"] = np.zeros(5)
    with pytest.raises(OutputError, match="metric/accuracy"):
        write_table(own, tmp_path / "t.h5")
    assert list(tmp_path.iterdir()) == []
