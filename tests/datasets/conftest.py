"""A machine without data, a tiny catalogue entry, and the folder of real data files if there is one."""

from __future__ import annotations

import gzip
import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

from spikecim.datasets.catalogue import DataFile, Entry

# Read before any test can change it.
REAL_DATA = os.environ.get("SPIKECIM_DATA")


def pack_idx(array: np.ndarray) -> bytes:
    """The bytes of an IDX file of unsigned bytes."""
    return bytes([0, 0, 8, array.ndim]) + np.asarray(array.shape, ">u4").tobytes() + array.tobytes()


def describe(name: str, raw: bytes) -> DataFile:
    packed = gzip.compress(raw, mtime=0)
    sums = [hashlib.sha256(data).hexdigest() for data in (packed, raw)]
    return DataFile(name=name, sha256=sums[0], unpacked_sha256=sums[1])


@pytest.fixture
def contents() -> dict[str, bytes]:
    """Unpacked bytes of the four files of the tiny set, by published name."""
    images = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    labels = np.array([7, 1], dtype=np.uint8)
    names = ("train-images.gz", "train-labels.gz", "test-images.gz", "test-labels.gz")
    return dict(zip(names, map(pack_idx, (images, labels, images[:1], labels[:1])), strict=True))


@pytest.fixture
def entry(contents: dict[str, bytes]) -> Entry:
    files = {name: describe(name, raw) for name, raw in contents.items()}
    return Entry(
        name="tiny",
        title="two images",
        folder="tiny-set",
        images={split: files[f"{split}-images.gz"] for split in ("train", "test")},
        labels={split: files[f"{split}-labels.gz"] for split in ("train", "test")},
        mirrors=(),
        licence="none",
        citation="none",
    )


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory and a user cache without data, SPIKECIM_DATA unset; returns the cache."""
    cache, work = tmp_path / "cache", tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.delenv("SPIKECIM_DATA", raising=False)
    monkeypatch.setattr("spikecim.datasets.fetch.cache_folder", lambda: cache)
    return cache


@pytest.fixture
def real_data(monkeypatch: pytest.MonkeyPatch) -> Path:
    if not REAL_DATA:
        pytest.skip("set SPIKECIM_DATA to a folder with mnist/, fashion-mnist/ and cifar10/ to run this test")
    monkeypatch.setenv("SPIKECIM_DATA", REAL_DATA)
    return Path(REAL_DATA)
