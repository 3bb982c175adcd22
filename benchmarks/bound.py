"""The least an event-driven engine can do: add the weight row of every delivered event, and nothing else."""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from spikecim.results.run import RunResult

LANES, AT_ONCE = 16, 8
BLOCK = 32  # samples per task, as in the event engine
_U, _I = np.uint64, np.int32
_WIDTH = _U(LANES)


def add_delivered_rows(run: RunResult, *, eight_at_once: bool) -> NDArray[np.int32]:
    """Sum of the weight rows of each sample's delivered events, int32 (n_samples, 16)."""
    table = np.zeros((run.program.n_in, LANES), np.int32)
    table[:, : run.program.n_out] = run.program.charge[0]
    sums = np.zeros((run.n_samples, LANES), np.int32)
    _add_rows(table.reshape(-1), run.trains.offsets, run.trains.lines, run.record.delivered, sums, eight_at_once)
    return sums


@njit(inline="always")
def _one(lanes, table, lines, e):  # type: ignore[no-untyped-def]
    row = _U(lines[e]) * _WIDTH
    for j in range(LANES):
        i = _U(j)
        lanes[i] = _I(lanes[i] + table[row + i])


@njit(inline="always")
def _eight(lanes, table, lines, e):  # type: ignore[no-untyped-def]
    # A loop this long LLVM turns into vector instructions; a shorter one it unrolls first, lane by lane.
    a, b = _U(lines[e]) * _WIDTH, _U(lines[e + 1]) * _WIDTH
    c, d = _U(lines[e + 2]) * _WIDTH, _U(lines[e + 3]) * _WIDTH
    f, g = _U(lines[e + 4]) * _WIDTH, _U(lines[e + 5]) * _WIDTH
    h, k = _U(lines[e + 6]) * _WIDTH, _U(lines[e + 7]) * _WIDTH
    for j in range(LANES):
        i = _U(j)
        low = _I(_I(table[a + i] + table[b + i]) + _I(table[c + i] + table[d + i]))
        high = _I(_I(table[f + i] + table[g + i]) + _I(table[h + i] + table[k + i]))
        lanes[i] = _I(lanes[i] + _I(low + high))


@njit(cache=True, parallel=True)
def _add_rows(table, offsets, lines, delivered, sums, eight_at_once):  # type: ignore[no-untyped-def]
    n_samples = len(delivered)
    for block in prange((n_samples + BLOCK - 1) // BLOCK):
        lanes = np.zeros(LANES, np.int32)
        for s in range(block * BLOCK, min(n_samples, (block + 1) * BLOCK)):
            lanes[:] = 0
            e, stop = offsets[s], offsets[s] + delivered[s]
            while eight_at_once and e + AT_ONCE <= stop:
                _eight(lanes, table, lines, e)
                e += AT_ONCE
            while e < stop:
                _one(lanes, table, lines, e)
                e += 1
            sums[s] = lanes
