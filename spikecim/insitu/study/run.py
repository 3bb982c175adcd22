"""Runs a study of training on the chip, or goes on with it: what is finished is never trained again."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from spikecim.errors import DataError, FaultError
from spikecim.insitu.study.collect import table_of
from spikecim.insitu.study.folder import CHECKPOINTS, Kept, study_folder
from spikecim.insitu.study.runner import Runner
from spikecim.insitu.study.spec import InsituStudy
from spikecim.insitu.study.tasks import Plan, Task, plan
from spikecim.insitu.study.workers import Ended, OneProcess, Order, Processes, open_workers
from spikecim.results.insitu_live import LiveRun
from spikecim.results.insitu_run import EpochPoint
from spikecim.results.insitu_table import ArrayRow, InsituTable

# So many first tasks that all fail in ways that are no rate's are a fault of the program.
_FAULTS = 4
# Called with the study's name, trainings done, those under way counted by what is done of them, and all known of.
Progress = Callable[[str, float, int], None]
# Called with the learning curves so far.
Watch = Callable[[tuple[LiveRun, ...]], None]


def unheard(name: str, done: float, total: int) -> None:
    """Report nothing."""


def unwatched(curves: tuple[LiveRun, ...]) -> None:
    """Draw nothing."""


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """Who is told how far a study is.

    Attributes
    ----------
    progress : callable
    watch : callable
        With the learning curves, each time one has grown.
    """

    progress: Progress = unheard
    watch: Watch = unwatched


def run_study(
    study: InsituStudy,
    runner: Runner,
    out: Path,
    outlook: Outlook | None = None,
    *,
    jobs: int | None = None,
    again: bool = False,
) -> InsituTable:
    """Run, or go on with, `study` in the folder `out`.

    Parameters
    ----------
    jobs : int, optional
        Processes; default one for each core. Results do not depend on it.
    again : bool
        Train again what failed.

    Raises
    ------
    KeyboardInterrupt, OutputError
        The journal holds all that was finished; the same call goes on.
    ResultFileError
        If the folder holds something else.
    FaultError
        If the first trainings all fail with errors of the program.
    SpikecimError
        What `runner` says of the study or its data.

    Warns
    -----
    UserWarning
        Once, if initial weights did not fit into the cells.
    """
    runner.check(study)
    with study_folder(study, runner.digest(study), out) as kept:
        if again:
            kept.journal.forget_failed()
        order = Order(runner=runner, study=study, checkpoints=out / CHECKPOINTS)
        with open_workers(order, jobs) as workers:
            _Work(study=study, kept=kept, outlook=outlook or Outlook()).all_with(workers)
        found = table_of(study, kept)
    _warn_clamped(found)
    return found


def _warn_clamped(found: InsituTable) -> None:
    """Say once how many initial weights had no cell to hold them."""
    arrays = [array for cell in found.cells for array in cell.arrays]
    most = {name: max(array.clamped for array in arrays if array.layer == name) for name in _layers(arrays)}
    told = [f"up to {n:,} of {name}" for name, n in most.items() if n]
    if told:
        warnings.warn(
            f"initial weights outside -1 .. 1 were set to the edge in each training, {', '.join(told)}; "
            "network.spread sets how far they reach",
            stacklevel=3,
        )


def _layers(arrays: Sequence[ArrayRow]) -> list[str]:
    return list(dict.fromkeys(array.layer for array in arrays))


@dataclass(kw_only=True, eq=False)
class _Work:
    """Trains what the journal does not hold yet."""

    study: InsituStudy
    kept: Kept
    outlook: Outlook
    under_way: set[tuple[int, int]] = field(default_factory=set)
    curves: dict[tuple[int, int], LiveRun] = field(default_factory=dict)
    held: list[tuple[Task, Ended]] = field(default_factory=list)
    shares: dict[tuple[int, int], float] = field(default_factory=dict)
    at: Plan = field(default_factory=Plan)

    def all_with(self, workers: OneProcess | Processes) -> None:
        """Everything that is left."""
        self._tell()
        for task, ended in workers.run(self._next, self._said):
            self._land(task, ended)
        for task, ended in self.held:
            self.kept.fail(task, ended.error)
        if self.held:
            # Failed tuning may open further tasks.
            self.held.clear()
            self.all_with(workers)

    def _next(self) -> Task | None:
        for task in self.at.pending:
            if task.key not in self.under_way:
                self.under_way.add(task.key)
                return task
        return None

    def _said(self, task: Task, what: tuple[int, int] | EpochPoint) -> None:
        if isinstance(what, EpochPoint):
            before = self.curves.get(task.key)
            # A training that is gone on with tells its first points again.
            points = (*(point for point in (before.points if before else ()) if point.epoch < what.epoch), what)
            self.curves[task.key] = LiveRun(
                phase=task.phase, device=task.device, rule=task.rule, rate=task.rate, seed=task.seed, points=points
            )
            self.outlook.watch(tuple(self.curves.values()))
        else:
            self.shares[task.key] = what[0] / max(what[1], 1)
            self._report()

    def _land(self, task: Task, ended: Ended) -> None:
        self.shares.pop(task.key, None)
        if ended.machine:
            raise DataError(f"{task.label}: {ended.machine}")
        if ended.run is not None:
            self.kept.keep(task, ended.run)
        elif ended.fault and len(self.kept.journal) == 0:
            self._suspect(task, ended)
        else:
            self.kept.fail(task, ended.error)
        self._tell()

    def _suspect(self, task: Task, ended: Ended) -> None:
        self.held.append((task, ended))
        if len(self.held) >= _FAULTS:
            raise FaultError(
                f"the first {len(self.held)} trainings all failed, the last with {ended.error} ({ended.fault}): a "
                "fault of the program or its installation. They are not recorded: mend it and run the command again, "
                "or report this line"
            )

    def _tell(self) -> None:
        self.at = plan(self.study, self.kept.validation)
        self._report()

    def _report(self) -> None:
        # Below one: what is rounded down is finished.
        under_way = min(sum(self.shares.values()), 0.99)
        self.outlook.progress(self.study.name, self.at.done + under_way, self.at.total)
