"""The oracle: docs/semantics.md written down tick by tick in plain NumPy, obvious rather than fast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from spikecim.coding.decision import MarginReader, time_out_winner
from spikecim.errors import EngineError
from spikecim.layered.program import LayeredProgram
from spikecim.layered.record import LayeredRecord
from spikecim.program import CONTINUOUS, Program
from spikecim.spikes import SpikeRecord, SpikeTrains
from spikecim.streams import event_key, gaussian_steps

# Called after every tick with: tick, delivered input spikes (indices), charge and signs of output (n_samples, n_out).
Watch = Callable[[int, NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]], None]


@dataclass(frozen=True, kw_only=True)
class Stepper:
    """Visits every tick of all samples side by side.

    Attributes
    ----------
    watch : callable, optional
        Sees the state after every tick; it must not change what it is given.
    numbers : int64 (n_samples,), optional
        Sample numbers that name the read noise, where the trains hold chosen samples and not consecutive ones.
    """

    watch: Watch | None = None
    numbers: NDArray[np.int64] | None = field(default=None, compare=False)
    name: str = "stepper"

    def run(self, program: Program, trains: SpikeTrains) -> SpikeRecord:
        """See `engines.base.Engine`."""
        program.check_trains(trains)
        n_samples, n_out = trains.n_samples, program.n_out
        charge = np.zeros((n_samples, n_out), np.int64)
        ready = np.zeros((n_samples, n_out), np.int64)
        scores = np.zeros((n_samples, n_out), np.int64)
        running = np.ones(n_samples, bool)
        reader = MarginReader(n_samples, program)
        arrivals = _by_tick(trains)
        numbers = np.arange(n_samples) + trains.first_sample if self.numbers is None else self.numbers
        emitted = []
        for tick in range(program.n_ticks):
            charge -= np.clip(charge, -program.leak, program.leak)
            spikes = arrivals[tick]
            spikes = spikes[running[trains.samples()[spikes]]]
            np.add.at(charge, trains.samples()[spikes], _injected(program, trains, spikes, numbers))
            charge = np.clip(charge, -program.rail_low, program.rail_high)
            tested = np.ones(n_samples, bool)
            if program.comparator != CONTINUOUS:
                tested[:] = False
                tested[trains.samples()[spikes]] = True
            may = (tested & running)[:, None] & (ready <= tick)
            up = may & (charge >= program.threshold_up)
            down = may & ~up & (charge <= -program.threshold_down)
            charge += program.reset_down * down - program.reset_up * up
            ready[up | down] = tick + max(program.refractory_ticks, 1)
            sign = up.astype(np.int64) - down
            scores += sign
            sample, neuron = np.nonzero(sign)
            emitted.append(np.stack([sample, np.full_like(sample, tick), neuron, sign[sample, neuron]]))
            if self.watch is not None:
                self.watch(tick, spikes, charge, sign)
            active = np.unique(sample)
            decided = reader.feed(active, np.full(len(active), tick), scores[active])
            running[active[decided]] = False
        return _record(program, trains, reader, np.concatenate(emitted, axis=1), charge, scores)

    def run_layers(self, program: LayeredProgram, trains: SpikeTrains, *, keep: str = "decisions") -> LayeredRecord:
        """See `engines.base.Engine`."""
        from spikecim.engines.layered_stepper import run_layered

        if self.watch is not None:
            raise EngineError("the stepper can be watched on programs of one layer only; take `watch` away")
        return run_layered(program, trains, keep=keep, numbers=self.numbers)


def _by_tick(trains: SpikeTrains) -> list[NDArray[np.int64]]:
    order = np.argsort(trains.ticks, kind="stable")
    return np.split(order, np.searchsorted(trains.ticks[order], np.arange(1, trains.n_ticks)))


def _injected(
    program: Program, trains: SpikeTrains, spikes: NDArray[np.int64], numbers: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Electrons (n_spikes, n_out) that the chosen input spikes inject, read noise included."""
    lines = trains.lines[spikes]
    charge = program.charge[(trains.signs[spikes] < 0).astype(int), lines].astype(np.int64)
    if program.noisy:
        key = event_key(program.noise_seed, numbers[trains.samples()[spikes]], trains.ticks[spikes], lines)
        steps = gaussian_steps(key[:, None], np.arange(program.n_out))
        charge = charge + ((program.read_noise[lines] * steps) >> 16)
    return charge


def _record(
    program: Program,
    trains: SpikeTrains,
    reader: MarginReader,
    emitted: NDArray[np.int64],
    charge: NDArray[np.int64],
    scores: NDArray[np.int64],
) -> SpikeRecord:
    sample, tick, neuron, sign = emitted[:, np.argsort(emitted[0], kind="stable")]
    late = ~reader.reached[:, -1]
    residual = np.where(late[:, None], charge, 0).astype(np.int32)
    decisions = reader.close(trains, (sample, tick), time_out_winner(scores, residual))
    return SpikeRecord(
        offsets=np.searchsorted(sample, np.arange(trains.n_samples + 1)),
        ticks=tick.astype(np.int32),
        neurons=neuron.astype(np.int16),
        signs=sign.astype(np.int8),
        residual=residual,
        decisions=decisions,
    )
