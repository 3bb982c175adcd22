"""From potentials to a result: currents, the worst drop, and how far Kirchhoff's laws are missed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.crossbar.check import checked_finite
from spikecim.arrays.crossbar.crossbar import Crossbar
from spikecim.arrays.crossbar.newton_lines import lines_of
from spikecim.arrays.crossbar.orientation import turned, turned_rows
from spikecim.arrays.crossbar.solution import Nodes, Solution
from spikecim.arrays.crossbar.wires import Wires
from spikecim.errors import CircuitError

Floats = NDArray[np.float64]
# Potentials of word and bit lines and column currents of a turned array for its inputs (n_samples, n_rows).
Potentials = Callable[[Floats], tuple[Floats, Floats, Floats]]
# Cells of all vectors that are worked on together (4 MB an array); eliminations go once for all, and take more.
CHUNK_CELLS, LARGE_CHUNK_CELLS = 2**19, 2**22
# Rounding alone gives so much where the wires leave about 1e-10 of the voltage.
LARGEST_RESIDUAL = 1e-6


@dataclass(frozen=True, kw_only=True)
class Part:
    """What some of the vectors give."""

    currents: Floats
    residual: float
    worst_drop: float
    nodes: Nodes | None


def solved(
    crossbar: Crossbar,
    volts: Floats,
    potentials: Potentials,
    *,
    method: str,
    nodes: bool,
    chunk_cells: int,
) -> Solution:
    """Solve a passive array with linear cells by a solver of turned arrays, some vectors at a time.

    Parameters
    ----------
    crossbar : Crossbar
    volts : (n_samples, n_rows)
    potentials : Potentials
    method : str
        Name for the result.
    nodes : bool
        Keep all potentials.
    chunk_cells : int
        Cells of all vectors that are worked on together.
    """
    wires, branches = crossbar.wires, crossbar.branches
    parts = []
    for some in chunks(len(volts), branches.size, chunk_cells):
        chunk = volts[some]
        row, column, currents = potentials(turned_rows(chunk, wires))
        checked_finite(currents, method)
        drive = np.broadcast_to(chunk[:, :, None], row.shape)
        seen, across = (turned(row, wires), turned(column, wires)), turned(currents[:, None], wires)[:, 0]
        parts.append(part(branches, drive, (*seen, across), wires, nodes))
    return checked_residual(joined(parts, method, (0, *branches.shape)))


def checked_residual(solution: Solution) -> Solution:
    """A solution by an exact method, unless rounding has eaten it."""
    if not solution.residual <= LARGEST_RESIDUAL:
        raise CircuitError(
            f"{solution.method}: Kirchhoff's laws are missed by {solution.residual:.1g} of the drive voltage (allowed "
            f"{LARGEST_RESIDUAL:g}); the circuit is singular in double precision: check conductance (S) and wires "
            "(ohm) for extreme values"
        )
    return solution


def chunks(n_samples: int, n_cells: int, chunk_cells: int) -> Iterator[slice]:
    """Vectors that are worked on together."""
    length = max(1, chunk_cells // n_cells)
    return (slice(first, first + length) for first in range(0, n_samples, length))


def part(branches: Floats, drive: Floats, found: tuple[Floats, Floats, Floats], wires: Wires, nodes: bool) -> Part:
    """How good potentials of an array (not turned) are.

    Parameters
    ----------
    branches : (n_rows, n_cols) or (n_samples, n_rows, n_cols)
        Siemens of each cell with its transistor.
    drive : (n_samples, n_rows, n_cols)
        Voltage across each cell if wires were ideal, V.
    found : two (n_samples, n_rows, n_cols) and one (n_samples, n_cols)
        Potentials of word lines (source rails) and bit lines (sum rails), V; column currents, A.
    """
    row, column, currents = found
    across = row - column
    current, lines = branches * across, lines_of(wires)
    largest = np.abs(drive).max(axis=(1, 2))
    scale = np.where(largest > 0.0, largest, 1.0)
    missed = np.maximum(
        np.abs(drive - lines.supply.drop(current) - row).max(axis=(1, 2)),
        np.abs(lines.sum_line.drop(current) - column).max(axis=(1, 2)),
    )
    lost = np.where(branches > 0.0, np.abs(drive - across), 0.0).max(axis=(1, 2))
    return Part(
        currents=currents,
        residual=float((missed / scale).max()),
        worst_drop=float((lost / scale).max()),
        nodes=Nodes(row=row, column=column) if nodes else None,
    )


def joined(parts: list[Part], method: str, empty: tuple[int, int, int]) -> Solution:
    """One result of all parts; `empty` is the shape of potentials without vectors."""
    kept = [part.nodes for part in parts if part.nodes is not None]
    nothing = [np.empty(empty)]
    whole = Nodes(
        row=np.concatenate([one.row for one in kept] or nothing),
        column=np.concatenate([one.column for one in kept] or nothing),
    )
    return Solution(
        currents=np.concatenate([part.currents for part in parts] or [np.empty((0, empty[2]))]),
        residual=float(np.max([part.residual for part in parts], initial=0.0)),
        worst_drop=float(np.max([part.worst_drop for part in parts], initial=0.0)),
        method=method,
        nodes=whole if kept else None,
    )
