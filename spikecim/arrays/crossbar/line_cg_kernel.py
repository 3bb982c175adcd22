"""Compiled sweeps of the line-preconditioned conjugate gradient; the method is explained in line_cg.py."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def factorise(cells, ohms):  # type: ignore[no-untyped-def]
    """Share of what is beyond each node that passes the segment before it, for word lines and for bit lines.

    `cells` (n_rows, n_cols) in siemens, `ohms` = (row segment, driver, column segment, sense).
    """
    n_rows, n_cols = cells.shape
    words, bits = np.empty_like(cells), np.empty_like(cells)
    for i in range(n_rows):
        seen = 0.0
        for j in range(n_cols - 1, -1, -1):
            seen += cells[i, j]
            words[i, j] = 1.0 / (1.0 + (ohms[0] + (ohms[1] if j == 0 else 0.0)) * seen)
            seen *= words[i, j]
    under = np.zeros(n_cols)
    for i in range(n_rows):
        ohm = ohms[2] + (ohms[3] if i == n_rows - 1 else 0.0)
        for j in range(n_cols):
            under[j] += cells[i, j]
            bits[i, j] = 1.0 / (1.0 + ohm * under[j])
            under[j] *= bits[i, j]
    return words, bits


@njit(cache=True)
def solve_words(cells, words, ohms, known, out):  # type: ignore[no-untyped-def]
    """Word lines fed with `known[0]` (n_rows), cells leading to `known[1]`; potentials into `out`."""
    feed, far = known
    n_rows, n_cols = cells.shape
    for i in range(n_rows):
        current = 0.0
        for j in range(n_cols - 1, -1, -1):
            current += cells[i, j] * far[i, j]
            out[i, j] = current
            current *= words[i, j]
        arriving = feed[i]
        for j in range(n_cols):
            ohm = ohms[0] + (ohms[1] if j == 0 else 0.0)
            arriving = (arriving + ohm * out[i, j]) * words[i, j]
            out[i, j] = arriving


@njit(cache=True)
def solve_bits(cells, bits, ohms, far, out):  # type: ignore[no-untyped-def]
    """Bit lines held at 0 V at their last row, cells leading to `far`; potentials into `out`."""
    n_rows, n_cols = cells.shape
    for j in range(n_cols):
        out[0, j] = cells[0, j] * far[0, j]
    for i in range(1, n_rows):
        for j in range(n_cols):
            out[i, j] = out[i - 1, j] * bits[i - 1, j] + cells[i, j] * far[i, j]
    last = n_rows - 1
    for j in range(n_cols):
        out[last, j] *= (ohms[2] + ohms[3]) * bits[last, j]
    for i in range(last - 1, -1, -1):
        for j in range(n_cols):
            out[i, j] = (out[i + 1, j] + ohms[2] * out[i, j]) * bits[i, j]


@njit(cache=True)
def weighted(cells, left, right):  # type: ignore[no-untyped-def]
    """Inner product in which both line solves are symmetric."""
    total = 0.0
    for i in range(cells.shape[0]):
        part = 0.0
        for j in range(cells.shape[1]):
            part += cells[i, j] * left[i, j] * right[i, j]
        total += part
    return total


@njit(cache=True)
def largest(cells, values):  # type: ignore[no-untyped-def]
    """Largest magnitude at a cell that conducts."""
    found = 0.0
    for i in range(cells.shape[0]):
        for j in range(cells.shape[1]):
            if cells[i, j] > 0.0:
                # Written so that NaN is passed on.
                found = found if abs(values[i, j]) <= found else abs(values[i, j])
    return found


@njit(cache=True)
def mix(cells, parts, factor):  # type: ignore[no-untyped-def]
    """`parts[0]` += factor * `parts[1]`."""
    target, added = parts
    for i in range(cells.shape[0]):
        for j in range(cells.shape[1]):
            target[i, j] += factor * added[i, j]


@njit(cache=True)
def iterate(cells, shares, ohms, drive, goal):  # type: ignore[no-untyped-def]
    """Solve one array for one drive (n_rows, n_cols); `goal` = (volts to reach, steps allowed).

    Returns the bit line potentials, what a further sweep would still move them by (V) and the steps taken.
    """
    words, bits = shares
    nothing = np.zeros(drive.shape[0])
    row = drive.copy()
    column, rest, moved, back = (np.empty_like(drive), np.empty_like(drive), np.empty_like(drive), np.empty_like(drive))
    solve_bits(cells, bits, ohms, row, column)
    for i in range(drive.shape[0]):
        for j in range(drive.shape[1]):
            back[i, j] = column[i, j] - drive[i, j]
    solve_words(cells, words, ohms, (nothing, back), rest)
    # rest = what the word lines answer, less what was assumed of them
    for i in range(drive.shape[0]):
        for j in range(drive.shape[1]):
            rest[i, j] += drive[i, j] - row[i, j]
    solve_bits(cells, bits, ohms, rest, back)
    step_row, step_column = rest.copy(), back.copy()
    weight = weighted(cells, rest, back)
    missing, steps = largest(cells, back), 0
    while missing > goal[0] and steps < goal[1] and weight > 0.0:
        solve_words(cells, words, ohms, (nothing, step_column), moved)
        for i in range(drive.shape[0]):
            for j in range(drive.shape[1]):
                moved[i, j] = step_row[i, j] - moved[i, j]
        length = weight / weighted(cells, step_column, moved)
        mix(cells, (column, step_column), length)
        mix(cells, (row, step_row), length)
        mix(cells, (rest, moved), -length)
        solve_bits(cells, bits, ohms, rest, back)
        before, weight = weight, weighted(cells, rest, back)
        for i in range(drive.shape[0]):
            for j in range(drive.shape[1]):
                step_row[i, j] = rest[i, j] + weight / before * step_row[i, j]
                step_column[i, j] = back[i, j] + weight / before * step_column[i, j]
        missing = largest(cells, back)
        steps += 1
    return column, missing, steps
