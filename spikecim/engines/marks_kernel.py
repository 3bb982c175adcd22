"""Compiled unpacking of the event loop's marks: a firing tick and its lane bits become spikes."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from spikecim.engines.lanes import lowest
from spikecim.engines.layout import LANES

UNPACK_BLOCK = 32  # samples per task: fixed, so that the split never depends on the number of threads
_U = np.uint64


@njit(cache=True, parallel=True)
def unpack_marks(marks, train_offsets, offsets, n_groups, ticks, neurons, signs):  # type: ignore[no-untyped-def]
    """Write the spikes behind all marks into flat arrays, by sample, tick and neuron."""
    mark_ticks, mark_lanes, mark_counts, slack = marks
    for block in prange((len(mark_counts) + UNPACK_BLOCK - 1) // UNPACK_BLOCK):
        for s in range(block * UNPACK_BLOCK, min(len(mark_counts), (block + 1) * UNPACK_BLOCK)):
            place, first = offsets[s], train_offsets[s] + s * slack
            for mark in range(first, first + mark_counts[s]):
                for g in range(n_groups):
                    lanes = np.int64(mark_lanes[mark * n_groups + g]) & np.int64(0xFFFFFFFF)
                    either = (lanes | (lanes >> np.int64(16))) & np.int64(0xFFFF)
                    while either:
                        lane = lowest(either)
                        ticks[_U(place)], neurons[_U(place)] = mark_ticks[_U(mark)], g * LANES + lane
                        signs[_U(place)] = np.int64(2) * ((lanes >> lane) & np.int64(1)) - np.int64(1)
                        place += 1
                        either &= either - np.int64(1)
