"""Corrected build of a spiking chip: program, read every cell, choose again which cells of each group to SET, repeat.

A cell that need not change keeps the resistance it was read with; one that changes is drawn anew by its device model.
What a change will bring is foretold from the chip's own cells, and from what the same cell did before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.codes import Units, WeightCode
from spikecim.devices.oxram import Cells, SlcOxram
from spikecim.errors import ParameterError, ShapeError
from spikecim.mitigation.cells import Outlook, choose_cells, felt_weights

FloatArray = NDArray[np.float64]
NEEDS = "what one read of every cell injects, measured after each programming"


@dataclass(frozen=True, kw_only=True)
class CellTask:
    """What is programmed, and the chip it is programmed on.

    Attributes
    ----------
    cell : SlcOxram
    code : WeightCode
    weights : int (...)
    units : Units
        Mean conductances behind the access transistor that the injectors are trimmed by.
    access_ohm : float
        Access transistor in series with each cell.
    seed : int
    path : tuple of str or int
        Name of the array, as `SlcOxram.program` was given it.
    read : callable, optional
        Resistances (..., n_cells) in ohm to what the clamps receive, (..., n_cells) in S, wires and bent cells
        included; without it each cell is read as if it were alone.
    gains : float64, broadcast against (2, *weights.shape), optional
        Gain of the excitatory and the inhibitory injector of each weight against those trimmed by `units`: mismatch,
        and a trim on reads through wires. Spikes of negative sign swap the two and are not looked at.
    """

    cell: SlcOxram
    code: WeightCode
    weights: NDArray[np.integer]
    units: Units
    access_ohm: float
    seed: int
    path: tuple[str | int, ...]
    read: Callable[[FloatArray], FloatArray] | None = None
    gains: FloatArray | None = None

    def __post_init__(self) -> None:
        if self.gains is None:
            return
        try:
            shaped = np.broadcast_to(self.gains, (2, *self.weights.shape))
        except ValueError:
            raise ShapeError(
                f"cell choice: gains {np.shape(self.gains)} do not fit (2, *{self.weights.shape}) of the weights"
            ) from None
        if not (np.isfinite(shaped).all() and (shaped >= 0.0).all()):
            raise ParameterError("cell choice: gains of injectors must be finite and not below 0")

    def sensed(self, cells: Cells) -> FloatArray:
        """What the clamps receive of `cells` (..., n_cells), in S."""
        if self.read is None:
            return np.asarray(1.0 / (cells.resistance + self.access_ohm))
        return self.read(cells.resistance)

    def injected(self) -> FloatArray | None:
        """Gains (2, ...) of the injectors."""
        return None if self.gains is None else np.broadcast_to(self.gains, (2, *self.weights.shape))


@dataclass(frozen=True, kw_only=True)
class CellChoice:
    """A chip after its cells were chosen.

    Attributes
    ----------
    cells : Cells
        Targets are the chosen ones; pulses of all rounds are counted.
    errors : tuple of float
        Rms error of the felt weights, in weight units, as first programmed and after each round.
    changed : tuple of int
        Cells pulsed in each round.
    """

    cells: Cells
    errors: tuple[float, ...]
    changed: tuple[int, ...]

    @property
    def needs(self) -> str:
        """What must be known about the chip."""
        return NEEDS


def correct_cells(fresh: Cells, task: CellTask, rounds: int = 3) -> CellChoice:
    """Choose cells again in `rounds` of programming after the first, `fresh` (..., n_cells).

    Raises
    ------
    ParameterError
        If `rounds` is not 1 .. 100, or the code has more cells in a group than can be tried.
    ShapeError
        If the cells are not those of the weights.
    """
    shape = (*task.weights.shape, task.code.cells_per_weight)
    if fresh.resistance.shape != shape:
        raise ShapeError(f"cells: the weights need {shape}, got {fresh.resistance.shape}")
    if not 1 <= rounds <= 100:
        raise ParameterError(f"cell choice: rounds must be 1 .. 100, got {rounds}")
    memory = _Memory(task, fresh)
    cells, errors, changed = fresh, [task_error(fresh, task)], []
    for number in range(1, rounds + 1):
        targets = choose_cells(task.weights, task.code, memory.outlook(), task.units, gains=task.injected())
        pulsed = targets != memory.aimed
        cells = _again(cells, targets, pulsed, task, number)
        memory.read(cells, pulsed)
        errors.append(task_error(cells, task))
        changed.append(int(pulsed.sum()))
    return CellChoice(cells=cells, errors=tuple(errors), changed=tuple(changed))


def task_error(cells: Cells, task: CellTask) -> float:
    """Rms error of the felt weights, in weight units."""
    felt = felt_weights(task.sensed(cells), task.code, task.units, task.injected())
    return float(np.sqrt(((felt - task.weights) ** 2).mean()))


class _Memory:
    """What has been read of each cell so far."""

    def __init__(self, task: CellTask, cells: Cells) -> None:
        self.task = task
        # Conductance of the cell alone, last read in each state; NaN where the cell was never seen in it.
        self.seen = np.full((2, *cells.resistance.shape), np.nan)
        self.now = self.reach = np.empty(cells.resistance.shape)
        self.deaf = np.zeros(cells.resistance.shape, np.bool_)
        self.aimed = cells.target
        self.read(cells, np.ones(cells.resistance.shape, np.bool_))

    def read(self, cells: Cells, pulsed: NDArray[np.bool_]) -> None:
        """Read all cells; one that was pulsed and is not in its state is taken to be stuck."""
        low = self.task.cell.in_lrs(cells.resistance)
        alone = 1.0 / (cells.resistance + self.task.access_ohm)
        self.now = self.task.sensed(cells)
        self.reach = self.now / alone
        self.aimed = cells.target
        self.deaf |= pulsed & (low != cells.target)
        for state in (0, 1):
            self.seen[state] = np.where(low == bool(state), alone, self.seen[state])

    def outlook(self) -> Outlook:
        """What each cell would conduct, left alone or pulsed."""
        share, units = self.task.cell.spec.cell_share.value, self.task.units
        usual = np.array([units.hrs, units.lrs]).reshape(2, *(1,) * self.now.ndim)
        spread = np.array([self._spread(state) for state in (0, 1)]).reshape(usual.shape)
        known = ~np.isnan(self.seen)
        # What is between the cell and its clamp stays about as it is, whatever state the cell is in.
        mean = self.reach * np.where(known, share * np.nan_to_num(self.seen) + (1.0 - share) * usual, usual)
        variance = self.reach**2 * np.where(known, (1.0 - share) * spread, spread)
        stays = np.stack([~self.aimed, self.aimed]) | self.deaf
        return Outlook(mean=np.where(stays, self.now, mean), variance=np.where(stays, 0.0, variance))

    def _spread(self, state: int) -> float:
        """Variance (S^2) of the chip's cells in a state."""
        values = self.seen[state][~np.isnan(self.seen[state])]
        return float(values.var()) if values.size else 0.0


def _again(before: Cells, targets: NDArray[np.bool_], pulsed: NDArray[np.bool_], task: CellTask, cycle: int) -> Cells:
    """The cells after one more programming cycle of those `pulsed`."""
    after = task.cell.program(targets, task.seed, *task.path, cycle=cycle)
    resistance = np.where(pulsed & ~before.stuck, after.resistance, before.resistance)
    return replace(
        before,
        resistance=resistance,
        target=targets,
        verified=task.cell.inside(resistance, targets),
        pulses=before.pulses + np.where(pulsed, after.pulses, 0).astype(np.int32),
    )
