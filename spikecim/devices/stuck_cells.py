"""Cells stuck at one of their rails: drawn by shares or given as a map; and targets checked against the window."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from spikecim.devices.analog_cell import FREE, HIGH, LOW, AnalogCell, AnalogCells, FloatArray, StuckMap
from spikecim.errors import ParameterError, ShapeError
from spikecim.streams import stream


def within_window(target: ArrayLike, g_min: float, g_max: float) -> FloatArray:
    """`target` (...) as float64 S, snapped to the window where only rounding takes it out.

    Raises
    ------
    ParameterError
        If a target is not a number or lies outside.
    """
    wanted = np.asarray(target, np.float64)
    slack = 1e-9 * (g_max - g_min)
    if not ((wanted >= g_min - slack) & (wanted <= g_max + slack)).all():
        bad = wanted[~((wanted >= g_min - slack) & (wanted <= g_max + slack))].flat[0]
        raise ParameterError(f"target conductance {bad:g} S is outside the window {g_min:g} .. {g_max:g} S")
    return np.clip(wanted, g_min, g_max)


def draw_stuck(shape: tuple[int, ...], shares: tuple[float, float], seed: int, *path: str | int) -> StuckMap:
    """Which cells (shape) are stuck at HRS (-1) or LRS (1), each cell alone, by the `shares` (HRS, LRS)."""
    fate = stream(seed, *path, "stuck").random(shape)
    low, high = shares
    return (np.int8(HIGH) * (fate < high) + np.int8(LOW) * (fate >= 1.0 - low)).astype(np.int8)


def stuck_fate(
    cell: AnalogCell, shape: tuple[int, ...], seed: int, *path: str | int, stuck: bool, stuck_map: StuckMap | None
) -> StuckMap:
    """The map to program by: none, the given one or a drawn one; errors as `MultiLevelCell.program`."""
    if not stuck:
        if stuck_map is not None:
            raise ParameterError("a stuck map is given but stuck is off: leave one of them out")
        return np.zeros(shape, np.int8)
    if stuck_map is None:
        return draw_stuck(shape, cell.stuck_shares, seed, *path)
    if stuck_map.shape != shape:
        raise ShapeError(f"stuck map has shape {stuck_map.shape}; the cells have {shape}")
    return stuck_map


def on_rails(cells: AnalogCells, rails: tuple[float, float]) -> AnalogCells:
    """The cells with the stuck ones at their rails (HRS, LRS) in S."""
    if not cells.stuck.any():
        return cells
    rail = np.where(cells.stuck == HIGH, rails[1], rails[0])
    return replace(cells, conductance=np.where(cells.stuck == FREE, cells.conductance, rail))
