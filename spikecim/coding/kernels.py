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


@njit(inline="always")
def first_time(period, key, how):  # type: ignore[no-untyped-def]
    """Time of the first spike of a line, in ticks; `how` as in `count_requests`."""
    _, phase, _, exponential, jitter_rel = how
    return period * interval_factor(key, 0, phase, False, exponential, jitter_rel)


@njit(inline="always")
def next_time(time, k, period, key, how):  # type: ignore[no-untyped-def]
    """Time of spike `k` > 0 of a line whose spike before came at `time`."""
    _, _, jittered, exponential, jitter_rel = how
    # Without draws, no call: equal intervals are the common case.
    if not (jittered or exponential):
        return time + period
    return time + period * interval_factor(key, k, False, jittered, exponential, jitter_rel)


@njit(cache=True, parallel=True)
def count_requests(periods, origin, how):  # type: ignore[no-untyped-def]
    """Ticks asked for by all lines of each sample, (n_samples,).

    `periods` (n_samples, n_in) is in ticks, `origin` is (key of the seed, number of the first sample), and `how` is
    (n_ticks, phase, jittered, exponential, jitter_rel).
    """
    n_samples, n_in = periods.shape
    counts = np.zeros(n_samples, np.int64)
    for block in prange((n_samples + BLOCK - 1) // BLOCK):
        for s in range(block * BLOCK, min(n_samples, (block + 1) * BLOCK)):
            total = 0
            for line in range(n_in):
                total += count_line(periods[s, line], line_key(origin[0], s + origin[1], line), how)
            counts[s] = total
    return counts


@njit(inline="always")
def count_line(period, key, how):  # type: ignore[no-untyped-def]
    """Ticks one line asks for."""
    k = 0
    if period < math.inf:
        time = first_time(period, key, how)
        while time < how[0]:
            k += 1
            time = next_time(time, k, period, key, how)
    return k


@njit(cache=True, parallel=True)
def serve_requests(periods, signs, offsets, origin, how):  # type: ignore[no-untyped-def]
    """Serve all requests in order of (tick, line), one word a tick; `origin` and `how` as in `count_requests`.

    Returns ticks, lines and word signs in the layout of `offsets`, and the words served per sample: what would leave
    after the window is dropped from the end.
    """
    n_samples, n_words = len(periods), offsets[-1]
    ticks, lines, words = np.empty(n_words, np.int32), np.empty(n_words, np.int16), np.empty(n_words, np.int8)
    served = np.zeros(n_samples, np.int64)
    longest = np.diff(offsets).max()
    for block in prange((n_samples + BLOCK - 1) // BLOCK):
        chains = (np.full(how[0], -1, np.int32), np.empty(longest, np.int32), np.empty(longest, np.int16))
        for s in range(block * BLOCK, min(n_samples, (block + 1) * BLOCK)):
            enter_requests(periods[s], (origin[0], s + origin[1]), how, chains)
            here = slice(offsets[s], offsets[s + 1])
            served[s] = serve_chains(chains, signs[s], ticks[here], lines[here], words[here])
    return ticks, lines, words, served


@njit(inline="always")
def enter_requests(periods, name, how, chains):  # type: ignore[no-untyped-def]
    """Enter the requests of one sample, `name` = (key of the seed, number), into empty `chains` (head, link, owner).

    Requests of one tick form a chain; lines are entered last to first, so a chain runs first to last.
    """
    head, link, owner = chains
    n = 0
    for line in range(len(periods) - 1, -1, -1):
        period = periods[line]
        if period == math.inf:
            continue
        key = line_key(name[0], name[1], line)
        time, k = first_time(period, key, how), 0
        while time < how[0]:
            t = int(time)
            owner[n], link[n] = line, head[t]
            head[t] = n
            n += 1
            k += 1
            time = next_time(time, k, period, key, how)


@njit(inline="always")
def serve_chains(chains, signs, ticks, lines, words):  # type: ignore[no-untyped-def]
    """Empty the `chains` of one sample into `ticks`, `lines` and `words`; returns the number of words served."""
    head, link, owner = chains
    place, free = 0, 0
    for t in range(len(head)):
        e = head[t]
        head[t] = -1
        while e >= 0:
            free = max(free, t)
            if free < len(head):
                ticks[place], lines[place], words[place] = free, owner[e], signs[owner[e]]
                place += 1
            free += 1
            e = link[e]
    return place
