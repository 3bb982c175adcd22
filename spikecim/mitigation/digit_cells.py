"""Cell choice in pairs of cells with few states: the digits of all slices together that come nearest to the weight.

Digit k is (g+ - g-) in steps, -top .. top for a free pair; a stuck cell leaves a part of it. A search from the heaviest
slice down keeps the `BEAM` sums that the lighter slices can still mend best; checked against all choices in the tests.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spikecim.mitigation.place import FloatArray
from spikecim.mitigation.stuck import Defects

BEAM = 9


def choose_digits(targets: FloatArray, defects: Defects, factors: FloatArray, top: int) -> FloatArray:
    """Targets on the states of the cells that come nearest to the weights in spite of stuck cells.

    Parameters
    ----------
    targets : float64 (2, n_slices, ...), S
        On the states g_min + d * window / top, d = 0 .. top.
    defects : Defects
        Of the same shape, stuck at the ends of the window.
    factors : float64 (n_slices,)
        Weight of a pair over its whole window.
    top : int
        Highest state of a cell.

    Returns
    -------
    float64 (2, n_slices, ...), S
        Weights without a stuck cell in the way keep their targets.
    """
    window = defects.window
    digits = np.rint((targets - window.g_min) / window.width * top).astype(np.int64)
    low = np.where(defects.stuck == 1, top, 0)
    high = np.where(defects.stuck == -1, 0, top)
    wrong = ((digits < low) | (digits > high)).any((0, 1))
    chosen = digits.copy()
    if wrong.any():
        here = (slice(None), slice(None), wrong)
        chosen[here] = _searched(digits[here], low[here], high[here], factors / top)
    return np.asarray(window.g_min + chosen * (window.width / top), np.float64)


def _searched(
    digits: NDArray[np.int64], low: NDArray[np.int64], high: NDArray[np.int64], unit: FloatArray
) -> NDArray[np.int64]:
    """Digits (2, n_slices, n) inside low .. high whose weighted differences come nearest to those of `digits`."""
    n_slices, n = digits.shape[1:]
    wanted = np.tensordot(unit, digits[0] - digits[1], 1)
    least, most = low[0] - high[1], high[0] - low[1]
    order = np.argsort(-unit)
    rest = wanted[None]  # (beam, n): what is still to be made up
    picks = np.zeros((1, n_slices, n), np.int64)
    for place, k in enumerate(order):
        later = order[place + 1 :]
        floor, ceiling = unit[later] @ least[later], unit[later] @ most[later]
        near = np.rint((rest - (floor + ceiling) / 2.0) / unit[k]).astype(np.int64)
        own = np.broadcast_to(digits[0, k] - digits[1, k], near.shape)
        tried = np.clip(np.stack([near - 1, near, near + 1, own]), least[k], most[k])
        left = rest - unit[k] * tried
        miss = np.maximum(0.0, np.maximum(floor - left, left - ceiling))
        # Among equals the digit as it was, then the smaller sum of what is left.
        rank = miss / unit[k] + 1e-6 * (tried != own) + 1e-9 * np.abs(left) / unit[k]
        flat = (-1, n)
        best = np.argsort(rank.reshape(flat), axis=0, kind="stable")[:BEAM]
        parent = np.broadcast_to(np.arange(len(rest))[None, :, None], tried.shape).reshape(flat)
        rest = np.take_along_axis(left.reshape(flat), best, 0)
        source = np.take_along_axis(parent, best, 0)
        picks = np.take_along_axis(picks, source[:, None], 0)
        picks[:, k] = np.take_along_axis(tried.reshape(flat), best, 0)
    winner = np.argmin(np.abs(rest), axis=0)
    difference = np.take_along_axis(picks, winner[None, None], 0)[0]
    smaller = np.clip(np.minimum(digits[0], digits[1]), *_common(low, high, difference))
    return np.stack([smaller + np.maximum(difference, 0), smaller + np.maximum(-difference, 0)])


def _common(
    low: NDArray[np.int64], high: NDArray[np.int64], difference: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Range of the smaller digit of each pair with `difference`."""
    up, down = np.maximum(difference, 0), np.maximum(-difference, 0)
    return np.maximum(low[0] - up, low[1] - down), np.minimum(high[0] - up, high[1] - down)
