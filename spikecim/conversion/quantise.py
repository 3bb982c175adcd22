"""Whole weights from real ones, so that the layer's values change least: scale by search, rounding with error feedback.

The squared error of a channel's values is ``d' M d``, d the error of its weights and M the second moment of its inputs
on calibration images. One scale for each output channel is searched for; then weights are rounded one after another,
the error of each passed on to those that follow (GPTQ: Frantar et al., ICLR 2023, arXiv:2210.17323).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int32]
Reals = NDArray[np.float64]

# Full weights to try, as shares of the channel's largest |weight|: below 1 the largest weights are clipped so that
# the many small ones keep more levels. Down to 1 / 100: weights of inputs that are never active may be huge.
SHARES = np.geomspace(0.01, 1.0, 60)
DAMPING = 0.01  # of the mean second moment, added to all: calibration has seen only so many images


def quantise_channels(weights: NDArray[np.floating], largest: int, moment: Reals | None = None) -> tuple[Whole, Reals]:
    """Quantise `weights` (n_rows, n_channels) to -largest..largest.

    Parameters
    ----------
    moment : float64 (n_rows, n_rows), optional
        Second moment of the inputs; without it all inputs count alike, and every weight is rounded by itself.

    Returns
    -------
    whole : int32 (n_rows, n_channels)
    scale : float64 (n_channels,)
        Real weight of one unit; ``scale * whole`` is the quantised weight.
    """
    real = weights.astype(np.float64)
    top = np.abs(real).max(0)
    top = np.where(top > 0, top, float(largest))
    best, least = top / largest, np.full(len(top), np.inf)
    for share in SHARES[::-1]:
        scale = top * share / largest
        off = at_scale(real, scale, largest) * scale - real
        error = (off * (off if moment is None else moment @ off)).sum(0)
        better = error < least
        best, least = np.where(better, scale, best), np.where(better, error, least)
    return (at_scale(real, best, largest) if moment is None else _feedback(real, best, largest, moment)), best


def at_scale(weights: NDArray[np.floating], scale: Reals, largest: int) -> Whole:
    """Round `weights` (..., n_channels) to whole multiples of `scale` (n_channels,); what lies beyond is clipped."""
    return np.clip(np.rint(weights / scale), -largest, largest).astype(np.int32)


def _feedback(real: Reals, scale: Reals, largest: int, moment: Reals) -> Whole:
    """Round row by row, the most active input first; what follows makes up for the errors before it."""
    moment = moment + np.eye(len(moment)) * (DAMPING * float(np.diag(moment).mean()) or 1.0)
    order = np.argsort(-np.diag(moment), kind="stable")
    spread = np.linalg.cholesky(np.linalg.inv(moment[np.ix_(order, order)])).T
    rest, whole = real[order], np.zeros(real.shape, np.int32)
    for number, row in enumerate(order):
        whole[row] = at_scale(rest[number], scale, largest)
        off = (rest[number] - whole[row] * scale) / spread[number, number]
        rest[number:] -= np.outer(spread[number, number:], off)
    return whole
