"""The layers an ANN may have, as frozen data, channels last: activations are (n_samples, height, width, channels).

Importers turn PyTorch's channels-first arrays into this layout, the rows of a dense layer after a flatten included.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import ShapeError

Shape = tuple[int, ...]
Pair = tuple[int, int]

ACTIVATIONS = ("relu", "clipped-relu", "tanh", "hard-tanh", "quantised-clip")


@dataclass(frozen=True, kw_only=True)
class Dense:
    """``y = x @ weights + bias``: weights float32 (n_in, n_out), bias float32 (n_out,)."""

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    name: str = "dense"

    def __post_init__(self) -> None:
        if self.weights.ndim != 2 or self.bias.shape != self.weights.shape[1:] or not self.weights.size:
            raise ShapeError(f"layer {self.name}: weights {self.weights.shape} and bias {self.bias.shape} do not fit")

    def out_shape(self, shape: Shape) -> Shape:
        """Shape of the output for one sample of `shape`."""
        if shape != (self.weights.shape[0],):
            raise ShapeError(f"layer {self.name}: takes ({self.weights.shape[0]},) values, got {shape}")
        return (self.weights.shape[1],)


@dataclass(frozen=True, kw_only=True)
class Convolution:
    """Cross-correlation: weights float32 (k_h, k_w, c_in / groups, c_out), bias float32 (c_out,).

    Attributes
    ----------
    stride : (int, int)
        Down, across.
    padding : ((int, int), (int, int))
        Zeros (above, below), (left, right).
    groups : int
        1 for an ordinary convolution, c_in for a depthwise one; output channels are in the order of their groups.
    """

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    stride: Pair = (1, 1)
    padding: tuple[Pair, Pair] = ((0, 0), (0, 0))
    groups: int = 1
    name: str = "conv"

    def __post_init__(self) -> None:
        if self.weights.ndim != 4 or self.bias.shape != self.weights.shape[3:] or not self.weights.size:
            raise ShapeError(f"layer {self.name}: weights {self.weights.shape} and bias {self.bias.shape} do not fit")
        sides = [number for pair in self.padding for number in pair]
        if not (_whole(self.stride, 2, 1) and _whole(sides, 4, 0) and _whole((self.groups,), 1, 1)):
            raise ShapeError(
                f"layer {self.name}: stride {self.stride}, padding {self.padding}, groups {self.groups}; expected: "
                "two whole numbers above 0, two pairs from 0, one above 0"
            )

    def out_shape(self, shape: Shape) -> Shape:
        """Shape of the output for one sample of `shape` (height, width, channels)."""
        k_h, k_w, c_group, c_out = self.weights.shape
        if len(shape) != 3 or shape[2] != c_group * self.groups or c_out % self.groups:
            raise ShapeError(f"layer {self.name}: takes (height, width, {c_group * self.groups}) values, got {shape}")
        size = tuple(
            (length + sum(pad) - k) // step + 1
            for length, pad, k, step in zip(shape[:2], self.padding, (k_h, k_w), self.stride, strict=True)
        )
        if min(size) < 1:
            raise ShapeError(f"layer {self.name}: a {k_h}x{k_w} kernel does not fit an input of {shape}")
        return (*size, c_out)


@dataclass(frozen=True, kw_only=True)
class AveragePool:
    """Mean over windows of `size` that do not overlap; rows and columns left over are dropped."""

    size: Pair
    name: str = "pool"

    def __post_init__(self) -> None:
        if not _whole(self.size, 2, 1):
            raise ShapeError(f"layer {self.name}: window {self.size}; two whole numbers above 0 are expected")

    def out_shape(self, shape: Shape) -> Shape:
        """Shape of the output for one sample of `shape` (height, width, channels)."""
        if len(shape) != 3 or shape[0] < self.size[0] or shape[1] < self.size[1]:
            raise ShapeError(f"layer {self.name}: a {self.size[0]}x{self.size[1]} window does not fit {shape}")
        return (shape[0] // self.size[0], shape[1] // self.size[1], shape[2])


@dataclass(frozen=True, kw_only=True)
class BatchNorm:
    """``y = x * scale + shift`` per channel, float32 (channels,): running statistics already inside."""

    scale: NDArray[np.float32]
    shift: NDArray[np.float32]
    name: str = "norm"

    def __post_init__(self) -> None:
        if self.scale.ndim != 1 or self.scale.shape != self.shift.shape:
            raise ShapeError(f"layer {self.name}: scale {self.scale.shape} and shift {self.shift.shape} do not fit")

    def out_shape(self, shape: Shape) -> Shape:
        """Shape of the output for one sample of `shape`."""
        if shape[-1:] != self.scale.shape:
            raise ShapeError(f"layer {self.name}: takes {len(self.scale)} channels, got {shape}")
        return shape


@dataclass(frozen=True, kw_only=True)
class Activation:
    """One of `ACTIVATIONS`, elementwise.

    relu: max(x, 0); clipped-relu: min(max(x, 0), ceiling); tanh: tanh(slope x); hard-tanh: slope x clipped to -1..1;
    quantised-clip: ceiling * clip(floor(x levels / ceiling + 1/2) / levels, 0, 1) (QCFS; Bu et al., ICLR 2022).
    """

    kind: str
    ceiling: float = 1.0
    slope: float = 1.0
    levels: int = 1
    name: str = "activation"

    def __post_init__(self) -> None:
        if self.kind not in ACTIVATIONS:
            raise ShapeError(f"layer {self.name}: activation {self.kind!r}; supported: {', '.join(ACTIVATIONS)}")
        if not (self.ceiling > 0 and self.slope > 0 and self.levels >= 1):
            raise ShapeError(f"layer {self.name}: ceiling and slope must be above 0, levels at least 1")

    def out_shape(self, shape: Shape) -> Shape:
        """The shape itself."""
        return shape


@dataclass(frozen=True, kw_only=True)
class Flatten:
    """(height, width, channels) to one row, in this order."""

    name: str = "flatten"

    def out_shape(self, shape: Shape) -> Shape:
        """Shape of the output for one sample of `shape`."""
        return (int(np.prod(shape)),)


@dataclass(frozen=True, kw_only=True)
class Dropout:
    """Nothing, once training is over."""

    name: str = "dropout"

    def out_shape(self, shape: Shape) -> Shape:
        """The shape itself."""
        return shape


Layer = Dense | Convolution | AveragePool | BatchNorm | Activation | Flatten | Dropout


def _whole(numbers: Sequence[int], count: int, least: int) -> bool:
    """Whether these are `count` whole numbers from `least` on."""
    return len(numbers) == count and all(isinstance(number, int | np.integer) and number >= least for number in numbers)
