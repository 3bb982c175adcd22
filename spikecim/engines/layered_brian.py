"""The readable engine for several layers: chunks of samples on Brian2, their records cut at the decision afterwards."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spikecim.coding.decision import Spikes
from spikecim.coding.layered_decision import check_keep, layered_record
from spikecim.engines.layered_brian_network import LayeredNetwork, assemble, count_links, input_events
from spikecim.layered.program import LayeredProgram
from spikecim.layered.record import LayeredRecord
from spikecim.spikes import SpikeTrains

MOST_SYNAPSES = 20_000_000  # in one network; they need about 1.2 GB
SIGNS = {"up": 1, "down": -1}


def run_layered(
    program: LayeredProgram, trains: SpikeTrains, *, keep: str = "decisions", chunk: int = 1000
) -> LayeredRecord:
    """See `engines.base.Engine.run_layers`; at most `chunk` samples run side by side."""
    check_keep(keep)
    program.check_trains(trains)
    n_samples = trains.n_samples
    charges = np.zeros((len(program.checkpoints), n_samples, program.n_out), np.int64)
    spikes: list[list[Spikes]] = [[] for _ in program.layers]
    size = max(1, min(chunk, n_samples, MOST_SYNAPSES // max(1, sum(map(count_links, program.layers)))))
    model = None
    for first in range(0, n_samples, size):
        samples = np.arange(first, min(first + size, n_samples))
        if model is None:
            # Built once; every chunk starts from what was stored.
            model = assemble(program, trains, size)
            model.network.store()
        charges[:, samples] = _run_chunk(model, program, trains, samples)
        for number, found in enumerate(_spikes(model, program, samples)):
            spikes[number].append(found)
    return layered_record(program, trains, [_joined(parts) for parts in spikes], charges, keep)


def _run_chunk(
    model: LayeredNetwork, program: LayeredProgram, trains: SpikeTrains, samples: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Run `samples` to the end of the window; return the last layer's charge (n_checkpoints, n, n_out)."""
    import brian2

    # Restore first: spikes set before it would silently be lost.
    model.network.restore()
    for event, group in model.inputs.items():
        group.set_spikes(*input_events(program, trains, samples, SIGNS[event]), sorted=True)
    for layer, neurons in zip(program.layers, model.neurons, strict=True):
        neurons.sample[: len(samples) * layer.n_out] = np.repeat(samples + trains.first_sample, layer.n_out)
    model.charges.clear()
    model.network.run(program.n_ticks * program.tick_s * brian2.second, namespace={})
    # The last chunk may not fill the network.
    used = np.array(model.charges)[:, : len(samples) * program.n_out]
    return np.rint(used).astype(np.int64).reshape(-1, len(samples), program.n_out)


def _spikes(model: LayeredNetwork, program: LayeredProgram, samples: NDArray[np.int64]) -> list[Spikes]:
    """Spikes of each layer in the chunk just run, by sample, tick, neuron."""
    found = []
    for layer, monitors in zip(program.layers, model.spikes, strict=True):
        index = np.concatenate([np.array(monitors[event].i[:]) for event in SIGNS])
        time = np.concatenate([np.array(monitors[event].t_[:]) for event in SIGNS])
        sign = np.repeat(np.array([*SIGNS.values()], np.int8), [len(monitors[event].i) for event in SIGNS])
        tick = np.rint(time / program.tick_s).astype(np.int32)
        block, neuron = np.divmod(index, layer.n_out)
        order = np.lexsort((neuron, tick, block))
        order = order[block[order] < len(samples)]
        sample = samples[block[order]].astype(np.int32)
        found.append((sample, tick[order], neuron[order].astype(np.int32), sign[order]))
    return found


def _joined(parts: list[Spikes]) -> Spikes:
    kinds = (np.int32, np.int32, np.int32, np.int8)
    columns = [[np.zeros(0, kind), *(part[k] for part in parts)] for k, kind in enumerate(kinds)]
    sample, tick, neuron, sign = map(np.concatenate, columns)
    return sample, tick, neuron, sign
