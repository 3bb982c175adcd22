"""Trainings in processes of this machine, one thread each; they end with the one that started them, killed or not."""

from __future__ import annotations

import os
import signal
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from spikecim.errors import ParameterError, SpikecimError
from spikecim.insitu.study.runner import Heard, Runner
from spikecim.insitu.study.spec import InsituStudy
from spikecim.insitu.study.tasks import Task
from spikecim.results.insitu_run import EpochPoint, TrainingRun
from spikecim.study.pool import NOT_THE_POINT, one_line, processes

_ONE_THREAD = dict.fromkeys(("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
_MOST_PER_CORE = 4
# How often a task is begun again whose process was killed.
DEATHS = 3


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What came of a task.

    Attributes
    ----------
    run : TrainingRun or None
        None if it failed.
    error : str
        Why it failed, in one line; empty if it did not.
    fault : str
        Where in the program, if the error is none of spikecim's own.
    machine : str
        What is wrong with this machine or its data: nothing of the task.
    """

    run: TrainingRun | None = None
    error: str = ""
    fault: str = ""
    machine: str = ""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What every task is trained with.

    Attributes
    ----------
    runner : Runner
    study : InsituStudy
    checkpoints : Path
        Folder for what a killed training goes on from.
    """

    runner: Runner
    study: InsituStudy
    checkpoints: Path

    def attempt(self, task: Task, heard: Heard) -> Ended:
        """Train `task`; what goes wrong is part of the answer; of clamped weights the study tells once."""
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message=".*initial weights: .* outside")
                return Ended(run=self.runner.train(self.study, task, heard, self.checkpoints / task.file))
        except NOT_THE_POINT as error:
            return Ended(machine=one_line(error))
        except Exception as error:
            # One bad rate among hundreds must not end a night's work; its error stands in its row.
            frame = traceback.extract_tb(error.__traceback__)[-1]
            fault = "" if isinstance(error, SpikecimError) else f"{Path(frame.filename).name}, line {frame.lineno}"
            return Ended(error=one_line(error), fault=fault)


# Called with a task and what it says: steps (done, total), a point of its curve.
Said = Callable[[Task, "tuple[int, int] | EpochPoint"], None]
# Gives the next task for a worker that has none, or None if nothing can be begun now.
Next = Callable[[], "Task | None"]


@dataclass(kw_only=True, eq=False)
class OneProcess:
    """This process, one task after the other."""

    order: Order

    def run(self, following: Next, said: Said) -> Iterator[tuple[Task, Ended]]:
        """Train what `following` gives until it gives nothing, and yield each task with what came of it."""
        while (task := following()) is not None:
            yield task, self.order.attempt(task, _heard(task, said))


def _heard(task: Task, said: Said) -> Heard:
    return Heard(tick=lambda done, total: said(task, (done, total)), epoch=lambda point: said(task, point))


@dataclass(kw_only=True, eq=False)
class _Worker:
    process: Any
    line: Connection
    task: Task | None = None


@dataclass(kw_only=True, eq=False)
class Processes:
    """Up to `jobs` processes; they are started when there is a task for them."""

    order: Order
    jobs: int
    _workers: list[_Worker] = field(default_factory=list)
    _again: list[Task] = field(default_factory=list)
    _deaths: dict[tuple[int, int], int] = field(default_factory=dict)

    def run(self, following: Next, said: Said) -> Iterator[tuple[Task, Ended]]:
        """See `OneProcess.run`; tasks end in any order."""
        while True:
            while (worker := self._idle()) is not None:
                task = self._again.pop() if self._again else following()
                if task is None:
                    break
                self._give(worker, task)
            busy = {worker.line: worker for worker in self._workers if worker.task is not None}
            if not busy:
                return
            for line in wait(list(busy)):
                yield from self._listen(busy[line], said)  # type: ignore[index]

    def _idle(self) -> _Worker | None:
        """A worker without a task; a number below `jobs` may still be started."""
        for worker in self._workers:
            if worker.task is None:
                return worker
        return _Worker(process=None, line=None) if len(self._workers) < self.jobs else None  # type: ignore[arg-type]

    def _give(self, worker: _Worker, task: Task) -> None:
        if worker.process is None:
            worker.process, worker.line = _started(self.order)
            self._workers.append(worker)
        worker.task = task
        # One that has just died is found as its line is read.
        with suppress(OSError):
            worker.line.send(task)

    def _listen(self, worker: _Worker, said: Said) -> Iterator[tuple[Task, Ended]]:
        task = worker.task
        assert task is not None
        try:
            message = worker.line.recv()
        except (EOFError, OSError):
            yield from self._died(worker, task)
            return
        if isinstance(message, Ended):
            worker.task = None
            yield task, message
        else:
            said(task, message)

    def _died(self, worker: _Worker, task: Task) -> Iterator[tuple[Task, Ended]]:
        """A killed process costs time only, unless its task is to blame."""
        worker.line.close()
        worker.process.join()
        self._workers.remove(worker)
        self._deaths[task.key] = self._deaths.get(task.key, 0) + 1
        if self._deaths[task.key] < DEATHS:
            self._again.append(task)
        else:
            yield task, Ended(error=f"its process died, {DEATHS} of {DEATHS} times")

    def close(self) -> None:
        """End all processes; what they were at goes on from its checkpoint another time."""
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.join()
            worker.line.close()
        self._workers.clear()


def _started(order: Order) -> tuple[Any, Connection]:
    """A process and the line to it."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, order), daemon=True)
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(_ONE_THREAD)
    try:
        process.start()
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
    theirs.close()
    return process, ours


def _work(line: Connection, order: Order) -> None:
    """What a process does until its line ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with suppress(EOFError, OSError):
        while True:
            task = line.recv()
            line.send(order.attempt(task, Heard(tick=lambda *at: line.send(at), epoch=line.send)))


def _end_with_parent() -> None:
    """A training must not write into a folder that another process has taken over."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def open_workers(order: Order, jobs: int | None = None) -> Iterator[OneProcess | Processes]:
    """Yield who trains, and end what it started.

    Parameters
    ----------
    jobs : int, optional
        Processes of this machine at most; 1 means this process. Default: one for each core.

    Raises
    ------
    ParameterError
        If `jobs` is below 1 or far above the number of cores.
    """
    wanted, most = processes() if jobs is None else jobs, _MOST_PER_CORE * processes()
    if not 1 <= wanted <= most:
        raise ParameterError(f"--jobs {wanted}: allowed 1 to {most}, {_MOST_PER_CORE} for each core of this machine")
    if wanted == 1:
        yield OneProcess(order=order)
        return
    workers = Processes(order=order, jobs=wanted)
    try:
        yield workers
    finally:
        workers.close()
