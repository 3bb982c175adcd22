"""Biases as rows of cells that a core's timer reads once a step.

A bias of b weight units is stored to 1 / base of a unit: one slice finer than the weights, in as many rows as it takes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.layered.network import largest_weight, slice_base, to_slices


@dataclass(frozen=True, kw_only=True)
class BiasRows:
    """The biases of one layer.

    Attributes
    ----------
    digits : int8 (n_rows, n_channels, n_slices)
        The finest slice, 1 / base of a weight unit, first.
    """

    digits: NDArray[np.int8]

    @property
    def n_rows(self) -> int:
        return int(self.digits.shape[0])

    def values(self, levels: int) -> NDArray[np.float64]:
        """The biases as stored, in weight units, (n_channels,)."""
        ratios = float(slice_base(levels)) ** np.arange(-1, self.digits.shape[-1] - 1)
        return np.asarray((self.digits * ratios).sum((0, -1)), np.float64)


def split_bias(bias: NDArray[np.float64], levels: int, slices: int) -> BiasRows:
    """Spread `bias` (n_channels,), in weight units, over rows of `slices` + 1 groups; no row if all are zero."""
    base = slice_base(levels)
    fine = np.rint(bias * base).astype(np.int64)
    limit = largest_weight(levels, slices + 1)
    n_rows = int(-(-np.abs(fine).max(initial=0) // limit))
    # Row r takes its even part of what the rows before it have left.
    parts, rest = [], fine
    for left in range(n_rows, 0, -1):
        part = np.sign(rest) * (np.abs(rest) // left)
        parts.append(part)
        rest = rest - part
    stacked = np.stack(parts) if parts else np.zeros((0, len(bias)), np.int64)
    return BiasRows(digits=to_slices(stacked, levels, slices + 1))
