"""The 8x8 handwritten digits inside scikit-learn (UCI "Optical Recognition of Handwritten Digits"): no download."""

from __future__ import annotations

import numpy as np

from spikecim.datasets.catalogue import SPLITS
from spikecim.datasets.choices import check_choice
from spikecim.datasets.images import ImageSet

NAME = "digits"
ORIGIN = "scikit-learn digits"
N_TRAIN = 1297
FULL_SCALE = 16


def read_digits(split: str) -> ImageSet:
    """Return the first 1,297 digits ("train") or the last 500 ("test"), 0..16 scaled to 0..255.

    Raises
    ------
    ParameterError
        If `split` is neither.
    """
    check_choice("split", split, SPLITS)
    from sklearn.datasets import load_digits

    bunch = load_digits()
    part = slice(None, N_TRAIN) if split == "train" else slice(N_TRAIN, None)
    images = np.rint(bunch.images[part] * (255 / FULL_SCALE)).astype(np.uint8)
    labels = bunch.target[part].astype(np.uint8)
    return ImageSet(name=NAME, split=split, images=images, labels=labels, origin=ORIGIN).check()
