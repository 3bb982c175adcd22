"""Column currents of any array for any inputs: checks, choice of the solver, and what each solver needs."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spikecim.arrays.crossbar.block import Block
from spikecim.arrays.crossbar.check import checked_finite, checked_read_voltage, checked_switches, checked_voltages
from spikecim.arrays.crossbar.crossbar import Crossbar
from spikecim.arrays.crossbar.factor import Factorised
from spikecim.arrays.crossbar.kirchhoff import (
    CHUNK_CELLS,
    LARGE_CHUNK_CELLS,
    checked_residual,
    chunks,
    joined,
    part,
    solved,
)
from spikecim.arrays.crossbar.ladder import ladder_potentials
from spikecim.arrays.crossbar.line_cg import LineCG
from spikecim.arrays.crossbar.orientation import turned, turned_rows
from spikecim.arrays.crossbar.position import position_solution
from spikecim.arrays.crossbar.solution import Solution
from spikecim.arrays.crossbar.transfer import Transfer
from spikecim.errors import CircuitError, ParameterError, hint

Floats = NDArray[np.float64]
METHODS = {
    "passive": ("block", "line-cg", "factor", "transfer", "position"),
    "gated": ("ladder", "position"),
}


def solve(
    crossbar: Crossbar,
    inputs: ArrayLike,
    *,
    read_voltage: float | None = None,
    method: str = "auto",
    nodes: bool = False,
) -> Solution:
    """Solve an array for some input vectors.

    Parameters
    ----------
    crossbar : Crossbar
        With a cell law, Newton's method takes over.
    inputs : (n_samples, n_rows)
        Passive: row voltages, V. Gated: which rows are switched on.
    read_voltage : float, optional
        Voltage of the source rails, V; gated arrays need it, passive ones have none.
    method : str
        Passive: "block", "line-cg", "factor" (all exact), "transfer" (exact; no potentials), "position" (a closed form,
        see its error in docs/crossbar.md). Gated: "ladder" (exact), "position". "auto" takes the fastest exact one.
    nodes : bool
        Keep the potentials of all nodes.

    Returns
    -------
    Solution

    Raises
    ------
    ShapeError, ParameterError, CircuitError
    """
    _check_method(method, crossbar.wires.kind)
    # What overflows is found in the potentials, and said in one line.
    with np.errstate(all="ignore"):
        return _solve(crossbar, inputs, read_voltage, (method, nodes))


def _solve(crossbar: Crossbar, inputs: ArrayLike, read_voltage: float | None, wanted: tuple[str, bool]) -> Solution:
    kind, n_rows, (method, nodes) = crossbar.wires.kind, crossbar.shape[0], wanted
    volts = checked_read_voltage(kind, read_voltage)
    if crossbar.iv is not None:
        return _nonlinear(crossbar, inputs, read_voltage, wanted)
    if kind == "gated":
        on = checked_switches(inputs, n_rows)
        if method == "position":
            return position_solution(crossbar, np.where(on, volts, 0.0), nodes=nodes)
        return _gated(crossbar, on, volts, nodes)
    drive = checked_voltages(inputs, n_rows)
    return _fastest(crossbar, drive, nodes) if method == "auto" else _passive(crossbar, drive, method, nodes)


def _fastest(crossbar: Crossbar, volts: Floats, nodes: bool) -> Solution:
    """Conjugate gradients, measured to be the fastest at every size; elimination where they do not converge."""
    try:
        return _passive(crossbar, volts, "line-cg", nodes)
    except CircuitError:
        return _passive(crossbar, volts, "block", nodes)


def _passive(crossbar: Crossbar, volts: Floats, method: str, nodes: bool) -> Solution:
    if method == "position":
        return position_solution(crossbar, volts, nodes=nodes)
    if method == "transfer":
        if nodes:
            raise ParameterError("method 'transfer' has no node potentials; use 'block', 'line-cg' or 'factor'")
        return Transfer(crossbar).solve(volts)
    if method == "factor":
        return Factorised(crossbar).solve(volts, nodes=nodes)
    branches, wires = turned(crossbar.branches, crossbar.wires), crossbar.wires
    if method == "line-cg":
        lines = LineCG(branches=branches, wires=wires)
        return solved(crossbar, volts, lines.potentials, method=method, nodes=nodes, chunk_cells=CHUNK_CELLS)
    block = Block(branches=branches, wires=wires)
    return solved(crossbar, volts, block.potentials, method=method, nodes=nodes, chunk_cells=LARGE_CHUNK_CELLS)


def _gated(crossbar: Crossbar, on: NDArray[np.bool_], volts: float, nodes: bool) -> Solution:
    wires, shape = crossbar.wires, crossbar.shape
    switched, leaking = crossbar.branches, crossbar.off_branches
    both = turned(switched, wires), turned(leaking, wires)
    drive, parts = np.full((1, *shape), volts), []
    for some in chunks(len(on), switched.size, CHUNK_CELLS):
        cells = np.where(on[some, :, None], switched, leaking)
        row, column, currents = ladder_potentials(turned_rows(on[some], wires), both, wires, volts)
        checked_finite(currents, "ladder")
        seen = turned(row, wires), turned(column, wires), currents
        parts.append(part(cells, np.broadcast_to(drive, cells.shape), seen, wires, nodes))
    return checked_residual(joined(parts, "ladder", (0, *shape)))


def _nonlinear(crossbar: Crossbar, inputs: ArrayLike, read_voltage: float | None, wanted: tuple[str, bool]) -> Solution:
    from spikecim.arrays.crossbar.newton import solve_nonlinear

    if wanted[0] != "auto":
        raise ParameterError(f"method {wanted[0]!r} is for linear cells; an array with a cell law needs method 'auto'")
    return solve_nonlinear(crossbar, inputs, read_voltage=read_voltage, nodes=wanted[1])


def _check_method(method: str, kind: str) -> None:
    allowed = ("auto", *METHODS[kind])
    if method not in allowed:
        listed = ", ".join(map(repr, allowed))
        raise ParameterError(
            f"unknown method {method!r} of a {kind} array; {hint(method, allowed, 'choose one of the following')} "
            f"(allowed: {listed})"
        )
