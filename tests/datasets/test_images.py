"""ImageSet refuses what is not a labelled set of images."""

from __future__ import annotations

import numpy as np
import pytest

from spikecim.datasets import ImageSet
from spikecim.errors import DataError, ParameterError, ShapeError


def image_set(images: np.ndarray, labels: np.ndarray) -> ImageSet:
    return ImageSet(name="tiny", split="test", images=images, labels=labels, origin="a/b.gz")


def zeros(*shape: int, dtype: type = np.uint8) -> np.ndarray:
    return np.zeros(shape, dtype)


@pytest.mark.parametrize(
    ("images", "labels", "error", "words"),
    [
        (zeros(0, 3, 3), zeros(0), DataError, "empty set"),
        (zeros(2, 0, 3), zeros(2), DataError, "empty set"),
        (zeros(2, 3, 3), zeros(3), ShapeError, "2 images but 3 labels"),
        (zeros(2, 9), zeros(2), ShapeError, "images must be"),
        (zeros(2, 3, 3), zeros(2, 1), ShapeError, "labels must be"),
        (zeros(2, 3, 3, dtype=float), zeros(2), ShapeError, "float64"),
    ],
)
def test_bad_sets(images: np.ndarray, labels: np.ndarray, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words) as caught:
        image_set(images, labels).check()
    assert "tiny test (a/b.gz)" in str(caught.value)


def test_take_keeps_the_first() -> None:
    labels = np.arange(5, dtype=np.uint8)
    part = image_set(zeros(5, 2, 2), labels).check().take(2)
    assert part.n_samples == 2
    assert part.labels.tolist() == [0, 1]
    assert part.origin == "a/b.gz"


@pytest.mark.parametrize("n", [0, -1, 6])
def test_take_within_the_set(n: int) -> None:
    with pytest.raises(ParameterError, match=f"cannot take {n} samples; allowed: 1 to 5"):
        image_set(zeros(5, 2, 2), zeros(5)).take(n)
