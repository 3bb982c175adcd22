"""What a process of a cluster does with a batch of points, and what it does when it starts."""

from __future__ import annotations

import signal
import threading
import time
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from socket import gethostname

from spikecim.engines.threads import set_threads
from spikecim.errors import SpikecimError
from spikecim.study.manifest import data_digest
from spikecim.study.point import Point
from spikecim.study.pool import Outcome, Work, attempt
from spikecim.study.spec import Study
from spikecim.version import __version__


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a worker sends back.

    Attributes
    ----------
    outcomes : tuple of Outcome
        One for each point; empty if it refused.
    seconds : float
    refusal : str
        Why this machine cannot take part; empty if it can.
    """

    outcomes: tuple[Outcome, ...] = ()
    seconds: float = 0.0
    refusal: str = ""


def dask_setup(worker: object) -> None:
    """Called by Dask as a worker of ours starts: Ctrl-C is for the process that started it."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def version_here() -> str:
    """The version of spikecim on this machine."""
    return __version__


def compute(work: Work, study: Study, points: tuple[Point, ...], expected: str) -> Answer:
    """Compute `points`, if this machine has the version, chip and data that `expected` names."""
    with _turn():
        try:
            found = identity(study)
            if found != expected:
                return Answer(
                    refusal=f"worker on {gethostname()} has {found}, this machine has {expected}; make them the same"
                )
            set_threads(1)
            started = time.perf_counter()
            outcomes = tuple(attempt(work, study, point) for point in points)
            return Answer(outcomes=outcomes, seconds=time.perf_counter() - started)
        except (SpikecimError, OSError) as error:
            return Answer(refusal=f"worker on {gethostname()}: {' '.join(str(error).split())}")


@lru_cache(maxsize=2)
def identity(study: Study) -> str:
    """What must be the same on all machines: versions of what computes, base chip, images and network."""
    versions = [f"{name} {version(name)}" for name in ("numpy", "scipy", "numba")]
    digests = f"chip {study.base_chip().digest()}, data {data_digest(study)}"
    return ", ".join([f"spikecim {__version__}", *versions, digests])


@lru_cache(maxsize=1)
def _turn() -> threading.Lock:
    """Compiled kernels of one process do not run side by side, whatever the worker's number of threads."""
    return threading.Lock()
