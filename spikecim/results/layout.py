"""What a run file holds, type and shape of every part, and what must agree in it (in words: docs/run-format.md)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spikecim.errors import ResultFileError
from spikecim.results.run import RunResult

FORMAT, SCHEMA = "spikecim-run", 1
# Root attributes; all others are settings of the run.
HEADER = ("format", "schema", "created", "written_by")

# A name in a shape stands for the same size wherever it occurs.
_PER_SAMPLE, _OFFSETS, _MARGINS = ("n_samples",), ("n_samples + 1",), ("n_samples", "n_margins")
_SYNAPSES, _CELLS = ("n_in", "n_out"), ("n_in", "n_out", "n_cells")
_INPUTS, _OUTPUTS = ("n_input_spikes",), ("n_output_spikes",)
ARRAYS: dict[str, tuple[str, tuple[str | int, ...]]] = {
    "samples/labels": ("int16", _PER_SAMPLE),
    "samples/values": ("float64", ("n_samples", "n_in")),
    "network/weights": ("int8", _SYNAPSES),
    "program/charge": ("int32", (2, *_SYNAPSES)),
    "program/read_noise": ("int32", _SYNAPSES),
    "program/row_electrons": ("int64", ("n_in",)),
    "program/threshold_up": ("int32", ("n_out",)),
    "program/threshold_down": ("int32", ("n_out",)),
    "program/reset_up": ("int32", ("n_out",)),
    "program/reset_down": ("int32", ("n_out",)),
    "program/rail_high": ("int32", ("n_out",)),
    "program/rail_low": ("int32", ("n_out",)),
    "program/leak": ("int32", ("n_out",)),
    "cells/resistance": ("float64", _CELLS),
    "cells/target": ("bool", _CELLS),
    "trains/offsets": ("int64", _OFFSETS),
    "trains/ticks": ("int32", _INPUTS),
    "trains/lines": ("int16", _INPUTS),
    "trains/signs": ("int8", _INPUTS),
    "record/offsets": ("int64", _OFFSETS),
    "record/ticks": ("int32", _OUTPUTS),
    "record/neurons": ("int16", _OUTPUTS),
    "record/signs": ("int8", _OUTPUTS),
    "record/residual": ("int32", ("n_samples", "n_out")),
    "record/decisions/durations": ("int32", _MARGINS),
    "record/decisions/winners": ("int16", _MARGINS),
    "record/decisions/inputs": ("int32", _MARGINS),
    "record/decisions/outputs": ("int32", _MARGINS),
    "record/decisions/reached": ("bool", _MARGINS),
}
# Written for readers without spikecim, who cannot count; loading counts again instead of believing them.
ACTIONS: dict[str, tuple[str, tuple[str | int, ...]]] = {
    "actions/input_words": ("int64", _PER_SAMPLE),
    "actions/cell_reads": ("int64", _PER_SAMPLE),
    "actions/cell_electrons": ("int64", _PER_SAMPLE),
    "actions/synaptic_events": ("int64", _PER_SAMPLE),
    "actions/injector_pulses": ("int64", _PER_SAMPLE),
    "actions/comparator_decisions": ("int64", _PER_SAMPLE),
    "actions/reset_packets": ("int64", _PER_SAMPLE),
    "actions/output_words": ("int64", _PER_SAMPLE),
    "actions/ticks": ("int64", _PER_SAMPLE),
}
# Attributes of a group. Besides these, program has early_stop and, if that is true, delta_s.
NUMBERS = {
    "program": {
        "noise_seed": "uint64",
        "refractory_ticks": "int64",
        "n_ticks": "int64",
        "tick_s": "float64",
        "cells_per_row": "int64",
    },
    "trains": {"n_in": "int64", "n_ticks": "int64", "first_sample": "int64"},
}
TEXTS = {"program": ("comparator",), "network": ("name", "preprocessing")}


def fit(path: str, found: tuple[int, ...], shape: tuple[str | int, ...], sizes: dict[str, int]) -> None:
    """Check the shape of an array; the first array that uses a name sets its size for all others.

    Raises
    ------
    ResultFileError
        If `found` is not `shape` with the `sizes` known so far.
    """
    if len(found) == len(shape):
        for name, size in zip(shape, found, strict=True):
            if isinstance(name, str):
                sizes.setdefault(name, size)
    if "n_samples" in sizes:
        sizes["n_samples + 1"] = sizes["n_samples"] + 1
    expected = tuple(sizes.get(name, name) if isinstance(name, str) else name for name in shape)
    if found != expected:
        named = ", ".join(map(str, shape))
        raise ResultFileError(f"{path}: shape is {found}, expected {expected} for ({named})".replace("'", ""))


def check_run(run: RunResult) -> RunResult:
    """Return `run`, or raise naming the first part on which engines or counts would stumble.

    Raises
    ------
    ResultFileError, ParameterError, ShapeError, EngineError
        If program, trains and record are faulty or do not fit each other.
    """
    program, trains = run.program, run.trains
    numbers = {"program/n_ticks": program.n_ticks, "program/cells_per_row": program.cells_per_row}
    for place, number in numbers.items():
        within(place, number, 1, 2**31 - 1)
    within("program/refractory_ticks", program.refractory_ticks, 0, 2**31 - 1 - program.n_ticks)
    within("program/row_electrons", program.row_electrons, 0, 2**62 // max(trains.n_spikes, 1))
    if not 0 < program.tick_s < np.inf:
        raise ResultFileError(f"program/tick_s: {program.tick_s} is not a time in seconds")
    program.check().check_trains(trains.check())
    _check_spikes(run)
    _check_decisions(run)
    return run


def _check_spikes(run: RunResult) -> None:
    program, record = run.program, run.record
    steps = np.diff(record.offsets)
    if record.offsets[0] != 0 or record.offsets[-1] != record.n_spikes or (steps < 0).any():
        raise ResultFileError("record/offsets: must rise from 0 to the number of output spikes")
    within("record/ticks", record.ticks, 0, program.n_ticks - 1)
    within("record/neurons", record.neurons, 0, program.n_out - 1)
    if not np.isin(record.signs, (-1, 1)).all():
        raise ResultFileError("record/signs: must be +1 or -1")
    place = (record.samples() * program.n_ticks + record.ticks) * program.n_out + record.neurons
    if (np.diff(place) <= 0).any():
        raise ResultFileError("record: output spikes must rise in tick, then neuron, within a sample")


def _check_decisions(run: RunResult) -> None:
    program, decisions = run.program, run.record.decisions
    where = "record/decisions/"
    if decisions.winners.shape[1] != program.n_margins:
        raise ResultFileError(f"{where}: {decisions.winners.shape[1]} margins, the program has {program.n_margins}")
    within(where + "durations", decisions.durations, 1, program.n_ticks)
    within(where + "winners", decisions.winners, 0, program.n_out - 1)
    within(where + "inputs", decisions.inputs, 0, run.trains.counts()[:, None])
    emitted = np.diff(run.record.offsets)
    if run.record.n_spikes and not np.array_equal(decisions.outputs[:, -1], emitted):
        raise ResultFileError(f"{where}outputs: do not agree with the spikes in record/offsets")


def within(place: str, values: ArrayLike, low: int, high: int | NDArray[np.int64]) -> None:
    """Raise ResultFileError, naming `place`, unless all `values` lie in low..high."""
    if ((np.asarray(values) < low) | (np.asarray(values) > high)).any():
        raise ResultFileError(f"{place}: holds values outside {low}..{np.max(high)}")
