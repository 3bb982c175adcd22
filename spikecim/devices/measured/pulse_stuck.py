"""Cells that pulses do not move: told, and left out of the fit."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from spikecim.devices.measured.estimate import Estimate, FloatArray
from spikecim.devices.measured.level_stuck import exact_share
from spikecim.devices.measured.pulse_trains import PulseTrains, Trains
from spikecim.errors import DataError

# Of the median swing of all cells, in both directions.
_STILL = 0.1


@dataclass(frozen=True, kw_only=True)
class PulseStuckFit:
    """Shares of cells stuck at the low and at the high end, and the names of these cells."""

    low: Estimate
    high: Estimate
    names: tuple[str, ...]
    n_cells: int


def find_stuck_trains(measured: PulseTrains) -> tuple[PulseTrains, PulseStuckFit]:
    """The file without cells that move by less than a tenth of the median swing, up and down; and these cells.

    Raises
    ------
    DataError
        If no other cell is left.
    """
    n = len(measured.cells)
    swings = [np.abs(_by_cell(side, n, -1) - _by_cell(side, n, 0)) for side in (measured.up, measured.down)]
    still = np.ones(n, np.bool_)
    for swing in swings:
        # A cell without a train in one direction is told by the other alone.
        still &= np.isnan(swing) | (swing < _STILL * np.nanmedian(swing))
    middle = np.nanmean([np.nanmedian(_by_cell(side, n, place)) for side in (measured.up,) for place in (0, -1)])
    level = np.nanmean([_by_cell(measured.up, n, 0), _by_cell(measured.down, n, 0)], axis=0)
    low, high = int((still & (level < middle)).sum()), int((still & (level >= middle)).sum())
    names = tuple(name for name, out in zip(measured.cells, still, strict=True) if out)
    fit = PulseStuckFit(low=exact_share(low, n), high=exact_share(high, n), names=names, n_cells=n)
    if not still.any():
        return measured, fit
    if still.all():
        raise DataError(f"{measured.file}: no cell moves; is the conductance of the right rows?")
    kept = [_kept(side, ~still) for side in (measured.up, measured.down)]
    cells = tuple(name for name, out in zip(measured.cells, still, strict=True) if not out)
    return replace(measured, cells=cells, up=kept[0], down=kept[1]), fit


def _by_cell(side: Trains, n_cells: int, place: int) -> FloatArray:
    """Mean reading at `place` of each cell's trains (n_cells,); NaN where it has none."""
    count = np.bincount(side.cell, minlength=n_cells)
    total = np.bincount(side.cell, side.conductance[:, place], n_cells)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _kept(side: Trains, stays: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Trains:
    number = np.cumsum(stays) - 1
    here = stays[side.cell]
    return replace(side, conductance=side.conductance[here], cell=number[side.cell[here]].astype(np.int64))
