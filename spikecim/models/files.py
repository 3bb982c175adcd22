"""The project's own network file: one .npz of plain arrays and a JSON table; nothing in it can be executed."""

from __future__ import annotations

import json
import zipfile
import zlib
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from spikecim.errors import ResultFileError, SpikecimError
from spikecim.files import replacing
from spikecim.models.layers import Activation, AveragePool, BatchNorm, Convolution, Dense, Dropout, Flatten, Layer
from spikecim.models.model import MOST_PARAMETERS, AnnModel

FORMAT = "spikecim-ann-1"
CONVERTED = "spikecim-snn-1"  # what `layered.files` writes
_MOST_BYTES = 8 * MOST_PARAMETERS
# What zipfile, zlib, numpy and json raise on bytes that are none of theirs.
DAMAGE = (
    ValueError,
    TypeError,
    AttributeError,
    EOFError,
    IndexError,
    MemoryError,
    NotImplementedError,
    OverflowError,
    RecursionError,
    RuntimeError,
    SyntaxError,
    zipfile.BadZipFile,
    zlib.error,
)
_KINDS: dict[str, type[Any]] = {
    "dense": Dense,
    "convolution": Convolution,
    "average-pool": AveragePool,
    "batch-norm": BatchNorm,
    "activation": Activation,
    "flatten": Flatten,
    "dropout": Dropout,
}
_NAME_OF = {kind: name for name, kind in _KINDS.items()}


def save_model(model: AnnModel, path: Path, *, half: bool = False) -> None:
    """Write `model` to `path` (.npz), whole or not at all; `half` stores parameters as float16."""
    about, arrays = described(model, half=half)
    text = json.dumps(about, sort_keys=True)
    with replacing(path) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, about=np.array(text), **arrays)


def described(model: AnnModel, *, half: bool = False) -> tuple[dict[str, Any], dict[str, Any]]:
    """`model` as a JSON table and arrays, for a file; `restored` reads them back."""
    arrays: dict[str, Any] = {}
    table = []
    for number, layer in enumerate(model.layers):
        row: dict[str, Any] = {"layer": _NAME_OF[type(layer)]}
        for key, value in vars(layer).items():
            if isinstance(value, np.ndarray):
                arrays[f"{number}.{key}"] = value.astype(np.float16 if half else np.float32)
            else:
                row[key] = value
        table.append(row)
    about = {"format": FORMAT, "name": model.name, "input_shape": model.input_shape, "layers": table}
    return {**about, "notes": model.notes}, arrays


def restored(about: dict[str, Any], arrays: dict[str, Any]) -> AnnModel:
    """The network that `described` gave; any error a wrong table can cause is left to the caller."""
    if about.get("format") == CONVERTED:
        raise ValueError("it holds a converted network; give the ANN that it was made from")
    if "format" not in about and "weights" in arrays:
        raise ValueError("it holds one layer of whole weights; such a network runs with `spikecim run --network`")
    if about.get("format") != FORMAT:
        raise ValueError(f"format {about.get('format')!r} is not {FORMAT}")
    layers = tuple(_layer(number, row, arrays) for number, row in enumerate(about["layers"]))
    notes = {str(key): str(value) for key, value in about.get("notes", {}).items()}
    shape = tuple(int(length) for length in about["input_shape"])
    return AnnModel(name=str(about["name"]), input_shape=shape, layers=layers, notes=notes)


def load_model(path: Path) -> AnnModel:
    """Read a network from a .npz written by `save_model`.

    Raises
    ------
    ResultFileError
        If the file cannot be read or is not such a file; the message says what is wrong.
    """
    try:
        return restored(*unpacked(path, _MOST_BYTES))
    except OSError as error:
        raise ResultFileError(f"{path}: cannot be read ({error.strerror or 'not a .npz file'})") from None
    except KeyError as error:
        raise ResultFileError(f"{path}: is not a network file of spikecim ({error} is missing or unknown)") from None
    except (*DAMAGE, SpikecimError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ResultFileError(f"{path}: is not a network file of spikecim ({reason})") from None


def unpacked(path: Path, most: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """JSON table and arrays of a .npz that has at most `most` bytes; errors (`DAMAGE`) are left to the caller."""
    if path.stat().st_size > most:
        raise ValueError("larger than any network read here")
    # Opened here: NumPy leaves it open when the archive turns out to be none.
    with open(path, "rb") as file:
        # NumPy would take other bytes for a pickle, and advise to run it.
        if not zipfile.is_zipfile(file):
            raise ValueError("not a .npz archive, or cut off")
        file.seek(0)
        with np.load(file, allow_pickle=False) as archive:
            if sum(entry.file_size for entry in archive.zip.infolist()) > most:
                raise ValueError("unpacks to more than any network read here")
            arrays = {key: archive[key] for key in archive.files}
    return json.loads(str(arrays.pop("about"))), arrays


def _layer(number: int, row: dict[str, Any], arrays: dict[str, Any]) -> Layer:
    kind = _KINDS[row["layer"]]
    known = {item.name for item in fields(kind)}
    values = {key: _tuples(value) for key, value in row.items() if key != "layer"}
    prefix = f"{number}."
    values |= {
        key.removeprefix(prefix): array.astype(np.float32) for key, array in arrays.items() if key.startswith(prefix)
    }
    if unknown := set(values) - known:
        raise ValueError(f"layer {number} has unknown fields {sorted(unknown)}")
    return kind(**values)


def _tuples(value: Any) -> Any:
    """JSON knows lists only."""
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
