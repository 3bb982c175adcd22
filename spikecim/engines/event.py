"""The fast engine: event-driven, compiled by numba, parallel over samples, exact in 32-bit integers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.program import CONTINUOUS, Program
from spikecim.spikes import Decisions, SpikeRecord, SpikeTrains


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
        from spikecim.engines.event_kernel import SLACK

        program.check_trains(trains)
        run = _run(program, trains, SLACK if self.keep_spikes else -1)
        offsets = np.zeros(trains.n_samples + 1, np.int64)
        if not self.keep_spikes:
            return _record(offsets, (np.zeros(0, np.int32), np.zeros(0, np.int16), np.zeros(0, np.int8)), run)
        needed = int((run.mark_counts - trains.counts()).max(initial=0))
        if needed > SLACK:
            # Packets smaller than the threshold let neurons fire on without input: give them the room they asked for.
            run = _run(program, trains, needed)
        np.cumsum(run.decisions.outputs[:, -1], out=offsets[1:])
        return _record(offsets, _unpack(run, trains, offsets, program.n_out), run)


@dataclass(frozen=True, kw_only=True)
class _Run:
    """What the kernel wrote: decisions, residual charge, and the firing ticks of each sample with their lane bits."""

    decisions: Decisions
    residual: NDArray[np.int32]
    mark_ticks: NDArray[np.int32]
    mark_lanes: NDArray[np.int32]
    mark_counts: NDArray[np.int64]
    slack: int


def _run(program: Program, trains: SpikeTrains, slack: int) -> _Run:
    from spikecim.engines.event_kernel import run_samples

    n, n_out = trains.n_samples, program.n_out
    charge = np.concatenate([program.charge.reshape(-1, n_out), np.zeros((1, n_out), np.int32)])
    n_marks = trains.n_spikes + n * slack if slack >= 0 else 0
    run = _Run(
        decisions=_empty_decisions(n, program.n_margins),
        residual=np.zeros((n, n_out), np.int32),
        mark_ticks=np.empty(n_marks, np.int32),
        mark_lanes=np.empty(n_marks * _n_groups(n_out), np.int32),
        mark_counts=np.zeros(n, np.int64),
        slack=slack,
    )
    rules = (
        # The lanes are 32 bits wide; no refractory time need outlast the window.
        min(max(program.refractory_ticks, 1), program.n_ticks),
        program.comparator == CONTINUOUS,
        bool(program.leak.any()),
        program.noisy,
        program.n_ticks,
        program.n_in,
        n_out,
        # A single neuron has no rival to lead.
        program.first_margin if n_out > 1 else 2**31 - 1,
    )
    decisions = run.decisions
    run_samples(
        _lanes(charge, 0).reshape(-1),
        _lanes(program.read_noise, 0).reshape(-1),
        np.uint64(program.noise_seed),
        _parameters(program),
        rules,
        (trains.offsets, trains.ticks, trains.lines, trains.signs, trains.first_sample),
        (run.mark_ticks, run.mark_lanes, run.mark_counts, slack),
        (decisions.durations, decisions.winners, decisions.inputs, decisions.outputs, decisions.reached),
        run.residual,
    )
    return run


def _empty_decisions(n_samples: int, n_margins: int) -> Decisions:
    shape = (n_samples, n_margins)
    return Decisions(
        durations=np.empty(shape, np.int32),
        winners=np.empty(shape, np.int16),
        inputs=np.empty(shape, np.int32),
        outputs=np.empty(shape, np.int32),
        reached=np.zeros(shape, bool),
    )


def _unpack(
    run: _Run, trains: SpikeTrains, offsets: NDArray[np.int64], n_out: int
) -> tuple[NDArray[np.int32], NDArray[np.int16], NDArray[np.int8]]:
    from spikecim.engines.event_kernel import unpack_marks

    ticks, neurons, signs = (np.empty(offsets[-1], kind) for kind in (np.int32, np.int16, np.int8))
    marks = (run.mark_ticks, run.mark_lanes, run.mark_counts, run.slack)
    unpack_marks(marks, trains.offsets, offsets, _n_groups(n_out), ticks, neurons, signs)
    return ticks, neurons, signs


def _record(
    offsets: NDArray[np.int64],
    spikes: tuple[NDArray[np.int32], NDArray[np.int16], NDArray[np.int8]],
    run: _Run,
) -> SpikeRecord:
    ticks, neurons, signs = spikes
    return SpikeRecord(
        offsets=offsets, ticks=ticks, neurons=neurons, signs=signs, residual=run.residual, decisions=run.decisions
    )


def _n_groups(n_out: int) -> int:
    from spikecim.engines.event_kernel import LANES

    return -(-n_out // LANES)


def _lanes(array: NDArray[np.int32], fill: int) -> NDArray[np.int32]:
    """Pad the last axis to whole lane groups: (..., n_out) to (..., n_groups, 16)."""
    from spikecim.engines.event_kernel import LANES

    n_groups = _n_groups(array.shape[-1])
    padded = np.full((*array.shape[:-1], n_groups * LANES), fill, np.int32)
    padded[..., : array.shape[-1]] = array
    return padded.reshape(*array.shape[:-1], n_groups, LANES)


def _parameters(program: Program) -> NDArray[np.int32]:
    """Flat (n_groups, 7, 16); empty lanes get thresholds out of reach."""
    never = 2**31 - 1
    rows = (
        _lanes(program.threshold_up, never),
        _lanes(-program.threshold_down, -never),
        _lanes(program.reset_up, 0),
        _lanes(program.reset_down, 0),
        _lanes(program.rail_high, 0),
        _lanes(-program.rail_low, 0),
        _lanes(program.leak, 0),
    )
    return np.ascontiguousarray(np.stack(rows, axis=1)).reshape(-1)
