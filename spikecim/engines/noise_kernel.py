"""Compiled read noise of the event loop: steps drawn for 16 events at once, and the charges they make of a table's."""

from __future__ import annotations

import numpy as np
from numba import njit

from spikecim.coding.kernels import mix
from spikecim.engines.lanes import load, splat, store, transpose
from spikecim.engines.layout import LANES
from spikecim.streams import GOLDEN, NOISE_CENTRE

_U, _I = np.uint64, np.int32
_GOLDEN, _FIELDS = _U(GOLDEN), _U(0x0000FFFF0000FFFF)


@njit
def draw_noise(steps, room, events, first, slot, sample_key, sizes):  # type: ignore[no-untyped-def]
    """Write the noise steps (see `streams.gaussian_steps`) of events first .. first + 15, all neurons, into `slot`."""
    ticks, rows = events
    words, keys = room
    n_in, n_out, _ = sizes
    n_groups = (n_out + LANES - 1) // LANES
    for k in range(LANES):
        row = rows[_U(first + k)]
        line = row - (_I(n_in) if row >= n_in else _I(0))
        keys[_U(k)] = mix(mix(sample_key + _U(ticks[_U(first + k)]) * _GOLDEN) + _U(line) * _GOLDEN)
    for g in range(n_groups):
        for n in range(min(LANES, n_out - g * LANES)):
            for k in range(LANES):
                word = mix(keys[_U(k)] + _U(g * LANES + n + 1) * _GOLDEN)
                # Two sums of two 16-bit fields, 32 bits apart; then their sum.
                pair = (word & _FIELDS) + ((word >> _U(16)) & _FIELDS)
                words[_U(n * LANES + k)] = _I(_I(pair + (pair >> _U(32))) - _I(NOISE_CENTRE))
        transpose(words, 0, steps, (slot * n_groups + g) * LANES * LANES)


@njit(inline="always")
def _scaled(scale, step, wide):  # type: ignore[no-untyped-def]
    """(scale * step) >> 16, in 32 bits: a wide scale goes byte by byte, which floors to the same number."""
    if wide:
        low, byte = splat(_I(255)), splat(_I(8))
        tail = ((scale & low) * step) >> byte
        tail = ((((scale >> byte) & low) * step) + tail) >> byte
        return (scale >> splat(_I(16))) * step + tail
    return (scale * step) >> splat(_I(16))


@njit(inline="always")
def noisy_charges(rows, tables, steps, n_groups, g, wide):  # type: ignore[no-untyped-def]
    """Bring the noisy charges of one event per lane for lane group g of neurons, as 16 rows of one neuron each."""
    table, scale = tables
    found, sources, places = rows
    for k in range(LANES):
        row, place = np.int64(sources[_U(k)]) + g * LANES, np.int64(places[_U(k)])
        step = load(steps, (place // LANES * n_groups + g) * LANES * LANES + place % LANES * LANES)
        store(found, k * LANES, load(table, row) + _scaled(load(scale, row), step, wide))
    transpose(found, 0, found, 0)
