"""Checkpoints of a training on the chip: one npz file, whole or not there, of one training alone; no pickle."""

from __future__ import annotations

import hashlib
import json
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import ResultFileError
from spikecim.files import replacing
from spikecim.version import __version__

_OF, _NOTES, MADE_BY = "of", "notes", "spikecim"
# What NumPy raises for files that are cut off, or no npz.
_DAMAGED = (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, NotImplementedError, zipfile.BadZipFile)


def digest(settings: Mapping[str, Any]) -> str:
    """Short name of a training: what its settings, as plain data, hash to."""
    text = json.dumps(settings, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def keep(path: Path, of: str, notes: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write a checkpoint in place of the last one.

    Parameters
    ----------
    of : str
        Digest of the training.
    notes : mapping
        Plain data (JSON).
    arrays : mapping of arrays by name

    Raises
    ------
    OutputError
        If it cannot be written; the last one stays.
    """
    text = {_OF: of, _NOTES: json.dumps({**notes, MADE_BY: __version__})}
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **{name: np.array(value) for name, value in text.items()}, **arrays)  # type: ignore[arg-type]


def resume(path: Path, of: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]] | None:
    """Notes and arrays of the checkpoint; None if there is none.

    Raises
    ------
    ResultFileError
        If it is damaged or of another training; it is left as it is.
    """
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as file:
            found = {name: file[name] for name in file.files}
        owner, notes = str(found.pop(_OF)), json.loads(str(found.pop(_NOTES)))
    except _DAMAGED as error:
        raise ResultFileError(f"{path}: is no checkpoint of a training on the chip ({error}); delete it") from None
    if owner != of:
        raise ResultFileError(
            f"{path}: is the checkpoint of another training (network, data, device, rule, reads, schedule or seed); "
            "delete it or choose another folder"
        )
    tell_version(path, notes.pop(MADE_BY, None))
    return notes, found


def tell_version(path: Path, made_by: object) -> None:
    """Warn if the checkpoint is of another version of this program; one that does not say is gone on with."""
    if made_by is not None and made_by != __version__:
        warnings.warn(
            f"{path}: was written by spikecim {made_by}, and this is {__version__}; it is gone on with, and the result "
            "may be that of neither; delete it to train from the start",
            stacklevel=3,
        )
