"""What remapping works on and what it gives back: a weight map to place, and where each of its lines went."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import ShapeError
from spikecim.mitigation.place import FloatArray
from spikecim.mitigation.stuck import NEEDS

IntArray = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class WeightMap:
    """What is to be placed.

    Attributes
    ----------
    targets : float64 (2, n_slices, n_in, n_out), S
    activity : float64 (n_in,) or None
        Mean square of each input; None: all alike.
    factors : float64 (n_slices,) or None
        Weight of each slice; None: 1.
    row_tiles : tuple of slice
        Rows that share an array; a row stays in its array, so that partial sums stay the same. Empty: one array.
    used : bool (n_in, n_out) or None
        Weights whose errors cost anything; None: all.
    """

    targets: FloatArray
    activity: FloatArray | None = None
    factors: FloatArray | None = None
    row_tiles: tuple[slice, ...] = ()
    used: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        if self.targets.ndim != 4 or self.targets.shape[0] != 2:
            raise ShapeError(f"weight map: (2, n_slices, n_in, n_out) is needed, got {self.targets.shape}")
        _, n_slices, n_in, n_out = self.targets.shape
        for name, given, size in (("activity", self.activity, n_in), ("factors", self.factors, n_slices)):
            if given is not None and (given.shape != (size,) or not np.isfinite(given).all() or (given < 0).any()):
                raise ShapeError(f"{name}: {size} finite numbers from 0 are needed, got shape {given.shape}")
        if self.used is not None and self.used.shape != (n_in, n_out):
            raise ShapeError(f"used: ({n_in}, {n_out}) is needed, got shape {self.used.shape}")
        ends = [0, *(tile.stop for tile in self.row_tiles)]
        if self.row_tiles and (ends[-1] != n_in or [tile.start for tile in self.row_tiles] != ends[:-1]):
            raise ShapeError(f"row tiles must follow one another from row 0 to {n_in}, got {self.row_tiles}")

    @property
    def tiles(self) -> tuple[slice, ...]:
        """Row tiles, at least one."""
        return self.row_tiles or (slice(0, self.targets.shape[2]),)


@dataclass(frozen=True, kw_only=True)
class Remapping:
    """Where each line went.

    Attributes
    ----------
    row_order : int64 (n_in,)
        Row of the array that serves each input.
    column_order : int64 (n_out,)
        Column of the array that serves each output.
    signs : int8 (n_tiles, n_slices, n_out)
        -1 where the positive and the negative column of an output are swapped and its sum is negated.
    shape : (n_rows, n_cols)
        Lines of the array, spare ones included.
    row_tiles : tuple of slice
        Inputs that share an array.
    cost_before, cost : float
        Cost in the order given, and as placed.
    """

    row_order: IntArray
    column_order: IntArray
    signs: NDArray[np.int8]
    shape: tuple[int, int]
    row_tiles: tuple[slice, ...]
    cost_before: float
    cost: float

    @property
    def needs(self) -> str:
        """What must be known about the chip."""
        return NEEDS

    @property
    def moved(self) -> int:
        """Lines that are not where they were."""
        rows = (self.row_order != np.arange(len(self.row_order))).sum()
        return int(rows + (self.column_order != np.arange(len(self.column_order))).sum())

    def to_chip(self, targets: FloatArray, idle: float) -> FloatArray:
        """Targets (2, n_slices, n_in, n_out) as they lie on the array (..., n_rows, n_cols); spares at `idle`."""
        placed = np.full((*targets.shape[:2], *self.shape), idle)
        placed[:, :, self.row_order[:, None], self.column_order] = self.flipped(targets)
        return placed

    def from_chip(self, weights: NDArray[np.floating]) -> NDArray[np.floating]:
        """Effective weights (n_slices, n_rows, n_cols) of the array, signed, as (n_slices, n_in, n_out)."""
        return weights[:, self.row_order[:, None], self.column_order] * self.row_signs()

    def flipped(self, targets: FloatArray) -> FloatArray:
        """Targets with the polarities of flipped columns swapped."""
        return np.where(self.row_signs() < 0, targets[::-1], targets)

    def row_signs(self) -> NDArray[np.int8]:
        """Signs (n_slices, n_in, n_out) of every weight."""
        lengths = [tile.stop - tile.start for tile in self.row_tiles]
        return np.repeat(self.signs, lengths, axis=0).transpose(1, 0, 2)
