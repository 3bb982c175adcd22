"""Images for a network that takes all of their pixels: float32 in [0, 1], channels last, in their size or another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.datasets import load
from spikecim.datasets.preprocess import resize


@dataclass(frozen=True, kw_only=True)
class Pixels:
    """Labelled inputs of a network.

    Attributes
    ----------
    dataset, split, origin : str
    values : float32 (n_samples, height, width, channels) in [0, 1]
        Grey images have one channel.
    labels : int16 (n_samples,)
    complete : bool
        Whether these are all images of the split.
    extent : str
        The same in words: "first 1,000 of 10,000 test images".
    """

    dataset: str
    split: str
    origin: str
    values: NDArray[np.float32]
    labels: NDArray[np.int16]
    complete: bool
    extent: str

    @property
    def n_samples(self) -> int:
        return len(self.labels)


def load_images(
    dataset: str,
    split: str,
    *,
    limit: int | None = None,
    side: int | None = None,
    download: bool = True,
    progress: bool = False,
) -> Pixels:
    """Load a split of `dataset` as a network's inputs.

    Parameters
    ----------
    dataset, split, limit, download, progress
        As of `spikecim.datasets.load`.
    side : int or None
        Bring the images to `side` x `side` pixels by the mean over area; None keeps their size.

    Raises
    ------
    ParameterError
        If a name is unknown, `limit` or `side` below 1.
    DataError, DataNotFoundError
        If a file is damaged, or neither here nor reachable.
    """
    images = load(dataset, split, limit=limit, download=download, progress=progress)
    grid = images.images if images.images.ndim == 4 else images.images[..., None]
    return Pixels(
        dataset=images.name,
        split=images.split,
        origin=images.origin,
        values=grid.astype(np.float32) / np.float32(255) if side is None else _resized(grid, side),
        labels=images.labels.astype(np.int16),
        complete=images.complete,
        extent=images.extent,
    )


def _resized(images: NDArray[np.uint8], side: int) -> NDArray[np.float32]:
    channels = [resize(np.ascontiguousarray(channel), "area-mean", side) for channel in np.moveaxis(images, -1, 0)]
    return np.stack(channels, axis=-1).reshape(-1, side, side, len(channels)).astype(np.float32)
