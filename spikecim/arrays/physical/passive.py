"""Rows of a passive array read one at a time: what each clamp receives, and what each driver gives.

`crossbar.transfer_matrix` has the clamps' currents of an array that the network fills; energy needs the drivers' too,
and a network in a corner of a large array would make it solve for every unused cell. So the network's block and all
around it are reduced to the edges between them (`block`, `surroundings`) and joined, for many chips at once.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from spikecim.arrays.crossbar.crossbar import in_series
from spikecim.arrays.crossbar.orientation import turned
from spikecim.arrays.crossbar.wires import Wires
from spikecim.arrays.physical.block import Block, reduce_block
from spikecim.arrays.physical.surroundings import Lines, Surroundings, surround

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class RowReads:
    """What one read of each row, alone, moves for each volt of its driver.

    Attributes
    ----------
    sensed : float64 (..., n_rows, n_cols), siemens
        Current into each clamp.
    drawn : float64 (..., n_rows), siemens
        Current out of the driver: through clamps, idle rows and unused columns.
    """

    sensed: FloatArray
    drawn: FloatArray


def read_passive(
    conductance: FloatArray, wires: Wires, sizes: Sequence[tuple[int, int]], unused: float
) -> list[RowReads]:
    """Read every row of cells (..., n_rows, n_cols) in siemens; idle rows and all clamps at 0 V.

    Parameters
    ----------
    sizes : sequence of (rows, columns)
        Of the whole array; one result each, for hardly more work than for one.
    unused : float
        Conductance of an unused cell, its transistor included, in siemens.
    """
    cells = turned(in_series(conductance, wires.access), wires)
    lines = Lines(
        row_segment=wires.row_segment,
        column_segment=wires.column_segment,
        driver=wires.driver,
        sense=wires.sense,
    )
    # One thread: rounding must not depend on the number of cores, and charges are rounded to whole electrons.
    with threadpool_limits(1, user_api="blas"):
        block = reduce_block(cells, wires.row_segment, wires.column_segment)
        joined = [_joined(block, _surround(*cells.shape[-2:], size, unused, lines)) for size in sizes]
    upwards = wires.sense_end == "top"
    return [
        RowReads(sensed=turned(sensed, wires), drawn=drawn[..., ::-1] if upwards else drawn) for sensed, drawn in joined
    ]


def _joined(block: Block, around: Surroundings) -> tuple[FloatArray, FloatArray]:
    """Sensed (..., n_rows, n_cols) and drawn (..., n_rows) of rows driven one at a time.

    i = A entry - N' exit and j = N entry - Y exit, with entry and exit of the surroundings, solved for i and j.
    """
    n_rows, n_cols = block.rows.shape[-1], block.columns.shape[-1]
    into = np.concatenate([block.rows, -np.swapaxes(block.through, -1, -2)], axis=-1)
    out = np.concatenate([block.through, -block.columns], axis=-1)
    seen = np.concatenate([into, out], axis=-2)
    edges = [np.concatenate([around.entry[part], around.exit[part]]) for part in range(3)]
    system = np.eye(n_rows + n_cols) - seen @ np.concatenate(edges[1:], axis=1)
    currents = np.linalg.solve(system, seen @ edges[0])
    i, j = currents[..., :n_rows, :], currents[..., n_rows:, :]
    sensed = around.sensed[0] + around.sensed[1] @ i + around.sensed[2] @ j
    drawn = around.drawn[0] + around.drawn[1] @ i + around.drawn[2] @ j
    return np.swapaxes(sensed, -1, -2), np.diagonal(drawn, axis1=-2, axis2=-1)


@functools.lru_cache(maxsize=256)
def _surround(n_rows: int, n_cols: int, size: tuple[int, int], unused: float, lines: Lines) -> Surroundings:
    return surround(n_rows, n_cols, size, unused, lines)
