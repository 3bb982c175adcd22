"""The images of a recipe: what is trained on, what is held out, and the test images that only the report sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.datasets import held_out, load
from spikecim.datasets.preprocess import resize
from spikecim.errors import DataError
from spikecim.training.deep.recipes import Recipe

Images = NDArray[np.generic]
Labels = NDArray[np.int64]
SPLITS = {"train": "fit", "held_out": "held-out", "test": "test"}


@dataclass(frozen=True, kw_only=True)
class Part:
    """Images (n_samples, height, width, channels), uint8 or float32 in [0, 1], their labels, and where from."""

    images: Images
    labels: Labels
    origin: str

    def pixels(self) -> NDArray[np.float32]:
        """Images as float32 in [0, 1]."""
        divisor = np.float32(255 if self.images.dtype == np.uint8 else 1)
        return self.images.astype(np.float32) / divisor


@dataclass(frozen=True, kw_only=True)
class Material:
    """What one recipe needs."""

    train: Part
    held_out: Part
    test: Part


def material(recipe: Recipe) -> Material:
    """Load the data of `recipe`, at its input shape.

    Raises
    ------
    DataError
        If the images have other channels than the network, or are fewer than a batch; and what `load` raises.
    """
    data = Material(**{part: _part(recipe, split) for part, split in SPLITS.items()})
    if len(data.train.images) < recipe.batch:
        raise DataError(f"{data.train.origin}: fewer than the {recipe.batch} images of a batch of {recipe.name}")
    return data


def _part(recipe: Recipe, split: str) -> Part:
    """The images of `split`, with a channel axis and in the recipe's size."""
    source = load(recipe.dataset, split)
    images: Images = source.images
    height, width, channels = recipe.input_shape
    found = images.shape[3] if images.ndim == 4 else 1
    if found != channels:
        raise DataError(f"{source.name}: images have {found} channels, {recipe.name} takes {channels}")
    if images.shape[1:3] != (height, width):
        images = resize(images, "area-mean", height).astype(np.float32)
    rule = "" if split == "test" else f" ({held_out(recipe.dataset)} held out)"
    return Part(
        images=images.reshape(-1, height, width, channels),
        labels=source.labels.astype(np.int64),
        origin=f"{source.name}, {source.extent}{rule}",
    )
