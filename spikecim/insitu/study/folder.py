"""The folder of a study: what it was made from, its journal, the runs beside it; other results are refused there."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spikecim.errors import ResultFileError
from spikecim.files import make_folder, write_json
from spikecim.insitu.study.spec import InsituStudy, counted_on
from spikecim.insitu.study.tasks import Task
from spikecim.results.insitu_run import TrainingRun, run_from, run_json
from spikecim.results.journal import Entry, Journal
from spikecim.study.kept_folder import kept_folder, manifest_for
from spikecim.version import __version__

FORMAT, SCHEMA = "spikecim-train-insitu", 1
RUNS, CHECKPOINTS = "runs", "checkpoints"
COLUMNS = ("validation", "test", "rate", "seed", "steps")


@dataclass(kw_only=True, eq=False)
class Kept:
    """What is finished: a line of the journal for each task, its run in a file of its own.

    Attributes
    ----------
    out : Path
    journal : Journal
    """

    out: Path
    journal: Journal
    _there: dict[tuple[int, int], bool] = field(default_factory=dict)

    def validation(self, task: Task) -> float | None:
        """Validation accuracy of a finished task; NaN if it failed, None if it is not finished."""
        entry = self.journal.get(*task.key)
        if entry is None:
            return None
        if entry.error:
            return math.nan
        return entry.values[0] if self._has_run(task) else None

    def error(self, task: Task) -> str:
        """Why a finished task failed; empty if it did not."""
        entry = self.journal.get(*task.key)
        return "" if entry is None else entry.error

    def run(self, task: Task) -> TrainingRun:
        """The run of a task that ended well."""
        return _read(self._path(task))

    def keep(self, task: Task, run: TrainingRun) -> None:
        """Record a run: its file first, so that a line of the journal never stands alone."""
        write_json(self._path(task), run_json(run))
        values = (run.validation, run.test, task.rate, float(task.seed), float(run.steps))
        self.journal.add(Entry(design=task.design, chip=task.place, values=values))
        self._there[task.key] = True
        self._forget_checkpoint(task)

    def fail(self, task: Task, error: str) -> None:
        """Record that `task` failed."""
        self.journal.add(Entry(design=task.design, chip=task.place, error=error))
        self._forget_checkpoint(task)

    def _has_run(self, task: Task) -> bool:
        """Whether its file is there and whole; one that is not is trained again."""
        if task.key not in self._there:
            try:
                _read(self._path(task))
            except ResultFileError as error:
                warnings.warn(f"{error}; it is trained again", stacklevel=2)
                self._there[task.key] = False
            else:
                self._there[task.key] = True
        return self._there[task.key]

    def _path(self, task: Task) -> Path:
        return self.out / RUNS / f"{task.file}.json"

    def _forget_checkpoint(self, task: Task) -> None:
        for path in (self.out / CHECKPOINTS).glob(f"{task.file}*"):
            with suppress(OSError):
                path.unlink()


def _read(path: Path) -> TrainingRun:
    try:
        return run_from(json.loads(path.read_text(encoding="utf-8")), str(path))
    except (OSError, ValueError) as error:
        raise ResultFileError(f"{path}: cannot be read ({error})") from None


@contextmanager
def study_folder(study: InsituStudy, data_digest: str, out: Path) -> Iterator[Kept]:
    """Make or enter the folder `out`, check that it belongs to `study`, and yield what is finished.

    Raises
    ------
    ResultFileError, OutputError
        See `kept_folder`.
    """
    manifest = manifest_for((FORMAT, SCHEMA), study.describe(), data_digest)
    about = {"version": __version__, "study": study.digest(), "data": data_digest}
    with kept_folder(out, manifest, _counted, COLUMNS, about) as journal:
        for name in (RUNS, CHECKPOINTS):
            make_folder(out / name)
        yield Kept(out=out, journal=journal)


def _counted(manifest: Mapping[str, Any]) -> dict[str, Any]:
    study = manifest.get("study")
    return {**manifest, "study": counted_on(study) if isinstance(study, Mapping) else study}
