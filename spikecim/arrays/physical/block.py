"""A block of passive cells seen from its edges: word lines enter at the left, bit lines leave at the bottom.

With v the voltages where the word lines enter, b those where the bit lines leave, i and j the currents in and out:

    i = A v - N' b,   j = N v - Y b

Rows are eliminated from the open end of the bit lines. Row k adds M_k = (1 + G_k R)^-1 G_k, with R[a, b] =
r (1 + min(a, b)) the word line as a resistance matrix: Y += M_k, N[:, k] = M_k 1, A[k, k] = 1' M_k 1. A bit line
segment s then makes, with S = (1 + s Y)^-1: A -= s N' S N, N = S N, Y = S Y. Segments of 0 ohm and open cells need no
care.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Block:
    """Admittances of a block of n_rows x n_cols cells, in siemens.

    Attributes
    ----------
    rows : float64 (..., n_rows, n_rows)
        A: currents into the word lines by voltages on them.
    through : float64 (..., n_cols, n_rows)
        N: currents out of the bit lines by voltages on the word lines.
    columns : float64 (..., n_cols, n_cols)
        Y: currents back into the bit lines by voltages on them.
    """

    rows: FloatArray
    through: FloatArray
    columns: FloatArray


def line_resistance(segment: float, length: int) -> FloatArray:
    """Resistance (length, length) that two cells of a line share, counted from its fed end, in ohm."""
    place = np.arange(1.0, length + 1.0)
    return segment * np.minimum(place[:, None], place)


def reduce_block(conductance: FloatArray, row_segment: float, column_segment: float) -> Block:
    """Reduce cells (..., n_rows, n_cols), in siemens, to the edges of their block; segments in ohm."""
    *batch, n_rows, n_cols = conductance.shape
    line = line_resistance(row_segment, n_cols)
    unity = np.eye(n_cols)
    rows = np.zeros((*batch, n_rows, n_rows))
    through = np.zeros((*batch, n_cols, n_rows))
    columns = np.zeros((*batch, n_cols, n_cols))
    for k in range(n_rows):
        cells = conductance[..., k, :]
        own = np.linalg.solve(unity + cells[..., :, None] * line, cells[..., :, None] * unity)
        columns += own
        through[..., k] = own.sum(-1)
        rows[..., k, k] = through[..., k].sum(-1)
        if column_segment:
            known = through[..., : k + 1]
            both = np.concatenate([columns, known], axis=-1)
            passed = np.linalg.solve(unity + column_segment * columns, both)
            after = passed[..., n_cols:]
            rows[..., : k + 1, : k + 1] -= column_segment * (np.swapaxes(known, -1, -2) @ after)
            columns, through[..., : k + 1] = passed[..., :n_cols], after
    return Block(rows=rows, through=through, columns=columns)
