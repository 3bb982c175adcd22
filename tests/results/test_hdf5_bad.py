"""Files that are not what they should be, and disks that are full: one clear line, and nothing half-written."""

from __future__ import annotations

import errno
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from spikecim.errors import OutputError, ResultFileError
from spikecim.network import Network
from spikecim.results.hdf5 import load_run, save_run
from spikecim.results.layout import ARRAYS
from spikecim.results.run import RunResult
from tests.results.runs import assert_same, small_run


@pytest.fixture(scope="module")
def run() -> RunResult:
    return small_run()


@pytest.fixture
def saved(run: RunResult, tmp_path: Path) -> Path:
    path = tmp_path / "run.h5"
    save_run(run, path)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(ResultFileError) as caught:
        load_run(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: ") and "\n" not in text
    return text


def test_cut_off_anywhere(saved: Path) -> None:
    whole = saved.read_bytes()
    positions = [*range(64), *range(64, len(whole), len(whole) // 150), len(whole) - 1]
    for position in positions:
        saved.write_bytes(whole[:position])
        assert "not an HDF5 file" in (text := refusal(saved)) or "cut off" in text


def test_changed_bytes_are_noticed_or_lie_in_unused_space(saved: Path, run: RunResult) -> None:
    whole = saved.read_bytes()
    rng = np.random.default_rng(0)
    refused = 0
    for position in rng.integers(0, len(whole), 200):
        broken = bytearray(whole)
        broken[position] ^= int(rng.integers(1, 256))
        saved.write_bytes(broken)
        try:
            loaded = load_run(saved)
        except ResultFileError as error:
            assert "\n" not in str(error)
            refused += 1
        else:
            assert_same(run, loaded)
    # Unused space and the counts for other readers take up much of so small a file.
    assert refused > 60


@pytest.mark.parametrize("content", [b"", b"\x89HDF", b"\0" * 5000, b"\x89HDF\r\n\x1a\n" + b"\xff" * 5000])
def test_not_hdf5(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file.h5").write_bytes(content)
    refusal(tmp_path / "file.h5")


def test_random_bytes(tmp_path: Path) -> None:
    (tmp_path / "file.h5").write_bytes(np.random.default_rng(0).bytes(10_000))
    assert "is not an HDF5 file" in refusal(tmp_path / "file.h5")


def test_missing_file_and_folder(tmp_path: Path) -> None:
    assert "does not exist" in refusal(tmp_path / "none.h5")
    assert "is not a file" in refusal(tmp_path)


@pytest.mark.parametrize("attributes", [{}, {"format": "other"}, {"format": np.bytes_(b"other")}, {"format": 3}])
def test_hdf5_of_someone_else(attributes: dict[str, Any], tmp_path: Path) -> None:
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file.create_dataset("data", data=np.arange(5))
        file.attrs.update(attributes)
    assert "not a run of spikecim" in refusal(tmp_path / "other.h5")


def edited(path: Path, edit: Callable[[h5py.File], None]) -> str:
    with h5py.File(path, "r+") as file:
        edit(file)
    return refusal(path)


def put(file: h5py.File, place: str, data: Any) -> None:
    del file[place]
    file.create_dataset(place, data=data)


@pytest.mark.parametrize(("schema", "todo"), [(2, "upgrade spikecim"), (0, "repeat the run")])
def test_other_schema(schema: int, todo: str, saved: Path) -> None:
    text = edited(saved, lambda file: file.attrs.modify("schema", np.int64(schema)))
    assert f"has schema {schema}" in text and todo in text


@pytest.mark.parametrize("place", [*ARRAYS, "network/notes", "chip"])
def test_missing_part(place: str, saved: Path) -> None:
    assert f"{place} is missing" in edited(saved, lambda file: file.pop(place))


@pytest.mark.parametrize("place", ARRAYS)
def test_wrong_shape(place: str, saved: Path) -> None:
    def edit(file: h5py.File) -> None:
        put(file, place, np.concatenate([file[place][...]] * 2))

    edited(saved, edit)


@pytest.mark.parametrize("place", ARRAYS)
def test_wrong_type(place: str, saved: Path) -> None:
    text = edited(saved, lambda file: put(file, place, file[place][...].astype(np.float32)))
    assert f"{place}: type is float32, expected {ARRAYS[place][0]}" in text


@pytest.mark.parametrize(
    ("place", "name", "value"),
    [
        ("program", "n_ticks", 2.0),
        ("program", "n_ticks", [1, 2]),
        ("program", "delta_s", np.int64(0)),
        ("program", "delta_s", np.int64(7)),
        ("program", "tick_s", float("nan")),
        ("program", "cells_per_row", np.int64(0)),
        ("program", "refractory_ticks", np.int64(2**31)),
        ("program", "comparator", np.bytes_(b"never")),
        ("program", "comparator", "text of variable length"),
        ("program", "early_stop", False),
        ("trains", "n_in", np.int64(8)),
        ("trains", "n_in", np.int64(10)),
        ("trains", "n_ticks", np.int64(2**40)),
        ("network", "name", np.int64(1)),
        ("network/notes", "data", h5py.Empty("S1")),
        ("chip", "description", np.bytes_(b"[1]")),
        ("chip", "description", np.bytes_(b'{"name": "none"}')),
        ("chip", "description", np.bytes_(b"[" * 50_000)),
        ("chip", "description", np.bytes_(b"\xff")),
        ("/", "seed", np.int64(1)),
    ],
)
def test_wrong_attribute(place: str, name: str, value: Any, saved: Path) -> None:
    edited(saved, lambda file: file[place].attrs.create(name, value))


@pytest.mark.parametrize("name", ["n_ticks", "noise_seed", "comparator", "early_stop", "delta_s"])
def test_missing_attribute(name: str, saved: Path) -> None:
    assert f"attribute {name} must be" in edited(saved, lambda file: file["program"].attrs.pop(name))


@pytest.mark.parametrize(
    ("place", "index", "value"),
    [
        ("program/threshold_up", 0, 0),
        ("program/row_electrons", 0, -1),
        ("program/charge", (0, 0, 0), 2**31 - 1),
        ("trains/offsets", 1, 10**6),
        ("trains/lines", 0, 9),
        ("trains/signs", 0, 0),
        ("trains/ticks", 0, 10**6),
        ("record/offsets", 0, 1),
        ("record/offsets", 1, -1),
        ("record/ticks", 0, 10**6),
        ("record/ticks", 0, 299),
        ("record/neurons", 0, 3),
        ("record/signs", 0, 3),
        ("record/decisions/durations", (0, 0), 0),
        ("record/decisions/winners", (0, 0), 3),
        ("record/decisions/inputs", (0, 0), 10**6),
        ("record/decisions/outputs", (0, -1), 10**6),
    ],
)
def test_impossible_numbers(place: str, index: Any, value: int, saved: Path) -> None:
    def edit(file: h5py.File) -> None:
        array = file[place][...]
        array[index] = value
        file[place][...] = array

    assert place.split("/")[0] in edited(saved, edit).replace("spike trains", "trains")


def test_bool_beyond_true(saved: Path) -> None:
    def edit(file: h5py.File) -> None:
        data = file["cells/target"]
        shape = data.shape
        put(file, "cells/target", np.zeros(shape, bool))
        file["cells/target"].id.write(h5py.h5s.ALL, h5py.h5s.ALL, np.full(shape, 7, np.uint8).view(bool))

    assert "other than true and false" in edited(saved, edit)


def test_data_elsewhere_are_refused(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "private").write_bytes(b"secret  " * 100)
    external = {"shape": (4,), "dtype": "int16", "external": [(str(tmp_path / "private"), 0, 8)]}

    def raw(file: h5py.File) -> None:
        del file["samples/labels"]
        file.create_dataset("samples/labels", **external)

    assert "samples/labels: is not an array with its data in this file" in edited(saved, raw)


@pytest.mark.parametrize("link", [h5py.ExternalLink("other.h5", "labels"), h5py.SoftLink("/trains/lines")])
def test_links_are_refused(link: Any, saved: Path, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["labels"] = np.zeros(4, np.int16)

    def edit(file: h5py.File) -> None:
        del file["samples/labels"]
        file["samples/labels"] = link

    assert "samples/labels is missing" in edited(saved, edit)


def test_a_huge_array_is_refused_before_reading(saved: Path) -> None:
    def edit(file: h5py.File) -> None:
        del file["trains/ticks"]
        file.create_dataset("trains/ticks", shape=(2**40,), dtype="int32", chunks=(2**20,), compression="gzip")
        file["trains/ticks"][0] = 1

    assert "trains/ticks: 4398046511104 bytes are declared" in edited(saved, edit)


def test_an_array_never_written_is_refused(saved: Path) -> None:
    def edit(file: h5py.File) -> None:
        del file["trains/ticks"]
        file.create_dataset("trains/ticks", shape=(2**29,), dtype="int32", chunks=(2**20,))

    assert "all of them written" in edited(saved, edit)


# ---------------------------------------------------------------------------------------------------------- writing


def failure(run: RunResult, path: Path) -> str:
    with pytest.raises(OutputError) as caught:
        save_run(run, path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)


@pytest.mark.parametrize("size", [0, 1, 5000])
def test_no_room_leaves_the_old_file(size: int, run: RunResult, saved: Path) -> None:
    with largest_file(size):
        assert "File too large" in failure(small_run(seed=2), saved)
    assert [file.name for file in saved.parent.iterdir()] == ["run.h5"]
    assert_same(run, load_run(saved))


def test_full_disk(run: RunResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(path: Path, data: bytes) -> int:
        path.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", half)
    assert "No space left on device" in failure(run, tmp_path / "run.h5")
    assert list(tmp_path.iterdir()) == []


def test_unwritable_places(run: RunResult, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    for place in ("none/run.h5", "file/run.h5", "folder"):
        failure(run, tmp_path / place)
    assert "it is a folder" in failure(run, Path("."))
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "folder"]
    assert list((tmp_path / "folder").iterdir()) == []


def network(run: RunResult, **changes: Any) -> RunResult:
    return replace(run, network=replace(run.network, **changes))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda run: replace(run, settings={"schema": "x"}), "schema"),
        (lambda run: replace(run, settings={"": "x"}), "''"),
        (lambda run: replace(run, settings={"data": "a\0b"}), "data"),
        (lambda run: replace(run, settings={"seed": 1}), "seed"),
        (lambda run: replace(run, settings={"data": "\udcff"}), "data"),
        (lambda run: network(run, weights=np.full((9, 3), 0.5)), "network/weights"),
        (lambda run: replace(run, labels=run.labels[:-1]), "samples/values"),
        (lambda run: replace(run, network=Network(weights=np.zeros((3, 9), np.int8))), "network/weights"),
        (lambda run: replace(run, program=replace(run.program, noise_seed=-1)), "noise_seed"),
    ],
)
def test_what_cannot_be_stored(
    change: Callable[[RunResult], RunResult], named: str, run: RunResult, tmp_path: Path
) -> None:
    assert named in failure(change(run), tmp_path / "run.h5")
    assert list(tmp_path.iterdir()) == []
