"""Closed-form position factor: what the wires leave of a cell's conductance, were all cells of its lines equal.

A line of n equal cells (S) with `segment` and `terminal` (ohm), its far end open and what is across at 0 V, has the
potentials of a discrete transmission line,

    v_k / V = cosh(L (n - k + 1/2)) / (cosh(L (n + 1/2)) + terminal cell sinh(L n) / (2 sinh(L / 2))),

with 2 sinh(L / 2) = sqrt(segment cell) and k = 1 at the live end: exact for such a line. With alpha from the word line
and beta from the bit line, each of cells at its own line's mean, G_eff = G / (1 / alpha + 1 / beta - 1): two divisions
of the same voltage in series. Rows that are not driven are held at 0 V and load the bit lines just the same, so the
factor of a passive array does not depend on the input. Its measured error stands in docs/crossbar.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spikecim.arrays.crossbar.check import checked_conductance
from spikecim.arrays.crossbar.crossbar import Crossbar, in_series
from spikecim.arrays.crossbar.kirchhoff import CHUNK_CELLS, Part, chunks, joined
from spikecim.arrays.crossbar.newton_lines import Lines, lines_of
from spikecim.arrays.crossbar.orientation import turned
from spikecim.arrays.crossbar.solution import Nodes, Solution
from spikecim.arrays.crossbar.wires import Wires
from spikecim.errors import ParameterError

Floats = NDArray[np.float64]


def position_factor(conductance: ArrayLike, wires: Wires, *, activity: float = 1.0) -> Floats:
    """Return what each cell keeps, so that ``currents ~ voltages @ (conductance * factor)``.

    Parameters
    ----------
    conductance : (..., n_rows, n_cols)
        Siemens of each cell without its transistor; leading axes are a batch of arrays with the same wires.
    wires : Wires
        `leak` is left out.
    activity : float
        Gated: share of the rows that are switched on at a time, 0 to 1. A passive array's factor does not depend on it.

    Returns
    -------
    float64 (..., n_rows, n_cols)
        Between 0 and 1, transistor included.

    Raises
    ------
    ShapeError, ParameterError
    """
    if not 0.0 <= activity <= 1.0:
        raise ParameterError(f"activity must be a share of the rows from 0 to 1, got {activity:g}")
    cells = checked_conductance(conductance)
    with np.errstate(divide="ignore", over="ignore"):
        return _factor(cells, wires, activity)


def _factor(cells: Floats, wires: Wires, activity: float) -> Floats:
    branches = turned(in_series(cells, wires.access), wires)
    down = branches.mean(axis=-2, keepdims=True) * (activity if wires.kind == "gated" else 1.0)
    if wires.kind == "passive":
        along = branches.mean(axis=-1, keepdims=True)
        supply = 1.0 / uniform_line(along, np.arange(1, branches.shape[-1] + 1), wires.row_segment, wires.driver)
    elif wires.drive_end != wires.sense_end:
        steps = np.arange(1, branches.shape[-2] + 1)[:, None]
        supply = 1.0 / uniform_line(down, steps, wires.source_segment, wires.driver)
    else:
        # Both rails from one end are one line with the sum of both resistances.
        supply = np.ones(1)
    kept = 1.0 / (supply + 1.0 / _sum_line(down, branches.shape[-2], wires) - 1.0)
    return np.asarray(turned(np.broadcast_to(kept, branches.shape), wires) / (1.0 + wires.access * cells))


def _sum_line(cell: Floats, n_rows: int, wires: Wires) -> Floats:
    if wires.kind == "gated" and wires.drive_end == wires.sense_end:
        both, ends = wires.source_segment + wires.column_segment, wires.driver + wires.sense
        return uniform_line(cell, np.arange(1, n_rows + 1)[:, None], both, ends)
    return uniform_line(cell, np.arange(n_rows, 0, -1)[:, None], wires.column_segment, wires.sense)


def uniform_line(cell: Floats, step: NDArray[np.intp], segment: float, terminal: float) -> Floats:
    """Potential per volt at node `step` (1 next to the live end) of a line of equal cells (S), as in the module's text.

    `step` runs along the line's axis, on which `cell` has length 1; written with falling exponentials, so that nothing
    overflows.
    """
    n = step.size
    root = np.sqrt(segment * cell)
    decay = 2.0 * np.arcsinh(root / 2.0)
    # (1 - exp(-2 L n)) / (2 sinh(L / 2)), which is 2 n on a line without resistance
    drawn = np.where(root > 0.0, -np.expm1(-2.0 * decay * n) / np.where(root > 0.0, root, 1.0), 2.0 * n)
    whole = 1.0 + np.exp(-decay * (2 * n + 1)) + terminal * cell * np.exp(-decay / 2.0) * drawn
    return np.asarray(np.exp(-decay * step) * (1.0 + np.exp(-decay * (2 * (n - step) + 1))) / whole)


def position_solution(crossbar: Crossbar, volts: Floats, *, nodes: bool) -> Solution:
    """Approximate currents for row voltages (n_samples, n_rows); of a gated array, those of the rows switched on.

    The residual is honest: the voltage that the wires leave to each driven cell, given all these currents, against the
    voltage that the closed form assumed.

    Raises
    ------
    ParameterError
        If transistors that are off leak: the closed form knows driven cells only.
    """
    wires, lines = crossbar.wires, lines_of(crossbar.wires)
    if wires.leak:
        raise ParameterError(
            f"method 'position' leaves wires.leak ({wires.leak:g} S) out; use 'ladder', or set it to 0"
        )
    active = float((volts != 0.0).mean()) if volts.size else 1.0
    kept = position_factor(crossbar.conductance, wires, activity=active)
    effective, share = crossbar.conductance * kept, kept * (1.0 + wires.access * crossbar.conductance)
    parts = [
        _part(volts[some], (effective, share), lines, nodes) for some in chunks(len(volts), effective.size, CHUNK_CELLS)
    ]
    return joined(parts, "position", (0, *crossbar.shape))


def _part(volts: Floats, cells: tuple[Floats, Floats], lines: Lines, nodes: bool) -> Part:
    effective, share = cells
    driven = volts[:, :, None]
    current = driven * effective
    row, column = driven - lines.supply.drop(current), lines.sum_line.drop(current)
    largest = float(np.abs(volts).max()) or 1.0
    counted = (effective > 0.0) & (driven != 0.0)
    missed, lost = np.abs(driven * share - (row - column)), np.abs(driven * (1.0 - share))
    return Part(
        currents=volts @ effective,
        residual=float(np.where(counted, missed, 0.0).max()) / largest,
        worst_drop=float(np.where(counted, lost, 0.0).max()) / largest,
        nodes=Nodes(row=row, column=column) if nodes else None,
    )
