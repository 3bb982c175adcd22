"""STDP on the fast engine: arrays laid out for the compiled event loop (`plastic_kernel`), and its record."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.engines.plastic_program import PlasticProgram
from spikecim.engines.plastic_record import PlasticRecord
from spikecim.engines.plastic_rule import RESET, SET
from spikecim.engines.plastic_teacher import Teacher
from spikecim.program import CONTINUOUS
from spikecim.spikes import SpikeTrains

PER_NEURON = ("threshold_up", "threshold_down", "reset_up", "reset_down", "rail_high", "rail_low", "leak")


# Output spikes a sample may bring before the run is repeated with more room.
ROOM = 1024


@dataclass(frozen=True, kw_only=True)
class _Outcome:
    """What the kernel wrote; there may be more spikes than room for them."""

    n_spikes: int
    counts: NDArray[np.int64]
    residual: NDArray[np.int64]
    tallies: NDArray[np.int64]
    spikes: NDArray[np.int64]
    lrs: NDArray[np.bool_]
    writes: NDArray[np.int64]


def run_event(plastic: PlasticProgram, trains: SpikeTrains, teacher: Teacher) -> PlasticRecord:
    """See `engines.plastic.run_plastic`."""
    found = _present(plastic, trains, teacher, ROOM * trains.n_samples)
    if found.n_spikes > len(found.spikes):
        found = _present(plastic, trains, teacher, found.n_spikes)
    place, negative = np.divmod(found.spikes[: found.n_spikes], 2)
    ticks, neurons = np.divmod(place, plastic.n_out)
    return PlasticRecord(
        offsets=np.concatenate([[0], np.cumsum(found.counts)]).astype(np.int64),
        ticks=ticks.astype(np.int32),
        neurons=neurons.astype(np.int16),
        signs=(1 - 2 * negative).astype(np.int8),
        residual=found.residual.astype(np.int32),
        lrs=found.lrs.reshape(plastic.lrs.shape),
        writes=found.writes.reshape(plastic.lrs.shape),
        sets=found.tallies[:, SET].copy(),
        resets=found.tallies[:, RESET].copy(),
    )


def _present(plastic: PlasticProgram, trains: SpikeTrains, teacher: Teacher, room: int) -> _Outcome:
    from spikecim.engines.plastic_kernel import N_STATES, present

    program, n = plastic.program, trains.n_samples
    numbered = (plastic.n_in, plastic.n_out, 2 * plastic.n_cells)
    # Copies: learning writes them.
    lrs, writes = plastic.lrs.reshape(numbered).copy(), plastic.writes.astype(np.int64).reshape(numbered)
    counts, residual, tallies = (np.zeros((n, *shape), np.int64) for shape in ((), (plastic.n_out,), (2,)))
    spikes = np.empty(room, np.int64)
    n_spikes = present(
        (program.n_ticks, max(program.refractory_ticks, 1), program.comparator != CONTINUOUS, program.noisy),
        (np.uint64(program.noise_seed), np.uint64(plastic.seed)),
        _trains(trains),
        np.stack([getattr(program, name).astype(np.int64) for name in PER_NEURON]),
        (program.charge.astype(np.int64), program.read_noise.astype(np.int64)),
        (np.ascontiguousarray(plastic.pool, np.int32).reshape(2, 2, *numbered, plastic.n_pool), lrs, writes),
        (plastic.rule.window, plastic.rule.late_window, np.ascontiguousarray(plastic.rule.chance, np.int64)),
        _teaching(teacher, program.n_ticks),
        (np.zeros((N_STATES, plastic.n_out), np.int64), np.ones((2, plastic.n_in), np.int64)),
        (counts, residual, tallies, spikes),
    )
    return _Outcome(
        n_spikes=n_spikes, counts=counts, residual=residual, tallies=tallies, spikes=spikes, lrs=lrs, writes=writes
    )


def _trains(
    trains: SpikeTrains,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int16], NDArray[np.int8], int]:
    """One type for each array: the kernel is compiled once."""
    return (
        np.ascontiguousarray(trains.offsets, np.int64),
        np.ascontiguousarray(trains.ticks, np.int32),
        np.ascontiguousarray(trains.lines, np.int16),
        np.ascontiguousarray(trains.signs, np.int8),
        int(trains.first_sample),
    )


def _teaching(
    teacher: Teacher, n_ticks: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64], int]:
    """The teacher; where nothing is driven, the first pulse comes after the window."""
    pulsed = teacher.drive.any(1) & (teacher.start < n_ticks)
    return (
        np.ascontiguousarray(teacher.drive, np.int64),
        np.ascontiguousarray(teacher.muted, np.bool_),
        np.ascontiguousarray(teacher.reward, np.int64),
        np.where(pulsed, teacher.start, n_ticks).astype(np.int64),
        int(teacher.period),
    )
