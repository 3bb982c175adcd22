"""The oracle for several layers: docs/semantics.md, points 10-16, tick by tick in plain NumPy, obvious, not fast."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from spikecim.coding.decision import MarginReader, Spikes
from spikecim.coding.layered_decision import check_keep, layered_record
from spikecim.layered.program import NEVER, LayeredProgram, LayerProgram
from spikecim.layered.record import LayeredRecord
from spikecim.spikes import SpikeTrains, flat_ranges
from spikecim.streams import event_key, gaussian_steps

Brought = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]  # sample, line, sign of a tick's spikes
MOST_LINKS = 2**20  # links written out at once; bounds the memory


def run_layered(
    program: LayeredProgram, trains: SpikeTrains, *, keep: str = "decisions", numbers: NDArray[np.int64] | None = None
) -> LayeredRecord:
    """See `engines.base.Engine.run_layers`; `numbers` (n_samples,) name the read noise as in `Stepper`."""
    check_keep(keep)
    program.check_trains(trains)
    n_samples = trains.n_samples
    numbers = np.arange(n_samples) + trains.first_sample if numbers is None else numbers
    layers = [_Layer(layer, numbers) for layer in program.layers]
    reader, scores = MarginReader(n_samples, program), np.zeros((n_samples, program.n_out), np.int64)
    running = np.ones(n_samples, bool)
    charges = np.zeros((len(program.checkpoints), n_samples, program.n_out), np.int64)
    for tick, arrivals in enumerate(_arrivals(program, trains)):
        before = [arrivals, *(layer.emitted for layer in layers[:-1])]
        for layer, brought in zip(layers, before, strict=True):
            layer.step(tick, brought, running)
        sample, neuron, sign = layers[-1].emitted
        np.add.at(scores, (sample, neuron), sign)
        active = np.unique(sample)
        decided = reader.feed(active, np.full(len(active), tick), scores[active])
        running[active[decided]] = False
        if tick + 1 in program.checkpoints:
            charges[program.checkpoints.index(tick + 1)] = layers[-1].charge
        if not running.any():
            break
    return layered_record(program, trains, [layer.spikes() for layer in layers], charges, keep)


def _arrivals(program: LayeredProgram, trains: SpikeTrains) -> Iterator[Brought]:
    """Input spikes of each tick of the window."""
    order = np.argsort(trains.ticks, kind="stable")
    bounds = np.searchsorted(trains.ticks[order], np.arange(program.n_ticks + 1))
    sample, lines, signs = trains.samples(), trains.lines.astype(np.int64), trains.signs.astype(np.int64)
    for tick in range(program.n_ticks):
        spikes = order[bounds[tick] : bounds[tick + 1]]
        yield sample[spikes], lines[spikes], signs[spikes]


class _Layer:
    """One layer of all samples: charge, end of refractory times, the spikes of the last tick and of all."""

    def __init__(self, layer: LayerProgram, numbers: NDArray[np.int64]) -> None:
        shape = (len(numbers), layer.n_out)
        self._layer, self._numbers = layer, numbers
        self.charge = np.broadcast_to(layer.initial.astype(np.int64), shape).copy()
        self._ready = np.full(shape, layer.fire_from, np.int64)
        none = np.zeros(0, np.int64)
        self.emitted: Brought = (none, none, none)
        self._all: list[Spikes] = []

    def step(self, tick: int, brought: Brought, running: NDArray[np.bool_]) -> None:
        """Point 4 of the semantics; `brought` are this tick's spikes, those of samples not `running` are ignored."""
        layer, charge = self._layer, self.charge
        sample, line, sign = (part[running[brought[0]]] for part in brought)
        if layer.leak.any():
            charge -= np.clip(charge, -layer.leak, layer.leak)
        for cells, electrons in _injected(layer, tick, (sample, line, sign), self._numbers):
            np.add.at(charge.reshape(-1), cells, electrons)
        for pulses in layer.pulses:
            if pulses.fires(tick):
                charge += pulses.charge
        np.clip(charge, -layer.rail_low, layer.rail_high, out=charge)
        up = (charge >= layer.threshold_up) & (layer.threshold_up != NEVER)
        down = (charge <= -layer.threshold_down) & (layer.threshold_down != NEVER)
        sample, neuron = np.nonzero(up | down)
        fires = running[sample] & (self._ready[sample, neuron] <= tick) & (tick < layer.fire_to)
        sample, neuron = sample[fires], neuron[fires]
        sign = np.where(up[sample, neuron], 1, -1)
        packet = np.where(sign > 0, layer.reset_up[neuron], -layer.reset_down[neuron])
        charge[sample, neuron] = 0 if layer.hard_reset else charge[sample, neuron] - packet
        self._ready[sample, neuron] = tick + max(layer.refractory_ticks, 1)
        self.emitted = (sample, neuron, sign)
        self._all.append(
            (
                sample.astype(np.int32),
                np.full(len(sample), tick, np.int32),
                neuron.astype(np.int32),
                sign.astype(np.int8),
            )
        )

    def spikes(self) -> Spikes:
        """All spikes in order of sample, tick, neuron."""
        sample, tick, neuron, sign = (np.concatenate(column) for column in zip(*self._all, strict=True))
        order = np.argsort(sample, kind="stable")
        return sample[order], tick[order], neuron[order], sign[order]


def _injected(
    layer: LayerProgram, tick: int, brought: Brought, numbers: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """What the spikes `brought` add: (flat index into the charges (n_samples, n_out), electrons) of each link."""
    sample, line, sign = brought
    links, row = layer.wiring.links, layer.route[line]
    heard = row >= 0
    sample, line, sign, row = sample[heard], line[heard], sign[heard], row[heard]
    starts, counts = links.offsets[row], links.fan_out()[row]
    keys = event_key(layer.noise_seed, numbers[sample], tick, line) if layer.noisy else None
    for part in _portions(counts):
        link = flat_ranges(starts[part], counts[part])
        spike = np.repeat(np.arange(len(row))[part], counts[part])
        target, group = links.targets[link], links.groups[link]
        electrons = layer.charge[(sign[spike] < 0).astype(int), group].astype(np.int64)
        if keys is not None:
            electrons += (layer.read_noise[group] * gaussian_steps(keys[spike], target)) >> 16
        if layer.ramp is not None:
            electrons = (electrons * int(layer.ramp[tick])) >> 16
        yield sample[spike] * layer.n_out + target, electrons


def _portions(counts: NDArray[np.int64]) -> Iterator[slice]:
    """Cut spikes of `counts` links each into slices of about `MOST_LINKS` links."""
    total = np.cumsum(counts)
    cuts = np.searchsorted(total, np.arange(MOST_LINKS, counts.sum(), MOST_LINKS), "right")
    edges = np.unique([0, *cuts, len(counts)])
    for low, high in pairwise(edges):
        yield slice(low, high)
