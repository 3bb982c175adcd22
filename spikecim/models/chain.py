"""Builds an `AnnModel` from channels-first nodes, one after another; PyTorch, ONNX and NIR importers share it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import inf, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import ModelError, ShapeError
from spikecim.models.layers import (
    Activation,
    BatchNorm,
    Convolution,
    Dense,
    Dropout,
    Flatten,
    Layer,
    Pair,
    Shape,
)
from spikecim.models.model import MOST_PARAMETERS, AnnModel

Values = NDArray[np.float32]
SUPPORTED = (
    "supported: dense, conv2d (stride, padding, groups), average pool, max pool (only replaced, on request), "
    "batch norm, ReLU, clipped ReLU, tanh, hard tanh, flatten, dropout"
)


@dataclass(kw_only=True)
class Chain:
    """What has been read so far.

    Attributes
    ----------
    source : str
        Named in every error: a path or the name of a module.
    shape : tuple of int
        Of one sample behind the last layer, channels last.
    replace_max_pool : bool
        Take average pools for max pools instead of refusing them.
    """

    source: str
    shape: Shape
    replace_max_pool: bool = False
    layers: list[Layer] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    # (height, width, channels) while flattened values still are in the source's order, channels first.
    flat: Shape | None = None
    # Factor that the next dense layer or convolution must take in.
    gain: float = 1.0

    def error(self, node: str, text: str) -> ModelError:
        """The error to raise for `node`."""
        return ModelError(f"{self.source}: node {node!r}: {text}")

    def unsupported(self, node: str, kind: str) -> ModelError:
        """The error for a kind of node that nothing here can express."""
        return self.error(node, f"{kind} is not supported; {SUPPORTED}")

    @property
    def channels_first(self) -> Shape:
        """Shape of one sample as the source sees it."""
        return (self.shape[2], *self.shape[:2]) if len(self.shape) == 3 else self.shape

    def dense(self, node: str, weight: Any, bias: Any = None) -> None:
        """Add ``y = weight @ x + bias``, `weight` (n_out, n_in)."""
        rows = self._numbers(node, weight, 2).T * np.float32(self.gain)
        n_in, n_out = rows.shape
        if len(self.shape) == 3:
            raise self.error(node, f"dense layer on values of shape {self.channels_first}; a flatten must come first")
        if self.flat and prod(self.flat) == n_in:
            height, width, channels = self.flat
            rows = rows.reshape(channels, height, width, n_out).transpose(1, 2, 0, 3).reshape(n_in, n_out)
        self.add(
            Dense(weights=np.ascontiguousarray(rows), bias=self._bias(node, bias, n_out), name=self.name_for(node))
        )
        self.flat, self.gain = None, 1.0

    def convolution(
        self,
        node: str,
        weight: Any,
        bias: Any = None,
        *,
        stride: Pair = (1, 1),
        padding: tuple[Pair, Pair] = ((0, 0), (0, 0)),
        dilation: Sequence[int] = (1, 1),
        groups: int = 1,
    ) -> None:
        """Add a convolution, `weight` (c_out, c_in / groups, k_h, k_w)."""
        kernel = self._numbers(node, weight, 4)
        c_out, c_group = kernel.shape[:2]
        if any(step != 1 for step in dilation):
            raise self.error(node, f"dilation {tuple(dilation)} is not supported; only 1 is")
        if groups < 1 or c_out % groups or min(stride) < 1 or min(min(pad) for pad in padding) < 0:
            raise self.error(node, f"groups {groups}, stride {stride}, padding {padding} do not fit {c_out} channels")
        if len(self.shape) != 3 or self.shape[2] != c_group * groups:
            raise self.error(
                node, f"convolution takes {c_group * groups} channels, got values of shape {self.channels_first}"
            )
        self.add(
            Convolution(
                weights=np.ascontiguousarray(kernel.transpose(2, 3, 1, 0)) * np.float32(self.gain),
                bias=self._bias(node, bias, c_out),
                stride=stride,
                padding=padding,
                groups=groups,
                name=self.name_for(node),
            )
        )
        self.gain = 1.0

    def add_bias(self, node: str, values: NDArray[Any]) -> None:
        """Add a constant per output of the dense layer or convolution just before."""
        last = self.layers[-1] if self.layers else None
        if not isinstance(last, Dense | Convolution):
            raise self.error(node, "adding a constant is only understood as the bias of the layer before it")
        per_channel = values.reshape(-1)
        places = 3 if isinstance(last, Convolution) else 1
        wanted = (len(last.bias), *(1,) * (places - 1))
        if values.size != 1 and values.shape not in (wanted, (1, *wanted)):
            raise self.error(node, f"constant of shape {values.shape} is no bias for {len(last.bias)} outputs")
        self.layers[-1] = replace(last, bias=last.bias + self._numbers(node, per_channel, 1))

    def batch_norm(self, node: str, scale: Any, shift: Any) -> None:
        """Add ``x * scale + shift`` per channel."""
        factors, offsets = self._numbers(node, scale, 1), self._numbers(node, shift, 1)
        self._no_gain(node)
        if len(factors) != self.shape[-1] or len(offsets) != self.shape[-1]:
            raise self.error(node, f"batch norm of {len(factors)} channels on values of shape {self.channels_first}")
        if self.flat:
            height, width, channels = self.flat
            factors, offsets = (
                values.reshape(channels, height, width).transpose(1, 2, 0).reshape(-1) for values in (factors, offsets)
            )
        self.add(BatchNorm(scale=factors, shift=offsets, name=self.name_for(node)))

    def activation(self, node: str, made: Activation) -> None:
        """Add `made` under the name of `node`."""
        self._no_gain(node)
        self.add(replace(made, name=self.name_for(node)))

    def clip(self, node: str, low: float | None, high: float | None) -> None:
        """Add what clips to low..high: ReLU, clipped ReLU or hard tanh."""
        bounds = (-inf if low is None else float(low), inf if high is None else float(high))
        if bounds == (0.0, inf):
            self.activation(node, Activation(kind="relu"))
        elif bounds[0] == 0.0 and 0.0 < bounds[1] < inf:
            self.activation(node, Activation(kind="clipped-relu", ceiling=bounds[1]))
        elif bounds == (-1.0, 1.0):
            self.activation(node, Activation(kind="hard-tanh"))
        else:
            text = f"clipping to {bounds[0]:g}..{bounds[1]:g} is not supported; supported: 0..c, 0..inf, -1..1"
            raise self.error(node, text)

    def flatten(self, node: str) -> None:
        """Add a flatten; nothing for values that already are a row."""
        if len(self.shape) == 3:
            self.flat = self.shape if prod(self.shape[:2]) > 1 and self.shape[2] > 1 else None
            self.add(Flatten(name=self.name_for(node)))

    def dropout(self, node: str) -> None:
        """Add what is nothing at inference."""
        self.add(Dropout(name=self.name_for(node)))

    def model(self, name: str, notes: dict[str, str]) -> AnnModel:
        """The network; its input has the shape the chain began with."""
        if self.flat:
            raise ModelError(
                f"{self.source}: ends in a flatten of {self.flat[:2]} positions; a dense layer must follow"
            )
        if self.gain != 1.0:
            raise ModelError(f"{self.source}: ends in a sum pool; a dense layer or a convolution must follow")
        if not any(isinstance(layer, Dense | Convolution) for layer in self.layers):
            raise ModelError(f"{self.source}: holds no dense layer and no convolution; nothing could be converted")
        if self.replaced:
            notes = {**notes, "max pools replaced by average pools": ", ".join(self.replaced)}
        try:
            return AnnModel(name=name, input_shape=self.start, layers=tuple(self.layers), notes=notes)
        except ShapeError as error:
            raise ModelError(f"{self.source}: {error}") from None

    def __post_init__(self) -> None:
        self.start = self.shape
        if len(self.shape) not in (1, 3) or min(self.shape, default=0) < 1:
            raise ModelError(
                f"{self.source}: input of shape {self.shape}; (n_in,) or (height, width, channels) is read"
            )
        self._check_room()

    def add(self, layer: Layer) -> None:
        """Append `layer`, named and in our order already."""
        try:
            self.shape = layer.out_shape(self.shape)
        except ShapeError as error:
            raise ModelError(f"{self.source}: {error}") from None
        self._check_room()
        self.layers.append(layer)

    def _check_room(self) -> None:
        if prod(self.shape) > MOST_PARAMETERS:
            raise ModelError(
                f"{self.source}: values of shape {self.shape}; at most {MOST_PARAMETERS} per layer are read"
            )

    def name_for(self, node: str) -> str:
        """A name that no layer has yet."""
        taken = {layer.name for layer in self.layers}
        return node if node not in taken else next(new for k in range(2, 10**6) if (new := f"{node}#{k}") not in taken)

    def _no_gain(self, node: str) -> None:
        if self.gain != 1.0:
            raise self.error(node, "a sum pool must be followed by a dense layer or a convolution")

    def _numbers(self, node: str, values: Any, rank: int) -> Values:
        array = np.asarray(values)
        if (
            not (array.dtype.kind in "fiu" or array.dtype.name == "bfloat16")
            or array.ndim != rank
            or not 0 < array.size <= MOST_PARAMETERS
        ):
            raise self.error(
                node,
                f"parameters of shape {array.shape} and type {array.dtype}; "
                f"{rank} axes of real numbers, at most {MOST_PARAMETERS} of them, are read",
            )
        with np.errstate(over="ignore", invalid="ignore"):
            numbers = array.astype(np.float32)
        if not np.isfinite(numbers).all():
            raise self.error(node, "parameters hold NaN or infinity")
        return numbers

    def _bias(self, node: str, bias: Any, n_out: int) -> Values:
        if bias is None:
            return np.zeros(n_out, np.float32)
        values = self._numbers(node, bias, 1)
        if len(values) != n_out:
            raise self.error(node, f"{len(values)} biases for {n_out} outputs")
        return values
