"""Physical arrays of a matrix as stacks that one solver call corrects together, and back."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from spikecim.arrays.analog.tiling import Tile
from spikecim.arrays.crossbar.wires import Wires
from spikecim.mitigation.place import FloatArray


@dataclass(frozen=True, kw_only=True)
class TileStack:
    """Tiles brought to one shape; what is missing is filled at the far ends of the wires.

    Attributes
    ----------
    tiles : tuple of Tile
    shape : (n_rows, n_cols)
        Of each array in the stack.
    wires : Wires
        Tells which ends are near.
    """

    tiles: tuple[Tile, ...]
    shape: tuple[int, int]
    wires: Wires

    def gather(self, matrix: FloatArray, fill: float) -> FloatArray:
        """Stack (2, n_tiles, n_slices, n_rows, n_cols) of `matrix` (2, n_slices, n_in, n_columns)."""
        stack = np.full((2, len(self.tiles), matrix.shape[1], *self.shape), fill)
        for k, tile in enumerate(self.tiles):
            rows, columns = self._near(tile)
            stack[:, k, :, rows, columns] = matrix[:, :, tile.rows, tile.columns]
        return stack

    def scatter(self, stack: FloatArray, matrix: FloatArray) -> None:
        """Write the stack back into `matrix`."""
        for k, tile in enumerate(self.tiles):
            rows, columns = self._near(tile)
            matrix[:, :, tile.rows, tile.columns] = stack[:, k, :, rows, columns]

    def _near(self, tile: Tile) -> tuple[slice, slice]:
        (n_rows, n_cols), (rows, columns) = self.shape, tile.shape
        top = self.wires.sense_end == "top"
        right = self.wires.drive_end == "right"
        return (
            slice(0, rows) if top else slice(n_rows - rows, n_rows),
            slice(n_cols - columns, n_cols) if right else slice(0, columns),
        )


def stacks(tiles: tuple[Tile, ...], wires: Wires, together: bool) -> tuple[TileStack, ...]:
    """One stack for each shape of tile, or one for all."""
    if together:
        shape = (max(tile.shape[0] for tile in tiles), max(tile.shape[1] for tile in tiles))
        return (TileStack(tiles=tiles, shape=shape, wires=wires),)
    alike: dict[tuple[int, int], list[Tile]] = defaultdict(list)
    for tile in tiles:
        alike[tile.shape].append(tile)
    return tuple(TileStack(tiles=tuple(group), shape=shape, wires=wires) for shape, group in alike.items())
