"""Shrinks images to the input grid of a chip: 28x28 or 8x8 pixels to, say, 12x12 lines.

Every method is separable: one matrix for rows, one for columns. Its weights are whole numbers over a common divisor, so
sums of uint8 pixels are exact and a pixel has the same value on every machine and in a batch of any size.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.datasets.choices import check_choice
from spikecim.errors import DataError, ParameterError, ShapeError

BATCH = 2048  # images turned to float64 at a time: they stay in the processor's cache


def area_mean(length: int, side: int) -> NDArray[np.float64]:
    """Overlap of each new pixel with each old one, in units of 1/side of an old pixel; (side, length)."""
    old, new = np.arange(length) * side, np.arange(side)[:, None] * length
    overlap = np.minimum(old + side, new + length) - np.maximum(old, new)
    return np.maximum(overlap, 0).astype(np.float64)


def crop24_mean2(length: int, side: int) -> NDArray[np.float64]:
    """Means of pairs in the central 24 pixels; (12, 28)."""
    if (length, side) != (28, 12):
        found = f"an axis of {length} pixels and side {side}"
        raise ShapeError(f"crop24-mean2 takes 28x28 images to side 12, got {found}; use area-mean for other sizes")
    return np.pad(np.kron(np.eye(12), np.ones(2)), ((0, 0), (2, 2)))


def bilinear(length: int, side: int) -> NDArray[np.float64]:
    """Weights of the two old pixel centres beside each new centre, in units of 1/(2 side); (side, length).

    The centre of new pixel j lies at (j + 1/2) length / side - 1/2 old pixels; outside the image the edge continues.
    """
    row = np.arange(side)
    left, part = np.divmod((2 * row + 1) * length - side, 2 * side)
    weights = np.zeros((side, length))
    np.add.at(weights, (row, np.clip(left, 0, length - 1)), 2 * side - part)
    np.add.at(weights, (row, np.clip(left + 1, 0, length - 1)), part)
    return weights


# (length, side) -> whole-number weights (side, length), each row with the same sum.
RESIZERS: Mapping[str, Callable[[int, int], NDArray[np.float64]]] = {
    "area-mean": area_mean,
    "crop24-mean2": crop24_mean2,
    "bilinear": bilinear,
}


def resize(images: NDArray[Any], method: str, side: int) -> NDArray[np.float64]:
    """Resize images to `side` x `side` pixels, one row for each image.

    Parameters
    ----------
    images : uint8 (n_samples, height, width), or float in [-1, 1]
        uint8 pixels are divided by 255.
    method : str
        A name in `RESIZERS`.
    side : int
        At least 1.

    Returns
    -------
    float64 (n_samples, side * side)
        Row-major; in [0, 1] for uint8, in [-1, 1] for float.

    Raises
    ------
    ParameterError
        If the method is unknown or side < 1.
    ShapeError
        If images have other axes or another type, or the method does not fit their size.
    DataError
        If there is no image, or a float pixel is NaN, infinite or beyond [-1, 1].
    """
    check_choice("resize method", method, RESIZERS)
    if side < 1:
        raise ParameterError(f"side must be a whole number of pixels from 1, got {side}")
    _check_images(images)
    rows, columns = (RESIZERS[method](length, side) for length in images.shape[1:])
    divisor = rows[0].sum() * columns[0].sum() * (255 if images.dtype == np.uint8 else 1)
    return np.clip(_apply(images, rows, columns) / divisor, -1, 1)  # rounding of floats may pass 1


def _apply(images: NDArray[Any], rows: NDArray[np.float64], columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return rows @ image @ columns.T of each image, flattened."""
    n_samples, height, width = images.shape
    side = len(rows)
    out = np.empty((n_samples, side * side))
    for start in range(0, n_samples, BATCH):
        batch = images[start : start + BATCH].astype(np.float64)
        narrow = (batch.reshape(-1, width) @ columns.T).reshape(-1, height, side)
        out[start : start + BATCH] = (rows @ narrow).reshape(-1, side * side)
    return out


def _check_images(images: NDArray[Any]) -> None:
    is_float = np.issubdtype(images.dtype, np.floating)
    if images.ndim != 3 or not (is_float or images.dtype == np.uint8):
        found = f"{images.dtype} {images.shape}"
        raise ShapeError(f"images must be uint8 or float (n_samples, height, width), got {found}")
    if images.size == 0:
        raise DataError(f"empty set: images {images.shape}; give at least one image and pixel")
    if is_float:
        _refuse_first(images, ~np.isfinite(images), "must be finite")
        _refuse_first(images, np.abs(images) > 1, "allowed: -1 to 1")


def _refuse_first(images: NDArray[Any], bad: NDArray[np.bool_], rule: str) -> None:
    if not bad.any():
        return
    sample, row, column = np.unravel_index(int(bad.argmax()), bad.shape)
    value = images[sample, row, column]
    raise DataError(f"sample {sample}, pixel ({row}, {column}) is {value}; {rule}; mend or leave out this sample")
