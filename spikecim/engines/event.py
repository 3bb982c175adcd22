"""The fast engine: event-driven, compiled by numba, parallel over samples, exact in 32-bit integers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spikecim.engines.layout import NO_MARKS, Marks, empty_decisions, n_groups, run_programs
from spikecim.layered.program import LayeredProgram
from spikecim.layered.record import LayeredRecord
from spikecim.program import Program
from spikecim.spikes import Decisions, SpikeRecord, SpikeTrains

Spikes = tuple[NDArray[np.int32], NDArray[np.int16], NDArray[np.int8]]
# Marks a sample may need beyond one per input spike before the run is repeated with more room.
SLACK = 128


@dataclass(frozen=True, kw_only=True)
class EventEngine:
    """Work grows with spikes, not with neurons times ticks.

    Attributes
    ----------
    keep_spikes : bool
        False returns decisions only (the record holds no output spikes): for populations of chips.
    """

    keep_spikes: bool = True
    name: str = "event"

    def run(self, program: Program, trains: SpikeTrains) -> SpikeRecord:
        """See `engines.base.Engine`."""
        program.check_trains(trains)
        run = _run(program, trains, SLACK if self.keep_spikes else None)
        offsets = np.zeros(trains.n_samples + 1, np.int64)
        if not self.keep_spikes:
            return _record(offsets, (np.zeros(0, np.int32), np.zeros(0, np.int16), np.zeros(0, np.int8)), run)
        needed = int((run.marks.counts - trains.counts()).max(initial=0))
        if needed > SLACK:
            # Packets smaller than the threshold let neurons fire on without input: give them the room they asked for.
            run = _run(program, trains, needed)
        np.cumsum(run.decisions.outputs[:, -1], out=offsets[1:])
        return _record(offsets, _unpack(run.marks, trains, offsets, program.n_out), run)

    def run_layers(self, program: LayeredProgram, trains: SpikeTrains, *, keep: str = "decisions") -> LayeredRecord:
        """See `engines.base.Engine`."""
        from spikecim.engines.layered_event import run_layered

        return run_layered(program, trains, keep=keep, keep_output=self.keep_spikes)


@dataclass(frozen=True, kw_only=True)
class _Run:
    """What the kernel wrote: decisions, residual charge and marks."""

    decisions: Decisions
    residual: NDArray[np.int32]
    marks: Marks


def _run(program: Program, trains: SpikeTrains, slack: int | None) -> _Run:
    n = trains.n_samples
    decisions = empty_decisions(1, n, program.n_margins)
    residual = np.zeros((n, program.n_out), np.int32)
    marks = NO_MARKS if slack is None else _room(trains, program.n_out, slack)
    run_programs([program], trains, decisions, residual=residual, marks=marks)
    only = {name: array[0] for name, array in vars(decisions).items()}
    return _Run(decisions=replace(decisions, **only), residual=residual, marks=marks)


def _room(trains: SpikeTrains, n_out: int, slack: int) -> Marks:
    n_marks = trains.n_spikes + trains.n_samples * slack
    return Marks(
        ticks=np.empty(n_marks, np.int32),
        lanes=np.empty(n_marks * n_groups(n_out), np.int32),
        counts=np.zeros(trains.n_samples, np.int64),
        slack=slack,
    )


def _unpack(marks: Marks, trains: SpikeTrains, offsets: NDArray[np.int64], n_out: int) -> Spikes:
    from spikecim.engines.marks_kernel import unpack_marks

    ticks, neurons, signs = (np.empty(offsets[-1], kind) for kind in (np.int32, np.int16, np.int8))
    packed = (marks.ticks, marks.lanes, marks.counts, marks.slack)
    unpack_marks(packed, trains.offsets, offsets, n_groups(n_out), ticks, neurons, signs)
    return ticks, neurons, signs


def _record(offsets: NDArray[np.int64], spikes: Spikes, run: _Run) -> SpikeRecord:
    ticks, neurons, signs = spikes
    return SpikeRecord(
        offsets=offsets, ticks=ticks, neurons=neurons, signs=signs, residual=run.residual, decisions=run.decisions
    )
