"""A network's inputs: float32 in [0, 1], channels last, of the size asked for, with what was loaded in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from spikecim.datasets import held_out, load
from spikecim.datasets.held_out import held_out_split
from spikecim.datasets.images import ImageSet
from spikecim.datasets.pixels import load_images
from spikecim.datasets.preprocess import resize
from spikecim.errors import ParameterError


def test_grey_images_get_one_channel(bare: Path) -> None:
    pixels = load_images("digits", "test")
    assert pixels.values.shape == (500, 8, 8, 1)
    assert pixels.values.dtype == np.float32
    np.testing.assert_allclose(pixels.values[..., 0] * 255, load("digits", "test").images, rtol=1e-6)
    assert (pixels.values.min(), pixels.values.max()) == (0, 1)
    assert pixels.labels.dtype == np.int16
    assert (pixels.origin, pixels.extent, pixels.complete) == ("scikit-learn digits", "500 test images", True)


def test_limit_and_side(bare: Path) -> None:
    pixels = load_images("digits", "test", limit=20, side=4)
    images = load("digits", "test").images[:20]
    np.testing.assert_allclose(pixels.values.reshape(20, 16), resize(images, "area-mean", 4), rtol=1e-6)
    assert (pixels.extent, pixels.complete) == ("first 20 of 500 test images", False)
    assert load_images("digits", "test", limit=501).complete
    with pytest.raises(ParameterError, match="cannot take 0 samples"):
        load_images("digits", "test", limit=0)


def test_colours_stay_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    images = np.random.default_rng(1).integers(0, 256, (3, 6, 6, 3), dtype=np.uint8)
    colours = ImageSet(name="any", split="test", images=images, labels=np.zeros(3, np.uint8), origin="x").check()
    monkeypatch.setattr("spikecim.datasets.pixels.load", lambda *_, **__: colours)
    np.testing.assert_allclose(load_images("any", "test").values * 255, images, rtol=1e-6)
    means = images.reshape(3, 3, 2, 3, 2, 3).mean(axis=(2, 4)) / 255
    np.testing.assert_allclose(load_images("any", "test", side=3).values, means, rtol=1e-6)


def test_held_out_images_are_no_others(bare: Path) -> None:
    train, fit, out = (load("digits", split) for split in ("train", "fit", "held-out"))
    kept, held = held_out_split(train.n_samples)
    np.testing.assert_array_equal(fit.images, train.images[kept])
    np.testing.assert_array_equal(out.labels, train.labels[held])
    assert fit.n_samples + out.n_samples == train.n_samples
    assert out.extent == f"{out.n_samples} held-out images"
    assert held_out("digits") == held_out("mnist") == "every sixth training image"
    assert held.tolist()[:2] == [5, 11]
