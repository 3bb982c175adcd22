"""IDX files: what goes in comes out, and every kind of damage is named."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import array_shapes, arrays

from spikecim.datasets.idx import read_idx
from spikecim.errors import DataError, DataNotFoundError


def pack_idx(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + np.asarray(array.shape, ">u4").tobytes() + array.tobytes()


ARRAY = np.arange(60, dtype=np.uint8).reshape(3, 4, 5)
RAW = pack_idx(ARRAY)
PACKED = gzip.compress(RAW, mtime=0)


@given(array=arrays(np.uint8, array_shapes(max_dims=4, min_side=0, max_side=5)), packed=...)
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, array: np.ndarray, packed: bool) -> None:
    path = tmp_path_factory.mktemp("idx") / ("a.gz" if packed else "a")
    raw = pack_idx(array)
    path.write_bytes(gzip.compress(raw, mtime=0) if packed else raw)
    read = read_idx(path)
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, array)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.gz", PACKED[:-12], "truncated gzip"),
        ("a.gz", RAW, "not a gzip file"),
        ("a.gz", b"", "not a gzip file"),
        ("a.gz", b"<html>404</html>", "not a gzip file"),
        ("a.gz", PACKED[:-5] + bytes([PACKED[-5] ^ 1]) + PACKED[-4:], "damaged gzip"),
        ("a.gz", PACKED[:10] + b"\xff" * 40, "damaged gzip"),
        ("a.gz", PACKED + b"more", "damaged gzip"),
        ("a.gz", gzip.compress(RAW[:-1], mtime=0), "truncated: 59 of 60 bytes"),
        ("a", RAW[:-7], "truncated: 53 of 60 bytes"),
        ("a", RAW + b"xy", "2 bytes too many"),
        ("a", RAW[:9], "truncated: 9 of 16 bytes of the IDX header"),
        ("a", b"", "not an IDX file"),
        ("a", b"\x01" + RAW[1:], "not an IDX file"),
        ("a", PACKED, "not an IDX file"),
        ("a", b"\x00\x00\x0d" + RAW[3:], "type 0x0d"),
        ("a", b"\x00\x00\x08\x00" + RAW[4:], "0 axes"),
        ("a", b"\x00\x00\x08\xff" + RAW[4:], "255 axes"),
        ("a", b"\x00\x00\x08\x03" + b"\xff" * 12, "truncated: 0 of"),
    ],
)
def test_damage_is_named(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(DataError) as caught:
        read_idx(path, dataset="mnist")
    message = str(caught.value)
    assert words in message
    assert str(path) in message
    assert "spikecim data fetch mnist" in message
    assert "\n" not in message


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError, match="no such file; get it with: spikecim data fetch mnist"):
        read_idx(tmp_path / "a.gz", dataset="mnist")


def test_folder_instead_of_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_idx(tmp_path)
