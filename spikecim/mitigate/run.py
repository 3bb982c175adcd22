"""Runs a mitigation study: each class alone and all together, without and with each cure, on the same virtual chips."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spikecim.errors import ResultFileError
from spikecim.files import make_folder
from spikecim.mitigate.collect import Blocks, Found, read_layers, result_of, write_layers
from spikecim.mitigate.folder import LAYERS, mitigation_folder
from spikecim.mitigate.spec import Condition, Cure, MitigationStudy
from spikecim.mitigate.subject import Measured, Subject
from spikecim.progress import Stage, silent
from spikecim.results.journal import Entry, Journal
from spikecim.results.mitigation import Mitigation

_ALGORITHM, _IDEAL, _FIRST = 0, 1, 2


@dataclass(frozen=True, kw_only=True)
class Job:
    """All virtual chips of one condition, before or after one cure.

    Attributes
    ----------
    number : int
        Of the job in the journal.
    condition : Condition
    cure : Cure or None
        None: before any cure.
    """

    number: int
    condition: Condition
    cure: Cure | None

    @property
    def name(self) -> str:
        return f"{self.condition.name}.{self.cure.name if self.cure else 'before'}"


def jobs_of(study: MitigationStudy) -> tuple[Job, ...]:
    """All jobs, in the order in which they are done."""
    pairs = [
        (condition, cure) for condition in study.conditions for cure in (None, *study.cures.get(condition.name, ()))
    ]
    return tuple(
        Job(number=_FIRST + place, condition=condition, cure=cure) for place, (condition, cure) in enumerate(pairs)
    )


def run_mitigation(study: MitigationStudy, subject: Subject, out: Path, progress: Stage = silent) -> Mitigation:
    """Run, or go on with, `study` in the folder `out`.

    Raises
    ------
    KeyboardInterrupt, OutputError
        The journal holds all that was finished; the same call goes on.
    ResultFileError
        If the folder holds something else.
    SpikecimError
        What the subject raises: a class without effect, a map of another chip, a training that fails.
    """
    jobs = jobs_of(study)
    with mitigation_folder(study, subject.digest(), out) as journal:
        make_folder(out / LAYERS)
        work = _Work(study, subject, journal, out)
        total, done = 2 + len(jobs) * study.chips, 0
        stage = f"{study.name}"
        for number, measure in ((_ALGORITHM, subject.algorithm), (_IDEAL, subject.ideal)):
            work.single(number, measure)
            done += 1
            progress(stage, done, total)
        for job in jobs:
            work.prepare(job, progress)
            for _ in work.chips(job):
                done += 1
                progress(stage, done, total)
        return result_of(study, work.found(jobs))


class _Work:
    """Measures what the journal does not hold yet."""

    def __init__(self, study: MitigationStudy, subject: Subject, journal: Journal, out: Path) -> None:
        self.study, self.subject, self.journal, self.out = study, subject, journal, out

    def single(self, number: int, measure: Callable[[], Blocks]) -> None:
        """What is the same for all chips."""
        if (number, 0) not in self.journal:
            self._add(number, 0, measure())

    def prepare(self, job: Job, progress: Stage) -> None:
        """Retrain, unless nothing is left to be done with it."""
        missing = any((job.number, chip) not in self.journal for chip in range(self.study.chips))
        if job.cure is not None and missing:
            name = f"{job.condition.name}: {job.cure.name}"
            self.subject.prepare(job.condition, job.cure, lambda done, total: progress(name, done, total))

    def chips(self, job: Job) -> Iterator[int]:
        """Measure each virtual chip; yields its number when it is in the journal."""
        alike = self.subject.alike(job.condition)
        for chip in range(self.study.chips):
            if (job.number, chip) not in self.journal:
                # Chips that should be alike are believed to be after two have shown it.
                same = alike and chip >= 2 and np.array_equal(self._blocks(job.number, 0), self._blocks(job.number, 1))
                self._add(
                    job.number, chip, self._blocks(job.number, 0) if same else self._measured(job, chip), job.name
                )
            yield chip

    def _measured(self, job: Job, chip: int) -> Blocks:
        found: Measured = (
            self.subject.before(job.condition, chip)
            if job.cure is None
            else self.subject.after(job.condition, job.cure, chip)
        )
        if chip == 0:
            write_layers(self.out / LAYERS / f"{job.name}.json", found.layers)
        return found.blocks

    def _add(self, number: int, chip: int, blocks: Blocks, name: str = "algorithm") -> None:
        if blocks.shape != (self.study.blocks,) or not np.all(np.isfinite(blocks)):
            raise ResultFileError(f"{name}, chip {chip}: accuracies {blocks.shape} are not {self.study.blocks} numbers")
        self.journal.add(Entry(design=number, chip=chip, values=tuple(float(value) for value in blocks)))

    def _blocks(self, number: int, chip: int) -> Blocks:
        entry = self.journal.get(number, chip)
        assert entry is not None, "measured before"
        return np.array(entry.values)

    def found(self, jobs: tuple[Job, ...]) -> Found:
        """All that was measured."""
        chips = range(self.study.chips)
        keys = [(job.condition.name, job.cure.name if job.cure else "") for job in jobs]
        return Found(
            algorithm=self._blocks(_ALGORITHM, 0),
            ideal=self._blocks(_IDEAL, 0),
            blocks={
                key: np.stack([self._blocks(job.number, chip) for chip in chips])
                for key, job in zip(keys, jobs, strict=True)
            },
            layers={
                key: read_layers(self.out / LAYERS / f"{job.name}.json") for key, job in zip(keys, jobs, strict=True)
            },
            needs={job.cure.name: self.subject.needs(job.cure) for job in jobs if job.cure is not None},
            trained_against={
                (job.condition.name, job.cure.name): self.subject.trained_against(job.condition, job.cure)
                for job in jobs
                if job.cure is not None
            },
            alike=frozenset(c.name for c in self.study.conditions if self.subject.alike(c)),
        )
