"""Arrays of nonlinear cells, solved by Newton's method: `Crossbar` and input vectors to `Solution`."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spikecim.arrays.crossbar.cell_law import CellLaw, PolynomialLaw
from spikecim.arrays.crossbar.crossbar import Crossbar
from spikecim.arrays.crossbar.drive import Drive, drive_of
from spikecim.arrays.crossbar.newton_lines import Lines, lines_of
from spikecim.arrays.crossbar.newton_steps import Cells, Solved, newton
from spikecim.arrays.crossbar.solution import Nodes, Solution
from spikecim.errors import ParameterError

Floats = NDArray[np.float64]
OHM = PolynomialLaw(a3=0.0)
# Vectors are solved side by side in groups of about this many cells: enough for NumPy, little enough for a cache.
GROUP = 1 << 16


def solve_nonlinear(
    crossbar: Crossbar, inputs: ArrayLike, *, read_voltage: float | None = None, nodes: bool = False
) -> Solution:
    """Solve an array whose cells follow `crossbar.iv` (Ohm's law without one), each wire exactly.

    Parameters
    ----------
    crossbar : Crossbar
    inputs : (n_samples, n_rows) volt of the rows of a passive array; rows that are on (bool) of a gated one
    read_voltage : float, optional
        Volt of the source rails of a gated array.
    nodes : bool
        Return the potentials of all wire nodes too.

    Raises
    ------
    ShapeError, ParameterError
        If `inputs` or `read_voltage` do not fit the array, or voltages exceed the reach of the law.
    CircuitError
        If Newton's method does not converge.
    """
    drive = drive_of(crossbar, inputs, read_voltage)
    law, lines = crossbar.iv or OHM, lines_of(crossbar.wires)
    _check_reach(law, drive)
    first, parts = 0, []
    for group in _groups(drive, law, lines):
        # A step that is far too long may leave the range of doubles before it is halved.
        with np.errstate(over="ignore", invalid="ignore"):
            solved = newton(group, first)
        parts.append(_solution(group, solved, nodes=nodes))
        first += len(group.drive)
    return Solution(
        currents=np.concatenate([part.currents for part in parts]),
        residual=max(part.residual for part in parts),
        worst_drop=max(part.worst_drop for part in parts),
        method="newton",
        nodes=_joined([part.nodes for part in parts if part.nodes is not None]),
    )


def _check_reach(law: CellLaw, drive: Drive) -> None:
    """No cell sees more than the span of its drivers and ground, since all cells conduct more at more voltage."""
    high, low = drive.volts.max(axis=(1, 2), initial=0.0), drive.volts.min(axis=(1, 2), initial=0.0)
    span = float((high - low).max(initial=0.0))
    if span > law.reach:
        raise ParameterError(
            f"{law.label}: good up to {law.reach:.4g} V across a cell, but the drivers span {span:.4g} V; "
            "lower the drive voltage, or take another law"
        )


def _groups(drive: Drive, law: CellLaw, lines: Lines) -> Iterator[Cells]:
    n_samples, *shape = drive.volts.shape
    size = max(1, GROUP // math.prod(shape))
    for start in range(0, max(n_samples, 1), size):
        yield Cells(
            law=law,
            conductance=_part(drive.conductance, n_samples, slice(start, start + size)),
            series=_part(drive.series, n_samples, slice(start, start + size)),
            lines=lines,
            drive=drive.volts[start : start + size],
        )


def _part(values: Floats, n_samples: int, samples: slice) -> Floats:
    return values[samples] if len(values) == n_samples else values


def _solution(cells: Cells, solved: Solved, *, nodes: bool) -> Solution:
    supply, sums = (line.drop(solved.current) for line in (cells.lines.supply, cells.lines.sum_line))
    scale = float(np.abs(cells.drive).max(initial=0.0)) or 1.0
    lost = np.abs(supply + sums) * (cells.conductance > 0.0)
    return Solution(
        currents=solved.current.sum(axis=1),
        residual=float(np.abs(solved.missing).max(initial=0.0)) / scale,
        worst_drop=float(lost.max(initial=0.0)) / scale,
        method="newton",
        nodes=Nodes(row=cells.drive - supply, column=sums) if nodes else None,
    )


def _joined(parts: list[Nodes]) -> Nodes | None:
    if not parts:
        return None
    return Nodes(row=np.concatenate([p.row for p in parts]), column=np.concatenate([p.column for p in parts]))
