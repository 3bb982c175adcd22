"""The real files against the figures measured when they were collected (first labels, mean, deviation, histograms)."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from spikecim.datasets import load, locate
from spikecim.datasets.catalogue import CATALOGUE
from spikecim.datasets.checksum import sha256_of
from spikecim.datasets.fetch import find_file
from spikecim.datasets.preprocess import RESIZERS, resize

pytestmark = pytest.mark.usefixtures("real_data")

MNIST_TRAIN = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
MNIST_TEST = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


@pytest.mark.parametrize(
    ("name", "split", "first", "histogram"),
    [
        ("mnist", "train", [5, 0, 4, 1, 9], MNIST_TRAIN),
        ("mnist", "test", [7, 2, 1, 0, 4], MNIST_TEST),
        ("fashion-mnist", "train", [9, 0, 0, 3, 0], [6000] * 10),
        ("fashion-mnist", "test", [9, 2, 1, 1, 6], [1000] * 10),
    ],
)
def test_labels(name: str, split: str, first: list[int], histogram: list[int]) -> None:
    data = load(name, split, download=False)
    assert data.labels[:5].tolist() == first
    assert np.bincount(data.labels).tolist() == histogram
    assert data.images.shape == (sum(histogram), 28, 28)


@pytest.mark.parametrize(
    ("name", "mean", "deviation"), [("mnist", 0.13066, 0.30811), ("fashion-mnist", 0.28604, 0.35302)]
)
def test_pixels(name: str, mean: float, deviation: float) -> None:
    images = load(name, "train", download=False).images
    counts = np.bincount(images.ravel(), minlength=256)
    grey = np.arange(256) / 255
    found = counts @ grey / counts.sum()
    assert found == pytest.approx(mean, abs=6e-6)
    assert np.sqrt(counts @ (grey - found) ** 2 / counts.sum()) == pytest.approx(deviation, abs=6e-6)


def test_cifar10_is_the_published_one(real_data: Path) -> None:
    # One batch of five: each is compared with its published checksum when it is read.
    out, test = (load("cifar10", split, download=False) for split in ("held-out", "test"))
    assert out.images.shape == (10_000, 32, 32, 3)
    assert out.labels[:5].tolist() == [1, 8, 5, 1, 5]
    assert np.bincount(out.labels).tolist() == [1014, 1014, 952, 1016, 997, 1025, 980, 977, 1003, 1022]
    assert test.labels[:5].tolist() == [3, 8, 8, 0, 6]
    assert test.n_published == 10_000
    assert str(locate("cifar10")).startswith(str(real_data / "cifar10"))


def test_located_where_they_lie(real_data: Path) -> None:
    for name, entry in CATALOGUE.items():
        assert str(locate(name)).startswith(str(real_data))
        assert load(name, "test", download=False).origin.startswith(str(real_data))
        assert str(locate(name)).endswith(entry.folder)


def test_unpacked_checksums(tmp_path: Path) -> None:
    for entry in CATALOGUE.values():
        for file in entry.files():
            packed = find_file(entry, file)
            assert packed is not None
            raw = tmp_path / file.unpacked_name
            raw.write_bytes(gzip.decompress(packed.read_bytes()))
            assert sha256_of(raw) == file.unpacked_sha256


def test_fashion_is_not_taken_for_mnist(bare: Path, real_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPIKECIM_DATA", str(real_data / "fashion-mnist"))
    assert locate("mnist") is None
    assert locate("fashion-mnist") == str(real_data / "fashion-mnist")


@pytest.mark.parametrize("method", RESIZERS)
def test_shrunk_digits_keep_their_ink(method: str) -> None:
    images = load("mnist", "test", download=False).take(500).images
    small = resize(images, method, 12)
    assert small.shape == (500, 144)
    # MNIST digits lie in the central 20x20 pixels save for a few strokes that centring by mass has shifted.
    ink = (24 / 28) ** 2 if method == "crop24-mean2" else 1.0
    tolerance = 1e-9 if method == "area-mean" else 0.02
    assert small.mean() * ink == pytest.approx(images.mean() / 255, rel=tolerance)
