"""Labelled images as a value, grey or in colour, with the place they came from and how many of them are here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import DataError, ParameterError, ShapeError


@dataclass(frozen=True, kw_only=True)
class ImageSet:
    """One split of a data set.

    Attributes
    ----------
    name, split : str
    images : uint8 (n_samples, height, width), or (n_samples, height, width, channels) in colour
        Grey: 0 is background, 255 is ink.
    labels : uint8 (n_samples,)
    origin : str
        Path, ``"downloaded from ..."`` or ``"scikit-learn digits"``.
    n_published : int or None
        How many images the whole split has, if there are more than here.
    """

    name: str
    split: str
    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    origin: str
    n_published: int | None = None

    @property
    def n_samples(self) -> int:
        return len(self.images)

    @property
    def complete(self) -> bool:
        """Whether the whole split is here."""
        return self.n_published in (None, self.n_samples)

    @property
    def extent(self) -> str:
        """How much of the split is here, in words: "first 1,000 of 10,000 test images"."""
        if self.complete:
            return f"{self.n_samples:,} {self.split} images"
        return f"first {self.n_samples:,} of {self.n_published:,} {self.split} images"

    def check(self) -> ImageSet:
        """Return the set itself.

        Raises
        ------
        ShapeError
            If an array is not uint8, has the wrong number of axes, or images and labels differ in number.
        DataError
            If there is no image or an image has no pixel.
        """
        self._check_array("images", self.images, "(n_samples, height, width) or (..., channels)", (3, 4))
        self._check_array("labels", self.labels, "(n_samples,)", (1,))
        if len(self.images) != len(self.labels):
            counts = f"{len(self.images)} images but {len(self.labels)} labels"
            raise ShapeError(f"{self._where()}: {counts}; give one label for each image")
        if self.images.size == 0:
            raise DataError(f"{self._where()}: empty set, images {self.images.shape}; give one image or more")
        return self

    def take(self, n: int) -> ImageSet:
        """Return the first `n` samples (views, no copy); `ParameterError` unless 1 <= n <= n_samples."""
        if not 1 <= n <= self.n_samples:
            raise ParameterError(f"{self._where()}: cannot take {n} samples; allowed: 1 to {self.n_samples}")
        whole = self.n_published or self.n_samples
        return replace(self, images=self.images[:n], labels=self.labels[:n], n_published=whole)

    def head(self, limit: int | None) -> ImageSet:
        """Return the first `limit` samples, or the set itself if it has no more or `limit` is None."""
        return self if limit is None or limit >= self.n_samples else self.take(limit)

    def _check_array(self, field: str, array: NDArray[np.uint8], shape: str, n_axes: tuple[int, ...]) -> None:
        if array.ndim not in n_axes or array.dtype != np.uint8:
            found = f"{array.dtype} {array.shape}"
            raise ShapeError(f"{self._where()}: {field} must be uint8 {shape}, got {found}")

    def _where(self) -> str:
        return f"{self.name} {self.split} ({self.origin})"


def without_folder(origin: str) -> str:
    """`origin` for a result that travels: the folder that a file lay in stays behind."""
    return origin if "://" in origin else Path(origin).name
