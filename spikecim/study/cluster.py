"""Points on a Dask cluster, of this machine's processes or of many machines; lost workers cost time only."""

from __future__ import annotations

import asyncio
import logging
import re
import signal
import threading
import warnings
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING, Any

from spikecim.errors import ClusterError, MissingExtraError
from spikecim.study.flight import Flight, Order
from spikecim.study.point import Point
from spikecim.study.pool import NO_DASK, Outcome, Work
from spikecim.study.spec import Study
from spikecim.study.worker import identity, version_here
from spikecim.version import __version__

if TYPE_CHECKING:
    from distributed import Client, LocalCluster

_CONNECT_S = 5.0
# One kernel thread for each process: many points at once make better use of cores than one point in threads.
_ONE_THREAD = dict.fromkeys(("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
# Dask watches itself many times a second, in each of its processes; on one machine nobody looks at that.
_CALM = {
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.worker.memory.monitor-interval": "1s",
    "distributed.worker.profile.enabled": False,
}


@contextmanager
def started(n_workers: int, work: Work, most: int | None = None) -> Iterator[ClusterPool]:
    """A pool of `n_workers` processes of this machine, which may grow to `most`; they end with it.

    Raises
    ------
    ClusterError
        If they cannot be started.
    """
    with _quiet():
        distributed = _distributed()
        import dask

        with ExitStack() as ending, dask.config.set(_CALM):
            try:
                with undisturbed():
                    cluster = distributed.LocalCluster(
                        n_workers=n_workers,
                        threads_per_worker=1,
                        memory_limit=distributed.system.MEMORY_LIMIT // max(n_workers, most or 0),
                        host="127.0.0.1",
                        dashboard_address=None,
                        silence_logs=logging.CRITICAL,
                        env={**_ONE_THREAD, "DASK_LOGGING__DISTRIBUTED": "critical"},
                        preload=["spikecim.study.worker"],
                    )
                    ending.callback(_closed, cluster)
                    client = ending.enter_context(distributed.Client(cluster, set_as_default=False))
            except Exception as error:
                raise ClusterError(
                    f"{n_workers} processes could not be started ({_first_line(error)}); try fewer, or --jobs 1"
                ) from None
            yield ClusterPool(client=client, work=work, address="this machine")


def _closed(cluster: LocalCluster) -> None:
    with undisturbed():
        cluster.close()


@contextmanager
def undisturbed() -> Iterator[None]:
    """Ctrl-C within counts once the block has ended, and never for a process that was started within.

    Dask shows a traceback for each process that is interrupted while it starts, and leaves the others behind.
    """
    mine = threading.current_thread() is threading.main_thread() and hasattr(signal, "pthread_sigmask")
    before = signal.getsignal(signal.SIGINT)
    if not mine or before in (None, signal.SIG_IGN):
        yield
        return
    # Made beforehand, because it lets signals through again for whoever makes it.
    resource_tracker.ensure_running()
    came: list[int] = []
    signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGINT, before)
    if came:
        raise KeyboardInterrupt


@contextmanager
def joined(address: str, work: Work) -> Iterator[ClusterPool]:
    """A pool of the workers of an existing cluster; it goes on after us.

    Raises
    ------
    ClusterError
        If there is no scheduler at `address`, or its workers are of another version.
    """
    if not re.fullmatch(r"(tcp|tls)://[^/]+:\d+", address):
        raise ClusterError(f"--scheduler {address!r}: write it as tcp://host:8786, as `dask scheduler` prints it")
    with _quiet():
        distributed = _distributed()
        try:
            kind = _kind_of(address)
            if kind != "Scheduler":
                raise ClusterError(f"{address} is a Dask {kind.lower()}, not a scheduler; give the scheduler's address")
            client = distributed.Client(address, timeout=_CONNECT_S, set_as_default=False)
        except ClusterError:
            raise
        except Exception as error:
            # A wrong address, a closed door, another program behind it: Dask has an error of its own for each.
            why = f"no answer in {_CONNECT_S:g} s" if isinstance(error, TimeoutError) else _first_line(error)
            raise ClusterError(
                f"no Dask scheduler at {address} ({why}); "
                "start one with `dask scheduler`, give the address it prints, or leave --scheduler out"
            ) from None
        with client:
            _check_versions(client, address)
            yield ClusterPool(client=client, work=work, address=address)


def _kind_of(address: str) -> str:
    """What answers there; asked first, because a client waits long for an answer, and longer to end without one."""
    # In a thread of its own: a notebook has a loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, asyncio.wait_for(_ask_kind(address), _CONNECT_S)).result()


async def _ask_kind(address: str) -> str:
    from distributed.comm import connect
    from distributed.security import Security

    comm = await connect(address, timeout=_CONNECT_S, **Security().get_connection_args("client"))
    try:
        await comm.write({"op": "identity"})
        return str((await comm.read())["type"])
    finally:
        comm.abort()


def _check_versions(client: Client, address: str) -> None:
    try:
        found: dict[str, str] = client.run(version_here)
    except Exception as error:
        raise ClusterError(
            f"workers of {address} cannot load spikecim ({_first_line(error)}); "
            f"install spikecim {__version__} where they run"
        ) from None
    for worker, version in sorted(found.items()):
        if version != __version__:
            raise ClusterError(
                f"worker {worker} has spikecim {version}, this machine has {__version__}; install the same on both"
            )


@dataclass(frozen=True, kw_only=True, eq=False)
class ClusterPool:
    """The workers of a Dask cluster."""

    client: Client
    work: Work
    address: str

    @property
    def n_workers(self) -> int:
        """Workers of the cluster now, at least 1."""
        return max(1, len(self.client.nthreads()))

    def grow(self, n_workers: int) -> None:
        """Have at least `n_workers`, if they are processes of this machine."""
        cluster = self.client.cluster
        if cluster is not None and len(cluster.worker_spec) < n_workers:
            with undisturbed():
                cluster.scale(n_workers)

    def run(self, study: Study, points: Iterable[Point]) -> Iterator[tuple[Point, Outcome]]:
        """See `pool.Pool.run`."""
        flight = Flight(client=self.client, address=self.address, order=Order(self.work, study, identity(study)))
        try:
            yield from flight.all_of(iter(points))
        finally:
            flight.abandon()


def _distributed() -> Any:
    try:
        import distributed
    except ImportError:
        raise MissingExtraError(NO_DASK) from None
    return distributed


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Dask's log off the screen: what matters of it comes as an error or as a row of the table."""
    _distributed()
    loggers = [
        logging.getLogger(name) for name in ("distributed", "distributed.client", "tornado.application", "asyncio")
    ]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="distributed")
            yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
