"""Stuck cells of differential pairs: where they stand, and the weight error of each of a pair's nine states."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import ParameterError, ShapeError
from spikecim.mitigation.place import FloatArray, Window, place_pairs

StuckMap = NDArray[np.int8]
# State of a pair: 3 * (first + 1) + (second + 1), each -1 (stuck in HRS), 0 (free) or 1 (stuck in LRS).
N_STATES = 9
FREE = 4
NEEDS = "a map of the stuck cells"


@dataclass(frozen=True, kw_only=True)
class Defects:
    """Stuck cells of one chip.

    Attributes
    ----------
    stuck : int8 (2, ...)
        First axis: positive and negative cell; 0 free, 1 stuck in LRS, -1 stuck in HRS.
    lrs, hrs : float, S
        Where stuck cells stand; they may lie outside the window.
    window : Window
        Where free cells can stand.
    """

    stuck: StuckMap
    lrs: float
    hrs: float
    window: Window

    def __post_init__(self) -> None:
        if self.stuck.ndim < 1 or self.stuck.shape[0] != 2:
            raise ShapeError(f"defect map: a first axis of 2 polarities is needed, got shape {self.stuck.shape}")
        if not np.isin(self.stuck, (-1, 0, 1)).all():
            raise ParameterError("defect map: allowed are 0 (free), 1 (stuck in LRS) and -1 (stuck in HRS)")
        if not (np.isfinite([self.lrs, self.hrs]).all() and 0.0 <= self.hrs < self.lrs):
            raise ParameterError(
                f"defect map: stuck cells need 0 <= HRS < LRS, got HRS {self.hrs:g} S and LRS {self.lrs:g} S"
            )

    def held(self) -> FloatArray:
        """Conductance of stuck cells, NaN where a cell is free."""
        return np.choose(self.stuck + 1, (self.hrs, np.nan, self.lrs))

    def states(self) -> NDArray[np.int8]:
        """State 0 .. 8 of every pair (...)."""
        return np.asarray(3 * (self.stuck[0] + 1) + (self.stuck[1] + 1), np.int8)


def pair_errors(targets: FloatArray, defects: Defects, compensate: bool) -> FloatArray:
    """Squared error of every weight, in units of the window, in each state of the pair that would hold it.

    Parameters
    ----------
    targets : float64 (2, ...), S
    compensate : bool
        The free cell of a pair is moved so that the difference is met as far as the window lets it.

    Returns
    -------
    float64 (9, ...); state 4, both cells free, costs nothing.
    """
    goal = targets[0] - targets[1]
    errors = np.zeros((N_STATES, *goal.shape))
    for state in range(N_STATES):
        if state == FREE:
            continue
        pair = np.array([state // 3 - 1, state % 3 - 1])
        held = np.choose(pair + 1, (defects.hrs, np.nan, defects.lrs))
        held = np.broadcast_to(held.reshape(2, *(1,) * goal.ndim), targets.shape)
        placed = (
            place_pairs(goal, targets.min(0), defects.window, held)
            if compensate
            else np.where(np.isnan(held), targets, held)
        )
        errors[state] = ((placed[0] - placed[1] - goal) / defects.window.width) ** 2
    return errors
