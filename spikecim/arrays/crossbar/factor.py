"""Passive arrays by nodal analysis: one sparse factorisation, reused for any number of vectors.

Nodes that a wire of 0 ohm joins are one node; word lines count from their driver's voltage, so drivers and sense
circuits alike are at 0 V and each cell has a voltage source in series.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spikecim.arrays.crossbar.check import checked_voltages
from spikecim.arrays.crossbar.crossbar import Crossbar
from spikecim.arrays.crossbar.kirchhoff import LARGE_CHUNK_CELLS, solved
from spikecim.arrays.crossbar.orientation import turned
from spikecim.arrays.crossbar.solution import Solution
from spikecim.arrays.crossbar.wires import Wires
from spikecim.errors import CircuitError

Floats = NDArray[np.float64]
Numbers = NDArray[np.intp]
# The number of the node at 0 V.
GROUND = -1


@dataclass(frozen=True, kw_only=True, eq=False)
class NodalFactor:
    """A turned passive array, factorised."""

    branches: Floats
    wires: Wires
    rows: Numbers = field(init=False)
    columns: Numbers = field(init=False)

    def __post_init__(self) -> None:
        wires, shape = self.wires, self.branches.shape
        words = line_nodes(shape, wires.row_segment, wires.driver)
        bits = line_nodes(shape[::-1], wires.column_segment, wires.sense)[:, ::-1].T
        bits = np.where(bits == GROUND, GROUND, bits + words.max() + 1)
        object.__setattr__(self, "rows", words)
        object.__setattr__(self, "columns", np.ascontiguousarray(bits))

    def potentials(self, volts: Floats) -> tuple[Floats, Floats, Floats]:
        """Word and bit line potentials (n_samples, n_rows, n_cols), column currents, for volts (n_samples, n_rows)."""
        n_nodes = 1 + max(int(self.rows.max()), int(self.columns.max()))
        # One entry more, which GROUND = -1 finds: it stays 0.
        found = np.zeros((n_nodes + 1, len(volts)))
        if n_nodes:
            source = self.branches[None] * volts[:, :, None]
            for sample, pushed in enumerate(source):
                np.add.at(found[:, sample], self.rows, -pushed)
                np.add.at(found[:, sample], self.columns, pushed)
            found[:n_nodes], found[n_nodes] = self.factor.solve(found[:n_nodes]), 0.0
        lost, column = (np.moveaxis(found[nodes], -1, 0) for nodes in (self.rows, self.columns))
        row = volts[:, :, None] + lost
        return row, column, (self.branches * (row - column)).sum(axis=1)

    @cached_property
    def factor(self) -> Any:
        """SuperLU of the nodal matrix, which is symmetric and positive definite."""
        from scipy.sparse.linalg import splu

        options = {"SymmetricMode": True, "Equil": False}
        try:
            return splu(self.matrix(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options=options)
        except RuntimeError as error:
            raise CircuitError(
                f"factor: the circuit is singular in double precision ({error}); check conductance (S) and wires (ohm) "
                "for extreme values"
            ) from error

    def matrix(self) -> Any:
        """Nodal matrix, sparse by columns."""
        from scipy.sparse import coo_matrix

        wires = self.wires
        words = _line_edges(self.rows, wires.row_segment, wires.driver)
        bits = _line_edges(self.columns.T[:, ::-1], wires.column_segment, wires.sense)
        cells = (self.rows.ravel(), self.columns.ravel(), self.branches.ravel())
        one, other, siemens = (np.concatenate(parts) for parts in zip(words, bits, cells, strict=True))
        both = (one != GROUND) & (other != GROUND) & (siemens > 0.0)
        at, to, weight = one[both], other[both], siemens[both]
        first, second = one != GROUND, other != GROUND
        places = np.concatenate([one[first], other[second], at, to])
        across = np.concatenate([one[first], other[second], to, at])
        values = np.concatenate([siemens[first], siemens[second], -weight, -weight])
        n_nodes = 1 + max(int(self.rows.max()), int(self.columns.max()))
        return coo_matrix((values, (places, across)), shape=(n_nodes, n_nodes)).tocsc()


def line_nodes(shape: tuple[int, ...], segment: float, terminal: float) -> Numbers:
    """Numbers of the nodes of lines (n_lines, n) fed at their first node; 0 ohm joins nodes, also with the feed."""
    n_lines, n = shape
    if segment > 0.0:
        return np.arange(n_lines * n).reshape(n_lines, n)
    each = np.arange(n_lines) if terminal > 0.0 else np.full(n_lines, GROUND)
    return np.repeat(each[:, None], n, axis=1)


def _line_edges(nodes: Numbers, segment: float, terminal: float) -> tuple[Numbers, Numbers, Floats]:
    """Wires of lines: node, neighbour towards the feed, siemens."""
    first, feed = nodes[:, 0], np.full(len(nodes), GROUND)
    if segment + terminal == 0.0:
        return first[:0], first[:0], np.empty(0)
    if segment == 0.0:
        return first, feed, np.full(len(nodes), 1.0 / terminal)
    ahead = np.concatenate([feed[:, None], nodes[:, :-1]], axis=1)
    siemens = np.full(nodes.shape, 1.0 / segment)
    siemens[:, 0] = 1.0 / (segment + terminal)
    return nodes.ravel(), ahead.ravel(), siemens.ravel()


class Factorised:
    """A passive array whose factorisation is kept.

    Parameters
    ----------
    crossbar : Crossbar
        Passive, of linear cells.

    Raises
    ------
    ParameterError, CircuitError
    """

    def __init__(self, crossbar: Crossbar) -> None:
        crossbar.check_passive_linear("a factorisation is reused in passive arrays of linear cells")
        self.crossbar = crossbar
        self._solver = NodalFactor(branches=turned(crossbar.branches, crossbar.wires), wires=crossbar.wires)

    def solve(self, inputs: ArrayLike, *, nodes: bool = False) -> Solution:
        """Solve for row voltages (n_samples, n_rows); see `solve`."""
        volts = checked_voltages(inputs, self.crossbar.shape[0])
        return solved(
            self.crossbar,
            volts,
            self._solver.potentials,
            method="factor",
            nodes=nodes,
            chunk_cells=LARGE_CHUNK_CELLS,
        )
