"""Where the rows and columns of a matrix lie on the physical arrays, and back; checked, as a correction chose it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.analog.corrector import Corrected
from spikecim.errors import ShapeError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Placement:
    """How a matrix lies on its arrays.

    Attributes
    ----------
    rows : int64 (n_in,)
        Physical row of each logical one.
    columns : int64 (n_out,)
        Physical column of each logical one.
    sign : float64, broadcast against (n_slices, n_in, n_columns)
        What the digital side multiplies by, in physical order.
    n_columns : int
        Physical columns, spares included.
    """

    rows: IntArray
    columns: IntArray
    sign: FloatArray
    n_columns: int

    def logical(self, physical: FloatArray) -> FloatArray:
        """(..., n_in, n_out) of what lies at (..., n_in, n_columns)."""
        return physical[..., self.rows[:, None], self.columns]

    def physical(self, logical: FloatArray) -> FloatArray:
        """(..., n_in, n_columns) of (..., n_in, n_out); unused columns are 0."""
        laid = np.zeros((*logical.shape[:-1], self.n_columns))
        laid[..., self.rows[:, None], self.columns] = logical
        return laid


def placed(corrected: Corrected, n_out: int, row_tiles: tuple[slice, ...]) -> Placement:
    """Placement on the physical cells of `corrected`.

    Raises
    ------
    ShapeError
        If a correction lost a row or column, moved a row out of its row tile, or gives another shape.
    """
    n_slices, n_in, n_columns = corrected.targets.shape[1:]
    row_order = np.arange(n_in) if corrected.row_order is None else np.asarray(corrected.row_order)
    plain = np.concatenate([np.arange(n_out), np.full(n_columns - n_out, -1)])
    column_order = plain if corrected.column_order is None else np.asarray(corrected.column_order)
    if row_order.shape != (n_in,) or column_order.shape != (n_columns,):
        raise ShapeError(f"correction: row_order needs {n_in} entries and column_order {n_columns}")
    rows, columns = _inverse(row_order, n_in, "row"), _inverse(column_order, n_out, "column")
    for tile in row_tiles:
        inside = row_order[tile]
        if inside.min() < tile.start or inside.max() >= tile.stop:
            raise ShapeError("correction: a row left its row tile; swap rows within one physical array only")
    sign = _signs(corrected.column_sign, (n_slices, len(row_tiles), n_columns), row_tiles)
    return Placement(rows=rows, columns=columns, sign=sign, n_columns=n_columns)


def _signs(given: FloatArray | None, shape: tuple[int, int, int], row_tiles: tuple[slice, ...]) -> FloatArray:
    """Signs (n_slices, n_in, n_columns) of each cell from those of each column of each array, `shape`."""
    if given is None:
        return np.ones((1, 1, 1))
    try:
        signs = np.broadcast_to(np.asarray(given, np.float64), shape)
    except ValueError:
        raise ShapeError(f"correction: column_sign {np.shape(given)} does not fit {shape}") from None
    if not (np.abs(signs) == 1.0).all():
        raise ShapeError("correction: column_sign must be +1 or -1")
    return np.repeat(signs, [tile.stop - tile.start for tile in row_tiles], axis=1)


def _inverse(order: NDArray[Any], n: int, what: str) -> IntArray:
    """Physical place of each of `n` logical ones, from the logical one at each place (-1: none)."""
    used = np.flatnonzero(order >= 0)
    if len(used) != n or not np.array_equal(np.sort(order[used]), np.arange(n)):
        raise ShapeError(f"correction: each of the {n} logical {what}s must have one physical place")
    return np.asarray(used[np.argsort(order[used])], np.int64)
