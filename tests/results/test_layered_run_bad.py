"""Files of layered runs that are not what they should be: one clear line, nothing half-written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from spikecim.errors import OutputError, ResultFileError
from spikecim.results.hdf5 import load_run, save_run
from spikecim.results.layered_hdf5 import is_layered_run, load_layered_run, save_layered_run
from spikecim.results.layered_layout import ARRAYS
from spikecim.results.layered_run import LayeredRun
from tests.results.layered_runs import deep_run
from tests.results.runs import assert_same, small_run


@pytest.fixture
def run() -> LayeredRun:
    return deep_run()


@pytest.fixture
def saved(run: LayeredRun, tmp_path: Path) -> Path:
    path = tmp_path / "run.h5"
    save_layered_run(run, path)
    return path


def refusal(path: Path, load: Callable[[Path], Any] = load_layered_run) -> str:
    with pytest.raises(ResultFileError) as caught:
        load(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: ") and "\n" not in text
    return text


def edited(path: Path, edit: Callable[[h5py.File], None]) -> str:
    with h5py.File(path, "r+") as file:
        edit(file)
    return refusal(path)


def put(file: h5py.File, place: str, data: Any) -> None:
    del file[place]
    file.create_dataset(place, data=data)


def test_cut_off_anywhere(saved: Path) -> None:
    whole = saved.read_bytes()
    for position in [*range(16), *range(64, len(whole), len(whole) // 20), len(whole) - 1]:
        saved.write_bytes(whole[:position])
        assert "not an HDF5 file" in (text := refusal(saved)) or "cut off" in text


def test_changed_bytes_are_noticed_or_lie_in_unused_space(saved: Path, run: LayeredRun) -> None:
    whole, rng, refused = saved.read_bytes(), np.random.default_rng(0), 0
    for position in rng.integers(0, len(whole), 150):
        broken = bytearray(whole)
        broken[position] ^= int(rng.integers(1, 256))
        saved.write_bytes(broken)
        try:
            loaded = load_layered_run(saved)
        except ResultFileError as error:
            assert "\n" not in str(error)
            refused += 1
        else:
            assert_same(run, loaded)
    # Unused space and the counts for other readers take up much of so small a file.
    assert refused > 20


@pytest.mark.parametrize("content", [b"", b"\x89HDF", b"\0" * 5000, b"\x89HDF\r\n\x1a\n" + b"\xff" * 5000])
def test_not_hdf5(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file.h5").write_bytes(content)
    refusal(tmp_path / "file.h5")
    refusal(tmp_path / "file.h5", is_layered_run)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    assert "does not exist" in refusal(tmp_path / "none.h5", is_layered_run)
    assert "is not a file" in refusal(tmp_path)


def test_files_of_the_other_kind(saved: Path, tmp_path: Path) -> None:
    save_run(small_run(), tmp_path / "one.h5")
    assert "one core" in refusal(tmp_path / "one.h5")
    assert "several layers" in refusal(saved, load_run) and "spikecim energy" in refusal(saved, load_run)


@pytest.mark.parametrize("attributes", [{}, {"format": "other"}, {"format": np.bytes_(b"other")}, {"format": 3}])
def test_hdf5_of_someone_else(attributes: dict[str, Any], tmp_path: Path) -> None:
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file.attrs.update(attributes)
    assert "not a run of spikecim" in refusal(tmp_path / "other.h5")
    assert not is_layered_run(tmp_path / "other.h5")


@pytest.mark.parametrize(("schema", "todo"), [(2, "upgrade spikecim"), (0, "repeat the run")])
def test_other_schema(schema: int, todo: str, saved: Path) -> None:
    text = edited(saved, lambda file: file.attrs.modify("schema", np.int64(schema)))
    assert f"has schema {schema}" in text and todo in text


@pytest.mark.parametrize("place", [*ARRAYS, "layers/names", "chip", "program"])
def test_missing_part(place: str, saved: Path) -> None:
    assert f"{place} is missing" in edited(saved, lambda file: file.pop(place))


@pytest.mark.parametrize("place", ARRAYS)
def test_wrong_shape(place: str, saved: Path) -> None:
    edited(saved, lambda file: put(file, place, np.concatenate([file[place][...]] * 2)))


@pytest.mark.parametrize("place", ARRAYS)
def test_wrong_type(place: str, saved: Path) -> None:
    text = edited(saved, lambda file: put(file, place, file[place][...].astype(np.float32)))
    assert f"{place}: type is float32, expected {ARRAYS[place][0]}" in text


@pytest.mark.parametrize(
    ("place", "name", "value"),
    [
        ("program", "n_ticks", 2.0),
        ("program", "n_ticks", np.int64(0)),
        ("program", "n_ticks", np.int64(5)),
        ("program", "delta_s", np.int64(0)),
        ("program", "delta_s", np.int64(3)),
        ("program", "delta_s", np.int64(1001)),
        ("program", "early_stop", False),
        ("program", "programming_nj", float("nan")),
        ("program", "programming_nj", -1.0),
        ("program", "programming_nj", float("inf")),
        ("program", "network", np.int64(1)),
        ("layers/names", "00001", h5py.Empty("S1")),
        ("chip", "description", np.bytes_(b"[1]")),
        ("chip", "description", np.bytes_(b'{"name": "none"}')),
        ("chip", "description", np.bytes_(b"\xff")),
        ("/", "seed", np.int64(1)),
    ],
)
def test_wrong_attribute(place: str, name: str, value: Any, saved: Path) -> None:
    edited(saved, lambda file: file[place].attrs.create(name, value))


def test_the_chip_of_one_core_is_refused(saved: Path) -> None:
    import json

    text = np.bytes_(json.dumps(small_run().chip.describe()).encode())
    edited(saved, lambda file: file["chip"].attrs.create("description", text))


@pytest.mark.parametrize("name", ["n_ticks", "programming_nj", "conversion", "early_stop", "delta_s"])
def test_missing_attribute(name: str, saved: Path) -> None:
    assert f"attribute {name} must be" in edited(saved, lambda file: file["program"].attrs.pop(name))


@pytest.mark.parametrize(
    ("place", "index", "value"),
    [
        ("samples/labels", 0, 10),
        ("samples/ann_winners", 0, -1),
        ("decisions/winners", (0, 0), 10),
        ("decisions/durations", (0, 0), 0),
        ("decisions/durations", (0, 0), 2**31 - 1),
        ("decisions/tallies", (0, 0, 0, 0), -1),
        ("decisions/tallies", (0, 0, 0, 0), 2**50),
        ("decisions/tallies", (0, 3, 0, 0), 2**62),
        ("decisions/tallies", (0, 3, 1, 0), 10**6),
        ("decisions/tallies", (0, 3, 0, 1), 0),
        ("layers/n_out", 0, 47),
        ("layers/n_in", 1, 0),
        ("layers/cells_per_group", 0, 15),
        ("layers/macs", 0, -1),
        ("layers/slices", 0, 0),
        ("layers/words_per_spike", 0, -1),
        ("layers/cores", 0, np.nan),
        ("layers/cores", 0, np.inf),
        ("layers/cores", 0, 0.0),
        ("timers/layer", 0, 2),
        ("timers/layer", 0, -1),
        ("timers/period", 0, 0),
        ("timers/start", 0, -1),
        ("timers/electrons", 0, 2**62),
    ],
)
def test_impossible_numbers(place: str, index: Any, value: float, saved: Path) -> None:
    def edit(file: h5py.File) -> None:
        array = file[place][...]
        array[index] = value
        file[place][...] = array

    assert place.split("/")[0] in edited(saved, edit)


def test_a_margin_reached_after_one_that_was_not(saved: Path) -> None:
    def edit(file: h5py.File) -> None:
        reached = file["decisions/reached"][...]
        reached[0] = [False, True, True, True]
        file["decisions/reached"][...] = reached

    assert "decisions/" in edited(saved, edit)


@pytest.mark.parametrize("link", [h5py.ExternalLink("other.h5", "labels"), h5py.SoftLink("/samples/ann_winners")])
def test_links_are_refused(link: Any, saved: Path) -> None:
    def edit(file: h5py.File) -> None:
        del file["samples/labels"]
        file["samples/labels"] = link

    assert "samples/labels is missing" in edited(saved, edit)


def test_a_huge_array_is_refused_before_reading(saved: Path) -> None:
    def edit(file: h5py.File) -> None:
        del file["decisions/tallies"]
        shape = (2**40, 4, 2, 5)
        data = file.create_dataset("decisions/tallies", shape=shape, dtype="int64", chunks=(64, 4, 2, 5))
        data[0] = 1

    assert "bytes are declared" in edited(saved, edit)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda run: replace(run, settings={"schema": "x"}), "schema"),
        (lambda run: replace(run, settings={"data": "a\0b"}), "data"),
        (lambda run: replace(run, network="\udcff"), "network"),
        (lambda run: replace(run, labels=run.labels[:-1]), "samples/ann_winners"),
        (lambda run: replace(run, labels=run.labels + 0.5), "samples/labels"),
        (lambda run: replace(run, delta_s=None), "margins"),
        (lambda run: replace(run, programming_nj=float("nan")), "programming_nj"),
        (lambda run: replace(run, layers=()), "layers"),
        (lambda run: replace(run, tallies=-run.tallies), "decisions/tallies"),
    ],
)
def test_what_cannot_be_stored(
    change: Callable[[LayeredRun], LayeredRun], named: str, run: LayeredRun, tmp_path: Path
) -> None:
    with pytest.raises((OutputError, ResultFileError)) as caught:
        save_layered_run(change(run), tmp_path / "run.h5")
    assert named in str(caught.value) and "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_unwritable_places(run: LayeredRun, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for place in ("none/run.h5", "folder"):
        with pytest.raises(OutputError):
            save_layered_run(run, tmp_path / place)
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder"]
    assert list((tmp_path / "folder").iterdir()) == []
