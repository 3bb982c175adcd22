"""Inputs as pixels: a square picture where their number is a square, else one row."""

from __future__ import annotations

import math


def grid_of(n_in: int) -> tuple[int, int]:
    """Rows and columns of the picture."""
    side = math.isqrt(n_in)
    return (side, side) if side * side == n_in else (1, n_in)


def place_of(line: int, n_in: int) -> tuple[int, int]:
    """Row and column of an input, both counted from 1, top left."""
    row, column = divmod(line, grid_of(n_in)[1])
    return row + 1, column + 1
