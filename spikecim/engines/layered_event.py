"""The fast engine for programs of several layers: docs/semantics.md, points 10-16, at a cost that grows with spikes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.coding.layered_decision import check_keep
from spikecim.engines.layered_layout import Layout, layout
from spikecim.engines.layout import empty_decisions
from spikecim.layered.program import LayeredProgram
from spikecim.layered.record import TALLIES, LayeredRecord, LayerSpikes
from spikecim.spikes import Decisions, SpikeRecord, SpikeTrains, flat_ranges

# Spikes of the last layer that a sample may have before the run is repeated with the room it needs.
SLACK = 256


@dataclass(frozen=True, kw_only=True)
class _Spikes:
    """Spikes as the kernel writes them: those of layer l, sample s have the places room[l, s] : room[l, s + 1]."""

    room: NDArray[np.int64]
    ticks: NDArray[np.int32]
    neurons: NDArray[np.int32]
    signs: NDArray[np.int8]

    def layer(self, number: int, counts: NDArray[np.int64]) -> LayerSpikes:
        """The spikes of a layer, of which each sample has `counts`, without what room is left over."""
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        places = flat_ranges(self.room[number, :-1], counts)
        return LayerSpikes(
            offsets=offsets, ticks=self.ticks[places], neurons=self.neurons[places], signs=self.signs[places]
        )


@dataclass(frozen=True, kw_only=True)
class _Run:
    """What the kernel wrote."""

    decisions: Decisions
    residual: NDArray[np.int32]
    margin_tallies: NDArray[np.int64]
    checkpoint_winners: NDArray[np.int16]
    checkpoint_tallies: NDArray[np.int64]
    counts: NDArray[np.int32]
    spikes: _Spikes

    @property
    def n_spikes(self) -> NDArray[np.int64]:
        """Spikes each layer emitted, (n_layers, n_samples)."""
        up, down = TALLIES.index("up"), TALLIES.index("down")
        return (self.margin_tallies[:, -1, :, up] + self.margin_tallies[:, -1, :, down]).T


def run_layered(
    program: LayeredProgram, trains: SpikeTrains, *, keep: str = "decisions", keep_output: bool = True
) -> LayeredRecord:
    """See `engines.base.Engine.run_layers`; without `keep_output` the record holds no output spikes either."""
    check_keep(keep)
    program.check_trains(trains)
    packed, wanted = layout(program), np.zeros(len(program.layers), bool)
    wanted[:] = keep == "spikes"
    wanted[-1] |= keep_output
    guess = np.zeros((len(wanted), trains.n_samples), np.int64)
    guess[-1] = SLACK * keep_output
    run = _run(program, packed, trains, guess, keep != "decisions")
    needed = run.n_spikes * wanted[:, None]
    if (needed > guess).any():
        # Only a run tells how many spikes there are: a second one has exactly the room for them.
        run = _run(program, packed, trains, needed, keep != "decisions")
    return _record(program, run, keep, keep_output)


def _run(program: LayeredProgram, packed: Layout, trains: SpikeTrains, room: NDArray[np.int64], count: bool) -> _Run:
    from spikecim.engines.layered_kernel import run_samples

    n, n_layers = trains.n_samples, len(program.layers)
    run = _empty(program, n, room, count)
    decisions = run.decisions
    # Layers before this one are not looked through for spikes to keep.
    first_kept = 0 if count else int(np.argmax(np.append(room.any(axis=1), True)))
    run_samples(
        packed.plan,
        packed.data,
        (program.n_ticks, program.first_margin, n_layers, program.n_out, packed.n_words, packed.n_longs),
        np.array(program.checkpoints, np.int64),
        _as_arrays(trains),
        (
            (decisions.durations, decisions.winners, decisions.inputs, decisions.outputs, decisions.reached),
            run.residual,
            run.margin_tallies,
            run.checkpoint_winners,
            run.checkpoint_tallies,
            (first_kept, run.counts, run.spikes.room, run.spikes.ticks, run.spikes.neurons, run.spikes.signs),
        ),
    )
    return run


def _as_arrays(trains: SpikeTrains) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any], int]:
    """Of the kinds that the kernel is compiled for."""
    return (
        np.ascontiguousarray(trains.offsets, np.int64),
        np.ascontiguousarray(trains.ticks, np.int32),
        np.ascontiguousarray(trains.lines, np.int16),
        np.ascontiguousarray(trains.signs, np.int8),
        trains.first_sample,
    )


def _empty(program: LayeredProgram, n: int, room: NDArray[np.int64], count: bool) -> _Run:
    """Arrays to be written."""
    n_layers, n_checkpoints = len(program.layers), len(program.checkpoints)
    places = np.concatenate([[0], np.cumsum(room.reshape(-1))]).astype(np.int64)
    return _Run(
        decisions=empty_decisions(n, program.n_margins),
        residual=np.zeros((n, program.n_out), np.int32),
        margin_tallies=np.empty((n, program.n_margins, n_layers, len(TALLIES)), np.int64),
        checkpoint_winners=np.empty((n, n_checkpoints), np.int16),
        checkpoint_tallies=np.empty((n, n_checkpoints, n_layers, len(TALLIES)), np.int64),
        counts=np.zeros(n * sum(layer.n_out for layer in program.layers) if count else 0, np.int32),
        spikes=_Spikes(
            # Each layer's places begin where those of the layer before end.
            room=places[np.arange(n_layers)[:, None] * n + np.arange(n + 1)],
            ticks=np.empty(places[-1], np.int32),
            neurons=np.empty(places[-1], np.int32),
            signs=np.empty(places[-1], np.int8),
        ),
    )


def _record(program: LayeredProgram, run: _Run, keep: str, keep_output: bool) -> LayeredRecord:
    n, counts = len(run.residual), None
    last = run.spikes.layer(-1, run.n_spikes[-1] if keep_output else np.zeros(n, np.int64))
    if keep != "decisions":
        sizes = [n * layer.n_out for layer in program.layers]
        parts = np.split(run.counts, np.cumsum(sizes[:-1]))
        counts = tuple(part.reshape(n, layer.n_out) for part, layer in zip(parts, program.layers, strict=True))
    return LayeredRecord(
        output=SpikeRecord(
            offsets=last.offsets,
            ticks=last.ticks,
            neurons=last.neurons.astype(np.int16),
            signs=last.signs,
            residual=run.residual,
            decisions=run.decisions,
        ),
        margin_tallies=run.margin_tallies,
        checkpoint_winners=run.checkpoint_winners,
        checkpoint_tallies=run.checkpoint_tallies,
        counts=counts,
        spikes=tuple(map(run.spikes.layer, range(len(program.layers)), run.n_spikes)) if keep == "spikes" else None,
    )
