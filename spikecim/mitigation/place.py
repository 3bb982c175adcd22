"""Where the cells of a differential pair stand for a wanted difference, inside the window and around stuck cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import ParameterError, ShapeError

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Window:
    """Conductances (siemens) that a cell can be programmed to."""

    g_min: float
    g_max: float

    def __post_init__(self) -> None:
        if not (np.isfinite([self.g_min, self.g_max]).all() and 0.0 <= self.g_min < self.g_max):
            raise ParameterError(
                f"conductance window: 0 <= g_min < g_max and finite is needed, got g_min {self.g_min:g} S and "
                f"g_max {self.g_max:g} S"
            )

    @property
    def width(self) -> float:
        """Largest difference of a pair."""
        return self.g_max - self.g_min

    def check(self, target: FloatArray, name: str) -> None:
        """Refuse a map that does not lie in the window."""
        if not np.isfinite(target).all():
            raise ParameterError(f"{name}: every conductance must be a finite number of siemens")
        slack = 1e-9 * self.g_max
        low, high = target.min(initial=self.g_min), target.max(initial=self.g_max)
        if low < self.g_min - slack or high > self.g_max + slack:
            raise ParameterError(
                f"{name}: conductances run from {low:.4g} to {high:.4g} S, the window from {self.g_min:.4g} to "
                f"{self.g_max:.4g} S; scale the map into the window first"
            )


def place_pairs(difference: FloatArray, base: FloatArray, window: Window, held: FloatArray | None = None) -> FloatArray:
    """Conductances (2, ...) of pairs whose difference is as near to `difference` (...) as the window lets it be.

    Parameters
    ----------
    difference : float64 (...), S
        Wanted first minus second cell.
    base : float64 (...), S
        Conductance that the smaller of both cells keeps while there is room.
    held : float64 (2, ...), S, optional
        Cells that cannot be programmed stand at this value; NaN where a cell is free.
    """
    x = np.clip(difference, -window.width, window.width)
    lower = np.clip(base, window.g_min, window.g_max - np.abs(x))
    pairs = np.stack([lower + np.maximum(x, 0.0), lower + np.maximum(-x, 0.0)])
    if held is None:
        return pairs
    if held.shape != pairs.shape:
        raise ShapeError(f"stuck cells: the map of pairs has shape {pairs.shape}, the map of stuck cells {held.shape}")
    stuck = ~np.isnan(held)
    # The free cell of a pair answers for both: g+ = held- + d, or g- = held+ - d.
    partner = np.stack([held[1] + difference, held[0] - difference])
    moved = stuck[::-1] & ~stuck
    pairs = np.where(moved, np.clip(partner, window.g_min, window.g_max), pairs)
    return np.where(stuck, held, pairs)
