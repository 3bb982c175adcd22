"""How results lie in HDF5: packed in memory and written whole; read back without trusting the file."""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import OutputError, ResultFileError, SpikecimError
from spikecim.files import replacing
from spikecim.results.layout import HEADER, fit
from spikecim.version import __version__

if TYPE_CHECKING:
    import h5py

T = TypeVar("T")
SIGNATURE = b"\x89HDF\r\n\x1a\n"
SIZE_LIMIT, TEXT_LIMIT, _CHUNK = 2**32, 2**24, 2**20  # bytes of an unpacked array, of a text, of a piece packed alone


def save_packed(path: Path, kind: str, schema: int, write: Callable[[h5py.File], None], *, dated: bool = True) -> None:
    """Write the HDF5 file `path` that `write` fills, replacing one of that name; on failure nothing is left behind.

    Without the date (`dated`), the same content gives the same bytes.

    Raises
    ------
    OutputError
        If the folder is missing or not writable, the disk is full, or `write` finds what cannot be stored.
    """
    path = Path(path)
    if not path.name:
        raise OutputError(f"cannot write {path}: it is a folder; give the name of a file")
    try:
        image = _pack(kind, schema, write, dated)
    except (TypeError, ValueError, OverflowError, RuntimeError, MemoryError, OSError) as error:
        raise OutputError(f"cannot write {path}: {_first_line(error)}") from error
    with replacing(path) as temporary:
        temporary.write_bytes(image)


def load_packed(path: Path, read: Callable[[h5py.File], T]) -> T:
    """What `read` makes of the HDF5 file `path`.

    Raises
    ------
    ResultFileError
        If the file is missing, no HDF5 file, cut off, damaged, or `read` finds a fault.
    """
    path = Path(path)
    try:
        with _open(path) as file:
            return read(file)
    except SpikecimError as error:
        raise ResultFileError(f"{path}: {error}") from error
    except Exception as error:
        # Whatever damaged bytes provoke in HDF5, JSON or an array is the file's fault; the cause stays attached.
        raise ResultFileError(f"{path}: is cut off or damaged ({_first_line(error)}); copy it again") from error


def _pack(kind: str, schema: int, write: Callable[[h5py.File], None], dated: bool) -> bytes:
    """The bytes of the file, built in memory: HDF5 cannot close a file properly on a full disk."""
    import h5py

    memory = {"driver": "core", "backing_store": False, "block_size": _CHUNK}
    # Format 1.10 puts checksums on everything but the data; arrays get their own.
    with h5py.File(uuid.uuid4().hex, "w", libver=("v110", "v110"), **memory) as file:
        file.attrs["schema"] = np.int64(schema)
        put_texts(file, {"format": kind, "written_by": f"spikecim {__version__}"})
        if dated:
            put_texts(file, {"created": datetime.now(UTC).isoformat(timespec="seconds")})
        write(file)
        file.flush()
        return bytes(file.id.get_file_image())


def exactly(place: str, value: Any, kind: str) -> NDArray[Any]:
    """`value` as an array of `kind`, or ResultFileError if that would change a number."""
    given = np.asarray(value)
    array = given.astype(kind, copy=False)
    if given.dtype != array.dtype and not np.array_equal(given, array):
        raise ResultFileError(f"{place}: holds values that {kind} cannot")
    return array


def put_array(file: h5py.File, place: str, array: NDArray[Any]) -> None:
    """Write a packed array with checksums."""
    packing: dict[str, Any] = {}
    if array.size:
        rows = min(len(array), max(1, _CHUNK * len(array) // array.nbytes))
        # A number means gzip at that level: 4 would save 7 % of the size, and take longer.
        packing = {"chunks": (rows, *array.shape[1:]), "compression": 1, "shuffle": True, "fletcher32": True}
    file.create_dataset(place, data=array, **packing)


def put_texts(group: h5py.Group, texts: Mapping[str, str]) -> None:
    """Write texts as attributes, each under a new name."""
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


def kind_of(file: h5py.File) -> str | None:
    """What the file says it is; None if it says nothing."""
    with suppress(ResultFileError):
        return text_at(file, "format")
    return None


def check_schema(file: h5py.File, schema: int) -> None:
    """Raise ResultFileError unless the file has this schema."""
    found = number_at(file, "schema", "int64")
    if found != schema:
        todo = "upgrade spikecim" if found > schema else "repeat the run"
        raise ResultFileError(f"has schema {found}, this spikecim reads schema {schema}; {todo}")


def settings_of(file: h5py.File) -> dict[str, str]:
    """Every text at the root but the header."""
    return {name: text_at(file, name) for name in file.attrs if name not in HEADER}


def node_at(file: h5py.File, place: str) -> Any:
    """The group or data set at `place`, reached by hard links only: no other file is opened on the way."""
    import h5py

    node = file
    for part in place.split("/"):
        if not isinstance(node, h5py.Group) or not isinstance(node.get(part, getlink=True), h5py.HardLink):
            raise ResultFileError(f"{place} is missing; copy the file again or repeat the run")
        node = node[part]
    return node


def array_at(
    file: h5py.File, place: str, kind: str, shape: tuple[str | int, ...], sizes: dict[str, int]
) -> NDArray[Any]:
    """The array at `place`, of the type `kind` and a `shape` that fits the `sizes` known so far (`layout.fit`)."""
    data = _data_at(file, place)
    if data.dtype.newbyteorder("=") != np.dtype(kind):
        raise ResultFileError(f"{place}: type is {data.dtype}, expected {kind}")
    fit(place, data.shape, shape, sizes)
    array = data[...].astype(kind, copy=False)
    if kind == "bool" and (array.view(np.uint8) > 1).any():
        raise ResultFileError(f"{place}: holds values other than true and false")
    return array


def _data_at(file: h5py.File, place: str) -> h5py.Dataset:
    import h5py

    node = node_at(file, place)
    if not isinstance(node, h5py.Dataset) or node.shape is None or node.is_virtual or node.external:
        raise ResultFileError(f"{place}: is not an array with its data in this file")
    size = math.prod(node.shape) * node.dtype.itemsize
    if size > SIZE_LIMIT or (size and not node.id.get_storage_size()):
        raise ResultFileError(f"{place}: {size} bytes are declared; allowed: up to {SIZE_LIMIT}, all of them written")
    return node


def number_at(node: h5py.Group, name: str, kind: str) -> Any:
    """The number that the attribute `name` of `node` holds."""
    found = node.attrs.get_id(name) if name in node.attrs else None
    if found is None or found.shape != () or found.dtype.newbyteorder("=") != np.dtype(kind):
        raise ResultFileError(f"{node.name}: attribute {name} must be one {kind}")
    return node.attrs[name].item()


def text_at(node: h5py.Group, name: str) -> str:
    """The text that the attribute `name` of `node` holds."""
    found = node.attrs.get_id(name) if name in node.attrs else None
    if found is None or found.shape != () or found.dtype.kind != "S" or found.dtype.itemsize > TEXT_LIMIT:
        raise ResultFileError(f"{node.name}: attribute {name} must be one text of fixed length")
    return bytes(node.attrs[name]).decode()


def _first_line(error: BaseException) -> str:
    text = str(error.args[0] if isinstance(error, KeyError) and error.args else error)
    return (text or type(error).__name__).splitlines()[0]
