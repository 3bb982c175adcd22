"""What happened, counted: the one function that turns a record into actions (docs/semantics.md, point 9)."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from spikecim.program import Program
from spikecim.spikes import SpikeRecord, SpikeTrains, flat_ranges


@dataclass(frozen=True, kw_only=True)
class Actions:
    """Counts per sample, each int64 (n_samples,).

    `cell_electrons` is the charge that flowed through all cells read; `synaptic_events` are input words times neurons;
    `injector_pulses` and `comparator_decisions` count both sides of every neuron; `ticks` is how long a sample lasted.
    """

    input_words: NDArray[np.int64]
    cell_reads: NDArray[np.int64]
    cell_electrons: NDArray[np.int64]
    synaptic_events: NDArray[np.int64]
    injector_pulses: NDArray[np.int64]
    comparator_decisions: NDArray[np.int64]
    reset_packets: NDArray[np.int64]
    output_words: NDArray[np.int64]
    ticks: NDArray[np.int64]

    def total(self) -> dict[str, int]:
        """Sums over all samples."""
        return {field.name: int(getattr(self, field.name).sum()) for field in fields(self)}

    def differs_from(self, other: Actions) -> list[str]:
        """Names of the counts that are not equal."""
        return [f.name for f in fields(self) if not np.array_equal(getattr(self, f.name), getattr(other, f.name))]


def count_actions(program: Program, trains: SpikeTrains, record: SpikeRecord, delta_s: int | None = None) -> Actions:
    """Count the actions of every sample until its decision.

    Parameters
    ----------
    delta_s : int, optional
        Decide at this smaller margin instead of the run's own: the counts of that run, exactly, without running it.

    Raises
    ------
    ParameterError
        If the run holds no decision at `delta_s`.
    """
    column, decisions = program.margin_column(delta_s), record.decisions
    until = (decisions.inputs[:, column], decisions.outputs[:, column], decisions.durations[:, column])
    return actions_until(program, trains, *until)


def actions_until(
    program: Program,
    trains: SpikeTrains,
    inputs: NDArray[np.integer],
    outputs: NDArray[np.integer],
    durations: NDArray[np.integer],
) -> Actions:
    """The same from the input and output spikes and the ticks of every sample until its decision, each (n_samples,)."""
    words, emitted = inputs.astype(np.int64), outputs.astype(np.int64)
    return Actions(
        input_words=words,
        cell_reads=words * program.cells_per_row,
        cell_electrons=_electrons(program, trains, words),
        synaptic_events=words * program.n_out,
        injector_pulses=words * 2 * program.n_out,
        comparator_decisions=words * 2 * program.n_out,
        reset_packets=emitted,
        output_words=emitted,
        ticks=durations.astype(np.int64),
    )


def row_reads(trains: SpikeTrains, inputs: NDArray[np.integer]) -> NDArray[np.int64]:
    """Read counters (n_in,) of the rows after the first `inputs` (n_samples,) spikes of all samples."""
    delivered = flat_ranges(trains.offsets[:-1], inputs.astype(np.int64))
    return np.bincount(trains.lines[delivered], minlength=trains.n_in)


def _electrons(program: Program, trains: SpikeTrains, words: NDArray[np.int64]) -> NDArray[np.int64]:
    """Charge through the cells of the first `words` input spikes of each sample, (n_samples,)."""
    ends = np.cumsum(words)
    delivered = flat_ranges(trains.offsets[:-1], words)
    through = np.zeros(len(delivered) + 1, np.int64)
    np.cumsum(program.row_electrons[trains.lines[delivered]], out=through[1:])
    return through[ends] - through[ends - words]
