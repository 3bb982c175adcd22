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
        program.check_trains(trains)
        capacity = 128 if self.keep_spikes else 0
        while True:
            run = _run(program, trains, capacity)
            needed = int(run.counts.max(initial=0))
            if not self.keep_spikes or needed <= capacity:
                return _record(run, capacity, self.keep_spikes)
            capacity = needed


@dataclass(frozen=True, kw_only=True)
class _Run:
    out_ticks: NDArray[np.int32]
    out_codes: NDArray[np.int16]
    counts: NDArray[np.int64]
    decisions: Decisions
    residual: NDArray[np.int32]


def _run(program: Program, trains: SpikeTrains, capacity: int) -> _Run:
    from spikecim.engines.event_kernel import run_samples

    n, shape = trains.n_samples, (trains.n_samples, program.n_margins)
    out_ticks, out_codes = np.empty(n * capacity, np.int32), np.empty(n * capacity, np.int16)
    counts = np.zeros(n, np.int64)
    decisions = Decisions(
        durations=np.empty(shape, np.int32),
        winners=np.empty(shape, np.int16),
        inputs=np.empty(shape, np.int32),
        outputs=np.empty(shape, np.int32),
        reached=np.zeros(shape, bool),
    )
    residual = np.zeros((n, program.n_out), np.int32)
    rules = (
        np.int32(max(program.refractory_ticks, 1)),
        program.comparator == CONTINUOUS,
        bool(program.leak.any()),
        program.noisy,
        program.n_ticks,
        program.n_out,
        program.first_margin if program.n_out > 1 else 2**31 - 1,
    )
    run_samples(
        _lanes(program.charge.reshape(-1, program.n_out), 0),
        _lanes(program.read_noise, 0),
        np.uint64(program.noise_seed),
        _parameters(program),
        rules,
        (trains.offsets, trains.ticks, trains.lines, trains.signs),
        (out_ticks, out_codes, counts, capacity),
        (decisions.durations, decisions.winners, decisions.inputs, decisions.outputs, decisions.reached),
        residual,
        0,
    )
    return _Run(out_ticks=out_ticks, out_codes=out_codes, counts=counts, decisions=decisions, residual=residual)


def _record(run: _Run, capacity: int, keep_spikes: bool) -> SpikeRecord:
    from spikecim.engines.event_kernel import pack_spikes

    counts = run.counts if keep_spikes else np.zeros_like(run.counts)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    ticks, neurons, signs = (np.empty(offsets[-1], kind) for kind in (np.int32, np.int16, np.int8))
    if keep_spikes:
        pack_spikes(run.out_ticks, run.out_codes, capacity, offsets, ticks, neurons, signs)
    return SpikeRecord(
        offsets=offsets, ticks=ticks, neurons=neurons, signs=signs, residual=run.residual, decisions=run.decisions
    )


def _lanes(array: NDArray[np.int32], fill: int) -> NDArray[np.int32]:
    """Pad the last axis to whole lane groups."""
    from spikecim.engines.event_kernel import LANES

    padded = np.full((*array.shape[:-1], -(-array.shape[-1] // LANES) * LANES), fill, np.int32)
    padded[..., : array.shape[-1]] = array
    return padded


def _parameters(program: Program) -> NDArray[np.int32]:
    """Flat (n_groups, N_PARAMETERS, LANES); empty lanes get thresholds out of reach."""
    from spikecim.engines.event_kernel import LANES

    rows = (
        (program.threshold_up, 2**31 - 1),
        (program.threshold_down, 2**31 - 1),
        (program.reset_up, 0),
        (program.reset_down, 0),
        (program.rail_high, 0),
        (program.rail_low, 0),
        (program.leak, 0),
    )
    stacked = np.stack([_lanes(values, fill).reshape(-1, LANES) for values, fill in rows], axis=1)
    return np.ascontiguousarray(stacked).reshape(-1)
