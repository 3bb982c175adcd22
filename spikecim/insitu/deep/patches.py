"""Word-line drive of a convolution: the patch under the kernel at every position, and its way back.

Everything is channels last, rows of a matrix in the order (k_h, k_w, c_in): with 128 input channels each row tile of
128 is one kernel position, which is how the in-situ training line lays convolutions out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Room:
    """Memory that is used again and again: fresh memory costs more than the work done in it."""

    _held: dict[str, Tensor] = field(default_factory=dict)

    def of(self, name: str, rows: int, columns: int, like: Tensor) -> Tensor:
        """Room (rows, columns) for numbers of the type and place of `like`; what it held under `name` is gone."""
        held = self._held.get(name)
        if held is None or held.numel() < rows * columns or held.device != like.device or held.dtype != like.dtype:
            held = torch.empty(rows * columns, dtype=like.dtype, device=like.device)
            self._held[name] = held
        return held[: rows * columns].view(rows, columns)


@dataclass(frozen=True, kw_only=True)
class Patches:
    """Stride 1, zero padding that keeps the size; kernel 1 and side 1 are a dense layer.

    Attributes
    ----------
    kernel : int
        Odd.
    side : int
    channels : int
        Input channels.
    """

    kernel: int
    side: int
    channels: int

    @property
    def n_in(self) -> int:
        return self.kernel * self.kernel * self.channels

    @property
    def positions(self) -> int:
        return self.side * self.side

    def padded(self, x: Tensor) -> Tensor:
        """`x` (n, side, side, channels) with the border of zeros that the kernel reaches into."""
        edge = self.kernel // 2
        return nn.functional.pad(x, (0, 0, edge, edge, edge, edge)) if edge else x.contiguous()

    def taken(self, padded: Tensor, room: Room) -> Tensor:
        """Patches (n * positions, n_in) of `padded`; a kernel row is one contiguous run, so this is one copy."""
        n, k, side = len(padded), self.kernel, self.side
        if k == 1:
            return padded.reshape(n * self.positions, self.channels)
        sample, row, column, _ = padded.stride()
        shape = (n, side, side, k, k * self.channels)
        view = padded.as_strided(shape, (sample, row, column, row, 1), padded.storage_offset())
        found = room.of("patches", n * self.positions, self.n_in, padded)
        found.view(shape).copy_(view)
        return found

    def folded(self, rows: Tensor, out: Tensor) -> None:
        """Add patches `rows` (n * positions, n_in) to `out`, padded images (n, side + k - 1, ..., channels)."""
        k, side = self.kernel, self.side
        if k == 1:
            out.view(len(rows), -1).add_(rows)
            return
        taps = rows.view(-1, side, side, k * k, self.channels)
        for tap in range(k * k):
            down, across = divmod(tap, k)
            out[:, down : down + side, across : across + side] += taps[..., tap, :]

    def cut(self, padded: Tensor) -> Tensor:
        """`padded` without its border."""
        edge = self.kernel // 2
        return padded[:, edge : edge + self.side, edge : edge + self.side] if edge else padded
