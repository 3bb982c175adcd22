"""Runs as HDF5 files: written whole or not at all, read back without trusting the file (layout: docs/run-format.md)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spikecim.chips.loader import chip_from_description
from spikecim.errors import ResultFileError
from spikecim.network import Network
from spikecim.program import Program
from spikecim.results.hdf5_parts import (
    array_at,
    check_schema,
    exactly,
    kind_of,
    load_packed,
    node_at,
    number_at,
    put_array,
    put_texts,
    save_packed,
    settings_of,
    text_at,
)
from spikecim.results.layered_layout import FORMAT as LAYERED
from spikecim.results.layout import ACTIONS, ARRAYS, FORMAT, NUMBERS, SCHEMA, TEXTS, check_run, fit
from spikecim.results.run import RunResult
from spikecim.spikes import Decisions, SpikeRecord, SpikeTrains

if TYPE_CHECKING:
    import h5py


def save_run(run: RunResult, path: Path) -> None:
    """Write `run` to the HDF5 file `path`, replacing a file of that name; on failure nothing is left behind.

    Raises
    ------
    OutputError
        If the folder is missing or not writable, the disk is full, or a part of `run` is not what `RunResult` says.
    """

    def write(file: h5py.File) -> None:
        put_texts(file, run.settings)
        put_texts(file.create_group("chip"), {"description": json.dumps(run.chip.describe(), indent=1)})
        _put_parts(file, run)
        put_texts(file.create_group("network/notes"), run.network.notes)
        file["program"].attrs["early_stop"] = np.bool_(run.program.delta_s is not None)
        if run.program.delta_s is not None:
            file["program"].attrs["delta_s"] = np.int64(run.program.delta_s)

    save_packed(path, FORMAT, SCHEMA, write)


def load_run(path: Path) -> RunResult:
    """Read a run that `save_run` wrote; every field equals the saved one to the last bit.

    Raises
    ------
    ResultFileError
        If the file is missing, not a run of spikecim, of another schema, cut off, damaged or inconsistent.
    """

    def read(file: h5py.File) -> RunResult:
        _check_kind(file)
        check_schema(file, SCHEMA)
        return _unpack(file)

    return load_packed(path, read)


def _put_parts(file: h5py.File, run: RunResult) -> None:
    parts = {
        **dict.fromkeys(("samples", "cells"), run),
        **{name: getattr(run, name) for name in ("network", "program", "trains", "record")},
        "record/decisions": run.record.decisions,
        "actions": run.actions(),
    }
    sizes: dict[str, int] = {}
    for place, (kind, shape) in (ARRAYS | ACTIONS).items():
        group, _, name = place.rpartition("/")
        array = exactly(place, getattr(parts[group], name), kind)
        fit(place, array.shape, shape, sizes)
        put_array(file, place, array)
    for group, kinds in NUMBERS.items():
        for name, kind in kinds.items():
            file[group].attrs[name] = exactly(f"{group}/{name}", getattr(parts[group], name), kind)
    for group, names in TEXTS.items():
        put_texts(file[group], {name: getattr(parts[group], name) for name in names})


def _check_kind(file: h5py.File) -> None:
    kind = kind_of(file)
    if kind == LAYERED:
        raise ResultFileError("is a run of several layers, which holds no spikes; `spikecim energy` reads it")
    if kind != FORMAT:
        raise ResultFileError(f"is an HDF5 file, but not a run of spikecim (its attribute format is not {FORMAT})")


def _unpack(file: h5py.File) -> RunResult:
    sizes: dict[str, int] = {}
    parts: dict[str, dict[str, Any]] = {}
    for place, (kind, shape) in ARRAYS.items():
        group, _, name = place.rpartition("/")
        parts.setdefault(group, {})[name] = array_at(file, place, kind, shape, sizes)
    for group, kinds in NUMBERS.items():
        parts[group] |= {name: number_at(file[group], name, kind) for name, kind in kinds.items()}
    for group, names in TEXTS.items():
        parts[group] |= {name: text_at(file[group], name) for name in names}
    early = number_at(file["program"], "early_stop", "bool")
    parts["program"]["delta_s"] = number_at(file["program"], "delta_s", "int64") if early else None
    notes = node_at(file, "network/notes")
    return check_run(
        RunResult(
            chip=chip_from_description(json.loads(text_at(node_at(file, "chip"), "description")), "its chip"),
            network=Network(**parts["network"], notes={name: text_at(notes, name) for name in notes.attrs}),
            program=Program(**parts["program"]),
            trains=SpikeTrains(**parts["trains"]),
            record=SpikeRecord(**parts["record"], decisions=Decisions(**parts["record/decisions"])),
            settings=settings_of(file),
            **parts["samples"],
            **parts["cells"],
        )
    )
