"""Which neurons a row reaches, and through which cell group: dense, convolution with shared cells, or one by one.

Neurons and rows of images are numbered channels last: (y * width + x) * channels + channel. `links` writes every wiring
out link by link; the plain engines use it, and the compiled kernels are held to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import ShapeError


@dataclass(frozen=True, kw_only=True)
class Links:
    """A wiring written out.

    Attributes
    ----------
    offsets : int64 (n_rows + 1,)
        Links of row r are the slice ``offsets[r]:offsets[r + 1]`` of the arrays below.
    targets : int32 (n_links,)
        Neuron of each link; rising within a row.
    groups : int32 (n_links,)
        Cell group of each link: the index into the layer's charges.
    """

    offsets: NDArray[np.int64]
    targets: NDArray[np.int32]
    groups: NDArray[np.int32]

    def fan_out(self) -> NDArray[np.int64]:
        """Links of each row, (n_rows,)."""
        return np.diff(self.offsets)


@dataclass(frozen=True, kw_only=True)
class DenseWiring:
    """Every row reaches every neuron; group = row * n_out + neuron."""

    n_rows: int
    n_out: int

    @property
    def n_groups(self) -> int:
        return self.n_rows * self.n_out

    def most_per_neuron(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """The sum of `values` (n_groups,), none negative, over the links of each neuron, (n_out,)."""
        return values.reshape(self.n_rows, self.n_out).sum(0)

    @cached_property
    def links(self) -> Links:
        return Links(
            offsets=np.arange(self.n_rows + 1, dtype=np.int64) * self.n_out,
            targets=np.tile(np.arange(self.n_out, dtype=np.int32), self.n_rows),
            groups=np.arange(self.n_groups, dtype=np.int32),
        )


@dataclass(frozen=True, kw_only=True)
class ConvolutionWiring:
    """A convolution whose positions share one set of cells.

    Group = ((tap_y * k_w + tap_x) * (c_in / groups) + channel within its group) * c_out + output channel.

    Attributes
    ----------
    in_shape : (int, int, int)
        Height, width, channels of the rows.
    kernel : (int, int)
    c_out : int
    stride : (int, int)
    padding : ((int, int), (int, int))
        (above, below), (left, right).
    groups : int
    """

    in_shape: tuple[int, int, int]
    kernel: tuple[int, int]
    c_out: int
    stride: tuple[int, int] = (1, 1)
    padding: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0))
    groups: int = 1

    def __post_init__(self) -> None:
        if self.groups < 1 or self.in_shape[2] % self.groups or self.c_out % self.groups:
            raise ShapeError(f"convolution: {self.in_shape[2]} and {self.c_out} channels in {self.groups} groups")
        if min(self.out_shape) < 1:
            raise ShapeError(f"convolution: a {self.kernel} kernel does not fit {self.in_shape}")

    @property
    def out_shape(self) -> tuple[int, int, int]:
        height, width = (
            (length + sum(pad) - k) // step + 1
            for length, pad, k, step in zip(self.in_shape[:2], self.padding, self.kernel, self.stride, strict=True)
        )
        return height, width, self.c_out

    @property
    def n_rows(self) -> int:
        return int(np.prod(self.in_shape))

    @property
    def n_out(self) -> int:
        return int(np.prod(self.out_shape))

    @property
    def c_group(self) -> int:
        """Input channels of one group."""
        return self.in_shape[2] // self.groups

    @property
    def n_groups(self) -> int:
        return self.kernel[0] * self.kernel[1] * self.c_group * self.c_out

    def most_per_neuron(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """Upper bound of the sum of `values` (n_groups,), none negative, over the links of each neuron, (n_out,)."""
        per_channel = values.reshape(-1, self.c_out).sum(0)
        return np.tile(per_channel, self.n_out // self.c_out)

    @cached_property
    def links(self) -> Links:
        (k_h, k_w), (height, width, c_out) = self.kernel, self.out_shape
        per_group = c_out // self.groups
        rows, targets, groups = [], [], []
        tap_y, tap_x, out_y, out_x = (
            axis.ravel() for axis in np.meshgrid(*map(np.arange, (k_h, k_w, height, width)), indexing="ij")
        )
        y = out_y * self.stride[0] + tap_y - self.padding[0][0]
        x = out_x * self.stride[1] + tap_x - self.padding[1][0]
        inside = (y >= 0) & (y < self.in_shape[0]) & (x >= 0) & (x < self.in_shape[1])
        place = (y * self.in_shape[1] + x)[inside]
        seat = (out_y * width + out_x)[inside]
        tap = (tap_y * k_w + tap_x)[inside]
        for channel in range(self.in_shape[2]):
            group, within = divmod(channel, self.c_group)
            out = group * per_group + np.arange(per_group)
            rows.append(np.repeat(place * self.in_shape[2] + channel, per_group))
            targets.append((seat[:, None] * c_out + out).ravel())
            groups.append(((tap * self.c_group + within)[:, None] * c_out + out).ravel())
        row, target, group_of = (np.concatenate(parts) for parts in (rows, targets, groups))
        order = np.lexsort((target, row))
        return Links(
            offsets=np.searchsorted(row[order], np.arange(self.n_rows + 1)).astype(np.int64),
            targets=target[order].astype(np.int32),
            groups=group_of[order].astype(np.int32),
        )


@dataclass(frozen=True, kw_only=True)
class SparseWiring:
    """Any wiring, each link with cells of its own (a convolution with cells for every position, for one).

    Attributes
    ----------
    offsets : int64 (n_rows + 1,)
    targets : int32 (n_links,), rising within a row
    n_out : int
    """

    offsets: NDArray[np.int64]
    targets: NDArray[np.int32]
    n_out: int

    def __post_init__(self) -> None:
        inside = len(self.targets) == 0 or 0 <= self.targets.min() <= self.targets.max() < self.n_out
        if self.offsets[0] != 0 or self.offsets[-1] != len(self.targets) or (np.diff(self.offsets) < 0).any():
            raise ShapeError("sparse wiring: offsets must rise from 0 to the number of links")
        if not inside:
            raise ShapeError(f"sparse wiring: targets must lie in 0..{self.n_out - 1}")

    @property
    def n_rows(self) -> int:
        return len(self.offsets) - 1

    @property
    def n_groups(self) -> int:
        return len(self.targets)

    def most_per_neuron(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """The sum of `values` (n_groups,), none negative, over the links of each neuron, (n_out,)."""
        total = np.zeros(self.n_out, np.int64)
        np.add.at(total, self.targets, values)
        return total

    @cached_property
    def links(self) -> Links:
        return Links(offsets=self.offsets, targets=self.targets, groups=np.arange(len(self.targets), dtype=np.int32))


Wiring = DenseWiring | ConvolutionWiring | SparseWiring
