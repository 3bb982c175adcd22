"""The three products of training as arrays do them: row tiles, read noise, converters, sums of tiles.

    y[m, j] = sum over row tiles of ADC(sum over rows of x[m, i] W[i, j] + noise)

The forward pass drives n_in lines, the error pass the n_out lines of the transposed array. In the gradient pass the
samples are the lines: activations drive arrays in which the errors were written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from spikecim.insitu.deep.converters import Converters
from spikecim.insitu.deep.noise import NoisePool
from spikecim.insitu.deep.patches import Room

# A gradient tile is a whole weight matrix; above this many numbers tiles are taken one by one.
_STACKED = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Lines:
    """Row tiles of one pass and what its cells add.

    Attributes
    ----------
    tiles : sequence of slice
        Remainder rows are a shorter last tile.
    noise_sd : float
        Standard deviation of one read of one cell, in units of weight.
    path : tuple
        Name of layer and pass, for the noise.
    """

    tiles: Sequence[slice]
    noise_sd: float
    path: tuple[str, ...]


def spans(n: int, rows: int) -> list[slice]:
    """Tiles of `rows` lines, the last one with what remains."""
    return [slice(start, min(start + rows, n)) for start in range(0, n, rows)]


@dataclass(frozen=True, kw_only=True)
class Driven:
    """A matrix (lines, columns) in arrays; without noise its ADC steps are divided out, once for all samples."""

    lines: Lines
    converters: Converters
    matrices: Sequence[Tensor]

    def read(self, x: Tensor, pool: NoisePool | None, place: int, room: Room) -> Tensor:
        """Product (m, columns) of `x` (m, lines), in `room`; `place` names the chunk of samples."""
        total: Tensor | None = None
        for number, (tile, matrix) in enumerate(zip(self.lines.tiles, self.matrices, strict=True)):
            driven = x[:, tile]
            name = "sum" if total is None else "part"
            part = torch.mm(driven, matrix, out=room.of(name, len(x), matrix.shape[1], x))
            if self.lines.noise_sd > 0.0:
                assert pool is not None
                self._add_noise(part, driven, pool.block(*part.shape, *self.lines.path, place, number), number)
            total = self._sum(total, part, number)
        assert total is not None
        return total

    def _add_noise(self, part: Tensor, driven: Tensor, deviates: Tensor, number: int) -> None:
        """Before steps are divided out, in two passes over `part` and none over `deviates` alone."""
        spread = torch.linalg.vector_norm(driven, dim=1, keepdim=True).mul_(self.lines.noise_sd)
        part.addcmul_(deviates, spread)
        if self.converters.active:
            part.mul_(1.0 / self.converters.step[number])

    def _sum(self, total: Tensor | None, part: Tensor, number: int) -> Tensor:
        converters = self.converters
        if not converters.active:
            if converters.watching:
                converters.look(number, part)
            return part if total is None else total.add_(part)
        part.round_().clamp_(-converters.top, converters.top)
        step = converters.step[number]
        return part.mul_(step) if total is None else total.addcmul_(part, step)


def driven(matrix: Tensor, lines: Lines, converters: Converters) -> Driven:
    """`matrix` (lines, columns) cut into tiles."""
    parts = [matrix[tile] for tile in lines.tiles]
    quiet = lines.noise_sd <= 0.0
    if converters.active and quiet:
        parts = [part / converters.step[number] for number, part in enumerate(parts)]
    elif not converters.active and not converters.watching and quiet and len(parts) > 1:
        # Nothing happens between tiles: one product.
        whole = Lines(tiles=(slice(0, len(matrix)),), noise_sd=0.0, path=lines.path)
        return Driven(lines=whole, converters=converters, matrices=(matrix,))
    return Driven(lines=lines, converters=converters, matrices=parts)


def gradient(x: Tensor, errors: Tensor, rows: int, converters: Converters, room: Room) -> Tensor:
    """Weight gradient (n_in, n_out): x^T e over all samples m, `rows` of them in one array.

    Parameters
    ----------
    x : Tensor (m, n_in)
    errors : Tensor (m, n_out)
    rows : int
    converters : Converters
        One range for each column of errors; all tiles share it, they use the same arrays in turn.
    room : Room
    """
    if converters.bits is None:
        return torch.mm(x.t(), errors)
    if converters.active:
        errors = errors / converters.step[0]
    whole = len(x) // rows * rows
    total = torch.zeros(x.shape[1], errors.shape[1], dtype=x.dtype, device=x.device)
    per_pass = max(1, _STACKED // total.numel()) * rows
    for start in range(0, whole, per_pass):
        stop = min(start + per_pass, whole)
        stacked = x[start:stop].view(-1, rows, x.shape[1]).transpose(1, 2)
        held = room.of("part", len(stacked) * x.shape[1], errors.shape[1], x)
        parts = held.view(len(stacked), x.shape[1], errors.shape[1])
        torch.bmm(stacked, errors[start:stop].view(-1, rows, errors.shape[1]), out=parts)
        _gather(total, parts, converters)
    if whole < len(x):
        _gather(total, torch.mm(x[whole:].t(), errors[whole:])[None], converters)
    return total.mul_(converters.step[0]) if converters.active else total


def _gather(total: Tensor, parts: Tensor, converters: Converters) -> None:
    if converters.watching:
        converters.look(0, parts.flatten(0, 1))
    else:
        parts.round_().clamp_(-converters.top, converters.top)
    total.add_(parts[0] if len(parts) == 1 else parts.sum(0))
