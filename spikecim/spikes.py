"""Spikes as data: trains of many samples, stored flat with offsets; a spike is (tick, line, sign)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import ParameterError, ShapeError


@dataclass(frozen=True, kw_only=True)
class SpikeTrains:
    """Input spikes of `n_samples` samples on `n_in` lines within `n_ticks` ticks.

    Attributes
    ----------
    offsets : int64 (n_samples + 1,)
        Spikes of sample s are the slice ``offsets[s]:offsets[s + 1]`` of the arrays below, in order of tick.
    ticks : int32 (n_spikes,)
    lines : int16 (n_spikes,)
    signs : int8 (n_spikes,), +1 or -1
    first_sample : int
        Number of the first sample; it names the read noise, so a sample runs alike alone and inside a larger set.
    """

    n_in: int
    n_ticks: int
    offsets: NDArray[np.int64]
    ticks: NDArray[np.int32]
    lines: NDArray[np.int16]
    signs: NDArray[np.int8]
    first_sample: int = 0

    @property
    def n_samples(self) -> int:
        return len(self.offsets) - 1

    @property
    def n_spikes(self) -> int:
        return len(self.ticks)

    def counts(self) -> NDArray[np.int64]:
        """Spikes per sample, (n_samples,)."""
        return np.diff(self.offsets)

    def samples(self) -> NDArray[np.int64]:
        """The sample each spike belongs to, (n_spikes,)."""
        return np.repeat(np.arange(self.n_samples), self.counts())

    def window(self, start: int, stop: int) -> SpikeTrains:
        """Return samples start..stop-1 as trains of their own (views, no copy)."""
        low, high = self.offsets[start], self.offsets[stop]
        return SpikeTrains(
            n_in=self.n_in,
            n_ticks=self.n_ticks,
            offsets=self.offsets[start : stop + 1] - low,
            ticks=self.ticks[low:high],
            lines=self.lines[low:high],
            signs=self.signs[low:high],
            first_sample=self.first_sample + start,
        )

    def check(self) -> SpikeTrains:
        """Return self if the spikes are well formed, else raise ShapeError naming the first fault.

        Within a sample ticks never decrease, and a line spikes at most once per tick (a word on the link).
        """
        if self.offsets[0] != 0 or self.offsets[-1] != self.n_spikes or (np.diff(self.offsets) < 0).any():
            raise ShapeError("spike trains: offsets must rise from 0 to the number of spikes")
        if not len(self.ticks) == len(self.lines) == len(self.signs):
            raise ShapeError("spike trains: ticks, lines and signs must have the same length")
        if self.n_spikes == 0:
            return self
        if self.ticks.min() < 0 or self.ticks.max() >= self.n_ticks:
            raise ShapeError(f"spike trains: ticks must lie in 0..{self.n_ticks - 1}")
        if self.lines.min() < 0 or self.lines.max() >= self.n_in:
            raise ShapeError(f"spike trains: lines must lie in 0..{self.n_in - 1}")
        if not np.isin(self.signs, (-1, 1)).all():
            raise ShapeError("spike trains: signs must be +1 or -1")
        self._check_order()
        return self

    def _check_order(self) -> None:
        inside = np.diff(self.samples()) == 0
        if (np.diff(self.ticks)[inside] < 0).any():
            raise ShapeError("spike trains: ticks must not decrease within a sample")
        key = (self.samples() * self.n_ticks + self.ticks) * self.n_in + self.lines
        # Keys are almost sorted already, which a stable sort makes use of.
        if (np.diff(np.sort(key, kind="stable")) == 0).any():
            raise ShapeError("spike trains: a line may spike once per tick; run them through coding.link.arbitrate")


def flat_ranges(starts: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Indices start, start + 1, ... of `counts` entries from each of `starts` (n,), one range after the other."""
    ends = np.cumsum(counts)
    return np.arange(counts.sum()) + np.repeat(starts - (ends - counts), counts)


def trains_from_lists(samples: Sequence[Iterable[tuple[int, int, int]]], *, n_in: int, n_ticks: int) -> SpikeTrains:
    """Build checked trains from one list of (tick, line, sign) per sample; spikes are sorted by tick and line."""
    rows = [sorted(sample) for sample in samples]
    flat: NDArray[Any] = np.array([spike for sample in rows for spike in sample], np.int64).reshape(-1, 3)
    offsets = np.concatenate([[0], np.cumsum([len(sample) for sample in rows])]).astype(np.int64)
    ticks, lines, signs = flat.T
    # Checked before they are narrowed: a sign of 257 must not become +1.
    wide = SpikeTrains(n_in=n_in, n_ticks=n_ticks, offsets=offsets, ticks=ticks, lines=lines, signs=signs).check()
    return replace(wide, ticks=ticks.astype(np.int32), lines=lines.astype(np.int16), signs=signs.astype(np.int8))


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """What every decision margin would have decided, read from one run.

    Column c holds the decision at ``delta_s = c + 1`` (a single column without early stop). All arrays are
    (n_samples, n_margins). A margin that is never reached shows the time-out decision.

    Attributes
    ----------
    durations : int32
        Ticks the sample lasted: the deciding tick + 1, or the whole window at time-out.
    winners : int16
        Index of the chosen neuron.
    inputs : int32
        Input spikes delivered until the decision, its own tick included.
    outputs : int32
        Output spikes of either sign until the decision, its own tick included.
    reached : bool
        False where the sample ended by time-out.
    """

    durations: NDArray[np.int32]
    winners: NDArray[np.int16]
    inputs: NDArray[np.int32]
    outputs: NDArray[np.int32]
    reached: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class SpikeRecord:
    """What an engine returns: output spikes until each sample's decision, and the decisions.

    Attributes
    ----------
    offsets : int64 (n_samples + 1,)
    ticks : int32 (n_spikes,)
    neurons : int16 (n_spikes,)
    signs : int8 (n_spikes,)
        In order of tick, then neuron, within each sample.
    residual : int32 (n_samples, n_out)
        Membrane charge in electrons at time-out; 0 for samples that were decided before (nobody reads it there).
    decisions : Decisions
    """

    offsets: NDArray[np.int64]
    ticks: NDArray[np.int32]
    neurons: NDArray[np.int16]
    signs: NDArray[np.int8]
    residual: NDArray[np.int32]
    decisions: Decisions

    @property
    def n_samples(self) -> int:
        return len(self.offsets) - 1

    @property
    def n_spikes(self) -> int:
        return len(self.ticks)

    @property
    def winners(self) -> NDArray[np.int16]:
        """The run's own decision, (n_samples,)."""
        return self.decisions.winners[:, -1]

    @property
    def delivered(self) -> NDArray[np.int32]:
        """Input spikes delivered until the run's own decision, (n_samples,)."""
        return self.decisions.inputs[:, -1]

    def samples(self) -> NDArray[np.int64]:
        """The sample each output spike belongs to, (n_spikes,)."""
        return np.repeat(np.arange(self.n_samples), np.diff(self.offsets))


def margin_column(delta_s: int | None, most: int | None) -> int:
    """Column of a decision table that holds margins 1 .. `most`; None means the run's own decision, the last column.

    Raises
    ------
    ParameterError
        If the table has no column for that margin.
    """
    if delta_s is None:
        return (most or 1) - 1
    if most is None or not 1 <= delta_s <= most:
        readable = f"margins 1 .. {most}" if most else "no margin: it had no early stop"
        raise ParameterError(f"delta_s {delta_s} cannot be read from this run; it holds {readable}")
    return delta_s - 1
