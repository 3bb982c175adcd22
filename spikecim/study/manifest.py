"""What a folder of results was made from, kept beside them as study.json; other results are refused there."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import ResultFileError
from spikecim.files import make_folder, write_json
from spikecim.results.journal import Journal
from spikecim.study.point import images_for
from spikecim.study.spec import Study
from spikecim.training.ready import ready_network
from spikecim.version import __version__

FORMAT, SCHEMA = "spikecim-study", 1
STUDY, JOURNAL, TABLE = "study.json", "journal.txt", "table.h5"
# How many differences are named.
_NAMED = 6


def manifest_of(study: Study, purpose: str) -> dict[str, Any]:
    """Everything that results depend on, as plain data; reads the images.

    Raises
    ------
    DataNotFoundError
        If the data set is not on this machine.
    """
    return {
        "format": FORMAT,
        "schema": SCHEMA,
        "purpose": purpose,
        "spikecim": __version__,
        "study": study.describe(),
        "data_digest": data_digest(study),
    }


def data_digest(study: Study) -> str:
    """Short hash of the images and labels as the base chip sees them, and of a network that is a file."""
    chip = study.base_chip()
    images = images_for(study, chip)
    parts: list[NDArray[Any]] = [np.ascontiguousarray(images.values), np.ascontiguousarray(images.labels)]
    if study.network:
        parts.append(np.ascontiguousarray(ready_network(study.network, chip.synapse.levels.value).weights))
    hashed = hashlib.sha256()
    for part in parts:
        hashed.update(f"{part.shape} {part.dtype.str}".encode())
        hashed.update(part.data)
    return hashed.hexdigest()[:16]


@contextmanager
def study_folder(study: Study, out: Path, purpose: str = "sweep", columns: tuple[str, ...] = ()) -> Iterator[Journal]:
    """Make or enter the folder `out`, check that it belongs to `study`, and yield its journal.

    Parameters
    ----------
    purpose : str
        Name of the command: a search does not go on with the points of a sweep.
    columns : tuple of str, optional
        Names of a point's values, if they are not the study's metrics.

    Raises
    ------
    ResultFileError
        If the folder holds results of another study, other data or another version; the differences are named.
    OutputError
        If it cannot be written, or another process is writing into it.

    Warns
    -----
    UserWarning
        If lines of the journal are damaged; how many.
    """
    manifest = manifest_of(study, purpose)
    make_folder(out)
    # A changed study is shown value by value, before the journal could say no more than that it is another one.
    if (out / STUDY).exists():
        _check(out, manifest)
    digest = hashlib.sha256(json.dumps(_told(manifest), sort_keys=True).encode()).hexdigest()[:16]
    with Journal(out / JOURNAL, columns or study.metrics, {"version": __version__, "study": digest}) as journal:
        if journal.n_damaged:
            warnings.warn(_dropped(out, journal.n_damaged), stacklevel=3)
        if not (out / STUDY).exists():
            write_json(out / STUDY, manifest)
        yield journal


def _dropped(out: Path, n: int) -> str:
    return (
        f"{out / JOURNAL}: {n:,} damaged line{'s' if n > 1 else ''} dropped; "
        "points that have no other line are computed again"
    )


def _check(out: Path, manifest: Mapping[str, Any]) -> None:
    path = out / STUDY
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ResultFileError(
            f"{path}: cannot be read ({error}); choose another --out, or remove this file: it is written anew, and "
            f"nothing is computed again if {JOURNAL} beside it is of the same study"
        ) from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ResultFileError(f"{path}: is not spikecim's; choose another --out")
    if found.get("schema") != SCHEMA:
        raise ResultFileError(
            f"{path}: has schema {found.get('schema')}, this spikecim reads schema {SCHEMA}; choose another --out"
        )
    refuse_another(out, _told(found), _told(manifest))


def _told(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What counts: all but the title."""
    study = manifest.get("study")
    told = {key: value for key, value in study.items() if key != "title"} if isinstance(study, Mapping) else study
    return {**manifest, "study": told}


def refuse_another(out: Path, old: object, new: object) -> None:
    """Raise ResultFileError with the first differences if `out` was made from something else than `new`."""
    lines = differences(old, new)
    if lines:
        more = f"; and {len(lines) - _NAMED} more" if len(lines) > _NAMED else ""
        raise ResultFileError(
            f"{out}: holds results of something else: {'; '.join(lines[:_NAMED])}{more}. "
            "Undo the change to go on there, or choose another --out"
        )


def differences(old: object, new: object, path: str = "") -> list[str]:
    """One line for each value that differs: ``base.images was 50, is 100``."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        lines = []
        for key in dict.fromkeys([*old, *new]):
            inner = f"{path}.{key}".removeprefix("study.").lstrip(".")
            lines += differences(old.get(key, _ABSENT), new.get(key, _ABSENT), inner)
        return lines
    return [] if old == new else [f"{path} was {_show(old)}, is {_show(new)}"]


_ABSENT = object()


def _show(value: object) -> str:
    if value is _ABSENT:
        return "absent"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."
