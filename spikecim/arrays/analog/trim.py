"""Common gain trim: the reference of an ADC bank is set so that what an array computes is right on average.

gain = <w, w> / <w, w_seen>: the inverse slope of seen against wanted weights, unbiased by independent errors.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.analog.tiling import Tile

FloatArray = NDArray[np.float64]
# What the reference of a converter can be set to.
_REACH = 64.0


def trim_gains(seen: FloatArray, wanted: FloatArray, tiles: tuple[Tile, ...], trim: str) -> FloatArray:
    """Gain of each cell pair (n_slices, n_in, n_columns): one for each array, for the matrix, or 1.

    An array that holds no weight, or answers with the wrong sign, takes the gain of the whole matrix.
    """
    if trim == "none":
        return np.ones_like(seen)
    common = _gain(seen, wanted, 1.0)
    gains = np.full_like(seen, common)
    if trim == "array":
        for tile in tiles:
            for layer in range(len(seen)):
                place = (layer, tile.rows, tile.columns)
                gains[place] = _gain(seen[place], wanted[place], common)
    return gains


def _gain(seen: FloatArray, wanted: FloatArray, otherwise: float) -> float:
    power, answer = float((wanted * wanted).sum()), float((wanted * seen).sum())
    if power <= 0.0 or answer * _REACH <= power:
        return otherwise
    return power / answer
