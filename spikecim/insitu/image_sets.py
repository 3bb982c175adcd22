"""Images for training on the chip: cropped, grey or black and white, the last training images kept for validation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.datasets import load
from spikecim.datasets.choices import check_choice
from spikecim.errors import ParameterError

SETS = ("digits", "mnist", "fashion-mnist")
N_CLASSES = 10
# Inputs of a network: digits are 8 x 8, of the others the central 20 x 20.
N_PIXELS = {"digits": 64, "mnist": 400, "fashion-mnist": 400}
CROP = 4  # MNIST digits fill the central 20 x 20 of 28 x 28 pixels
HALF = 128
# Training images kept for validation if nothing else is said.
N_VALIDATION = {"digits": 297, "mnist": 10_000, "fashion-mnist": 10_000}


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """Inputs of a network.

    Attributes
    ----------
    codes : uint8 (n_samples, n_in)
        0 .. 255, or 0 and 255 in black and white; input = code / 255.
    labels : int64 (n_samples,)
    """

    codes: NDArray[np.uint8]
    labels: NDArray[np.int64]

    @property
    def n_samples(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, kw_only=True)
class TrainingImages:
    """One data set in three parts.

    Attributes
    ----------
    name : str
    train, validation, test : Labelled
        `validation` is the end of the published training images; the test images are only reported.
    binary : bool
    """

    name: str
    train: Labelled
    validation: Labelled
    test: Labelled
    binary: bool

    @property
    def n_in(self) -> int:
        return int(self.train.codes.shape[1])


def training_images(
    name: str, *, binary: bool = True, validation: int | None = None, limit: int | None = None, download: bool = True
) -> TrainingImages:
    """Load `name`: "digits" 8 x 8, "mnist" and "fashion-mnist" as their central 20 x 20 pixels.

    Parameters
    ----------
    binary : bool
        Pixels at or above 128 of 255 are 1, the others 0; else grey.
    validation : int, optional
        How many of the last training images are kept for validation; by default 10,000 (297 of the digits). 0: none.
    limit : int, optional
        Train on the first `limit` of the other training images only.

    Raises
    ------
    ParameterError
        If a number leaves no image to train on, or the name is unknown.
    DataNotFoundError
        If the files are neither here nor reachable.
    """
    check_choice("data set", name, SETS)
    train, test = (_inputs(name, split, binary, download) for split in ("train", "test"))
    kept = N_VALIDATION[name] if validation is None else validation
    free = train.n_samples - kept
    if kept < 0 or free < 1:
        raise ParameterError(f"{name}: validation {kept} of {train.n_samples} training images leaves none to train on")
    if limit is not None and not 1 <= limit <= free:
        raise ParameterError(f"{name}: limit {limit}: allowed 1 .. {free} beside {kept} images for validation")
    return TrainingImages(
        name=name,
        train=_part(train, slice(0, limit or free)),
        validation=_part(train, slice(free, None)),
        test=test,
        binary=binary,
    )


def _part(images: Labelled, chosen: slice) -> Labelled:
    return Labelled(codes=images.codes[chosen], labels=images.labels[chosen])


def _inputs(name: str, split: str, binary: bool, download: bool) -> Labelled:
    images = load(name, split, download=download)
    pixels = images.images if name == "digits" else images.images[:, CROP:-CROP, CROP:-CROP]
    codes = np.ascontiguousarray(pixels.reshape(len(pixels), -1))
    if binary:
        codes = np.where(codes >= HALF, np.uint8(255), np.uint8(0))
    return Labelled(codes=codes, labels=images.labels.astype(np.int64))
