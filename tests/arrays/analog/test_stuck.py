"""Stuck maps: statistics, independence, files, and the refusal of another chip's map."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikecim.arrays.analog.stuck import StuckMap, draw_stuck
from spikecim.arrays.analog.stuck_files import read_stuck_maps, write_stuck_maps
from spikecim.errors import DataError, OutputError, ShapeError

SIGMAS = 5.0
SHAPE = (2, 2, 120, 110)
SHARES = (0.05, 0.02)


def a_map(name: str = "conv1", chip: str = "chip 3", seed: int = 1) -> StuckMap:
    return StuckMap(cells=draw_stuck((2, 1, 5, 4), (0.3, 0.2), seed, name), chip=chip, layer=name)


def test_shares_and_independence() -> None:
    cells = draw_stuck(SHAPE, SHARES, 1, "m")
    for state, share in zip((-1, 1), SHARES, strict=True):
        hits = cells == state
        assert abs(hits.mean() - share) < SIGMAS * np.sqrt(share * (1 - share) / cells.size)
        # Both polarities of one place: the product of the shares, not the share.
        both, n = (hits[0] & hits[1]).mean(), cells.size // 2
        assert abs(both - share**2) < SIGMAS * np.sqrt(share**2 * (1 - share**2) / n)
    assert not np.array_equal(cells, draw_stuck(SHAPE, SHARES, 2, "m"))
    assert not np.array_equal(cells, draw_stuck(SHAPE, SHARES, 1, "n"))


def test_spare_columns_change_no_other_cell() -> None:
    plain = draw_stuck((2, 1, 20, 10), SHARES, 1, "m")
    for spares in (1, 4):
        spared = draw_stuck((2, 1, 20, 10 + spares), SHARES, 1, "m", n_out=10)
        assert np.array_equal(spared[..., :10], plain)
    more = draw_stuck((2, 1, 20, 16), SHARES, 1, "m", n_out=10)
    assert np.array_equal(more[..., :14], spared)


@pytest.mark.parametrize("suffix", [".npz", ".csv"])
def test_maps_come_back_from_their_files(tmp_path: Path, suffix: str) -> None:
    maps = {name: a_map(name) for name in ("conv1", "fc, 2")}
    path = tmp_path / f"chip{suffix}"
    write_stuck_maps(path, maps)
    found = read_stuck_maps(path)
    assert list(found) == list(maps)
    for name, one in maps.items():
        assert np.array_equal(found[name].cells, one.cells)
        assert (found[name].chip, found[name].layer) == ("chip 3", name)


@settings(deadline=None, max_examples=25)
@given(shape=st.tuples(st.just(2), *[st.integers(1, 4)] * 3), seed=st.integers(0, 99))
def test_any_map_comes_back(tmp_path_factory: pytest.TempPathFactory, shape: tuple[int, ...], seed: int) -> None:
    cells = np.random.default_rng(seed).integers(-1, 2, shape).astype(np.int8)
    path = tmp_path_factory.getbasetemp() / "any.csv"
    write_stuck_maps(path, {"m": StuckMap(cells=cells, chip="c", layer="m")})
    assert np.array_equal(read_stuck_maps(path)["m"].cells, cells)


def test_the_map_of_another_chip_is_refused() -> None:
    one = a_map()
    assert np.array_equal(one.for_chip("chip 3", "conv1", (2, 1, 5, 4)), one.cells)
    for chip, layer, shape, text in (
        ("chip 4", "conv1", (2, 1, 5, 4), "of chip 'chip 3', layer 'conv1': this is layer 'conv1' of chip 'chip 4'"),
        ("chip 3", "conv2", (2, 1, 5, 4), "layer 'conv2'"),
        ("chip 3", "conv1", (2, 2, 5, 4), r"cells \(2, 1, 5, 4\); the plan needs \(2, 2, 5, 4\)"),
    ):
        with pytest.raises(DataError, match=text) as fault:
            one.for_chip(chip, layer, shape)
        assert "\n" not in str(fault.value)


@pytest.mark.parametrize(
    ("cells", "error"),
    [
        (np.zeros((2, 1, 5, 4)), ShapeError),
        (np.zeros((1, 1, 5, 4), np.int8), ShapeError),
        (np.zeros((2, 5, 4), np.int8), ShapeError),
        (np.full((2, 1, 5, 4), 2, np.int8), DataError),
    ],
)
def test_what_is_no_map(cells: np.ndarray, error: type[Exception]) -> None:
    with pytest.raises(error):
        StuckMap(cells=cells, chip="c", layer="m")


CSV = "# chip,c\n# layer,m,2,1,2,2\nlayer,polarity,slice,row,column,state\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "name one chip"),
        ("# chip,c\n", "holds no matrix"),
        ("# chip,c\n# chip,d\n", "name one chip"),
        (CSV + "m,positive,0,0\n", "line 4: expected"),
        (CSV + "n,positive,0,0,0,LRS\n", "line 4: expected"),
        (CSV + "m,plus,0,0,0,LRS\n", "polarity is positive or negative"),
        (CSV + "m,positive,0,0,0,SET\n", "state LRS or HRS"),
        (CSV + "m,positive,0,2,0,LRS\n", "no such cell"),
        (CSV + "m,positive,0,-1,0,LRS\n", "no such cell"),
        (CSV + "m,positive,0,a,0,LRS\n", "invalid literal"),
        ("# chip,c\n# layer,m,3,1,2,2\n", "the shape must be"),
        ("# chip,c\n# layer,m,2,1,99999,99999\n", "the shape must be"),
        ("# chip\n", "is no stuck map"),
    ],
)
def test_damaged_csv(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "m.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=told) as fault:
        read_stuck_maps(path)
    assert str(path) in str(fault.value) and "\n" not in str(fault.value)


def test_damaged_npz(tmp_path: Path) -> None:
    path = tmp_path / "m.npz"
    with pytest.raises(DataError, match="cannot be read"):
        read_stuck_maps(path)
    path.write_bytes(b"PK nothing")
    with pytest.raises(DataError, match="is no stuck map"):
        read_stuck_maps(path)
    np.savez(path, chip=np.array("c"))
    with pytest.raises(DataError, match="holds no matrix"):
        read_stuck_maps(path)
    np.savez(path, **{"layer:m": np.zeros((2, 1, 1, 1), np.int8)})
    with pytest.raises(DataError, match="names no chip"):
        read_stuck_maps(path)
    np.savez(path, chip=np.array({"a": 1}, object), **{"layer:m": np.zeros((2, 1, 1, 1), np.int8)})
    with pytest.raises(DataError, match="is no stuck map"):
        read_stuck_maps(path)
    np.savez(path, chip=np.array("c"), **{"layer:m": np.full((2, 1, 1, 1), 7, np.int8)})
    with pytest.raises(DataError, match="states are"):
        read_stuck_maps(path)


def test_what_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"\.npz or a \.csv"):
        write_stuck_maps(tmp_path / "m.txt", {"conv1": a_map()})
    with pytest.raises(DataError, match="of 2 chips"):
        write_stuck_maps(tmp_path / "m.npz", {"a": a_map("a"), "b": a_map("b", chip="chip 4")})
    assert not list(tmp_path.iterdir())
