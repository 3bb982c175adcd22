"""Batches of training images, shifted and mirrored at random; every draw comes from a named stream of its epoch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from spikecim.streams import stream
from spikecim.training.deep.recipes import Recipe

Images = NDArray[np.uint8]
Labels = NDArray[np.int64]


def batches(
    images: NDArray[np.generic], labels: Labels, recipe: Recipe, seed: int, epoch: int
) -> Iterator[tuple[NDArray[np.generic], Labels]]:
    """Yield the batches of one epoch: images (batch, height, width, channels) of the type given, labels (batch,)."""
    draws = stream(seed, recipe.name, "epoch", epoch)
    order = draws.permutation(len(images))
    height, width = images.shape[1:3]
    margin = (recipe.crop, recipe.crop)
    padded = np.pad(images, ((0, 0), margin, margin, (0, 0)))
    for step in range(len(images) // recipe.batch):
        chosen = order[step * recipe.batch : (step + 1) * recipe.batch]
        down, across = draws.integers(0, 2 * recipe.crop + 1, (2, recipe.batch))
        mirrored = (draws.random(recipe.batch) < 0.5) & recipe.flip
        rows = down[:, None] + np.arange(height)
        columns = across[:, None] + np.where(mirrored[:, None], np.arange(width)[::-1], np.arange(width))
        yield padded[chosen[:, None, None], rows[:, :, None], columns[:, None, :]], labels[chosen]
