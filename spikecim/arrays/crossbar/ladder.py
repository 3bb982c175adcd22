"""Gated arrays, exactly: both rails of a column are a ladder, and each row is eliminated in turn, all columns at once.

What lies above a cut, seen from it, with s, b the potentials of source and sum rail and I, J the currents down them:

    s = E - A I + B b,      J = N - Y b - B I,      C = 1 - B.

Adding a cell or a segment updates E, A, C, N, Y by sums and quotients of non-negative terms only, so any resistance may
be 0, a cell may be open, and small currents keep their digits. Arrays here are turned: the drive end is at the top.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.crossbar.wires import Wires

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Above:
    """The coefficients of the equations above, each broadcasting to (..., n_cols)."""

    e: Floats
    a: Floats
    c: Floats
    n: Floats
    y: Floats

    def with_source_segment(self, ohm: float) -> Above:
        """Further down the source rail."""
        return Above(e=self.e, a=self.a + ohm, c=self.c, n=self.n, y=self.y) if ohm else self

    def with_cell(self, conductance: Floats) -> Above:
        """With one more cell between the rails."""
        share = 1.0 / (1.0 + self.a * conductance)
        taken = self.c * conductance * share
        return Above(
            e=self.e * share,
            a=self.a * share,
            c=self.c * share,
            n=self.n + taken * self.e,
            y=self.y + taken * self.c,
        )

    def with_sum_segment(self, ohm: float) -> Above:
        """Further down the sum rail."""
        if ohm == 0.0:
            return self
        share, b = 1.0 / (1.0 + ohm * self.y), 1.0 - self.c
        back = ohm * b * share
        return Above(
            e=self.e + back * self.n,
            a=self.a + back * b,
            c=(self.c + ohm * self.y) * share,
            n=self.n * share,
            y=self.y * share,
        )


def top(voltage: float, terminal: float, shape: tuple[int, ...]) -> Above:
    """Nothing but the driver."""
    zero = np.zeros(shape)
    return Above(e=zero + voltage, a=zero + terminal, c=zero + 1.0, n=zero, y=zero)


def same_end(wires: Wires) -> bool:
    """Whether both rails are connected at one end of the array."""
    return wires.drive_end == wires.sense_end


def ladder_potentials(
    on: NDArray[np.bool_], cells: tuple[Floats, Floats], wires: Wires, voltage: float
) -> tuple[Floats, Floats, Floats]:
    """Solve a turned gated array.

    Parameters
    ----------
    on : (n_samples, n_rows)
        Rows switched on.
    cells : two (n_rows, n_cols)
        Siemens of each cell with its transistor switched on, and switched off.
    wires : Wires
    voltage : float
        Of the source rails' drivers, V.

    Returns
    -------
    source, column : float64 (n_samples, n_rows, n_cols)
        Potentials, V.
    currents : float64 (n_samples, n_cols)
    """
    if same_end(wires):
        return _one_end(np.where(on[:, :, None], *cells), wires, voltage)
    from spikecim.arrays.crossbar.ladder_kernel import opposite_ends

    shape = (len(on), *cells[0].shape)
    found = np.empty(shape), np.empty(shape), np.empty((shape[0], shape[2]))
    ohms = wires.source_segment, wires.column_segment, wires.sense
    contiguous = tuple(np.ascontiguousarray(values) for values in cells)
    opposite_ends(np.ascontiguousarray(on), contiguous, (voltage, wires.driver), ohms, found)
    return found


def _one_end(branches: Floats, wires: Wires, voltage: float) -> tuple[Floats, Floats, Floats]:
    """Both rails connected at the top: one ladder of the sum of both segments."""
    both = wires.source_segment + wires.column_segment
    n_rows = branches.shape[1]
    under = lower_conductances(branches, both)
    column, source = np.empty_like(branches), np.empty_like(branches)
    across = voltage / (1.0 + (wires.driver + wires.sense + both) * under[:, 0])
    total = current = across * under[:, 0]
    b, s = current * (wires.sense + wires.column_segment), voltage - current * (wires.driver + wires.source_segment)
    for row in range(n_rows):
        if row:
            across = across / (1.0 + both * under[:, row])
            current = across * under[:, row]
            b, s = b + current * wires.column_segment, s - current * wires.source_segment
        source[:, row], column[:, row] = s, b
    return source, column, total


def lower_conductances(branches: Floats, segment: float) -> Floats:
    """What lies at and below each row of a ladder with an open lower end, seen from there, S (..., n_rows, n_cols)."""
    under = np.empty_like(branches)
    beyond = np.zeros(branches.shape[:-2] + branches.shape[-1:])
    for row in reversed(range(branches.shape[-2])):
        under[..., row, :] = branches[..., row, :] + beyond
        beyond = under[..., row, :] / (1.0 + segment * under[..., row, :])
    return under


def single_rows(on: Floats, off: Floats, wires: Wires) -> Floats:
    """Column currents per volt with each row alone switched on, S (..., n_rows, n_cols); turned arrays."""
    return _single_one_end(on, off, wires) if same_end(wires) else _single_opposite(on, off, wires)


def _single_opposite(on: Floats, off: Floats, wires: Wires) -> Floats:
    """Everything above and below a row is switched off; both parts are found once for all rows."""
    n_rows, shape = on.shape[-2], on.shape[:-2] + on.shape[-1:]
    uppers = _prefixes(off, wires.source_segment, wires.column_segment, top(1.0, wires.driver, shape))
    # Seen from the sense end the array is the same ladder with its rails exchanged (reciprocity).
    lowers = _prefixes(off[..., ::-1, :], wires.column_segment, wires.source_segment, top(1.0, wires.sense, shape))
    found = np.empty_like(on)
    for row in range(n_rows):
        found[..., row, :] = _joined(uppers[row], lowers[n_rows - 1 - row], on[..., row, :])
    return found


def _prefixes(cells: Floats, source_segment: float, sum_segment: float, start: Above) -> list[Above]:
    """What lies above each row, both rails brought down to that row."""
    states, above = [], start
    for row in range(cells.shape[-2]):
        above = above.with_source_segment(source_segment)
        states.append(above)
        above = above.with_cell(cells[..., row, :]).with_sum_segment(sum_segment)
    return states


def _joined(up: Above, low: Above, cell: Floats) -> Floats:
    """Current at the sense end per volt at the drive end with `cell` between the two parts."""
    up_b, low_b = 1.0 - up.c, 1.0 - low.c
    # 1 - B B' of both parts, without its cancellation.
    open_loop = up.c + low.c * up_b
    s_own, s_cross = open_loop + up.a * low.y, up.a * low_b + up_b * low.a
    j_own, j_cross = open_loop + up.y * low.a, up.y * low_b + up_b * low.y
    det = s_own * j_own + s_cross * j_cross
    # Potential of the source rail and current down the sum rail: constant part, and per ampere through the cell.
    s_0, s_i = (j_own * up.e + s_cross * up.n) / det, (s_cross * up.c - j_own * up.a) / det
    j_0, j_i = (s_own * up.n - j_cross * up.e) / det, (s_own * up.c + j_cross * up.a) / det
    offered, inner = low.c * s_0 - low.a * j_0, low.a * j_i - low.c * s_i
    current = cell * offered / (1.0 + cell * inner)
    return low.e * (j_0 + j_i * current) + low.n * (s_0 + s_i * current)


def _single_one_end(on: Floats, off: Floats, wires: Wires) -> Floats:
    both = wires.source_segment + wires.column_segment
    under, found = lower_conductances(off, both), np.empty_like(on)
    shape = on.shape[:-2] + on.shape[-1:]
    e, a, n, c = np.ones(shape), np.full(shape, wires.driver + wires.sense), np.zeros(shape), np.ones(shape)
    for row in range(on.shape[-2]):
        a = a + both
        rest = under[..., row, :] - off[..., row, :] + on[..., row, :]
        found[..., row, :] = n + c * rest * e / (1.0 + a * rest)
        share = 1.0 / (1.0 + a * off[..., row, :])
        n, e, a, c = n + c * off[..., row, :] * e * share, e * share, a * share, c * share
    return found
