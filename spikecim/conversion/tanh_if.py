"""SPIRIT's conversion: a tanh perceptron becomes dual-threshold integrate-and-fire neurons with integer weights.

tanh is realised as the clipped line of a signed IF neuron (Perez-Carrasco et al., TPAMI 2013). The threshold is one
full weight, so the argument of tanh is kept only if a real weight of 1 becomes the full weight: that fixes the scale.
A classifier reads the order of its neurons only, so the scale may also be chosen by accuracy on calibration samples.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spikecim.network import Network
from spikecim.training.perceptron import accuracy

# Candidate full weights, as multiples of the median |weight|.
SCALES = np.geomspace(0.5, 16.0, 61)


def convert_tanh(weights: NDArray[np.float64], levels: int, slope: float = 1.0) -> Network:
    """Quantise real `weights` (n_in, n_out) so that tanh(slope * x w) keeps its argument: full weight = 1 / slope."""
    return _network(weights, 1.0 / slope, levels)


def convert_tanh_scaled(
    weights: NDArray[np.float64], values: NDArray[np.float64], labels: NDArray[np.integer], levels: int
) -> Network:
    """Quantise real `weights` (n_in, n_out) with the scale that classifies calibration samples best.

    Parameters
    ----------
    values, labels : float64 (n_samples, n_in), int (n_samples,)
        Calibration samples, never test samples.
    """
    middle = float(np.median(np.abs(weights)))
    candidates = [quantise(weights, middle * scale, levels) for scale in SCALES]
    best = int(np.argmax([accuracy(candidate, values, labels) for candidate in candidates]))
    return _network(weights, float(middle * SCALES[best]), levels)


def quantise(weights: NDArray[np.float64], full_weight: float, levels: int) -> NDArray[np.int8]:
    """Round `weights` to whole levels, `full_weight` being the largest one; what lies beyond is clipped."""
    return np.clip(np.rint(weights * (levels / full_weight)), -levels, levels).astype(np.int8)


def _network(weights: NDArray[np.float64], full_weight: float, levels: int) -> Network:
    """The quantised network, with the real weights kept in its unit, one level."""
    return Network(
        weights=quantise(weights, full_weight, levels),
        notes={"full_weight": f"{full_weight:.6g}"},
        real=(weights * (levels / full_weight)).astype(np.float32),
    )
