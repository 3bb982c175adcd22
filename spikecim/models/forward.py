"""The ANN's own arithmetic in NumPy, float32, in batches: the reference that every conversion is measured against."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import ShapeError
from spikecim.models.layers import Activation, AveragePool, BatchNorm, Convolution, Dense, Flatten, Layer
from spikecim.models.model import AnnModel

Values = NDArray[np.float32]
BATCH = 256


def forward(model: AnnModel, images: Values, batch: int = BATCH) -> Values:
    """Outputs (n_samples, n_classes) for `images` (n_samples, *input_shape).

    Raises
    ------
    ShapeError
        If the images do not have the network's input shape.
    """
    return np.concatenate([values[-1].reshape(len(values[-1]), -1) for values in activations(model, images, batch)])


def activations(model: AnnModel, images: Values, batch: int = BATCH) -> Iterator[list[Values]]:
    """Yield, batch by batch, what every layer puts out, (n_batch, *shape) each."""
    check_images(model, images)
    for start in range(0, len(images), batch):
        values = np.ascontiguousarray(images[start : start + batch], np.float32)
        found = []
        for layer in model.layers:
            values = apply_layer(layer, values)
            found.append(values)
        yield found


def check_images(model: AnnModel, images: Values) -> None:
    """Raise ShapeError unless `images` fit the network."""
    if images.shape[1:] != model.input_shape:
        raise ShapeError(f"network {model.name} takes images of shape {model.input_shape}, got {images.shape[1:]}")
    if len(images) == 0:
        raise ShapeError(f"network {model.name}: no image was given")


def apply_layer(layer: Layer, x: Values) -> Values:
    """What `layer` makes of `x` (n_samples, *shape)."""
    if isinstance(layer, Dense):
        return x @ layer.weights + layer.bias
    if isinstance(layer, Convolution):
        return convolve(layer, x)
    if isinstance(layer, AveragePool):
        n, height, width, channels = layer_shape(layer, x)
        cut = x[:, : height * layer.size[0], : width * layer.size[1]]
        return cut.reshape(n, height, layer.size[0], width, layer.size[1], channels).mean((2, 4))
    if isinstance(layer, BatchNorm):
        return x * layer.scale + layer.shift
    if isinstance(layer, Activation):
        return activate(layer, x)
    return x.reshape(len(x), -1) if isinstance(layer, Flatten) else x


def layer_shape(layer: AveragePool | Convolution, x: Values) -> tuple[int, ...]:
    """Shape of the output of `layer` for the batch `x`."""
    return (len(x), *layer.out_shape(x.shape[1:]))


def convolve(layer: Convolution, x: Values) -> Values:
    """Sum over kernel taps of one product each: no copy of the patches, and depthwise layers cost what they should."""
    n, height, width, c_out = layer_shape(layer, x)
    k_h, k_w, c_group, _ = layer.weights.shape
    padded = np.pad(x, ((0, 0), *layer.padding, (0, 0)))
    groups = layer.groups
    out = np.zeros((n, height, width, groups, c_out // groups), np.float32)
    kernel = layer.weights.reshape(k_h, k_w, c_group, groups, c_out // groups)
    for row in range(k_h):
        for column in range(k_w):
            seen = padded[
                :,
                row : row + (height - 1) * layer.stride[0] + 1 : layer.stride[0],
                column : column + (width - 1) * layer.stride[1] + 1 : layer.stride[1],
            ]
            tap = kernel[row, column]
            if groups == 1:
                out[..., 0, :] += seen @ tap[:, 0]
            elif c_group == 1:
                out += seen[..., None] * tap[0]
            else:
                out += np.einsum("nhwgc,cgo->nhwgo", seen.reshape(n, height, width, groups, c_group), tap)
    return out.reshape(n, height, width, c_out) + layer.bias


def activate(layer: Activation, x: Values) -> Values:
    """The activation of `x`, elementwise."""
    if layer.kind == "relu":
        return np.maximum(x, np.float32(0))
    if layer.kind == "clipped-relu":
        return np.clip(x, np.float32(0), np.float32(layer.ceiling))
    if layer.kind == "tanh":
        return np.tanh(np.float32(layer.slope) * x)
    if layer.kind == "hard-tanh":
        return np.clip(np.float32(layer.slope) * x, np.float32(-1), np.float32(1))
    steps = np.floor(x * np.float32(layer.levels / layer.ceiling) + np.float32(0.5))
    return np.clip(steps, np.float32(0), np.float32(layer.levels)) * np.float32(layer.ceiling / layer.levels)
