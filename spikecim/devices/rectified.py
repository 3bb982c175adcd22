"""Mean and standard deviation of max(0, X) for a normal X: a conductance cannot fall below 0."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def rectified_mean(mean: FloatArray, sd: FloatArray) -> FloatArray:
    """E max(0, X) of X normal with `mean` and `sd` (...): mean Phi(a) + sd phi(a), a = mean / sd."""
    return _moments(mean, sd)[0]


def rectified_sd(mean: FloatArray, sd: FloatArray) -> FloatArray:
    """Standard deviation of max(0, X); the second moment is (mean^2 + sd^2) Phi(a) + mean sd phi(a)."""
    first, second = _moments(mean, sd)
    return np.asarray(np.sqrt(np.maximum(0.0, second - first**2)))


def _moments(mean: FloatArray, sd: FloatArray) -> tuple[FloatArray, FloatArray]:
    from scipy.special import ndtr

    wide = np.where(sd > 0, sd, 1.0)
    a = mean / wide
    below, density = ndtr(a), np.exp(-(a**2) / 2.0) / np.sqrt(2.0 * np.pi)
    first = np.where(sd > 0, mean * below + sd * density, np.maximum(mean, 0.0))
    second = np.where(sd > 0, (mean**2 + sd**2) * below + mean * sd * density, first**2)
    return first, second
