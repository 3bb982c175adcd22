"""Weight-map correction for wire drop: find conductances whose exact transfer matrix is a gain times the target.

Fixed point with the exact transfer matrix T(G) of every tile: G <- G + (gain * target - T(G)) / (T(G) / G), inside the
window of the cell. The gain is the largest, at most 1, at which no cell has to leave the window at its top.
On differential pairs only the difference counts, so the cell that stands low need not go below the window.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.crossbar.wires import Wires
from spikecim.errors import ShapeError
from spikecim.mitigation.fixed_point import MapCorrection, Pairs, Singles, Steps, iterate
from spikecim.mitigation.gain import GainRule
from spikecim.mitigation.place import Window

FloatArray = NDArray[np.float64]


def correct_map(
    target: FloatArray,
    wires: Wires,
    g_min: float,
    g_max: float,
    steps: int = 3,
    *,
    gain: str = "common",
    lost_share: float = 0.0,
    tolerance: float = 0.0,
) -> MapCorrection:
    """Correct single arrays: find G in the window with T(G) = gain * target.

    Parameters
    ----------
    target : float64 (..., n_rows, n_cols), S
        Wanted conductances of one or many tiles.
    wires : Wires
    g_min, g_max : float, S
        The window.
    steps : int
        Most fixed-point steps, 0 .. 100; each costs one transfer matrix of every tile.
    gain : str
        One for each ``"array"``, ``"common"`` to all, or ``"unit"``: exactly 1, for circuits without a trim.
    lost_share : float
        Share of cells that may be cut at `g_max` for a larger gain.
    tolerance : float
        Residual that ends the steps early.

    Raises
    ------
    ParameterError, ShapeError
        A map outside the window, steps, share or tolerance out of range, fewer than two axes.
    """
    window, rule = Window(g_min=g_min, g_max=g_max), GainRule(kind=gain, lost_share=lost_share)
    goal = _checked(target, 2, window)
    return iterate(Singles(goal=goal, window=window), wires, Steps(most=steps, tolerance=tolerance), rule)


def correct_pairs(
    target: FloatArray,
    wires: Wires,
    window: Window,
    steps: int = 3,
    *,
    gain: str = "common",
    lost_share: float = 0.0,
    tolerance: float = 0.0,
    held: FloatArray | None = None,
) -> MapCorrection:
    """Correct differential pairs: T(G+) - T(G-) = gain * (target+ - target-), both polarities to one gain.

    Parameters
    ----------
    target : float64 (2, ..., n_rows, n_cols), S
        Wanted conductances of the positive [0] and the negative [1] arrays.
    held : float64, shape of the target, S, optional
        Stuck cells stand at this value, inside the window or not; NaN where a cell is free. The goal of a pair stays
        the difference of its targets: a stuck cell whose target is its own value asks nothing of its partner.

    Other parameters and errors as for `correct_map`.
    """
    rule = GainRule(kind=gain, lost_share=lost_share)
    both = np.asarray(target, np.float64)
    if held is not None and held.shape != both.shape:
        raise ShapeError(f"stuck cells: the map of pairs has shape {both.shape}, the map of stuck cells {held.shape}")
    # What a stuck cell should be may lie outside the window, as it may itself.
    _checked(both if held is None else np.where(np.isnan(held), both, window.g_min), 3, window)
    if both.shape[0] != 2:
        raise ShapeError(f"weight map: pairs need a first axis of 2 polarities, got shape {both.shape}")
    problem = Pairs(target=both, window=window, held=held)
    return iterate(problem, wires, Steps(most=steps, tolerance=tolerance), rule)


def _checked(target: FloatArray, axes: int, window: Window) -> FloatArray:
    found = np.asarray(target, np.float64)
    if found.ndim < axes or not found.size:
        raise ShapeError(f"weight map: at least {axes} axes are needed, ending in rows and columns, got {found.shape}")
    window.check(found, "weight map")
    return found
