"""Labelled grey images as a value, with the place they came from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import DataError, ParameterError, ShapeError


@dataclass(frozen=True, kw_only=True)
class ImageSet:
    """One split of a data set.

    Attributes
    ----------
    name, split : str
    images : uint8 (n_samples, height, width)
        0 is background, 255 is ink.
    labels : uint8 (n_samples,)
    origin : str
        Path, ``"downloaded from ..."`` or ``"scikit-learn digits"``.
    """

    name: str
    split: str
    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    origin: str

    @property
    def n_samples(self) -> int:
        return len(self.images)

    def check(self) -> ImageSet:
        """Return the set itself.

        Raises
        ------
        ShapeError
            If an array is not uint8, has the wrong number of axes, or images and labels differ in number.
        DataError
            If there is no image or an image has no pixel.
        """
        self._check_array("images", self.images, "(n_samples, height, width)", 3)
        self._check_array("labels", self.labels, "(n_samples,)", 1)
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
        return replace(self, images=self.images[:n], labels=self.labels[:n])

    def _check_array(self, field: str, array: NDArray[np.uint8], shape: str, n_axes: int) -> None:
        if array.ndim != n_axes or array.dtype != np.uint8:
            found = f"{array.dtype} {array.shape}"
            raise ShapeError(f"{self._where()}: {field} must be uint8 {shape}, got {found}")

    def _where(self) -> str:
        return f"{self.name} {self.split} ({self.origin})"
