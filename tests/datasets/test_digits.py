"""The embedded digits need no file and no network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from spikecim.datasets import load
from spikecim.errors import ParameterError


def test_split_and_scale(bare: Path) -> None:
    train, test = load("digits", "train", download=False), load("digits", "test", download=False)
    assert train.images.shape == (1297, 8, 8)
    assert test.images.shape == (500, 8, 8)
    assert train.images.dtype == train.labels.dtype == np.uint8
    assert train.labels[:10].tolist() == list(range(10))
    assert train.origin == "scikit-learn digits"
    # First row of the first digit: 0 0 5 13 9 1 0 0 of 16.
    assert train.images[0, 0].tolist() == [0, 0, 80, 207, 143, 16, 0, 0]
    assert np.unique(test.images).tolist() == np.rint(np.arange(17) * 255 / 16).tolist()


def test_every_class_is_in_both_splits() -> None:
    for split in ("train", "test"):
        assert set(load("digits", split).labels.tolist()) == set(range(10))


def test_unknown_split() -> None:
    with pytest.raises(ParameterError, match="unknown split 'validation'"):
        load("digits", "validation")
