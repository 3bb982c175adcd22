"""Passive arrays by block elimination: row after row is taken away, from the open end of the bit lines down.

With b the potentials (n_cols) of the bit lines at a cut and J the currents through it,

    J = N - Y b.

A row adds M (s - b), M = (1 + G R)^-1 G its admittance behind its own word line (R: resistance matrix of the line) and
s the voltage its driver would put across each cell; a segment r of all bit lines turns Y into (1 + r Y)^-1 Y and N into
(1 + r Y)^-1 N. Nothing is ever divided by a resistance or a conductance: any of them may be 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import blas, lapack
from threadpoolctl import threadpool_limits

from spikecim.arrays.crossbar.lines import bit_potentials, line_potentials, sense_currents, word_potentials
from spikecim.arrays.crossbar.orientation import transpose, transposed
from spikecim.arrays.crossbar.wires import Wires
from spikecim.errors import CircuitError

Floats = NDArray[np.float64]
# What the way down may keep for the way up before it takes checkpoints.
KEPT_BYTES = 32 * 2**20
SINGULAR = (
    "block elimination: the circuit is singular in double precision; check conductance (S) and wires (ohm) for extreme "
    "values"
)


@dataclass(frozen=True, kw_only=True)
class RowVectors:
    """Word lines as seen from the bit lines, in four vectors a row, each (n_rows, n_cols).

    Driving bit line k at 1 V draws `diagonal[k]` through its own cell, and gives `left[j] * right[k] * exp(decay[k] -
    decay[j])` back through the cell of bit line j < k; the matrix is symmetric.
    """

    diagonal: Floats
    left: Floats
    right: Floats
    decay: Floats

    @classmethod
    def of(cls, branches: Floats, wires: Wires) -> RowVectors:
        """Two running sums along each word line: the resistance behind each cell, the conductance ahead of it."""
        segment, columns = wires.row_segment, range(branches.shape[-1])
        behind, ahead, step = (np.empty_like(branches) for _ in range(3))
        seen = np.full(branches.shape[0], wires.driver + segment)
        for j in columns:
            behind[:, j] = seen
            seen = seen / (1.0 + seen * branches[:, j]) + segment
        beyond = np.zeros(branches.shape[0])
        for j in reversed(columns):
            ahead[:, j] = beyond
            here = branches[:, j] + beyond
            step[:, j] = 1.0 + segment * here
            beyond = here / step[:, j]
        open_node = 1.0 + behind * ahead
        whole = open_node + behind * branches
        decay = -np.cumsum(np.log(step), axis=-1)
        return cls(diagonal=branches * open_node / whole, left=branches * behind / whole, right=branches, decay=decay)

    def dense(self, row: int, upper: NDArray[np.bool_]) -> Floats:
        """The matrix M (n_cols, n_cols) of one row; `upper` marks what lies above the diagonal."""
        decay = self.decay[row]
        passed: Floats = np.exp(np.minimum(decay - decay[:, None], 0.0))
        passed *= self.left[row][:, None]
        passed *= -self.right[row]
        passed *= upper
        passed += passed.T
        n_cols = len(decay)
        passed[np.arange(n_cols), np.arange(n_cols)] = self.diagonal[row]
        return passed


def short_circuit(branches: Floats, wires: Wires) -> Floats:
    """M 1: current of each cell per volt of its driver with all bit lines held at 0 V, (..., n_rows, n_cols)."""
    through = np.empty_like(branches)
    arriving = np.ones(branches.shape[:-1])
    ahead = np.empty_like(branches)
    beyond = np.zeros(branches.shape[:-1])
    for j in reversed(range(branches.shape[-1])):
        beyond = beyond + branches[..., j]
        ahead[..., j] = beyond
        beyond = beyond / (1.0 + wires.row_segment * beyond)
    for j in range(branches.shape[-1]):
        before = wires.row_segment + (wires.driver if j == 0 else 0.0)
        arriving = arriving / (1.0 + before * ahead[..., j])
        through[..., j] = branches[..., j] * arriving
    return through


class Cut:
    """J = N - Y b at a cut through all bit lines of one array, for several drives at once."""

    def __init__(self, n_cols: int, n_drives: int) -> None:
        # Column-major, with Y before N: one matrix product passes a segment.
        self._joined = np.zeros((n_cols, n_cols + n_drives), order="F")
        self._upper = np.triu(np.ones((n_cols, n_cols), bool), 1)
        self._diagonal = np.arange(n_cols)

    @property
    def currents(self) -> Floats:
        """N, (n_cols, n_drives)."""
        return self._joined[:, len(self._diagonal) :]

    def add_row(self, rows: RowVectors, row: int) -> None:
        """Add the admittance of a row; its injected currents are the caller's."""
        n_cols = len(self._diagonal)
        # Symmetric; transposed, it lies in memory as the joined matrix does.
        self._joined[:, :n_cols] += rows.dense(row, self._upper).T

    def pass_segment(self, ohm: float, n_drives: int) -> Floats:
        """Go down by a segment of all bit lines; only the first `n_drives` drives have currents yet.

        Returns (1 + r Y)^-1, its upper triangle.
        """
        inverse = self._passing(ohm)
        if ohm > 0.0:
            known = len(self._diagonal) + n_drives
            self._joined[:, :known] = blas.dsymm(1.0, inverse, self._joined[:, :known])
        return inverse

    def copy(self) -> Cut:
        """The same cut, to be taken further on its own."""
        other = Cut(0, 0)
        other._joined, other._upper, other._diagonal = self._joined.copy(order="F"), self._upper, self._diagonal
        return other

    def _passing(self, ohm: float) -> Floats:
        if ohm == 0.0:
            return np.empty((0, 0))
        matrix = ohm * self._joined[:, : len(self._diagonal)]
        matrix[self._diagonal, self._diagonal] += 1.0
        factor, failed = lapack.dpotrf(matrix, clean=0, overwrite_a=1)
        inverse, failed_too = lapack.dpotri(factor, overwrite_c=1)
        if failed or failed_too:
            raise CircuitError(SINGULAR)
        return np.asarray(inverse)


def row_currents(branches: Floats, drive: Floats, wires: Wires) -> Floats:
    """M s: current of each cell with all bit lines at 0 V and a voltage `drive` (n_samples, ...) in series with it."""
    lost = line_potentials(branches, -drive, (wires.row_segment, wires.driver))
    return np.asarray(branches * (drive + lost))


def passive_transfer(branches: Floats, wires: Wires) -> Floats:
    """Column currents per volt of each row, S (..., n_rows, n_cols), of arrays turned to left and bottom."""
    n_rows, n_cols = branches.shape[-2:]
    arrays = branches.reshape(-1, n_rows, n_cols)
    found = np.empty_like(arrays)
    # One thread: the blocks are too small to be shared, and rounding must not depend on the number of cores.
    with threadpool_limits(1, user_api="blas"):
        for k, array in enumerate(arrays):
            found[k] = _transfer(array, wires)
    return found.reshape(branches.shape)


def _transfer(branches: Floats, wires: Wires) -> Floats:
    n_rows, n_cols = branches.shape
    rows, injected = RowVectors.of(branches, wires), short_circuit(branches, wires)
    cut = Cut(n_cols, n_rows)
    for row in range(n_rows):
        cut.add_row(rows, row)
        cut.currents[:, row] = injected[row]
        cut.pass_segment(wires.column_segment + (wires.sense if row == n_rows - 1 else 0.0), row + 1)
    return cut.currents.T


@dataclass(frozen=True, kw_only=True, eq=False)
class Block:
    """A turned passive array, ready to be solved for any drive; blocks are as large as its smaller side."""

    branches: Floats
    wires: Wires

    def potentials(self, volts: Floats) -> tuple[Floats, Floats, Floats]:
        """Word and bit line potentials (n_samples, n_rows, n_cols), column currents, for volts (n_samples, n_rows)."""
        wires, driven = self.wires, np.broadcast_to(volts[:, :, None], (len(volts), *self.branches.shape))
        ohms, sense = (wires.row_segment, wires.driver), (wires.column_segment, wires.sense)
        with threadpool_limits(1, user_api="blas"):
            if self.branches.shape[1] <= self.branches.shape[0]:
                column = carried(self.branches, wires, driven)
                row = word_potentials(self.branches, column, volts, ohms)
            else:
                # In the transposed array word lines are carried; what they lose counts from the drivers' voltage.
                row = driven - transpose(carried(transpose(self.branches), transposed(wires), transpose(driven)))
                column = bit_potentials(self.branches, row, sense)
        return row, column, sense_currents(self.branches, row, column, sum(sense))


def carried(branches: Floats, wires: Wires, drive: Floats) -> Floats:
    """Bit line potentials (n_samples, n_rows, n_cols) for a voltage `drive` of that shape in series with each cell.

    Way down, N and Y of every cut; way up, the potentials. Only some cuts are kept (checkpoints), the rest is found
    again: at most twice the time, for memory of about sqrt(n_rows) blocks.
    """
    n_samples, n_rows, n_cols = drive.shape
    rows = RowVectors.of(branches, wires)
    injected = row_currents(branches, drive, wires)
    length = max(int(np.ceil(np.sqrt(n_rows))), KEPT_BYTES // (8 * n_cols**2), 1)
    cut, starts = Cut(n_cols, n_samples), []
    found = np.empty_like(injected)
    for first in range(0, n_rows, length):
        starts.append(cut.copy())
        if first + length < n_rows:
            _down(cut, rows, injected, range(first, first + length), wires)
    below: Floats | float = 0.0
    for k in reversed(range(len(starts))):
        span = range(k * length, min(n_rows, (k + 1) * length))
        for row, (inverse, known, ohm) in zip(
            reversed(span), reversed(_down(starts.pop(), rows, injected, span, wires)), strict=True
        ):
            below = blas.dsymm(1.0, inverse, below + ohm * known) if ohm else below + np.zeros_like(known)
            found[:, row] = below.T
    return found


def _down(
    cut: Cut, rows: RowVectors, injected: Floats, span: range, wires: Wires
) -> list[tuple[Floats, Floats, float]]:
    """Take a cut down the rows of `span`; of each, (1 + r Y)^-1, N and r of the segment below it."""
    passed = []
    for row in span:
        cut.add_row(rows, row)
        cut.currents[...] += injected[:, row].T
        ohm = wires.column_segment + (wires.sense if row == len(rows.decay) - 1 else 0.0)
        known = cut.currents.copy()
        passed.append((cut.pass_segment(ohm, known.shape[1]), known, ohm))
    return passed
