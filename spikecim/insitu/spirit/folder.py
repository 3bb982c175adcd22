"""What a folder of a learning study was made from, kept beside its journal as study.json; another study is refused."""

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
from spikecim.insitu.spirit.lessons import Images, Task
from spikecim.insitu.spirit.measure import COLUMNS
from spikecim.insitu.spirit.spec import LearnStudy
from spikecim.results.journal import Journal
from spikecim.study.manifest import refuse_another
from spikecim.version import __version__

FORMAT, SCHEMA = "spikecim-learning", 1
STUDY, JOURNAL = "study.json", "journal.txt"


@contextmanager
def learning_folder(study: LearnStudy, task: Task, out: Path) -> Iterator[Journal]:
    """Make or enter the folder `out`, check that it belongs to `study`, and yield its journal.

    Raises
    ------
    ResultFileError
        If the folder holds something else; the differences are named.
    OutputError
        If it cannot be written, or another process is writing into it.

    Warns
    -----
    UserWarning
        If lines of the journal are damaged; how many.
    """
    manifest = {
        "format": FORMAT,
        "schema": SCHEMA,
        "spikecim": __version__,
        "study": study.describe(),
        "data_digest": _digest(task),
    }
    make_folder(out)
    if (out / STUDY).exists():
        _check(out, manifest)
    counted = json.dumps(_counted(manifest), sort_keys=True)
    about = {"version": __version__, "study": hashlib.sha256(counted.encode()).hexdigest()[:16]}
    with Journal(out / JOURNAL, COLUMNS, about) as journal:
        if journal.n_damaged:
            warnings.warn(f"{out / JOURNAL}: {journal.n_damaged:,} damaged lines dropped", stacklevel=3)
        write_json(out / STUDY, manifest)
        yield journal


def _digest(task: Task) -> str:
    """Short hash of weights, images and labels."""
    hashed = hashlib.sha256()
    sets: tuple[Images, ...] = (
        task.new, task.old, task.validation.old, task.validation.new, task.test.old, task.test.new,
    )  # fmt: skip
    arrays: list[NDArray[np.integer]] = [task.start.weights, task.taught.weights]
    for images in sets:
        arrays += [np.rint(images.values * 2**32).astype(np.int64), images.labels]
    for array in arrays:
        hashed.update(f"{array.shape}".encode())
        hashed.update(np.ascontiguousarray(array).data)
    return hashed.hexdigest()[:16]


def _check(out: Path, manifest: Mapping[str, Any]) -> None:
    path = out / STUDY
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ResultFileError(f"{path}: cannot be read ({error}); choose another --out") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ResultFileError(f"{path}: is no learning study of spikecim's; choose another --out")
    refuse_another(out, _counted(found), _counted(manifest))


def _counted(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What results depend on: not how many chips there shall be."""
    study = manifest.get("study")
    if not isinstance(study, Mapping):
        return dict(manifest)
    return {**manifest, "study": {key: value for key, value in study.items() if key != "chips"}}
