"""Quantisation of one block on its calibration inputs: patches, their moments, weights group by group, bias."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from spikecim.conversion.quantise import quantise_channels
from spikecim.models.forward import Values
from spikecim.models.layers import Convolution, Dense

MOST_IMAGES, MOST_PATCHES = 64, 8192  # of a convolution; a dense layer takes all images


def quantise_block(
    linear: Dense | Convolution, x: Values, largest: int
) -> tuple[NDArray[np.int32], NDArray[np.float64], Dense | Convolution]:
    """Whole weights (shaped as the layer's own), scales (n_channels,) and the layer that they make.

    A layer with biases has them corrected by the mean error; only the spread of the error then counts for the weights.
    A layer without keeps its zeros: they cost no cells.
    """
    seen = patches(linear, x).astype(np.float64)
    biased = bool(linear.bias.any())
    _, n_groups, n_rows = seen.shape
    mean: NDArray[np.float64] = seen.mean(0) if biased else np.zeros((n_groups, n_rows))
    real = linear.weights.reshape(n_rows, n_groups, -1).astype(np.float64)
    whole, scale = np.zeros(real.shape, np.int32), np.zeros(real.shape[1:])
    for group in range(n_groups):
        centred = seen[:, group] - mean[group]
        moment = centred.T @ centred / len(seen)
        whole[:, group], scale[group] = quantise_channels(real[:, group], largest, moment)
    quantised = whole * scale
    shift = np.einsum("gr,rgc->gc", mean, real - quantised).ravel()
    made = replace(
        linear,
        weights=quantised.reshape(linear.weights.shape).astype(np.float32),
        bias=(linear.bias + shift).astype(np.float32),
    )
    return whole.reshape(linear.weights.shape), scale.ravel(), made


def patches(linear: Dense | Convolution, x: Values) -> Values:
    """What each output of `linear` sees of its input `x` (n, *in_shape): (n_patches, groups, rows of a group)."""
    if isinstance(linear, Dense):
        return x.reshape(len(x), 1, -1)
    x = x[:: max(1, len(x) // MOST_IMAGES)][:MOST_IMAGES]
    height, width, _ = linear.out_shape(x.shape[1:])
    k_h, k_w, c_group, _ = linear.weights.shape
    padded = np.pad(x, ((0, 0), *linear.padding, (0, 0)))
    down, across = linear.stride
    taps = [
        padded[:, y : y + (height - 1) * down + 1 : down, x_ : x_ + (width - 1) * across + 1 : across]
        for y in range(k_h)
        for x_ in range(k_w)
    ]
    seen = np.stack(taps, axis=-2).reshape(-1, k_h * k_w, linear.groups, c_group)
    seen = seen[:: -(-len(seen) // MOST_PATCHES)]
    return np.ascontiguousarray(seen.transpose(0, 2, 1, 3)).reshape(len(seen), linear.groups, -1)
