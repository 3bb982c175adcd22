"""Modules of torch.nn, each as the layer it is."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.models.chain import Chain
from spikecim.models.extras import needs
from spikecim.models.layers import Activation, Pair
from spikecim.models.pooling import Window, adaptive_pool, average_pool, max_pool

with needs("torch", "reading a PyTorch module"):
    import torch
    from torch import nn


def read_layer(chain: Chain, name: str, part: nn.Module) -> None:
    """Append `part` to `chain`.

    Raises
    ------
    ModelError
        If it is not supported; the message names it.
    """
    for kind, read in _READERS.items():
        if isinstance(part, kind):
            read(chain, name, part)
            return
    raise chain.unsupported(name, type(part).__name__)


def array(values: torch.Tensor | None) -> NDArray[Any] | None:
    """Values of a parameter, float32 if it is a kind of float NumPy does not know."""
    if values is None:
        return None
    values = values.detach().cpu()
    return np.asarray((values.float() if values.dtype == torch.bfloat16 else values).numpy())


def pair(value: Any) -> Pair:
    """PyTorch takes one number for two."""
    numbers = tuple(int(number) for number in value) if isinstance(value, tuple | list) else (int(value),)
    return (numbers[0], numbers[-1])


def convolve(chain: Chain, name: str, weight: Any, bias: Any, options: dict[str, Any]) -> None:
    """Append a convolution with PyTorch's `options`: stride, padding, dilation, groups."""
    kernel, padding, dilation = array(weight), options.get("padding", 0), pair(options.get("dilation", 1))
    assert kernel is not None
    if padding == "same":
        totals = [step * (size - 1) for size, step in zip(kernel.shape[2:], dilation, strict=True)]
        sides = ((totals[0] // 2, totals[0] - totals[0] // 2), (totals[1] // 2, totals[1] - totals[1] // 2))
    else:
        down, across = pair(0 if padding == "valid" else padding)
        sides = ((down, down), (across, across))
    chain.convolution(
        name,
        kernel,
        array(bias),
        stride=pair(options.get("stride", 1)),
        padding=sides,
        dilation=dilation,
        groups=int(options.get("groups", 1)),
    )


def window(size: Any, stride: Any = None, padding: Any = 0, ceil: bool = False, dilation: Any = 1) -> Window:
    """The window of a pool given PyTorch's way; no stride means the window's own size."""
    return Window(
        size=pair(size),
        stride=pair(size if stride is None or stride == () or stride == [] else stride),
        padding=max(pair(padding)),
        dilation=max(pair(dilation)),
        ceil=ceil,
    )


def _convolution(chain: Chain, name: str, part: Any) -> None:
    if part.padding_mode != "zeros":
        raise chain.error(name, f"padding_mode {part.padding_mode!r} is not supported; only 'zeros' is")
    options = {key: getattr(part, key) for key in ("stride", "padding", "dilation", "groups")}
    convolve(chain, name, part.weight, part.bias, options)


def _batch_norm(chain: Chain, name: str, part: Any) -> None:
    if part.running_mean is None or part.running_var is None:
        raise chain.error(name, "batch norm without running statistics cannot be folded")
    mean, spread = part.running_mean.double(), torch.sqrt(part.running_var.double() + part.eps)
    scale = (torch.ones_like(mean) if part.weight is None else part.weight.double()) / spread
    shift = (torch.zeros_like(mean) if part.bias is None else part.bias.double()) - mean * scale
    chain.batch_norm(name, array(scale), array(shift))


def _average(chain: Chain, name: str, part: Any) -> None:
    if part.divisor_override is not None:
        raise chain.error(name, "divisor_override is not supported")
    average_pool(chain, name, window(part.kernel_size, part.stride, part.padding, part.ceil_mode))


def _maximum(chain: Chain, name: str, part: Any) -> None:
    max_pool(chain, name, window(part.kernel_size, part.stride, part.padding, part.ceil_mode, part.dilation))


def _adaptive(chain: Chain, name: str, part: Any) -> None:
    size = part.output_size
    adaptive_pool(chain, name, tuple(size) if isinstance(size, tuple | list) else (size, size))


def _flatten(chain: Chain, name: str, part: Any) -> None:
    if part.start_dim != 1 or part.end_dim not in (-1, len(chain.shape)):
        raise chain.error(name, f"flatten of dimensions {part.start_dim}..{part.end_dim}; only 1..-1 is supported")
    chain.flatten(name)


_READERS: dict[type, Callable[[Chain, str, Any], None]] = {
    nn.Linear: lambda chain, name, part: chain.dense(name, array(part.weight), array(part.bias)),
    nn.Conv2d: _convolution,
    nn.BatchNorm1d: _batch_norm,
    nn.BatchNorm2d: _batch_norm,
    nn.AvgPool2d: _average,
    nn.AdaptiveAvgPool2d: _adaptive,
    nn.MaxPool2d: _maximum,
    nn.ReLU: lambda chain, name, part: chain.clip(name, 0.0, inf),
    # ReLU6 is a Hardtanh(0, 6).
    nn.Hardtanh: lambda chain, name, part: chain.clip(name, part.min_val, part.max_val),
    nn.Tanh: lambda chain, name, part: chain.activation(name, Activation(kind="tanh")),
    nn.Flatten: _flatten,
    nn.Dropout: lambda chain, name, part: chain.dropout(name),
    nn.Dropout1d: lambda chain, name, part: chain.dropout(name),
    nn.Dropout2d: lambda chain, name, part: chain.dropout(name),
    nn.Identity: lambda chain, name, part: None,
}
