"""Costs of putting lines of a weight map on lines of a defective array, and the assignments that lower them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import ShapeError
from spikecim.mitigation.place import FloatArray
from spikecim.mitigation.remapping import IntArray, Remapping, WeightMap
from spikecim.mitigation.stuck import FREE, N_STATES, Defects, pair_errors

# The state of a pair whose two cells swap roles.
MIRROR = np.arange(N_STATES).reshape(3, 3).T.ravel()


class Costs:
    """Costs of putting lines on lines; all matrices are sums over the nine states of a pair."""

    def __init__(self, weight_map: WeightMap, defects: Defects, compensate: bool) -> None:
        _, n_slices, n_in, n_out = weight_map.targets.shape
        self.map = weight_map
        self.states = defects.states()
        if self.states.ndim != 3 or self.states.shape[0] != n_slices:
            raise ShapeError(
                f"defect map: (2, {n_slices}, rows, columns) is needed for {n_slices} slices, got {defects.stuck.shape}"
            )
        self.shape = (self.states.shape[1], self.states.shape[2])
        spare, rest = divmod(self.shape[0] - n_in, len(weight_map.tiles))
        if spare < 0 or rest or self.shape[1] < n_out:
            raise ShapeError(
                f"defect map: the array has {self.shape} rows and columns, the weights {(n_in, n_out)}; an array may "
                f"be larger by spare columns and by as many spare rows in each of its {len(weight_map.tiles)} row tiles"
            )
        # Where the rows of each tile lie on the array.
        self.rows = tuple(
            slice(tile.start + k * spare, tile.stop + (k + 1) * spare) for k, tile in enumerate(weight_map.tiles)
        )
        activity = np.ones(n_in) if weight_map.activity is None else weight_map.activity
        factors = np.ones(n_slices) if weight_map.factors is None else weight_map.factors
        importance = (factors[:, None] ** 2 * activity)[:, :, None]
        if weight_map.used is not None:
            importance = importance * weight_map.used
        # Weighted squared errors (9, n_slices, rows, n_out) of the weights of each tile.
        self.errors = [
            (pair_errors(weight_map.targets[:, :, tile], defects, compensate) * importance[:, tile]).astype(np.float32)
            for tile in weight_map.tiles
        ]

    def identity(self) -> Remapping:
        """Every line in its place."""
        n_slices, n_out = self.map.targets.shape[1], self.map.targets.shape[3]
        places = [
            np.arange(tile.stop - tile.start) + rows.start for tile, rows in zip(self.map.tiles, self.rows, strict=True)
        ]
        plain = Remapping(
            row_order=np.concatenate(places),
            column_order=np.arange(n_out),
            signs=np.ones((len(self.rows), n_slices, n_out), np.int8),
            shape=self.shape,
            row_tiles=self.map.tiles,
            cost_before=0.0,
            cost=0.0,
        )
        cost = sum(float(np.trace(self._row_costs(plain, k))) for k in range(len(places)))
        return replace(plain, cost_before=cost, cost=cost)

    def place_rows(self, now: Remapping) -> Remapping:
        """Best rows for the columns and signs of `now`."""
        order, cost = now.row_order.copy(), 0.0
        for k, (tile, rows) in enumerate(zip(self.map.tiles, self.rows, strict=True)):
            matrix = self._row_costs(now, k)
            order[tile], part = _assign(matrix)
            order[tile] += rows.start
            cost += part
        return replace(now, row_order=order, cost=cost)

    def place_columns(self, now: Remapping, move: bool, polarity: str) -> Remapping:
        """Best columns, and signs by `polarity`, for the rows of `now`."""
        n_slices, n_out = now.signs.shape[1:]
        both = np.zeros((2, n_out, self.shape[1]))
        best = np.zeros((n_out, self.shape[1]))
        swapped = np.zeros((len(self.rows), n_slices, n_out, self.shape[1]), np.bool_)
        for k in range(len(self.rows)):
            parts = self._column_costs(now, k)
            both += parts.sum(1)
            best += parts.min(0).sum(0)
            swapped[k] = parts[1] < parts[0]
        if polarity == "none":
            best, swapped[:] = both[0], False
        elif polarity == "column":
            best, swapped[:] = both.min(0), both[1] < both[0]
        order, cost = _assign(best) if move else (now.column_order, _sum_at(best, now.column_order))
        signs = np.where(swapped[:, :, np.arange(n_out), order], np.int8(-1), np.int8(1))
        return replace(now, column_order=order, signs=signs, cost=cost)

    def _row_costs(self, now: Remapping, k: int) -> FloatArray:
        """Cost (rows of the weights, rows of the array) in tile `k`."""
        total = np.zeros((self.errors[k].shape[2], self.rows[k].stop - self.rows[k].start))
        for number, errors in enumerate(self._by_slice(k)):
            flipped = now.signs[k, number] < 0
            chosen = np.where(flipped, errors[MIRROR], errors).swapaxes(0, 1).reshape(len(total), -1)
            here = self.states[number, self.rows[k]][:, now.column_order]
            total += chosen @ _indicator(here.T)
        return total

    def _column_costs(self, now: Remapping, k: int) -> FloatArray:
        """Cost (2 signs, n_slices, columns of the weights, columns of the array) of the rows of tile `k`."""
        n_slices, n_out = now.signs.shape[1:]
        found = np.zeros((2, n_slices, n_out, self.shape[1]))
        for number, errors in enumerate(self._by_slice(k)):
            here = _indicator(self.states[number, now.row_order[self.map.tiles[k]]])
            for sign, seen in enumerate((errors, errors[MIRROR])):
                found[sign, number] = seen.transpose(2, 0, 1).reshape(n_out, -1) @ here
        return found

    def _by_slice(self, k: int) -> NDArray[np.float32]:
        """Errors (n_slices, 9, rows, n_out) of tile `k`."""
        return self.errors[k].swapaxes(0, 1)


def _indicator(states: NDArray[np.int8]) -> Any:
    """Sparse (9 * n, m): 1 at (state * n + i, j) for the state of each pair (i, j) that is not free."""
    from scipy.sparse import csc_array

    lines, columns = np.nonzero(states != FREE)
    rows = states[lines, columns].astype(np.int64) * states.shape[0] + lines
    ones = np.ones(len(rows), np.float32)
    return csc_array((ones, (rows, columns)), shape=(N_STATES * states.shape[0], states.shape[1]))


def _assign(matrix: FloatArray) -> tuple[IntArray, float]:
    """Columns (n,) that the rows of `matrix` get, and what it costs."""
    from scipy.optimize import linear_sum_assignment

    _, order = linear_sum_assignment(matrix)
    return np.asarray(order, np.int64), _sum_at(matrix, order)


def _sum_at(matrix: FloatArray, order: IntArray) -> float:
    return float(matrix[np.arange(len(order)), order].sum())
