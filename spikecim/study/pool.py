"""Where points are computed: in this process, in others of this machine, or on a Dask cluster; all with one result."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from spikecim.errors import DataError, MissingExtraError, ParameterError, SpikecimError
from spikecim.study.point import Point, evaluate
from spikecim.study.spec import Study

# What is computed for a point; a process of its own imports it by name.
Work = Callable[[Study, Point], dict[str, float]]
# A machine without data or a disk that is full says nothing of the point.
NOT_THE_POINT = (DataError, MissingExtraError, OSError)
NO_DASK = 'several processes need Dask, which is not installed: pip install "spikecim[scale]", or use --jobs 1'
# More processes than this for each core only take memory from each other.
_MOST_PER_CORE = 4


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a point.

    Attributes
    ----------
    metrics : dict of str to float, or None
        None if it failed.
    error : str
        Why it failed, in one line; empty if it did not.
    fault : str
        Where in the program, if the error is none of spikecim's own and so may be a fault of the program.
    """

    metrics: dict[str, float] | None
    error: str = ""
    fault: str = ""


class Pool(Protocol):
    """Computes points."""

    @property
    def n_workers(self) -> int:
        """How many points it computes at once."""
        ...

    def run(self, study: Study, points: Iterable[Point]) -> Iterator[tuple[Point, Outcome]]:
        """Compute `points` and yield each with its outcome as it comes, in any order.

        `points` may be without end: it is asked for the next one only when there is room for it.

        Raises
        ------
        ClusterError
            If the machines cannot go on; what was yielded is not lost.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class OneProcess:
    """This process, one point after the other; the compiled kernels use its threads."""

    work: Work = evaluate
    n_workers: int = 1

    def run(self, study: Study, points: Iterable[Point]) -> Iterator[tuple[Point, Outcome]]:
        """See `Pool.run`."""
        for point in points:
            yield point, attempt(self.work, study, point)


def attempt(work: Work, study: Study, point: Point) -> Outcome:
    """Compute one point; what goes wrong with it is part of the outcome.

    Raises
    ------
    DataError, MissingExtraError, OSError
        The fault is this machine's.
    """
    try:
        return Outcome(metrics=work(study, point))
    except NOT_THE_POINT:
        raise
    except Exception as error:
        # One bad design among thousands must not end a night's work; its error stands in its row.
        return Outcome(
            metrics=None, error=one_line(error), fault="" if isinstance(error, SpikecimError) else _at(error)
        )


def _at(error: BaseException) -> str:
    """Where it was raised: ``point.py, line 40``."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}, line {frame.lineno}"


def one_line(error: BaseException) -> str:
    """An error as one line that names its kind, unless it is one of ours."""
    text = " ".join(str(error).split())[:1000]
    return text if isinstance(error, SpikecimError) and text else f"{type(error).__name__}: {text}".removesuffix(": ")


def processes() -> int:
    """How many processes this machine has cores for."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def open_pool(jobs: int | None = None, scheduler: str | None = None, work: Work = evaluate) -> Iterator[Pool]:
    """Yield a pool, and end what it started.

    Parameters
    ----------
    jobs : int, optional
        Processes of this machine at most; 1 means this process. Default: one for each core. They are started once
        there is a point to compute, and not more of them than there are points.
    scheduler : str, optional
        Address of an existing Dask cluster, ``tcp://host:8786``; then `jobs` must be None.
    work : callable, optional
        What to compute for a point instead of `evaluate`: a function of a module, with the same arguments.

    Raises
    ------
    ParameterError
        If `jobs` is below 1, far above the number of cores, or given beside `scheduler`.
    MissingExtraError
        If dask is needed and not installed.
    ClusterError
        If there is no scheduler at that address, or its workers are of another version.
    """
    if scheduler is not None:
        if jobs is not None:
            raise ParameterError(
                "--jobs and --scheduler contradict each other: a cluster has its own number of workers"
            )
        from spikecim.study.cluster import joined

        with joined(scheduler, work) as pool:
            yield pool
        return
    wanted = processes() if jobs is None else jobs
    most = _MOST_PER_CORE * processes()
    if wanted < 1:
        raise ParameterError(f"--jobs {wanted}: allowed 1 or more")
    if wanted > most:
        raise ParameterError(
            f"--jobs {wanted}: allowed 1 to {most}, {_MOST_PER_CORE} for each core of this machine; "
            "more than one for each core is seldom faster"
        )
    if wanted == 1:
        yield OneProcess(work=work)
        return
    if find_spec("distributed") is None:
        raise MissingExtraError(NO_DASK)
    from spikecim.study.processes import Processes

    with Processes(jobs=wanted, work=work) as pool:
        yield pool
