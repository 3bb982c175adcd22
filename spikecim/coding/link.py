"""The serial link: one word a tick, first come first served, lower line first; a collision waits for a free tick."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spikecim.spikes import SpikeTrains

if TYPE_CHECKING:
    from spikecim.coding.renewal import RateCode


def arbitrated_trains(code: RateCode, values: NDArray[np.float64], key: int, first_sample: int) -> SpikeTrains:
    """Encode checked `values` (n_samples, n_in) and pass them through the link, compiled and in parallel."""
    from spikecim.coding.kernels import count_requests, serve_requests

    process = code.process
    periods = code.periods(values)
    signs = np.where(values < 0, np.int8(-1), np.int8(1))
    origin = (np.uint64(key), first_sample)
    how = (code.n_ticks, process.random_phase, process.jittered, process.exponential, code.jitter_rel)
    counts = count_requests(periods, origin, how)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    ticks, lines, words, served = serve_requests(periods, signs, offsets, origin, how)
    if (served != counts).any():
        inside = np.arange(offsets[-1]) - np.repeat(offsets[:-1], counts) < np.repeat(served, counts)
        ticks, lines, words = ticks[inside], lines[inside], words[inside]
        offsets = np.concatenate([[0], np.cumsum(served)])
    return SpikeTrains(
        n_in=values.shape[1],
        n_ticks=code.n_ticks,
        offsets=offsets,
        ticks=ticks,
        lines=lines,
        signs=words,
        first_sample=first_sample,
    )


def arbitrate(requests: list[tuple[int, int, int]], n_ticks: int) -> list[tuple[int, int, int]]:
    """Serve (tick, line, sign) requests of one sample; words that would leave after the window are dropped."""
    served, free = [], 0
    for tick, line, sign in sorted(requests):
        free = max(free, tick)
        if free < n_ticks:
            served.append((free, line, sign))
        free += 1
    return served
