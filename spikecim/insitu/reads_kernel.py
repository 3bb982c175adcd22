"""Compiled inner loops of array reads: noise of each partial sum, and converters with the sum over row tiles."""

from __future__ import annotations

import numpy as np
from numba import njit

from spikecim.coding.kernels import mix
from spikecim.streams import GOLDEN, NOISE_CENTRE

_GOLDEN, _LOW = np.uint64(GOLDEN), np.uint64(0xFFFF)


@njit(cache=True)
def add_noise(sums, keys, size):  # type: ignore[no-untyped-def]
    """Add to `sums` (n_tiles, n, n_columns) the steps of `streams.gaussian_steps(keys, column)` times `size`.

    `keys` and `size` are (n_tiles, n).
    """
    n_tiles, n, n_columns = sums.shape
    for t in range(n_tiles):
        for s in range(n):
            for c in range(n_columns):
                word = mix(keys[t, s] + np.uint64(c + 1) * _GOLDEN)
                total = (word & _LOW) + ((word >> np.uint64(16)) & _LOW)
                total += ((word >> np.uint64(32)) & _LOW) + (word >> np.uint64(48))
                sums[t, s, c] += (np.int64(total) - NOISE_CENTRE) * size[t, s]


@njit(cache=True)
def converted_sum(sums, step, top):  # type: ignore[no-untyped-def]
    """Sum (n, n_columns) over tiles of `sums` (n_tiles, n, n_columns), each on the levels of its converter.

    Levels are -top .. top times `step` (n_tiles, n_columns): the same numbers as `Adc.convert`.
    """
    n_tiles, n, n_columns = sums.shape
    out = np.zeros((n, n_columns))
    for t in range(n_tiles):
        for s in range(n):
            for c in range(n_columns):
                code = np.rint(sums[t, s, c] / step[t, c])
                out[s, c] += min(max(code, -top), top) * step[t, c]
    return out
