"""Codes for networks of several layers: a sample is shown for T steps, and a step lasts as long as the link needs.

`even`: value x spikes round(x T) times in T steps, evenly, as a perfect integrator that starts half full would.
`first-spike`: value x spikes once, after (1 - x) T steps (time to first spike). Without a collision on the link a spike
leaves in the first tick of its step. The link brings `words_per_tick` words a tick, first come first served, lower
lines first; what would leave after the sample's end is dropped, and so is a line's second word in one tick, which
only an overloaded link could send.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import ParameterError
from spikecim.program import MOST_TICKS
from spikecim.spikes import SpikeTrains

STEP_CODES = ("even", "first-spike")


@dataclass(frozen=True, kw_only=True)
class StepCode:
    """How values become spikes.

    Attributes
    ----------
    kind : str
        One of `STEP_CODES`.
    n_steps : int
        T: input steps of one sample.
    ticks_per_step : int
    words_per_tick : int
        What the link brings; the number of lines or more is a parallel link.
    tail_steps : int
        Steps after the input ends, for spikes on their way through the layers.
    """

    kind: str
    n_steps: int
    ticks_per_step: int
    words_per_tick: int
    tail_steps: int = 0

    def __post_init__(self) -> None:
        if self.kind not in STEP_CODES:
            raise ParameterError(f"code {self.kind!r} is not one of {', '.join(STEP_CODES)}")
        if min(self.n_steps, self.ticks_per_step, self.words_per_tick) < 1 or self.tail_steps < 0:
            raise ParameterError("code: steps, ticks per step and words per tick must be at least 1")
        if self.n_ticks > MOST_TICKS:
            raise ParameterError(f"code: {self.n_ticks} ticks; at most {MOST_TICKS}: take fewer steps")

    @property
    def n_ticks(self) -> int:
        """Length of a sample."""
        return (self.n_steps + self.tail_steps) * self.ticks_per_step

    def encode(self, values: NDArray[np.floating], first_sample: int = 0) -> SpikeTrains:
        """Spike trains of `values` (n_samples, n_in) in [-1, 1]; negative values give negative spikes."""
        from spikecim.coding.step_kernel import encode_steps

        rows = np.ascontiguousarray(np.atleast_2d(values), np.float64)
        offsets, ticks, lines, signs = encode_steps(
            rows,
            self.kind == "first-spike",
            self.n_steps,
            self.ticks_per_step,
            self.words_per_tick,
            self.n_ticks,
        )
        # A serial link, or one with room for all lines, never meets a line's second word in one tick.
        if 1 < self.words_per_tick < rows.shape[1]:
            sample = np.repeat(np.arange(len(rows)), np.diff(offsets))
            sent = ~_again(sample * self.n_ticks + ticks, lines)
            offsets = np.concatenate([[0], np.cumsum(np.bincount(sample[sent], minlength=len(rows)))])
            ticks, lines, signs = ticks[sent], lines[sent], signs[sent]
        return SpikeTrains(
            n_in=rows.shape[1],
            n_ticks=self.n_ticks,
            offsets=offsets,
            ticks=ticks,
            lines=lines,
            signs=signs,
            first_sample=first_sample,
        )

    def encode_one(self, row: NDArray[np.floating]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Ticks, lines and signs of one sample (n_in,) in plain NumPy: what `encode` is held to."""
        steps, lines = self.requests(np.abs(row.astype(np.float64)))
        ticks = self._serve(steps * self.ticks_per_step)
        sent = (ticks < self.n_ticks) & ~_again(ticks, lines)
        lines = lines[sent]
        return ticks[sent], lines, np.where(row[lines] < 0, -1, 1)

    def requests(self, size: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Step and line of every spike of one sample, in order of step, then line."""
        if self.kind == "first-spike":
            step = np.rint((1.0 - size) * self.n_steps).astype(np.int64)
            lines = np.flatnonzero(step < self.n_steps)
            order = np.argsort(step[lines], kind="stable")
            return step[lines][order], lines[order]
        # Whole spikes due at the end of each step; half a spike of start charge rounds the count.
        due = np.floor(size * np.arange(self.n_steps + 1)[:, None] + 0.5)
        step, lines = np.nonzero(np.diff(due, axis=0))
        return step, lines

    def _serve(self, wanted: NDArray[np.int64]) -> NDArray[np.int64]:
        """Ticks at which words wanted at rising ticks leave: at most `words_per_tick` in each."""
        if self.words_per_tick >= len(wanted):
            return wanted
        # A word leaves later than the one a tick's worth of words before it.
        block, seat = np.divmod(np.arange(len(wanted)), self.words_per_tick)
        served = wanted.copy()
        for column in range(self.words_per_tick):
            own = seat == column
            served[own] = np.maximum.accumulate(wanted[own] - block[own]) + block[own]
        return served


def _again(ticks: NDArray[np.int64], lines: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Which words (n,) repeat an earlier word's tick and line."""
    place = ticks * (int(lines.max(initial=0)) + 1) + lines
    again = np.ones(len(place), bool)
    again[np.unique(place, return_index=True)[1]] = False
    return again
