"""How a matrix is cut into physical arrays, and how the groups of a depthwise layer share one array on its diagonal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import ShapeError


@dataclass(frozen=True, kw_only=True)
class Tile:
    """The part of a matrix that lies on one physical array (of each slice and polarity)."""

    rows: slice
    columns: slice

    @property
    def shape(self) -> tuple[int, int]:
        return self.rows.stop - self.rows.start, self.columns.stop - self.columns.start


def spans(length: int, longest: int) -> tuple[slice, ...]:
    """0 .. length cut into pieces of `longest`, the last one shorter."""
    return tuple(slice(start, min(start + longest, length)) for start in range(0, length, longest))


def tiles(n_in: int, n_out: int, rows: int, columns: int) -> tuple[Tile, ...]:
    """Cut a matrix (n_in, n_out) into arrays of at most `rows` x `columns`, row tiles outer.

    Only the used part of an array has cells: it lies at the corner of drivers and sense amplifiers.
    """
    if n_in < 1 or n_out < 1:
        raise ShapeError(f"a matrix of {n_in} x {n_out} has no cells; give at least one row and one column")
    return tuple(Tile(rows=row, columns=column) for row in spans(n_in, rows) for column in spans(n_out, columns))


def pack_groups(n_groups: int, n_in: int, n_out: int, rows: int, columns: int) -> tuple[slice, ...]:
    """Which groups of a grouped layer, (n_in, n_out) each, share one array: as many as fit on its diagonal.

    A group that is larger than an array is a pack of its own, cut into tiles like any matrix.
    """
    if min(n_groups, n_in, n_out) < 1:
        raise ShapeError(f"{n_groups} groups of {n_in} x {n_out}: each number must be at least 1")
    return spans(n_groups, max(1, min(rows // n_in, columns // n_out)))


def block_diagonal(groups: NDArray[np.floating] | Sequence[NDArray[np.floating]]) -> NDArray[np.floating]:
    """Matrix (n_groups n_in, n_groups n_out) of one pack from its groups (n_groups, n_in, n_out), zeros elsewhere."""
    stack = np.asarray(groups)
    if stack.ndim != 3:
        raise ShapeError(f"groups must be (n_groups, n_in, n_out), got {stack.shape}")
    n, n_in, n_out = stack.shape
    packed = np.zeros((n, n_in, n, n_out), stack.dtype)
    packed[np.arange(n), :, np.arange(n)] = stack
    return packed.reshape(n * n_in, n * n_out)
