"""What lies around a network's block in a larger passive array: cells all alike, drivers, clamps; reduced once.

The network's n_rows x n_cols cells lie in the corner farthest from the row drivers and from the clamps. Before them lie
columns of equal cells g over all rows; below them rows of equal cells under the network's columns. Equal cells make
both strips separable: in the eigenvectors of the bit line's resistance matrix C (eigenvalues c) and of the word line's
R (eigenvalues p) each pair of modes is a scalar, x = (drive) / (1/g + c + p), so an array of any size costs a few
products of its side. The result is exact: tests hold it to the elimination of the whole array.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.physical.block import line_resistance

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Lines:
    """Resistances of a passive array, in ohm: one word and bit line segment, row driver, clamp."""

    row_segment: float
    column_segment: float
    driver: float
    sense: float


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Voltages at the block's edges, and currents at the terminals, by drive V and the block's currents i and j.

    Each pair or triple holds the factors of V (n_rows,), of i (n_rows,), and of j (n_cols,).

    Attributes
    ----------
    entry : voltages where the block's word lines enter, (n_rows, ...)
    exit : voltages where its bit lines leave, (n_cols, ...)
    sensed : currents into the clamps of its columns, (n_cols, ...)
    drawn : currents out of the drivers of its rows, (n_rows, ...)
    """

    entry: tuple[FloatArray, FloatArray, FloatArray]
    exit: tuple[FloatArray, FloatArray, FloatArray]
    sensed: tuple[FloatArray, FloatArray, FloatArray]
    drawn: tuple[FloatArray, FloatArray, FloatArray]


@dataclass(frozen=True, kw_only=True)
class _Feed:
    """Word lines up to the network's columns: v = a V - z i, drawn = y V + a i; each (all rows, all rows)."""

    a: FloatArray
    z: FloatArray
    y: FloatArray


@dataclass(frozen=True, kw_only=True)
class _Below:
    """Rows of equal cells below the block: i = F u - H j, exit = H' u + E j, sensed = K u + L j."""

    f: FloatArray
    h: FloatArray
    e: FloatArray
    k: FloatArray
    l: FloatArray  # noqa: E741 - the letter of the equation


def surround(n_rows: int, n_cols: int, size: tuple[int, int], cell: float, lines: Lines) -> Surroundings:
    """Reduce everything around a block of `n_rows` x `n_cols` in an array of `size`, cells of `cell` siemens."""
    feed = _feed(size[0], size[1] - n_cols, cell, lines)
    below = _below(size[0] - n_rows, n_cols, cell, lines)
    own, other = slice(0, n_rows), slice(n_rows, None)
    z_cross = feed.z[own, other]
    # u = (1 + z F)^-1 (a V - z i + z H j) on the rows below.
    system = np.eye(size[0] - n_rows) + feed.z[other, other] @ below.f
    by_drive, by_rows, by_columns = (
        np.linalg.solve(system, right)
        for right in (feed.a[other, own], -feed.z[other, own], feed.z[other, other] @ below.h)
    )
    into = tuple(below.f @ part for part in (by_drive, by_rows, by_columns))
    into = (into[0], into[1], into[2] - below.h)
    a = feed.a[own, own]
    return Surroundings(
        entry=(a - z_cross @ into[0], -feed.z[own, own] - z_cross @ into[1], -z_cross @ into[2]),
        exit=(below.h.T @ by_drive, below.h.T @ by_rows, below.h.T @ by_columns + below.e),
        sensed=(below.k @ by_drive, below.k @ by_rows, below.k @ by_columns + below.l),
        drawn=(
            feed.y[own, own] + feed.a[own, other] @ into[0],
            a + feed.a[own, other] @ into[1],
            feed.a[own, other] @ into[2],
        ),
    )


def _feed(n_rows: int, n_before: int, cell: float, lines: Lines) -> _Feed:
    unity = np.eye(n_rows)
    if n_before == 0:
        return _Feed(a=unity, z=lines.driver * unity, y=np.zeros_like(unity))
    shared, modes = np.linalg.eigh(_to_clamp(n_rows, lines))
    shunt = cell / (1.0 + cell * shared)
    a, z, y = np.ones(n_rows), np.full(n_rows, lines.driver), np.zeros(n_rows)
    for _ in range(n_before):
        z = z + lines.row_segment
        a, z = a / (1.0 + shunt * z), z / (1.0 + shunt * z)
        y = (y + shunt) / (1.0 + lines.row_segment * (y + shunt))
    y = y / (1.0 + lines.driver * y)
    return _Feed(**{name: (modes * values) @ modes.T for name, values in (("a", a), ("z", z), ("y", y))})


def _below(n_below: int, n_cols: int, cell: float, lines: Lines) -> _Below:
    shared, modes = np.linalg.eigh(_to_clamp(n_below, lines)) if n_below else (np.zeros(0), np.zeros((0, 0)))
    along, across = np.linalg.eigh(line_resistance(lines.row_segment, n_cols))
    top = lines.sense + lines.column_segment * n_below
    # Resistance that a current from above shares with the current of each cell.
    down = modes.T @ (top - lines.column_segment * np.arange(n_below))
    rows, columns = modes.T @ np.ones(n_below), across.T @ np.ones(n_cols)
    each = 1.0 / (1.0 / cell + shared[:, None] + along) if cell else np.zeros((n_below, n_cols))
    return _Below(
        f=(modes * (each @ columns**2)) @ modes.T,
        h=modes @ (down[:, None] * each * columns) @ across.T,
        e=(across * (top - down**2 @ each)) @ across.T,
        k=across @ (columns * (rows[:, None] * each)).T @ modes.T,
        l=(across * (1.0 - (rows * down) @ each)) @ across.T,
    )


def _to_clamp(n_rows: int, lines: Lines) -> FloatArray:
    """Resistance (n_rows, n_rows) that two cells of a bit line share on the way to its clamp."""
    return lines.sense + line_resistance(lines.column_segment, n_rows)[::-1, ::-1]
