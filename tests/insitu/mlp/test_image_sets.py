"""Images for training on the chip: three parts that share no image, cropped and in black and white."""

from __future__ import annotations

import numpy as np
import pytest

from spikecim.datasets import load
from spikecim.errors import ParameterError
from spikecim.insitu import image_sets
from spikecim.insitu.image_sets import training_images


def test_parts_of_the_digits() -> None:
    images, train = training_images("digits", binary=False), load("digits", "train")
    assert (images.train.n_samples, images.validation.n_samples, images.test.n_samples) == (1000, 297, 500)
    np.testing.assert_array_equal(images.train.codes, train.images[:1000].reshape(1000, 64))
    np.testing.assert_array_equal(images.validation.codes, train.images[1000:].reshape(297, 64))
    np.testing.assert_array_equal(images.test.codes, load("digits", "test").images.reshape(500, 64))
    assert images.n_in == 64


def test_binary_pixels_and_limits() -> None:
    grey, binary = training_images("digits", binary=False), training_images("digits", validation=97, limit=50)
    np.testing.assert_array_equal(binary.train.codes, np.where(grey.train.codes[:50] >= 128, 255, 0))
    assert (binary.train.n_samples, binary.validation.n_samples) == (50, 97)
    np.testing.assert_array_equal(binary.validation.labels, grey.validation.labels[-97:])
    assert training_images("digits", validation=0).validation.n_samples == 0


def test_larger_images_keep_their_centre(monkeypatch: pytest.MonkeyPatch) -> None:
    published = load("digits", "train")
    whole = np.zeros((published.n_samples, 28, 28), np.uint8)
    whole[:, 4:24, 4:24] = np.arange(400, dtype=np.uint8).reshape(20, 20)
    made = type(published)(name="mnist", split="train", images=whole, labels=published.labels, origin="a test")
    monkeypatch.setattr(image_sets, "load", lambda *_, **__: made)
    images = training_images("mnist", binary=False, validation=100)
    np.testing.assert_array_equal(images.train.codes, np.tile(np.arange(400, dtype=np.uint8), (1197, 1)))


@pytest.mark.parametrize("bad", [{"validation": 1297}, {"validation": -1}, {"limit": 0}, {"limit": 1001}])
def test_a_number_that_leaves_nothing_is_refused(bad: dict[str, int]) -> None:
    with pytest.raises(ParameterError, match=next(iter(bad))):
        training_images("digits", **bad)


def test_unknown_names() -> None:
    with pytest.raises(ParameterError, match="did you mean 'mnist'"):
        training_images("mnsit")
