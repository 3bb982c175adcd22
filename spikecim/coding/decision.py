"""Signed-count decision, read from output spikes for every margin at once (docs/semantics.md, points 7, 8)."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from spikecim.spikes import Decisions, SpikeTrains


class Window(Protocol):
    """What a decision needs of a program, of one layer or of several."""

    @property
    def n_out(self) -> int: ...

    @property
    def n_ticks(self) -> int: ...

    @property
    def n_margins(self) -> int: ...

    @property
    def first_margin(self) -> int: ...


def margin(scores: NDArray[np.int64]) -> NDArray[np.int64]:
    """Best minus second-best score over the last axis; -1 for a single neuron, which has no rival to lead."""
    if scores.shape[-1] == 1:
        return np.full(scores.shape[:-1], -1)
    top = np.partition(scores, -2, axis=-1)
    return top[..., -1] - top[..., -2]


def time_out_winner(scores: NDArray[np.int64], residual: NDArray[np.int32]) -> NDArray[np.int64]:
    """Best score; ties go to the larger residual charge, then to the lower index. (n, n_out) to (n,)."""
    best = scores == scores.max(-1, keepdims=True)
    charge = np.where(best, residual.astype(np.int64), np.iinfo(np.int64).min)
    return np.argmax(charge, axis=-1)


class MarginReader:
    """Fills a `Decisions` table while scores are fed to it tick by tick.

    Parameters
    ----------
    n_samples : int
    program : Program or LayeredProgram
        Gives the margins of the table.
    """

    def __init__(self, n_samples: int, program: Window) -> None:
        shape = (n_samples, program.n_margins)
        self._program = program
        self.ticks = np.full(shape, program.n_ticks - 1, np.int32)
        self.winners = np.zeros(shape, np.int16)
        self.reached = np.zeros(shape, bool)

    def feed(
        self, samples: NDArray[np.integer], tick: NDArray[np.integer], scores: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Note the scores (n, n_out) of `samples` (n,) after `tick` (n,); return which of them are now decided."""
        columns = np.arange(self._program.n_margins) + self._program.first_margin
        new = (margin(scores)[:, None] >= columns) & ~self.reached[samples]
        row, column = np.nonzero(new)
        where = (samples[row], column)
        self.ticks[where] = tick[row]
        self.winners[where] = np.argmax(scores, -1)[row]
        self.reached[where] = True
        return self.reached[samples, -1]

    def close(
        self, trains: SpikeTrains, out: tuple[NDArray[np.integer], NDArray[np.integer]], late: NDArray[np.int64]
    ) -> Decisions:
        """Return the table. `out`: sample and tick of every output spike; `late`: time-out winner (n_samples,)."""
        return Decisions(
            durations=self.ticks + np.int32(1),
            winners=np.where(self.reached, self.winners, late[:, None]).astype(np.int16),
            inputs=_count_until(trains.samples(), trains.ticks, self.ticks),
            outputs=_count_until(out[0], out[1], self.ticks),
            reached=self.reached,
        )


def _count_until(
    samples: NDArray[np.integer], ticks: NDArray[np.integer], last: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Spikes of each sample (sorted by sample, tick) at or before each tick of `last` (n_samples, n_margins)."""
    span = int(last.max(initial=0)) + 2
    key = samples.astype(np.int64) * span + np.minimum(ticks, span - 1)
    rows = np.arange(len(last))[:, None]
    start = np.searchsorted(key, rows * span, "left")
    return (np.searchsorted(key, rows * span + last, "right") - start).astype(np.int32)


Spikes = tuple[NDArray[np.integer], NDArray[np.integer], NDArray[np.integer], NDArray[np.integer]]


class ScoreCount:
    """Counts output spikes that come in stretches of time, and knows after each which samples are still open.

    For engines that cannot stop a sample at its decision: they run on to the end of a stretch, and later spikes of a
    decided sample are ignored here. Samples are independent and causal, so the cut is exact.
    """

    def __init__(self, n_samples: int, program: Window) -> None:
        self._reader = MarginReader(n_samples, program)
        self._scores = np.zeros((n_samples, program.n_out), np.int64)
        self.open = np.ones(n_samples, bool)

    def add(self, spikes: Spikes) -> None:
        """Count `spikes` = (sample, tick, neuron, sign), sorted by sample, then tick, all later than those before."""
        sample, tick, neuron, sign = spikes
        if len(sample) == 0:
            return
        new = np.concatenate([[True], (np.diff(sample) != 0) | (np.diff(tick) != 0)])
        starts = np.flatnonzero(new)
        # The r-th spiking ticks of all samples are scored together.
        rank = _rank_within(sample[starts])
        spike_rank = rank[np.cumsum(new) - 1]
        turns = np.arange(rank.max() + 2)
        order, spike_order = np.argsort(rank, kind="stable"), np.argsort(spike_rank, kind="stable")
        bounds = np.searchsorted(rank[order], turns)
        spike_bounds = np.searchsorted(spike_rank[spike_order], turns)
        for turn in turns[:-1]:
            chosen = spike_order[spike_bounds[turn] : spike_bounds[turn + 1]]
            np.add.at(
                self._scores,
                (sample[chosen], neuron[chosen]),
                np.where(self.open[sample[chosen]], sign[chosen], 0),
            )
            heads = starts[order[bounds[turn] : bounds[turn + 1]]]
            heads = heads[self.open[sample[heads]]]
            decided = self._reader.feed(sample[heads], tick[heads], self._scores[sample[heads]])
            self.open[sample[heads[decided]]] = False

    def close(
        self, trains: SpikeTrains, spikes: Spikes, residual: NDArray[np.int32]
    ) -> tuple[Decisions, NDArray[np.bool_]]:
        """Return the decisions, and which of all `spikes` (sorted) came in time."""
        sample, tick = spikes[:2]
        decisions = self._reader.close(trains, (sample, tick), time_out_winner(self._scores, residual))
        return decisions, tick < decisions.durations[sample, -1]


def decide(
    program: Window, trains: SpikeTrains, spikes: Spikes, residual: NDArray[np.int32]
) -> tuple[Decisions, NDArray[np.bool_]]:
    """Decide from a run that never stopped; return the table and which output spikes came in time.

    `spikes` is (sample, tick, neuron, sign) sorted by sample, then tick.
    """
    count = ScoreCount(trains.n_samples, program)
    count.add(spikes)
    return count.close(trains, spikes, residual)


def _rank_within(sample: NDArray[np.integer]) -> NDArray[np.int64]:
    """Position of each entry within its run of equal samples."""
    index = np.arange(len(sample))
    first = np.concatenate([[True], np.diff(sample) != 0])
    return index - np.maximum.accumulate(np.where(first, index, 0))
