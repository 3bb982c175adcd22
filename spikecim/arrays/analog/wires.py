"""Class "wires": each physical array through its exact transfer matrix; arrays of one shape are solved together."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.analog.tiling import Tile
from spikecim.arrays.crossbar.transfer import transfer_matrix
from spikecim.arrays.crossbar.wires import Wires

FloatArray = NDArray[np.float64]
# Cells solved at once: bounds memory, changes no result.
_BATCH_CELLS = 2_000_000


def through_wires(conductance: FloatArray, tiles: tuple[Tile, ...], wires: Wires) -> FloatArray:
    """Conductance (..., n_in, n_columns) in S that the sense end sees; each array of `tiles` alone, rows driven."""
    seen = np.empty_like(conductance)
    alike: dict[tuple[int, int], list[Tile]] = defaultdict(list)
    for tile in tiles:
        alike[tile.shape].append(tile)
    for shape, group in alike.items():
        lead = int(np.prod(conductance.shape[:-2]))
        size = max(1, _BATCH_CELLS // (shape[0] * shape[1] * lead))
        for start in range(0, len(group), size):
            _solve(conductance, seen, group[start : start + size], wires)
    return seen


def worst_drop(conductance: FloatArray, seen: FloatArray) -> float:
    """Largest share of its own signal that a cell loses on the wires."""
    conducting = conductance > 0.0
    share = np.divide(seen, conductance, out=np.ones_like(seen), where=conducting)
    return float(1.0 - share.min())


def _solve(conductance: FloatArray, seen: FloatArray, group: list[Tile], wires: Wires) -> None:
    stack = np.stack([conductance[..., tile.rows, tile.columns] for tile in group])
    for tile, transfer in zip(group, transfer_matrix(stack, wires), strict=True):
        seen[..., tile.rows, tile.columns] = transfer
