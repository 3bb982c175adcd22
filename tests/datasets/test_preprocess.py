"""Resizing against closed forms and hand-made examples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikecim.datasets.preprocess import RESIZERS, resize
from spikecim.errors import DataError, ParameterError, ShapeError

SIZES = st.integers(1, 30)


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)


@given(height=SIZES, width=SIZES, side=st.integers(1, 20))
def test_area_mean_keeps_the_mean(height: int, width: int, side: int) -> None:
    images = noise(3, height, width)
    small = resize(images, "area-mean", side)
    assert small.shape == (3, side * side)
    np.testing.assert_allclose(small.mean(axis=1), images.mean(axis=(1, 2)) / 255, rtol=1e-12)


def test_area_mean_by_hand() -> None:
    # 3 pixels to 2: the middle one is shared half and half, weights (2, 1, 0) / 3 and (0, 1, 2) / 3.
    image = np.array([[[0, 30, 60]]], dtype=np.uint8)
    np.testing.assert_allclose(resize(image, "area-mean", 2) * 255, [[10, 50, 10, 50]], rtol=1e-12)
    # 8 to 12: new pixel 0 lies in old pixel 0; new pixel 1 takes half of old 0 and half of old 1.
    row = np.zeros((1, 1, 8), np.uint8)
    row[0, 0, 0] = 200
    np.testing.assert_allclose(resize(row, "area-mean", 12)[0, :3] * 255, [200, 100, 0], rtol=1e-12)


def test_area_mean_of_whole_blocks() -> None:
    images = noise(4, 24, 24)
    blocks = images.reshape(4, 12, 2, 12, 2).mean(axis=(2, 4)).reshape(4, -1) / 255
    np.testing.assert_allclose(resize(images, "area-mean", 12), blocks, rtol=1e-12)


def test_crop24_by_hand() -> None:
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, :2], image[0, :, 26:] = 255, 255  # the border is cut off
    image[0, 2:4, 2:4] = [[10, 20], [30, 40]]
    image[0, 24, 25] = 100
    small = resize(image, "crop24-mean2", 12) * 255
    expected = np.zeros((12, 12))
    expected[0, 0], expected[11, 11] = 25, 25
    np.testing.assert_allclose(small, expected.reshape(1, -1), rtol=1e-12)


@pytest.mark.parametrize(("shape", "side"), [((1, 28, 28), 14), ((1, 8, 8), 12), ((1, 28, 24), 12), ((1, 24, 24), 12)])
def test_crop24_fits_one_size(shape: tuple[int, ...], side: int) -> None:
    with pytest.raises(ShapeError, match="crop24-mean2 takes 28x28 images to side 12"):
        resize(noise(*shape), "crop24-mean2", side)


@pytest.mark.parametrize(("length", "side"), [(28, 12), (8, 12), (9, 5)])
def test_bilinear_ramp_is_exact_inside(length: int, side: int) -> None:
    ramp = np.linspace(-1, 1, length)
    centres = (np.arange(side) + 0.5) * length / side - 0.5
    expected = np.clip(-1 + 2 * centres / (length - 1), -1, 1)
    across = resize(np.tile(ramp, (1, 6, 1)), "bilinear", side).reshape(side, side)
    np.testing.assert_allclose(across, np.tile(expected, (side, 1)), atol=1e-12)
    down = resize(np.tile(ramp[:, None], (1, 1, 6)), "bilinear", side).reshape(side, side)
    np.testing.assert_allclose(down, across.T, atol=1e-12)


@pytest.mark.parametrize("method", ["area-mean", "bilinear"])
def test_same_size_changes_nothing(method: str) -> None:
    images = noise(2, 7, 7)
    np.testing.assert_array_equal(resize(images, method, 7), images.reshape(2, -1) / 255)


@pytest.mark.parametrize("method", RESIZERS)
def test_white_stays_exactly_one(method: str) -> None:
    assert np.all(resize(np.full((2, 28, 28), 255, np.uint8), method, 12) == 1)
    assert np.all(np.abs(resize(np.full((2, 28, 28), -1.0), method, 12) + 1) < 1e-12)


@pytest.mark.parametrize("method", RESIZERS)
def test_batch_does_not_matter(method: str) -> None:
    images = noise(5000, 28, 28)
    whole = resize(images, method, 12)
    assert whole.min() >= 0
    assert whole.max() <= 1
    np.testing.assert_array_equal(resize(images[4321:4322], method, 12), whole[4321:4322])
    np.testing.assert_allclose(resize(images[:9] / 255, method, 12), whole[:9], atol=1e-12)


@pytest.mark.parametrize("method", RESIZERS)
def test_weights_are_whole_numbers_with_one_sum(method: str) -> None:
    weights = RESIZERS[method](28, 12)
    assert weights.shape == (12, 28)
    assert np.all(weights == np.rint(weights))
    assert np.all(weights >= 0)
    assert len(set(weights.sum(axis=1))) == 1


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.nan, "sample 2, pixel (1, 3) is nan; must be finite"),
        (np.inf, "sample 2, pixel (1, 3) is inf; must be finite"),
        (1.5, "sample 2, pixel (1, 3) is 1.5; allowed: -1 to 1"),
        (-2.0, "sample 2, pixel (1, 3) is -2.0; allowed: -1 to 1"),
    ],
)
def test_bad_pixels_are_named(value: float, words: str) -> None:
    images = np.zeros((4, 5, 6))
    images[2, 1, 3] = images[3, 0, 0] = value
    with pytest.raises(DataError) as caught:
        resize(images, "area-mean", 3)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("images", "method", "side", "error", "words"),
    [
        (noise(0, 8, 8), "area-mean", 4, DataError, "empty set"),
        (noise(3, 0, 8), "area-mean", 4, DataError, "empty set"),
        (noise(8, 8), "area-mean", 4, ShapeError, "uint8 \\(8, 8\\)"),
        (np.zeros((1, 8, 8), int), "area-mean", 4, ShapeError, "int64"),
        (noise(1, 8, 8), "area-mean", 0, ParameterError, "side must be"),
        (noise(1, 8, 8), "area-meen", 4, ParameterError, "did you mean 'area-mean'"),
    ],
)
def test_bad_input(images: np.ndarray, method: str, side: int, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        resize(images, method, side)
