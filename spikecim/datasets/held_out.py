"""Splits of the training images of a data set: those trained on ("fit"), and those held out to choose and to judge."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

HOLD_OUT = 6  # every sixth training sample is held out: MNIST is not in random order
FIT, HELD_OUT = "fit", "held-out"
HELD_OUT_SPLITS = (FIT, HELD_OUT)
RULE = "every sixth training image"


def held_out_split(n_samples: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Indices of the samples trained on, and of those held out."""
    out = np.arange(n_samples) % HOLD_OUT == HOLD_OUT - 1
    return np.flatnonzero(~out), np.flatnonzero(out)
