"""Runs through several layers as HDF5 files, as `hdf5` keeps those of one layer (layout: docs/run-format.md)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spikecim.chips.loader import multi_chip_from_description
from spikecim.energy.layered import LayerSite
from spikecim.errors import ResultFileError
from spikecim.layered.timer import Timer
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
from spikecim.results.layered_layout import (
    ACTIONS,
    ARRAYS,
    FORMAT,
    LAYERS,
    NUMBERS,
    OWNER,
    RUN,
    SCHEMA,
    SITES,
    TEXTS,
    TIMERS,
    check_layered_run,
)
from spikecim.results.layered_run import LayeredRun, RunLayer
from spikecim.results.layout import FORMAT as ONE_LAYER
from spikecim.results.layout import fit

if TYPE_CHECKING:
    import h5py


def save_layered_run(run: LayeredRun, path: Path) -> None:
    """Write `run` to the HDF5 file `path`, replacing a file of that name; on failure nothing is left behind.

    Raises
    ------
    OutputError
        If the folder is missing or not writable, the disk is full, or a part of `run` is not what `LayeredRun` says.
    """

    def write(file: h5py.File) -> None:
        check_layered_run(run)
        put_texts(file, run.settings)
        put_texts(file.create_group("chip"), {"description": json.dumps(run.chip.describe(), indent=1)})
        _put_program(file, run)
        sizes: dict[str, int] = {}
        columns = _columns(run)
        for place, (kind, shape) in (ARRAYS | ACTIONS).items():
            array = exactly(place, columns[place], kind)
            fit(place, array.shape, shape, sizes)
            put_array(file, place, array)
        names = {f"{number:05}": name for number, name in enumerate(run.layer_names)}
        put_texts(file.create_group("layers/names"), names)

    save_packed(path, FORMAT, SCHEMA, write)


def load_layered_run(path: Path) -> LayeredRun:
    """Read a run that `save_layered_run` wrote; every field equals the saved one to the last bit.

    Raises
    ------
    ResultFileError
        If the file is missing, not such a run, of another schema, cut off, damaged or inconsistent.
    """

    def read(file: h5py.File) -> LayeredRun:
        kind = kind_of(file)
        if kind == ONE_LAYER:
            raise ResultFileError("is a run of a chip of one core, not of several layers")
        if kind != FORMAT:
            raise ResultFileError(f"is an HDF5 file, but not a run of spikecim (its attribute format is not {FORMAT})")
        check_schema(file, SCHEMA)
        return _unpack(file)

    return load_packed(path, read)


def is_layered_run(path: Path) -> bool:
    """Whether the file says that it is a run through several layers.

    Raises
    ------
    ResultFileError
        If it is missing, or no HDF5 file.
    """
    return load_packed(path, kind_of) == FORMAT


def _put_program(file: h5py.File, run: LayeredRun) -> None:
    program = file.create_group("program")
    for name, kind in NUMBERS.items():
        program.attrs[name] = exactly(f"program/{name}", getattr(run, name), kind)
    program.attrs["early_stop"] = np.bool_(run.delta_s is not None)
    if run.delta_s is not None:
        program.attrs["delta_s"] = np.int64(run.delta_s)
    put_texts(program, {name: getattr(run, name) for name in TEXTS})


def _columns(run: LayeredRun) -> dict[str, Any]:
    """Every array by its place."""
    timers = [(number, timer) for number, layer in enumerate(run.layers) for timer in layer.pulses]
    actions = run.actions()
    return {
        **{place: getattr(run, place.rpartition("/")[2]) for place in RUN},
        **{f"layers/{name}": [getattr(layer, name) for layer in run.layers] for name in LAYERS},
        **{f"layers/{name}": [getattr(site, name) for site in run.sites] for name in SITES},
        OWNER: np.array([number for number, _ in timers], np.int64),
        **{f"timers/{name}": np.array([getattr(t, name) for _, t in timers], np.int64) for name in TIMERS},
        **{place: getattr(actions, place.rpartition("/")[2]) for place in ACTIONS},
    }


def _unpack(file: h5py.File) -> LayeredRun:
    sizes: dict[str, int] = {}
    arrays = {place: array_at(file, place, kind, shape, sizes) for place, (kind, shape) in ARRAYS.items()}
    program = node_at(file, "program")
    found: dict[str, Any] = {
        **{name: number_at(program, name, kind) for name, kind in NUMBERS.items()},
        **{name: text_at(program, name) for name in TEXTS},
        **{place.rpartition("/")[2]: arrays[place] for place in RUN},
    }
    early = number_at(program, "early_stop", "bool")
    description = json.loads(text_at(node_at(file, "chip"), "description"))
    return check_layered_run(
        LayeredRun(
            chip=multi_chip_from_description(description, "its chip"),
            layers=_layers(file, arrays, sizes["n_layers"]),
            delta_s=number_at(program, "delta_s", "int64") if early else None,
            settings=settings_of(file),
            **found,
        )
    )


def _layers(file: h5py.File, arrays: dict[str, Any], n_layers: int) -> tuple[RunLayer, ...]:
    owners = arrays[OWNER]
    if len(owners) and (owners.min() < 0 or owners.max() >= n_layers or (np.diff(owners) < 0).any()):
        raise ResultFileError(f"{OWNER}: must rise from layer 0 to layer {n_layers - 1} at most")
    names = node_at(file, "layers/names")
    timers = [Timer(**{name: int(arrays[f"timers/{name}"][row]) for name in TIMERS}) for row in range(len(owners))]
    return tuple(
        RunLayer(
            name=text_at(names, f"{number:05}"),
            site=LayerSite(**{name: arrays[f"layers/{name}"][number].item() for name in SITES}),
            pulses=tuple(timer for owner, timer in zip(owners, timers, strict=True) if owner == number),
            **{name: int(arrays[f"layers/{name}"][number]) for name in LAYERS},
        )
        for number in range(n_layers)
    )
