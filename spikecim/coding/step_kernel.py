"""Step codes compiled: the spikes of many samples at once, word for word those of `StepCode.requests` and the link.

Word number i of a sample leaves in tick max(wanted, tick of word i - words_per_tick + 1): the link is first come first
served, and each of its `words_per_tick` seats carries one word a tick.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Spikes = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int16], NDArray[np.int8]]


@njit(cache=True)
def encode_steps(
    values: NDArray[np.float64], first_spike: bool, n_steps: int, ticks_per_step: int, words: int, n_ticks: int
) -> Any:
    """Offsets, ticks, lines and signs of `values` (n_samples, n_in) in [-1, 1]."""
    n_samples, n_in = values.shape
    offsets = np.zeros(n_samples + 1, np.int64)
    room = 1024
    ticks, lines, signs = np.empty(room, np.int32), np.empty(room, np.int16), np.empty(room, np.int8)
    # Of each line that spikes: its number, its size, and either its step or the sum at which its next spike is due.
    active, size, due = np.empty(n_in, np.int64), np.empty(n_in), np.empty(n_in)
    total = 0
    for sample in range(n_samples):
        n_active = 0
        for line in range(n_in):
            x = abs(values[sample, line])
            first = np.rint((1.0 - x) * n_steps) if first_spike else 1.0
            if (first_spike and first < n_steps) or (not first_spike and x * n_steps + 0.5 >= 1.0):
                active[n_active], size[n_active], due[n_active] = line, x, first
                n_active += 1
        begin, full = total, False
        for step in range(n_steps):
            for k in range(n_active):
                if first_spike:
                    if due[k] != step:
                        continue
                else:
                    if size[k] * (step + 1) + 0.5 < due[k]:
                        continue
                    due[k] += 1.0
                line = active[k]
                tick = step * ticks_per_step
                if total - begin >= words and ticks[total - words] + 1 > tick:
                    tick = ticks[total - words] + 1
                if tick >= n_ticks:
                    # Ticks never fall: all words behind this one come too late as well.
                    full = True
                    break
                if total == room:
                    room *= 2
                    ticks, lines, signs = _wider(ticks, room), _wider(lines, room), _wider(signs, room)
                ticks[total], lines[total] = tick, line
                signs[total] = -1 if values[sample, line] < 0 else 1
                total += 1
            if full:
                break
        offsets[sample + 1] = total
    return offsets, ticks[:total].copy(), lines[:total].copy(), signs[:total].copy()


@njit(cache=True)
def _wider(array: NDArray[Any], room: int) -> Any:
    wide = np.empty(room, array.dtype)
    wide[: len(array)] = array
    return wide
