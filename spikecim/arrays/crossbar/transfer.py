"""Transfer matrices: what each row alone sends into each column, exact, for one array or a batch of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spikecim.arrays.crossbar.block import passive_transfer
from spikecim.arrays.crossbar.check import checked_conductance, checked_finite, checked_voltages
from spikecim.arrays.crossbar.crossbar import Crossbar, in_series, switched_off
from spikecim.arrays.crossbar.kirchhoff import solved
from spikecim.arrays.crossbar.ladder import single_rows
from spikecim.arrays.crossbar.line_cg import LineCG
from spikecim.arrays.crossbar.orientation import transpose, transposed, turned
from spikecim.arrays.crossbar.solution import Solution
from spikecim.arrays.crossbar.wires import Wires


def transfer_matrix(conductance: ArrayLike, wires: Wires) -> NDArray[np.float64]:
    """Return the transfer matrix T of every array, exactly (to rounding).

    Parameters
    ----------
    conductance : (..., n_rows, n_cols)
        Siemens of each cell without its transistor; leading axes are a batch of arrays with the same wires.
    wires : Wires

    Returns
    -------
    float64 (..., n_rows, n_cols)
        Passive: ``currents = voltages @ T`` for any row voltages. Gated: row i of T holds the column currents per volt
        of read voltage with row i alone switched on, leaking transistors of the others included.

    Raises
    ------
    ShapeError, CircuitError
    """
    cells = checked_conductance(conductance)
    # What overflows is found in the result, and said in one line.
    with np.errstate(all="ignore"):
        return np.ascontiguousarray(turned(checked_finite(_turned_transfer(cells, wires), "transfer matrix"), wires))


def _turned_transfer(cells: NDArray[np.float64], wires: Wires) -> NDArray[np.float64]:
    on = turned(in_series(cells, wires.access), wires)
    if wires.kind == "gated":
        return single_rows(on, turned(switched_off(cells, wires.leak), wires), wires)
    if wires.ideal:
        return on
    if on.shape[-1] <= on.shape[-2]:
        return passive_transfer(on, wires)
    # Reciprocity: the current into driver i per volt at sense j is T[i, j]; the smaller side makes the blocks.
    return transpose(passive_transfer(transpose(on), transposed(wires)))


class Transfer:
    """A passive array whose transfer matrix is kept: each further vector costs a row of a matrix product.

    Parameters
    ----------
    crossbar : Crossbar
        Passive, of linear cells.

    Attributes
    ----------
    matrix : float64 (n_rows, n_cols)
    residual, worst_drop : float
        Measured once, with all rows at 1 V: the residual is the largest difference of a column current to another
        solver's (line-cg), as a share of the largest; the worst drop is that of this vector.

    Raises
    ------
    ParameterError, CircuitError
    """

    def __init__(self, crossbar: Crossbar) -> None:
        crossbar.check_passive_linear("a transfer matrix gives the currents of passive, linear arrays")
        self.crossbar = crossbar
        self.matrix = transfer_matrix(crossbar.conductance, crossbar.wires)
        every = np.ones((1, crossbar.shape[0]))
        solver = LineCG(branches=turned(crossbar.branches, crossbar.wires), wires=crossbar.wires)
        other = solved(crossbar, every, solver.potentials, method="line-cg", nodes=False, chunk_cells=1)
        largest = float(np.abs(other.currents).max())
        self.residual = float(np.abs(every @ self.matrix - other.currents).max()) / (largest or 1.0)
        self.worst_drop = other.worst_drop

    def currents(self, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Column currents (n_samples, n_cols) in ampere for row voltages (n_samples, n_rows), unchecked."""
        return inputs @ self.matrix

    def solve(self, inputs: ArrayLike) -> Solution:
        """The same, checked, as a result."""
        volts = checked_voltages(inputs, self.crossbar.shape[0])
        return Solution(
            currents=self.currents(volts), residual=self.residual, worst_drop=self.worst_drop, method="transfer"
        )
