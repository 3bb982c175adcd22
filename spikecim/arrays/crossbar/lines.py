"""Single lines: ladders of one potential, fed at one end, whose cells lead to known potentials."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def line_potentials(cells: Floats, far: Floats, ohms: tuple[float, float], feed: Floats | float = 0.0) -> Floats:
    """Solve lines along the last axis. With potentials of one sign, no sum cancels: small results keep their digits.

    Parameters
    ----------
    cells : (n_lines, n)
        Siemens of each cell, 0 allowed.
    far : (..., n_lines, n)
        Potential (V) at the other end of each cell.
    ohms : (segment, terminal)
        Ohm before each node; ohm more before the first. 0 allowed.
    feed : (..., n_lines) or float
        Potential (V) behind the first of them.

    Returns
    -------
    float64 (..., n_lines, n)
        Potential of each node, V.
    """
    n, (segment, terminal) = cells.shape[-1], ohms
    pushed, share = np.empty_like(far), np.empty_like(cells)
    current: Floats | float = 0.0
    seen: Floats | float = 0.0
    for k in reversed(range(n)):
        seen = seen + cells[:, k]
        current = current + cells[:, k] * far[..., k]
        pushed[..., k] = current
        share[:, k] = 1.0 / (1.0 + (segment + (terminal if k == 0 else 0.0)) * seen)
        seen, current = seen * share[:, k], current * share[:, k]
    arriving = feed
    for k in range(n):
        ohm = segment + (terminal if k == 0 else 0.0)
        arriving = (arriving + ohm * pushed[..., k]) * share[:, k]
        pushed[..., k] = arriving
    return pushed


def word_potentials(branches: Floats, column: Floats, volts: Floats, ohms: tuple[float, float]) -> Floats:
    """Potentials (n_samples, n_rows, n_cols) of word lines fed with `volts` (n_samples, n_rows), `column` being known.

    `ohms` are (segment, driver) of a turned array.
    """
    return line_potentials(branches, column, ohms, volts)


def bit_potentials(branches: Floats, row: Floats, ohms: tuple[float, float]) -> Floats:
    """Potentials (n_samples, n_rows, n_cols) of bit lines, `row` being known; `ohms` are (segment, sense)."""
    far = np.swapaxes(row[..., ::-1, :], -1, -2)
    found = line_potentials(np.swapaxes(branches[::-1], 0, 1), far, ohms)
    return np.swapaxes(found, -1, -2)[..., ::-1, :]


def sense_currents(branches: Floats, row: Floats, column: Floats, ohm: float) -> Floats:
    """Currents (n_samples, n_cols) out of bit lines with `ohm` below their last node.

    The drop over it tells a current to the last digit; the sum over cells would be one of small differences where wires
    take nearly all the voltage.
    """
    return np.asarray(column[:, -1] / ohm if ohm > 0.0 else (branches * row).sum(axis=1))
