"""From the spikes of all layers to decisions and tallies at each margin and checkpoint (semantics, points 7, 8, 15)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from spikecim.coding.decision import Spikes, decide, time_out_winner
from spikecim.errors import EngineError
from spikecim.layered.program import LayeredProgram, LayerProgram
from spikecim.layered.record import TALLIES, LayeredRecord, LayerSpikes
from spikecim.spikes import SpikeRecord, SpikeTrains

KEEPS = ("decisions", "counts", "spikes")


def check_keep(keep: str) -> None:
    """Raise EngineError unless `keep` is one of `KEEPS`."""
    if keep not in KEEPS:
        raise EngineError(f"keep {keep!r} is unknown; allowed: {', '.join(KEEPS)}")


def layered_record(
    program: LayeredProgram,
    trains: SpikeTrains,
    spikes: list[Spikes],
    charges: NDArray[np.int64],
    keep: str,
) -> LayeredRecord:
    """Return the record of a run; spikes after a sample's decision are ignored.

    Parameters
    ----------
    spikes : list of (sample, tick, neuron, sign)
        One entry for each layer, in order of sample, tick, neuron.
    charges : int64 (n_checkpoints, n_samples, n_out)
        Charge of the last layer after each checkpoint's ticks; anything where the sample had ended before.
    keep : str
        One of `KEEPS`: the last layer's spikes alone, and the net count of each neuron, and all spikes.
    """
    residual = charges[-1].astype(np.int32)
    decisions, _ = decide(program, trains, spikes[-1], residual)
    ends = decisions.durations[:, -1]
    at_margins = _tallies(program, trains, spikes, decisions.durations)
    checkpoints = np.minimum(np.array(program.checkpoints, np.int32), ends[:, None])
    decisions = replace(decisions, inputs=at_margins[:, :, 0, TALLIES.index("delivered")].astype(np.int32))
    in_time = [_in_time(layer, ends) for layer in spikes]
    counted, kept = keep != "decisions", keep == "spikes"
    sample, tick, neuron, sign = in_time[-1]
    return LayeredRecord(
        output=SpikeRecord(
            offsets=_offsets(sample, trains.n_samples),
            ticks=tick.astype(np.int32),
            neurons=neuron.astype(np.int16),
            signs=sign.astype(np.int8),
            residual=np.where(decisions.reached[:, -1:], 0, residual).astype(np.int32),
            decisions=decisions,
        ),
        margin_tallies=at_margins,
        checkpoint_winners=_checkpoint_winners(program, in_time[-1], charges, decisions.winners[:, -1], ends),
        checkpoint_tallies=_tallies(program, trains, spikes, checkpoints),
        counts=tuple(map(_counts, in_time, program.layers, [trains.n_samples] * len(spikes))) if counted else None,
        spikes=tuple(_layer_spikes(layer, trains.n_samples) for layer in in_time) if kept else None,
    )


def _in_time(spikes: Spikes, ends: NDArray[np.int32]) -> Spikes:
    sample, tick, neuron, sign = spikes
    chosen = tick < ends[sample]
    return sample[chosen], tick[chosen], neuron[chosen], sign[chosen]


def _offsets(sample: NDArray[np.integer], n_samples: int) -> NDArray[np.int64]:
    return np.searchsorted(sample, np.arange(n_samples + 1)).astype(np.int64)


def _layer_spikes(spikes: Spikes, n_samples: int) -> LayerSpikes:
    sample, tick, neuron, sign = spikes
    return LayerSpikes(
        offsets=_offsets(sample, n_samples),
        ticks=tick.astype(np.int32),
        neurons=neuron.astype(np.int32),
        signs=sign.astype(np.int8),
    )


def _counts(spikes: Spikes, layer: LayerProgram, n_samples: int) -> NDArray[np.int32]:
    sample, _, neuron, sign = spikes
    counts = np.zeros((n_samples, layer.n_out), np.int32)
    np.add.at(counts, (sample, neuron), sign.astype(np.int32))
    return counts


def _checkpoint_winners(
    program: LayeredProgram,
    output: Spikes,
    charges: NDArray[np.int64],
    winners: NDArray[np.int16],
    ends: NDArray[np.int32],
) -> NDArray[np.int16]:
    """Time-out decision after each checkpoint, (n_samples, n_checkpoints)."""
    sample, tick, neuron, sign = output
    found = np.zeros((len(ends), len(program.checkpoints)), np.int16)
    for column, ticks in enumerate(program.checkpoints):
        scores = np.zeros((len(ends), program.n_out), np.int64)
        early = tick < ticks
        np.add.at(scores, (sample[early], neuron[early]), sign[early])
        now = time_out_winner(scores, charges[column].astype(np.int32))
        found[:, column] = np.where(ends <= ticks, winners, now)
    return found


def _tallies(
    program: LayeredProgram, trains: SpikeTrains, spikes: list[Spikes], durations: NDArray[np.int32]
) -> NDArray[np.int64]:
    """`TALLIES` of all layers within the first `durations` (n_samples, k) ticks, (n_samples, k, n_layers, 5)."""
    found = np.zeros((*durations.shape, len(program.layers), len(TALLIES)), np.int64)
    # A layer's spikes reach the next one a tick later.
    inputs = [(trains.samples(), trains.ticks, trains.lines), *((s, tick + 1, line) for s, tick, line, _ in spikes)]
    for number, (layer, (emitter, emitted, _, sign)) in enumerate(zip(program.layers, spikes, strict=True)):
        sample, tick, line = inputs[number]
        heard = layer.route[line] >= 0
        weights = np.stack([heard, heard * layer.line_events[line], heard * _electrons(layer, line, tick)])
        found[:, :, number, :3] = _summed(sample, tick, weights, durations)
        found[:, :, number, 3:] = _summed(emitter, emitted, np.stack([sign > 0, sign < 0]), durations)
    return found


def _electrons(layer: LayerProgram, line: NDArray[np.integer], tick: NDArray[np.integer]) -> NDArray[np.int64]:
    """Electrons through the cells that each spike reads, (n_spikes,); a shorter pulse lets fewer pass."""
    whole = layer.line_electrons[line]
    if layer.ramp is None:
        return whole
    # What the last tick emits would arrive after the window, and is not counted.
    return (whole * layer.ramp[np.minimum(tick, len(layer.ramp) - 1)].astype(np.int64)) >> 16


def _summed(
    sample: NDArray[np.integer], tick: NDArray[np.integer], weights: NDArray[np.integer], durations: NDArray[np.int32]
) -> NDArray[np.int64]:
    """Sum `weights` (n_weights, n_spikes) over the spikes in the first `durations` ticks, (n_samples, k, n_weights).

    The spikes come in order of sample, then tick.
    """
    span = int(max(durations.max(initial=0), tick.max(initial=0))) + 1
    key = sample.astype(np.int64) * span + tick
    rows = np.arange(len(durations))[:, None]
    start, stop = np.searchsorted(key, rows * span), np.searchsorted(key, rows * span + durations)
    total = np.concatenate([np.zeros((len(weights), 1), np.int64), np.cumsum(weights, axis=1, dtype=np.int64)], axis=1)
    return np.moveaxis(total[:, stop] - total[:, start], 0, -1)
