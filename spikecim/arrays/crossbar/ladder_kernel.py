"""Compiled ladder elimination of gated arrays with their rails connected at opposite ends; equations in ladder.py."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def go_down(on, cells, supply, ohms, states):  # type: ignore[no-untyped-def]
    """Eliminate row after row of one vector; `states` (5, n_rows, n_cols) keep E, A, C, N, Y below each cell.

    `supply` = (volts, driver), `ohms` = (source segment, column segment, sense). Returns nothing: the currents follow
    from the states on the way up.
    """
    e, a, c, n, y = states
    n_rows, n_cols = e.shape
    for i in range(n_rows):
        for j in range(n_cols):
            if i == 0:
                above_e, above_a, above_c, above_n, above_y = supply[0], supply[1], 1.0, 0.0, 0.0
            else:
                share = 1.0 / (1.0 + ohms[1] * y[i - 1, j])
                b = 1.0 - c[i - 1, j]
                back = ohms[1] * b * share
                above_e = e[i - 1, j] + back * n[i - 1, j]
                above_a = a[i - 1, j] + back * b
                above_c = (c[i - 1, j] + ohms[1] * y[i - 1, j]) * share
                above_n, above_y = n[i - 1, j] * share, y[i - 1, j] * share
            above_a += ohms[0]
            cell = cells[0][i, j] if on[i] else cells[1][i, j]
            share = 1.0 / (1.0 + above_a * cell)
            taken = above_c * cell * share
            e[i, j], a[i, j], c[i, j] = above_e * share, above_a * share, above_c * share
            n[i, j], y[i, j] = above_n + taken * above_e, above_y + taken * above_c


@njit(cache=True)
def go_up(on, cells, ohms, states, found):  # type: ignore[no-untyped-def]
    """Potentials of one vector from the last row up; `found` = (source, column, currents of the sense ends)."""
    e, a, c, n, y = states
    source, column, sensed = found
    n_rows, n_cols = e.shape
    passing = np.zeros(n_cols)
    for i in range(n_rows - 1, -1, -1):
        ohm = ohms[1] + (ohms[2] if i == n_rows - 1 else 0.0)
        for j in range(n_cols):
            below = column[i + 1, j] if i < n_rows - 1 else 0.0
            share = 1.0 / (1.0 + ohm * y[i, j])
            potential = (below + ohm * (n[i, j] - (1.0 - c[i, j]) * passing[j])) * share
            across = e[i, j] - a[i, j] * passing[j] - c[i, j] * potential
            if i == n_rows - 1:
                sensed[j] = n[i, j] * share
            column[i, j], source[i, j] = potential, potential + across
            passing[j] += (cells[0][i, j] if on[i] else cells[1][i, j]) * across


@njit(cache=True)
def opposite_ends(on, cells, supply, ohms, found):  # type: ignore[no-untyped-def]
    """All vectors `on` (n_samples, n_rows) of one array; `found` as in `go_up`, with a leading axis of samples."""
    source, column, sensed = found
    states = np.empty((5, source.shape[1], source.shape[2]))
    for sample in range(on.shape[0]):
        go_down(on[sample], cells, supply, ohms, states)
        go_up(on[sample], cells, ohms, states, (source[sample], column[sample], sensed[sample]))
