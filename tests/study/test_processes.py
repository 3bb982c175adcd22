"""Processes are started when there is a point for them, no more than points, and Ctrl-C meets none that starts."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from spikecim.errors import ParameterError
from spikecim.study import pool as pool_module
from spikecim.study.cluster import undisturbed
from spikecim.study.designs import designs_of
from spikecim.study.manifest import TABLE
from spikecim.study.point import Point
from spikecim.study.pool import OneProcess, Work, open_pool
from spikecim.study.processes import Processes
from spikecim.study.sweep import points_of, run_sweep
from tests.study.studies import study
from tests.study.works import cheap

needs_dask = pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="needs Dask")


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What is started instead of processes: (processes, at most), then how it grows, then the end."""
    seen: list[object] = []

    @contextmanager
    def started(n_workers: int, work: Work, most: int) -> Iterator[object]:
        seen.append((n_workers, most))
        yield SimpleNamespace(run=OneProcess(work=work).run, grow=seen.append, n_workers=n_workers)
        seen.append("ended")

    monkeypatch.setattr("spikecim.study.cluster.started", started)
    return seen


def test_no_more_processes_than_points(starts: list[object]) -> None:
    own = study()
    points = list(points_of(designs_of(own), own.n_chips))
    with Processes(jobs=6, work=cheap) as pool:
        assert list(pool.run(own, [])) == []
        assert (pool.n_workers, starts) == (0, [])
        assert [point for point, _ in pool.run(own, iter(points[:3]))] == points[:3]
        assert [point for point, _ in pool.run(own, iter(points))] == points
    assert starts == [(3, 6), 3, 6, "ended"]


def test_points_are_asked_for_when_there_is_room(starts: list[object]) -> None:
    own, asked = study(), []

    def endless() -> Iterator[Point]:
        for number in range(10**9):
            asked.append(number)
            yield Point(design=designs_of(own)[0], chip_index=number)

    with Processes(jobs=3, work=cheap) as pool:
        next(pool.run(own, endless()))
        assert len(asked) == 3


@needs_dask
def test_a_finished_sweep_starts_nothing(tmp_path: Path, starts: list[object]) -> None:
    run_sweep(study(), tmp_path, OneProcess(work=cheap))
    before = (tmp_path / TABLE).read_bytes()
    with open_pool(2, work=cheap) as pool:
        run_sweep(study(), tmp_path, pool)
    assert starts == []
    assert (tmp_path / TABLE).read_bytes() == before


def test_far_more_processes_than_cores_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "processes", lambda: 2)
    with pytest.raises(ParameterError, match=r"--jobs 9: allowed 1 to 8, 4 for each core"), open_pool(9):
        pass


@needs_dask
@pytest.mark.slow
def test_processes_grow_with_the_points_and_give_one_processs_table(tmp_path: Path) -> None:
    own = study(base={"data": "digits", "images": 40, "chips": 10})
    points = list(points_of(designs_of(own), own.n_chips))
    with open_pool(2, work=cheap) as pool:
        assert [point for point, _ in pool.run(own, points[:1])] == points[:1]
        assert pool.n_workers == 1
        run_sweep(own, tmp_path / "two", pool)
        assert isinstance(pool, Processes)
        assert pool._running is not None
        assert len(pool._running.client.cluster.worker_spec) == 2
    run_sweep(own, tmp_path / "one", OneProcess(work=cheap))
    assert (tmp_path / "two" / TABLE).read_bytes() == (tmp_path / "one" / TABLE).read_bytes()


SHOWS_MASK = "import signal; print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))"


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="needs signals")
def test_ctrl_c_waits_and_never_reaches_what_is_started_meanwhile() -> None:
    ended, before, heeding = [], signal.getsignal(signal.SIGINT), signal.default_int_handler
    signal.signal(signal.SIGINT, heeding)
    try:
        with pytest.raises(KeyboardInterrupt), undisturbed():
            os.kill(os.getpid(), signal.SIGINT)
            ended.append(subprocess.check_output([sys.executable, "-c", SHOWS_MASK], text=True).strip())
        assert ended == ["True"]
        assert signal.getsignal(signal.SIGINT) is heeding
        assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])
        with undisturbed():
            pass
    finally:
        signal.signal(signal.SIGINT, before)
