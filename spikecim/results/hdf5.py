"""Runs as HDF5 files: written whole or not at all, read back without trusting the file (layout: docs/run-format.md)."""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spikecim.chips.loader import chip_from_description
from spikecim.errors import OutputError, ResultFileError, SpikecimError
from spikecim.files import replacing
from spikecim.network import Network
from spikecim.program import Program
from spikecim.results.layout import ACTIONS, ARRAYS, FORMAT, HEADER, NUMBERS, SCHEMA, TEXTS, check_run, fit
from spikecim.results.run import RunResult
from spikecim.spikes import Decisions, SpikeRecord, SpikeTrains
from spikecim.version import __version__

if TYPE_CHECKING:
    import h5py

SIGNATURE = b"\x89HDF\r\n\x1a\n"
SIZE_LIMIT, TEXT_LIMIT, _CHUNK = 2**32, 2**24, 2**20  # bytes of an unpacked array, of a text, of a piece packed alone


def save_run(run: RunResult, path: Path) -> None:
    """Write `run` to the HDF5 file `path`, replacing a file of that name; on failure nothing is left behind.

    Raises
    ------
    OutputError
        If the folder is missing or not writable, the disk is full, or a part of `run` is not what `RunResult` says.
    """
    path = Path(path)
    if not path.name:
        raise OutputError(f"cannot write {path}: it is a folder; give the name of a file")
    try:
        image = _pack(run)
    except (TypeError, ValueError, OverflowError, RuntimeError, MemoryError, OSError) as error:
        raise OutputError(f"cannot write {path}: {_first_line(error)}") from error
    with replacing(path) as temporary:
        temporary.write_bytes(image)


def load_run(path: Path) -> RunResult:
    """Read a run that `save_run` wrote; every field equals the saved one to the last bit.

    Raises
    ------
    ResultFileError
        If the file is missing, not a run of spikecim, of another schema, cut off, damaged or inconsistent.
    """
    path = Path(path)
    try:
        with _open(path) as file:
            _check_header(file)
            return _unpack(file)
    except SpikecimError as error:
        raise ResultFileError(f"{path}: {error}") from error
    except Exception as error:
        # Whatever damaged bytes provoke in HDF5, JSON or an array is the file's fault; the cause stays attached.
        raise ResultFileError(f"{path}: is cut off or damaged ({_first_line(error)}); copy it again") from error


def _pack(run: RunResult) -> bytes:
    """The bytes of the file, built in memory: HDF5 cannot close a file properly on a full disk."""
    import h5py

    memory = {"driver": "core", "backing_store": False, "block_size": _CHUNK}
    # Format 1.10 puts checksums on everything but the data; arrays get their own.
    with h5py.File(uuid.uuid4().hex, "w", libver=("v110", "v110"), **memory) as file:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        file.attrs["schema"] = np.int64(SCHEMA)
        _put_texts(file, {"format": FORMAT, "created": now, "written_by": f"spikecim {__version__}"})
        _put_texts(file, run.settings)
        _put_texts(file.create_group("chip"), {"description": json.dumps(run.chip.describe(), indent=1)})
        _put_parts(file, run)
        _put_texts(file.create_group("network/notes"), run.network.notes)
        file["program"].attrs["early_stop"] = np.bool_(run.program.delta_s is not None)
        if run.program.delta_s is not None:
            file["program"].attrs["delta_s"] = np.int64(run.program.delta_s)
        file.flush()
        return bytes(file.id.get_file_image())


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
        array = _exactly(place, getattr(parts[group], name), kind)
        fit(place, array.shape, shape, sizes)
        _put_array(file, place, array)
    for group, kinds in NUMBERS.items():
        for name, kind in kinds.items():
            file[group].attrs[name] = _exactly(f"{group}/{name}", getattr(parts[group], name), kind)
    for group, names in TEXTS.items():
        _put_texts(file[group], {name: getattr(parts[group], name) for name in names})


def _exactly(place: str, value: Any, kind: str) -> NDArray[Any]:
    given = np.asarray(value)
    array = given.astype(kind, copy=False)
    if given.dtype != array.dtype and not np.array_equal(given, array):
        raise ResultFileError(f"{place}: holds values that {kind} cannot")
    return array


def _put_array(file: h5py.File, place: str, array: NDArray[Any]) -> None:
    packing: dict[str, Any] = {}
    if array.size:
        rows = min(len(array), max(1, _CHUNK * len(array) // array.nbytes))
        # A number means gzip at that level: 4 would save 7 % of the size, and take longer.
        packing = {"chunks": (rows, *array.shape[1:]), "compression": 1, "shuffle": True, "fletcher32": True}
    file.create_dataset(place, data=array, **packing)


def _put_texts(group: h5py.Group, texts: Mapping[str, str]) -> None:
    import h5py

    for name, text in texts.items():
        if not name or name in group.attrs or not isinstance(text, str) or not _is_storable(name + text):
            raise ResultFileError(f"{group.name}: {name!r} = {text!r} cannot be stored; allowed: text under a new name")
        # Text of variable length lies in a heap without checksum: one changed byte there hangs HDF5 for ever.
        data = np.bytes_(text.encode())
        group.attrs.create(name, data, dtype=h5py.string_dtype("utf-8", max(1, len(data))))


def _is_storable(text: str) -> bool:
    # File names that are not UTF-8 arrive as lone surrogates, which no encoder takes.
    return "\0" not in text and text.encode(errors="ignore").decode() == text


def _open(path: Path) -> h5py.File:
    import h5py

    if not path.is_file():
        raise ResultFileError("is not a file" if path.exists() else "does not exist; give the file of a saved run")
    with path.open("rb") as stream:
        start = stream.read(len(SIGNATURE))
    if start != SIGNATURE:
        raise ResultFileError("is not an HDF5 file, or empty; give the file of a saved run")
    return h5py.File(path, "r")


def _check_header(file: h5py.File) -> None:
    ours = False
    with suppress(ResultFileError):
        ours = _text(file, "format") == FORMAT
    if not ours:
        raise ResultFileError(f"is an HDF5 file, but not a run of spikecim (its attribute format is not {FORMAT})")
    schema = _number(file, "schema", "int64")
    if schema != SCHEMA:
        todo = "upgrade spikecim" if schema > SCHEMA else "repeat the run"
        raise ResultFileError(f"has schema {schema}, this spikecim reads schema {SCHEMA}; {todo}")


def _unpack(file: h5py.File) -> RunResult:
    sizes: dict[str, int] = {}
    parts: dict[str, dict[str, Any]] = {}
    for place, (kind, shape) in ARRAYS.items():
        group, _, name = place.rpartition("/")
        parts.setdefault(group, {})[name] = _array(file, place, kind, shape, sizes)
    for group, kinds in NUMBERS.items():
        parts[group] |= {name: _number(file[group], name, kind) for name, kind in kinds.items()}
    for group, names in TEXTS.items():
        parts[group] |= {name: _text(file[group], name) for name in names}
    early = _number(file["program"], "early_stop", "bool")
    parts["program"]["delta_s"] = _number(file["program"], "delta_s", "int64") if early else None
    notes = _node(file, "network/notes")
    return check_run(
        RunResult(
            chip=chip_from_description(json.loads(_text(_node(file, "chip"), "description")), "its chip"),
            network=Network(**parts["network"], notes={name: _text(notes, name) for name in notes.attrs}),
            program=Program(**parts["program"]),
            trains=SpikeTrains(**parts["trains"]),
            record=SpikeRecord(**parts["record"], decisions=Decisions(**parts["record/decisions"])),
            settings={name: _text(file, name) for name in file.attrs if name not in HEADER},
            **parts["samples"],
            **parts["cells"],
        )
    )


def _node(file: h5py.File, place: str) -> Any:
    """The group or data set at `place`, reached by hard links only: no other file is opened on the way."""
    import h5py

    node = file
    for part in place.split("/"):
        if not isinstance(node, h5py.Group) or not isinstance(node.get(part, getlink=True), h5py.HardLink):
            raise ResultFileError(f"{place} is missing; copy the file again or repeat the run")
        node = node[part]
    return node


def _data(file: h5py.File, place: str) -> h5py.Dataset:
    import h5py

    node = _node(file, place)
    if not isinstance(node, h5py.Dataset) or node.shape is None or node.is_virtual or node.external:
        raise ResultFileError(f"{place}: is not an array with its data in this file")
    size = math.prod(node.shape) * node.dtype.itemsize
    if size > SIZE_LIMIT or (size and not node.id.get_storage_size()):
        raise ResultFileError(f"{place}: {size} bytes are declared; allowed: up to {SIZE_LIMIT}, all of them written")
    return node


def _array(file: h5py.File, place: str, kind: str, shape: tuple[str | int, ...], sizes: dict[str, int]) -> NDArray[Any]:
    data = _data(file, place)
    if data.dtype.newbyteorder("=") != np.dtype(kind):
        raise ResultFileError(f"{place}: type is {data.dtype}, expected {kind}")
    fit(place, data.shape, shape, sizes)
    array = data[...].astype(kind, copy=False)
    if kind == "bool" and (array.view(np.uint8) > 1).any():
        raise ResultFileError(f"{place}: holds values other than true and false")
    return array


def _number(node: h5py.Group, name: str, kind: str) -> Any:
    found = node.attrs.get_id(name) if name in node.attrs else None
    if found is None or found.shape != () or found.dtype.newbyteorder("=") != np.dtype(kind):
        raise ResultFileError(f"{node.name}: attribute {name} must be one {kind}")
    return node.attrs[name].item()


def _text(node: h5py.Group, name: str) -> str:
    found = node.attrs.get_id(name) if name in node.attrs else None
    if found is None or found.shape != () or found.dtype.kind != "S" or found.dtype.itemsize > TEXT_LIMIT:
        raise ResultFileError(f"{node.name}: attribute {name} must be one text of fixed length")
    return bytes(node.attrs[name]).decode()


def _first_line(error: BaseException) -> str:
    text = str(error.args[0] if isinstance(error, KeyError) and error.args else error)
    return (text or type(error).__name__).splitlines()[0]
