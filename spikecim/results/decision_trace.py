"""The race between the neurons, image by image: every membrane, spike and score until the decision, as a value.

The membranes come from the stepper (docs/semantics.md), run again on the program and the input spikes of a saved run;
whatever it emits must be what the run recorded, to the last spike and electron.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.coding.decision import margin
from spikecim.engines.trace import Membranes, trace
from spikecim.errors import ParameterError, ResultFileError
from spikecim.program import Program
from spikecim.results.compare import first_difference
from spikecim.results.run import RunResult
from spikecim.spikes import Decisions, SpikeRecord, SpikeTrains, flat_ranges


@dataclass(frozen=True, kw_only=True)
class ImageTrace:
    """One image until its decision; a step is a tick that brings an input spike, an output spike or both.

    Attributes
    ----------
    sample : int
        Number of the image in its run.
    label : int
    winner : int
        The decision.
    second : int or None
        Best score beside the winner, ties as at time-out (larger charge, then lower index); None without a rival.
    reached : bool
        False if the image ended by time-out.
    duration : int
        Ticks until the decision.
    offered : int
        Input spikes of the whole window; those after the decision are never delivered.
    ticks : int32 (n_steps,)
    charge : int32 (n_steps, n_out), electrons
    left : int32 (n_out,), electrons
        Charge at the decision, or at the end of the window.
    inputs : int32 (n_inputs, 3)
        Delivered spikes: tick, line, sign.
    outputs : int32 (n_outputs, 3)
        Emitted spikes: tick, neuron, sign.
    scores : int32 (n_steps, n_out)
        Positive minus negative spikes so far.
    """

    sample: int
    label: int
    winner: int
    second: int | None
    reached: bool
    duration: int
    offered: int
    ticks: NDArray[np.int32]
    charge: NDArray[np.int32]
    left: NDArray[np.int32]
    inputs: NDArray[np.int32]
    outputs: NDArray[np.int32]
    scores: NDArray[np.int32]

    @property
    def n_out(self) -> int:
        return int(self.charge.shape[1])

    @property
    def right(self) -> bool:
        return self.winner == self.label

    @property
    def lead(self) -> NDArray[np.int64]:
        """Best minus second-best score after every step, (n_steps,); -1 for a single neuron."""
        return np.asarray(margin(self.scores.astype(np.int64)))

    @property
    def final_lead(self) -> int:
        """The lead at the decision; 0 where nothing ever fired."""
        return int(self.lead[-1]) if len(self.ticks) and self.n_out > 1 else 0

    def emitted(self) -> NDArray[np.int64]:
        """Positive and negative spikes of every neuron, (2, n_out)."""
        counts = np.zeros((2, self.n_out), np.int64)
        np.add.at(counts, ((self.outputs[:, 2] < 0).astype(int), self.outputs[:, 1]), 1)
        return counts

    def delivered(self, n_in: int) -> NDArray[np.int64]:
        """Delivered spikes of every input, positive ones first, (2, n_in)."""
        counts = np.zeros((2, n_in), np.int64)
        np.add.at(counts, ((self.inputs[:, 2] < 0).astype(int), self.inputs[:, 1]), 1)
        return counts

    def injected(self, program: Program) -> NDArray[np.int64]:
        """Electrons that each input sent to each neuron until the decision, read noise aside, (n_in, n_out)."""
        counts = self.delivered(program.n_in)
        return np.asarray((counts[:, :, None] * program.charge.astype(np.int64)).sum(0))


def trace_image(run: RunResult, sample: int) -> ImageTrace:
    """Trace one image; see `trace_images`."""
    return trace_images(run, [sample])[0]


def trace_images(run: RunResult, samples: Iterable[int]) -> list[ImageTrace]:
    """Trace the images numbered `samples`, in that order.

    Raises
    ------
    ParameterError
        If the run has no such image.
    ResultFileError
        If what the program does is not what the run recorded.
    """
    chosen = np.array([check_sample(run, sample) for sample in samples], np.int64)
    if not len(chosen):
        return []
    record, membranes = trace(run.program, picked_trains(run.trains, chosen), chosen + run.trains.first_sample)
    for place, sample in enumerate(chosen):
        _check(run, record, place, int(sample))
    return [_image(run, membranes, place, int(sample)) for place, sample in enumerate(chosen)]


def check_sample(run: RunResult, sample: int) -> int:
    """Return `sample`, or raise ParameterError saying which images the run has."""
    if run.n_samples == 0:
        raise ParameterError("the run holds no images; repeat it with at least one")
    if not 0 <= sample < run.n_samples:
        held = f"images 0 .. {run.n_samples - 1}" if run.n_samples > 1 else "image 0 only"
        raise ParameterError(f"image {sample} is not in this run; it holds {held}")
    return int(sample)


def picked_trains(trains: SpikeTrains, samples: NDArray[np.int64]) -> SpikeTrains:
    """The trains of chosen samples, in the order given."""
    counts = trains.counts()[samples]
    index = flat_ranges(trains.offsets[samples], counts)
    return SpikeTrains(
        n_in=trains.n_in,
        n_ticks=trains.n_ticks,
        offsets=np.concatenate([[0], np.cumsum(counts)]),
        ticks=trains.ticks[index],
        lines=trains.lines[index],
        signs=trains.signs[index],
    )


def one_record(record: SpikeRecord, sample: int) -> SpikeRecord:
    """The record of one sample alone."""
    own, row = slice(record.offsets[sample], record.offsets[sample + 1]), slice(sample, sample + 1)
    return SpikeRecord(
        offsets=record.offsets[sample : sample + 2] - record.offsets[sample],
        ticks=record.ticks[own],
        neurons=record.neurons[own],
        signs=record.signs[own],
        residual=record.residual[row],
        decisions=Decisions(**{name: values[row] for name, values in vars(record.decisions).items()}),
    )


def _check(run: RunResult, record: SpikeRecord, place: int, sample: int) -> None:
    names = ("the run", "its program run again")
    found = first_difference(one_record(run.record, sample), one_record(record, place), names)
    if found is not None:
        raise ResultFileError(
            f"image {sample}: {found.partition(', ')[2]}; the record is not what the program does, repeat the run"
        )


def _image(run: RunResult, membranes: Membranes, place: int, sample: int) -> ImageTrace:
    record, steps = run.record, slice(membranes.offsets[place], membranes.offsets[place + 1])
    ticks, charge = membranes.ticks[steps], membranes.charge[steps]
    outputs = _events(record.offsets, sample, (record.ticks, record.neurons, record.signs))
    inputs = _events(run.trains.offsets, sample, (run.trains.ticks, run.trains.lines, run.trains.signs))
    scores = np.zeros_like(charge)
    np.add.at(scores, (np.searchsorted(ticks, outputs[:, 0]), outputs[:, 1]), outputs[:, 2])
    scores = np.cumsum(scores, axis=0, dtype=np.int32)
    winner, reached = int(record.winners[sample]), bool(record.decisions.reached[sample, -1])
    left = charge[-1] if reached else record.residual[sample]
    return ImageTrace(
        sample=sample,
        label=int(run.labels[sample]),
        winner=winner,
        second=_second(scores[-1] if len(scores) else np.zeros_like(left), left, winner),
        reached=reached,
        duration=int(record.decisions.durations[sample, -1]),
        offered=len(inputs),
        ticks=ticks,
        charge=charge,
        left=left,
        inputs=inputs[: int(record.delivered[sample])],
        outputs=outputs,
        scores=scores,
    )


def _events(offsets: NDArray[np.int64], sample: int, columns: tuple[NDArray[np.integer], ...]) -> NDArray[np.int32]:
    own = slice(offsets[sample], offsets[sample + 1])
    return np.stack([column[own].astype(np.int32) for column in columns], axis=1)


def _second(score: NDArray[np.int32], left: NDArray[np.int32], winner: int) -> int | None:
    rivals = [neuron for neuron in range(len(score)) if neuron != winner]
    return max(rivals, key=lambda neuron: (score[neuron], left[neuron], -neuron), default=None)
