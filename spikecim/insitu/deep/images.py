"""CIFAR-10 for training on the chip: the last training images are kept for choices; batches shifted and mirrored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.datasets import load
from spikecim.insitu.deep.job import CHANNELS, SIDE, DeepJob
from spikecim.training.deep.augment import batches
from spikecim.training.deep.recipes import Recipe

Part = tuple[NDArray[np.uint8], NDArray[np.int64]]


@dataclass(frozen=True, kw_only=True)
class ColourImages:
    """Images (n_samples, side, side, channels) and labels (n_samples,) of each part.

    Attributes
    ----------
    train, validation : (images, labels)
        `validation` is the end of the training images.
    test : (images, labels)
        Only reported.
    """

    train: Part
    validation: Part
    test: Part


def colour_images(job: DeepJob) -> ColourImages:
    """CIFAR-10 as `job` divides it; errors as `datasets.load`."""
    train, test = load("cifar10", "train"), load("cifar10", "test")
    free = len(train.labels) - job.validation
    images, labels = train.images, train.labels.astype(np.int64)
    first = job.limit or free
    return ColourImages(
        train=(images[:first], labels[:first]),
        validation=(images[free:], labels[free:]),
        test=(test.images, test.labels.astype(np.int64)),
    )


@dataclass(frozen=True, kw_only=True)
class Batches:
    """The batches of one epoch.

    Attributes
    ----------
    images : (images, labels)
    job : DeepJob
    epoch : int
    order : str
        Name of the stream that order and shifts are drawn from.
    """

    images: Part
    job: DeepJob
    epoch: int
    order: str = "training"

    def taken(self) -> Iterator[tuple[NDArray[np.generic], NDArray[np.int64]]]:
        """Images (batch, side, side, channels) uint8 and labels."""
        job = self.job
        recipe = Recipe(
            name=f"insitu {self.order}",
            architecture="vgg8",
            dataset="cifar10",
            input_shape=(SIDE, SIDE, CHANNELS),
            epochs=job.epochs,
            batch=job.batch,
            crop=job.crop,
            flip=job.flip,
        )
        return batches(*self.images, recipe, job.seed, self.epoch)
