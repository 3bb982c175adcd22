"""Newton's method for arrays of nonlinear cells: each step is a linear array of the tangent conductances.

Unknown is the voltage v of each cell. Kirchhoff: F(v) = v + s I(v) + K I(v) - e = 0, with I the cell current, s the
resistance in series with the cell (its transistor), K the drop along the lines (`newton_lines`), e that of the driver.
With the true derivative D = dI/dv and g = D / (1 + s D) a step solves (1 + K g) u = -F, dv = u / (1 + s D): symmetric
positive definite in sqrt(g) u, so conjugate gradients need no tuning. |F| falls along every step; one that is too long
is halved.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.crossbar.cell_law import CellLaw
from spikecim.arrays.crossbar.newton_lines import Lines
from spikecim.errors import CircuitError

Floats = NDArray[np.float64]
STEPS, HALVINGS, INNER, PATIENCE = 100, 40, 2000, 20
# The lines add up hundreds of cells in doubles: nothing below this share of the drive voltage means anything.
TOLERANCE = 1e-12


@dataclass(frozen=True, kw_only=True)
class Cells:
    """The cells of some samples, ready to solve.

    Attributes
    ----------
    law : CellLaw
    conductance : float64, broadcasts to (n_samples, n_rows, n_cols)
        Siemens at the law's read voltage; 0 is an open cell.
    series : float64, broadcasts likewise
        Ohm in series with each cell.
    lines : Lines
    drive : float64 (n_samples, n_rows, n_cols)
        Voltage (V) the drivers would put across each cell without any wire.
    """

    law: CellLaw
    conductance: Floats
    series: Floats
    lines: Lines
    drive: Floats

    def only(self, samples: NDArray[np.bool_]) -> Cells:
        """The same for some of the samples."""
        conductance, series = (
            value[samples] if len(value) == len(samples) else value for value in (self.conductance, self.series)
        )
        return replace(self, conductance=conductance, series=series, drive=self.drive[samples])

    def state(self, voltage: Floats) -> tuple[Floats, Floats]:
        """F, what Kirchhoff's voltage law misses around each cell (V), and D, the cells' tangent conductances (S)."""
        f, slope = self.law.evaluate(voltage)
        f *= self.conductance
        slope *= self.conductance
        missing = self.lines.drop(f)
        f *= self.series
        missing += f
        missing += voltage
        missing -= self.drive
        return missing, slope


@dataclass(frozen=True, kw_only=True)
class Solved:
    """Cell voltages and currents (n_samples, n_rows, n_cols); `history` (steps + 1): worst |F| of all samples, V."""

    voltage: Floats
    current: Floats
    missing: Floats
    history: tuple[float, ...]


def newton(cells: Cells, first: int = 0) -> Solved:
    """Solve F = 0 for every sample; errors count them from `first`.

    Raises
    ------
    CircuitError
        If a sample does not converge within `STEPS` steps.
    """
    # From the driver's voltage a steep law would start at currents far beyond the answer's; from 0 V it does not.
    voltage = np.zeros_like(cells.drive)
    scale = _largest(cells.drive)
    goal = TOLERANCE * np.where(scale > 0.0, scale, 1.0)
    missing, tangent = cells.state(voltage)
    history = [float(np.abs(missing).max(initial=0.0))]
    for _ in range(STEPS):
        busy = ~(_largest(missing) <= goal)
        if not busy.any():
            return Solved(
                voltage=voltage,
                current=cells.law.current(voltage, cells.conductance),
                missing=missing,
                history=tuple(history),
            )
        here = voltage[busy], missing[busy], tangent[busy]
        voltage[busy], missing[busy], tangent[busy] = _step(cells.only(busy), here, goal[busy])
        history.append(float(np.abs(missing).max()))
        if len(history) > PATIENCE and not min(history[-PATIENCE:]) < min(history[:-PATIENCE]):
            break
    sample = int(np.argmax(_largest(missing) / goal))
    left = f"{_largest(missing)[sample]:.3g} V of {scale[sample]:.3g} V"
    raise CircuitError(
        f"nonlinear crossbar, {cells.law.label}, input vector {first + sample}: Newton's method did not "
        f"converge in {len(history) - 1} steps (Kirchhoff is missed by {left}); "
        "check resistances, conductances and the law, or lower the drive voltage"
    )


def _step(cells: Cells, here: tuple[Floats, Floats, Floats], goal: Floats) -> tuple[Floats, Floats, Floats]:
    """One damped step of all samples from voltage, F and D to the next ones."""
    voltage, missing, tangent = here
    own = 1.0 + cells.series * tangent
    worst = _largest(missing)
    # Solving a far-off step exactly is wasted; a share that falls with |F| keeps the order of convergence at two.
    accuracy = np.clip(worst / _largest(cells.drive, floor=worst), 0.1 * goal / worst, 1e-2)
    step = tangent_step(cells.lines, tangent / own, -missing, accuracy) / own
    share = np.ones((len(voltage), 1, 1))
    before = _length(missing)
    for _ in range(HALVINGS):
        after = voltage + share * step
        left, slope = cells.state(after)
        worse = ~(_length(left) <= (1.0 - 1e-4 * share[:, 0, 0]) * before)
        # At the end of the road rounding decides, not the step.
        worse &= ~(_largest(left) <= goal)
        if not worse.any():
            break
        share[worse] *= 0.5
    return after, left, slope


def tangent_step(lines: Lines, conductance: Floats, source: Floats, accuracy: Floats) -> Floats:
    """Solve u + K (g u) = source by conjugate gradients, all samples side by side.

    Parameters
    ----------
    lines : Lines
    conductance : float64 (n_samples, n_rows, n_cols)
        g, in siemens; 0 is an open cell.
    source : float64 (n_samples, n_rows, n_cols)
        Volt.
    accuracy : float64 (n_samples,)
        Largest share of the residual that may remain.
    """
    root = np.sqrt(conductance)
    answer = np.zeros_like(source)
    residual = root * source
    search = residual.copy()
    square = _dot(residual, residual)
    enough = square * accuracy**2
    for _ in range(INNER):
        if (square <= enough).all():
            break
        image = lines.drop(root * search)
        image *= root
        image += search
        # A finished sample stands still: its step and its new direction are nought.
        length = np.where(square > enough, square / np.maximum(_dot(search, image), 1e-300), 0.0)
        answer += length[:, None, None] * search
        residual -= length[:, None, None] * image
        new = _dot(residual, residual)
        search *= (new / np.maximum(square, 1e-300))[:, None, None]
        search += residual
        square = new
    return source - lines.drop(root * answer)


def _dot(left: Floats, right: Floats) -> Floats:
    return np.asarray(np.einsum("nij,nij->n", left, right))


def _length(values: Floats) -> Floats:
    return np.sqrt(_dot(values, values))


def _largest(values: Floats, floor: Floats | float = 0.0) -> Floats:
    return np.maximum(np.abs(values).max(axis=(1, 2), initial=0.0), floor)
