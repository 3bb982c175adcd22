"""What a folder of a learning study was made from, kept beside its journal as study.json; another study is refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.insitu.spirit.lessons import Images, Task
from spikecim.insitu.spirit.measure import COLUMNS
from spikecim.insitu.spirit.spec import LearnStudy
from spikecim.results.journal import Journal
from spikecim.study.kept_folder import kept_folder, manifest_for
from spikecim.version import __version__

FORMAT, SCHEMA = "spikecim-learning", 1


@contextmanager
def learning_folder(study: LearnStudy, task: Task, out: Path) -> Iterator[Journal]:
    """Make or enter the folder `out`, check that it belongs to `study`, and yield its journal.

    Raises
    ------
    ResultFileError, OutputError
        See `kept_folder`.
    """
    manifest = manifest_for((FORMAT, SCHEMA), study.describe(), _digest(task))
    counted = json.dumps(_counted(manifest), sort_keys=True)
    about = {"version": __version__, "study": hashlib.sha256(counted.encode()).hexdigest()[:16]}
    with kept_folder(out, manifest, _counted, COLUMNS, about) as journal:
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


def _counted(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What results depend on: not how many chips there shall be."""
    study = manifest.get("study")
    if not isinstance(study, Mapping):
        return dict(manifest)
    return {**manifest, "study": {key: value for key, value in study.items() if key != "chips"}}
