"""A shipped `AnnModel` as a PyTorch chain, channels first: the way back of `models.torch_module.from_torch`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import ModelError
from spikecim.models.extras import needs
from spikecim.models.layers import (
    Activation,
    AveragePool,
    BatchNorm,
    Convolution,
    Dense,
    Dropout,
    Flatten,
    Layer,
    Shape,
)
from spikecim.models.model import AnnModel

with needs("torch", "a network on analog arrays"):
    import torch
    from torch import Tensor, nn

    from spikecim.training.deep.activations import QuantisedClip


class Slope(nn.Module):
    """x times a constant, before an activation."""

    def __init__(self, slope: float) -> None:
        super().__init__()
        self.slope = slope

    def forward(self, x: Tensor) -> Tensor:
        """slope * x, any shape."""
        return x * self.slope


def ann_module(model: AnnModel) -> nn.Sequential:
    """Return `model` as a PyTorch chain in evaluation mode, its parameters copied.

    It takes images (n_samples, channels, height, width), or rows (n_samples, n_in), and returns (n_samples, n_classes).

    Raises
    ------
    ModelError
        If the chain ends in a flatten of several positions: its outputs would be in another order.
    """
    parts: list[nn.Module] = []
    # Where each flattened value of PyTorch (channels first) stands in ours (channels last).
    order: NDArray[np.intp] | None = None
    for layer, shape in zip(model.layers, model.shapes()[:-1], strict=True):
        if isinstance(layer, Flatten):
            order = _order(shape) if len(shape) == 3 else order
            parts.append(nn.Flatten())
        elif isinstance(layer, Dense):
            parts.append(_dense(layer, order))
            order = None
        else:
            parts += _parts(layer, shape, order)
    if order is not None and not np.array_equal(order, np.arange(len(order))):
        raise ModelError(f"network {model.name}: ends in a flatten; a dense layer must follow")
    return nn.Sequential(*parts).eval()


def _order(shape: Shape) -> NDArray[np.intp]:
    return np.arange(int(np.prod(shape))).reshape(shape).transpose(2, 0, 1).reshape(-1)


def _parameter(values: NDArray[Any]) -> nn.Parameter:
    return nn.Parameter(torch.tensor(np.ascontiguousarray(values, np.float32)))


def _dense(layer: Dense, order: NDArray[np.intp] | None) -> nn.Module:
    weights = layer.weights if order is None else layer.weights[order]
    made = nn.Linear(*layer.weights.shape)
    made.weight, made.bias = _parameter(weights.T), _parameter(layer.bias)
    return made


def _convolution(layer: Convolution) -> list[nn.Module]:
    k_h, k_w, c_group, c_out = layer.weights.shape
    (above, below), (left, right) = layer.padding
    even = above == below and left == right
    made = nn.Conv2d(
        c_group * layer.groups,
        c_out,
        (k_h, k_w),
        layer.stride,
        (above, left) if even else 0,
        groups=layer.groups,
    )
    made.weight, made.bias = _parameter(layer.weights.transpose(3, 2, 0, 1)), _parameter(layer.bias)
    return [made] if even else [nn.ZeroPad2d((left, right, above, below)), made]


def _norm(layer: BatchNorm, shape: Shape, order: NDArray[np.intp] | None) -> nn.Module:
    made = nn.BatchNorm2d(len(layer.scale)) if len(shape) == 3 else nn.BatchNorm1d(len(layer.scale))
    scale, shift = (values if order is None else values[order] for values in (layer.scale, layer.shift))
    made.weight, made.bias = _parameter(scale), _parameter(shift)
    # Running statistics are inside scale and shift already: mean 0, and a variance whose root with eps is 1.
    assert made.running_var is not None
    made.running_var.fill_(1.0 - made.eps)
    return made


def _activation(layer: Activation) -> list[nn.Module]:
    slope = [] if layer.slope == 1.0 or layer.kind not in ("tanh", "hard-tanh") else [Slope(layer.slope)]
    if layer.kind == "relu":
        return [nn.ReLU()]
    if layer.kind == "clipped-relu":
        return [nn.Hardtanh(0.0, layer.ceiling)]
    if layer.kind == "quantised-clip":
        return [QuantisedClip(layer.levels, layer.ceiling)]
    return [*slope, nn.Tanh() if layer.kind == "tanh" else nn.Hardtanh()]


def _parts(layer: Layer, shape: Shape, order: NDArray[np.intp] | None) -> list[nn.Module]:
    if isinstance(layer, Convolution):
        return _convolution(layer)
    if isinstance(layer, AveragePool):
        return [nn.AvgPool2d(layer.size)]
    if isinstance(layer, BatchNorm):
        return [_norm(layer, shape, order)]
    if isinstance(layer, Activation):
        return _activation(layer)
    assert isinstance(layer, Dropout)
    return [nn.Dropout(0.0)]
