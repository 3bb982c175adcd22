"""Compiled encoder and link arbiter: per image, lines ask for ticks, and the link serves them in order, one a tick."""

from __future__ import annotations

import math

import numpy as np
from numba import njit, prange

from spikecim.streams import GOLDEN, MIX_1, MIX_2, NOISE_CENTRE, NOISE_SD

_GOLDEN, _MIX_1, _MIX_2 = np.uint64(GOLDEN), np.uint64(MIX_1), np.uint64(MIX_2)
_LOW = np.uint64(0xFFFF)
# Samples per task: fixed, so that the split never depends on the number of threads.
BLOCK = 64


@njit(inline="always")
def mix(x):  # type: ignore[no-untyped-def]
    """SplitMix64 finaliser on one word (see `streams.mix64`)."""
    x = (x ^ (x >> np.uint64(30))) * _MIX_1
    x = (x ^ (x >> np.uint64(27))) * _MIX_2
    return x ^ (x >> np.uint64(31))


@njit(inline="always")
def line_key(seed, sample, line):  # type: ignore[no-untyped-def]
    """Key of one line of one sample."""
    return mix(mix(seed + np.uint64(sample)) + np.uint64(line) * _GOLDEN)


@njit(cache=True)
def interval_factor(key, k, phase, jittered, exponential, jitter_rel):  # type: ignore[no-untyped-def]
    """Factor on the mean interval before spike `k` of a line."""
    if not (phase or jittered or exponential):
        return 1.0
    word = mix(key + np.uint64(k + 1) * _GOLDEN)
    if phase or exponential:
        uniform = np.float64(word >> np.uint64(11)) * 2.0**-53
        return uniform if phase else -math.log(1.0 - uniform)
    total = (word & _LOW) + ((word >> np.uint64(16)) & _LOW)
    total += ((word >> np.uint64(32)) & _LOW) + (word >> np.uint64(48))
    return max(0.0, 1.0 + jitter_rel * (np.float64(total) - NOISE_CENTRE) / NOISE_SD)


@njit(cache=True, parallel=True)
def count_requests(periods, seed, first, n_ticks, phase, jittered, exponential, jitter_rel):  # type: ignore[no-untyped-def]
    """Ticks asked for by all lines of each sample, (n_samples,)."""
    n_samples, n_in = periods.shape
    counts = np.zeros(n_samples, np.int64)
    for block in prange((n_samples + BLOCK - 1) // BLOCK):
        for s in range(block * BLOCK, min(n_samples, (block + 1) * BLOCK)):
            total = 0
            for line in range(n_in):
                period = periods[s, line]
                if period == math.inf:
                    continue
                key = line_key(seed, s + first, line)
                time = period * interval_factor(key, 0, phase, False, exponential, jitter_rel)
                if not (jittered or exponential):
                    while time < n_ticks:
                        total += 1
                        time += period
                    continue
                k = 0
                while time < n_ticks:
                    total += 1
                    k += 1
                    time += period * interval_factor(key, k, False, jittered, exponential, jitter_rel)
            counts[s] = total
    return counts


@njit(cache=True, parallel=True)
def serve_requests(periods, signs, seed, first, n_ticks, phase, jittered, exponential, jitter_rel, offsets):  # type: ignore[no-untyped-def]
    """Serve all requests in order of (tick, line), one word a tick.

    Returns ticks, lines and word signs in the layout of `offsets`, and the words served per sample: what would leave
    after the window is dropped from the end.
    """
    n_samples, n_in = periods.shape
    ticks = np.empty(offsets[-1], np.int32)
    lines = np.empty(offsets[-1], np.int16)
    words = np.empty(offsets[-1], np.int8)
    served = np.zeros(n_samples, np.int64)
    for block in prange((n_samples + BLOCK - 1) // BLOCK):
        low, high = block * BLOCK, min(n_samples, (block + 1) * BLOCK)
        longest = 0
        for s in range(low, high):
            longest = max(longest, offsets[s + 1] - offsets[s])
        # Requests of one tick form a chain; lines are entered last to first, so a chain runs first to last.
        head = np.full(n_ticks, -1, np.int32)
        link = np.empty(longest, np.int32)
        owner = np.empty(longest, np.int16)
        for s in range(low, high):
            n = 0
            for line in range(n_in - 1, -1, -1):
                period = periods[s, line]
                if period == math.inf:
                    continue
                key = line_key(seed, s + first, line)
                time = period * interval_factor(key, 0, phase, False, exponential, jitter_rel)
                k = 0
                while time < n_ticks:
                    t = int(time)
                    owner[n], link[n] = line, head[t]
                    head[t] = n
                    n += 1
                    if jittered or exponential:
                        k += 1
                        time += period * interval_factor(key, k, False, jittered, exponential, jitter_rel)
                    else:
                        time += period
            place, free = offsets[s], 0
            for t in range(n_ticks):
                e = head[t]
                head[t] = -1
                while e >= 0:
                    free = max(free, t)
                    if free < n_ticks:
                        ticks[place], lines[place], words[place] = free, owner[e], signs[s, owner[e]]
                        place += 1
                    free += 1
                    e = link[e]
            served[s] = place - offsets[s]
    return ticks, lines, words, served
