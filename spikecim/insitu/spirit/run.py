"""Runs a learning study: rates are chosen on validation images and chips of their own, then scored on test images."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spikecim.chips.spec import ChipSpec
from spikecim.insitu.spirit.collect import Scored, learning_of
from spikecim.insitu.spirit.folder import learning_folder
from spikecim.insitu.spirit.lessons import Task, drift_task, new_class_task
from spikecim.insitu.spirit.living_chip import check_chip
from spikecim.insitu.spirit.measure import Measurer, named, row_of
from spikecim.insitu.spirit.spec import OFFLINE, TUNING_CHIPS, Condition, LearnStudy
from spikecim.progress import Stage, silent
from spikecim.results.journal import Entry, Journal
from spikecim.results.learning import Learning
from spikecim.streams import name_key
from spikecim.training.perceptron import Recipe

CURVE_IMAGES = 500


@dataclass(frozen=True, kw_only=True)
class Job:
    """All chips of one condition at one rate.

    Attributes
    ----------
    number : int
        Of the job in the journal.
    condition : Condition
    rate : float or None
        None: the rate that was chosen.
    """

    number: int
    condition: Condition
    rate: float | None


def task_of(study: LearnStudy, chip: ChipSpec) -> Task:
    """Load the images of `study` and train its perceptrons; errors as of `lessons`."""
    recipe = Recipe(seed=study.seed)
    if study.drift is not None:
        return drift_task(chip, study.data, study.drift, recipe=recipe, limit=study.limit)
    assert study.new_class is not None, "checked by the study"
    return new_class_task(chip, study.data, study.new_class, recipe=recipe, limit=study.limit)


def tuning_jobs(study: LearnStudy) -> tuple[Job, ...]:
    """Every rate of every condition that learns; none where there is one rate only."""
    if len(study.rates) == 1:
        return ()
    return tuple(
        Job(number=place * len(study.rates) + k, condition=condition, rate=rate)
        for place, condition in enumerate(study.conditions)
        for k, rate in enumerate(study.rates)
        if condition.rule != OFFLINE
    )


def scoring_jobs(study: LearnStudy) -> tuple[Job, ...]:
    """Every condition once."""
    first = len(study.conditions) * len(study.rates)
    return tuple(
        Job(number=first + place, condition=condition, rate=None) for place, condition in enumerate(study.conditions)
    )


def run_learning(study: LearnStudy, chip: ChipSpec, out: Path, progress: Stage = silent) -> Learning:
    """Run, or go on with, `study` in the folder `out`.

    Raises
    ------
    KeyboardInterrupt, OutputError
        The journal holds all chips that were finished; the same call goes on.
    ResultFileError
        If the folder holds something else.
    SpikecimError
        What task and chip raise.
    """
    check_chip(chip)
    task = task_of(study, chip)
    with learning_folder(study, task, out) as journal:
        work = _Work(study, chip, task, journal)
        tuning = {condition.name: work.tuned(condition, progress) for condition in study.conditions}
        rates = {name: _best(found, study) for name, found in tuning.items()}
        # Chip by chip: a study that is cut short has whole chips, not whole conditions.
        for chip_index in range(study.chips):
            for job in scoring_jobs(study):
                work.row(job, rates[job.condition.name], chip_index, progress)
        scored = tuple(
            Scored(
                condition=job.condition,
                rate=None if job.condition.rule == OFFLINE else rates[job.condition.name],
                tuning=tuning[job.condition.name],
                rows=work.rows_of(job),
            )
            for job in scoring_jobs(study)
        )
        return learning_of(study, chip, task, work.test.examiner, scored)


def _best(tuning: tuple[tuple[float, float], ...], study: LearnStudy) -> float:
    """The rate with the best accuracy; of equals the lowest, which writes least."""
    return max(sorted(tuning), key=lambda pair: pair[1])[0] if tuning else study.rates[0]


class _Work:
    """Measures what the journal does not hold yet."""

    def __init__(self, study: LearnStudy, chip: ChipSpec, task: Task, journal: Journal) -> None:
        self.study, self.journal, self.done = study, journal, 0
        self.total = len(tuning_jobs(study)) * TUNING_CHIPS + len(study.conditions) * study.chips
        # Chips, input phases and orders of the choice are of a seed that no report shares.
        choice = name_key(study.seed, "learning", "choice") % 2**63
        self.tuning = Measurer(
            chip=chip, task=task, exam=task.validation, images=study.validation,
            curve_images=CURVE_IMAGES, seed=choice, name="validation",
        )  # fmt: skip
        self.test = Measurer(
            chip=chip, task=task, exam=task.test, images=study.images,
            curve_images=CURVE_IMAGES, seed=study.seed, name="test",
        )  # fmt: skip

    def tuned(self, condition: Condition, progress: Stage) -> tuple[tuple[float, float], ...]:
        """Each rate with the mean accuracy, in percent, that it gives on validation images."""
        found = []
        for job in tuning_jobs(self.study):
            if job.condition.name == condition.name:
                assert job.rate is not None, "a tuning job has its rate"
                rows = [self.row(job, job.rate, chip, progress) for chip in range(TUNING_CHIPS)]
                found.append((job.rate, 100.0 * float(np.mean([row["after_all"] for row in rows]))))
        return tuple(found)

    def row(self, job: Job, rate: float, chip: int, progress: Stage) -> dict[str, float]:
        """What one chip did: on validation images while a rate is chosen, else on test images."""
        entry = self.journal.get(job.number, chip)
        if entry is None:
            measurer = self.test if job.rate is None else self.tuning
            found = measurer.measure(job.condition, self.study.plan(job.condition, rate), chip)
            entry = Entry(design=job.number, chip=chip, values=row_of(found))
            self.journal.add(entry)
        self.done += 1
        progress("chips", self.done, self.total)
        return named(entry.values)

    def rows_of(self, job: Job) -> tuple[dict[str, float], ...]:
        """All chips of a job that is done."""
        entries = [self.journal.get(job.number, chip) for chip in range(self.study.chips)]
        return tuple(named(entry.values) for entry in entries if entry is not None)
