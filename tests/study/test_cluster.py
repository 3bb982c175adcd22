"""Many processes give one process's table, byte for byte, whichever of them die on the way."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from spikecim.errors import ClusterError, MissingExtraError
from spikecim.results.sweep_table import load_table
from spikecim.study.cluster import started
from spikecim.study.designs import designs_of
from spikecim.study.manifest import JOURNAL, TABLE, study_folder
from spikecim.study.point import Point
from spikecim.study.pool import OneProcess, Outcome, Work, open_pool
from spikecim.study.spec import Study
from spikecim.study.sweep import points_of, run_points, run_sweep
from spikecim.study.worker import compute, identity
from tests.study.clusters import ROOT, cluster
from tests.study.studies import study
from tests.study.works import COUNTED, RUN, cheap, counted, deadly, real, sometimes_bad, without_data

LOOPBACK = "127.0.0.1"


def many(n_chips: int = 25) -> Study:
    """Points enough that a cluster has them in every state at once."""
    factors = {"cell.hrs.sigma_ln": [0.2, 1.5], "decision.delta_s": [4, 10]}
    return study(factors=factors, base={"data": "digits", "images": 40, "chips": n_chips}, design={"kind": "grid"})


def swept(own: Study, out: Path, work: Work, *where: object) -> bytes:
    with open_pool(*where, work=work) as pool:  # type: ignore[arg-type]
        run_sweep(own, out, pool)
    return (out / TABLE).read_bytes()


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as door:
        door.bind((LOOPBACK, 0))
        return int(door.getsockname()[1])


def test_no_scheduler_is_one_line(closed_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spikecim.study.cluster._CONNECT_S", 0.5)
    with pytest.raises(ClusterError, match="no Dask scheduler at"), open_pool(None, f"tcp://{LOOPBACK}:{closed_port}"):
        pass


@pytest.mark.parametrize("address", ["here", "tcp://here", "http://here:80", "tcp://:1/x", ""])
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(ClusterError, match="write it as tcp://host:8786"), open_pool(None, address):
        pass


def test_without_dask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtraError, match=r'pip install "spikecim\[scale\]", or use --jobs 1'), open_pool(2):
        pass
    with open_pool(1) as pool:
        assert isinstance(pool, OneProcess)


@pytest.mark.slow
def test_one_process_two_processes_and_a_cluster(tmp_path: Path) -> None:
    own = study(
        factors={"cell.hrs.sigma_ln": {"low": 0.2, "high": 1.5}, "synapse.code": ["unary-bipolar", "sign-magnitude"]},
        base={"data": "digits", "images": 40, "chips": 3},
    )
    one = swept(own, tmp_path / "one", real, 1)
    assert swept(own, tmp_path / "two", real, 2) == one
    with cluster(tmp_path / "cluster", 2) as made:
        assert swept(own, tmp_path / "three", real, None, made.address) == one


@pytest.mark.slow
def test_failing_points_are_the_same_everywhere(tmp_path: Path) -> None:
    one = swept(study(), tmp_path / "one", sometimes_bad, 1)
    assert load_table(tmp_path / "one" / TABLE).n_failed == 3
    with started(2, sometimes_bad) as pool:
        assert pool.n_workers == 2
        run_sweep(study(), tmp_path / "two", pool)
        with pytest.raises(ClusterError, match="mnist is not here"):
            list(replace(pool, work=without_data).run(study(), points(study())))
    assert (tmp_path / "two" / TABLE).read_bytes() == one


def points(own: Study) -> Iterator[Point]:
    return points_of(designs_of(own), own.n_chips)


@pytest.mark.slow
def test_all_workers_but_one_are_killed(tmp_path: Path) -> None:
    """Two of three (five of six: benchmarks/sweep_identity.py)."""
    own, chance = many(), random.Random(5)
    with cluster(tmp_path / "cluster", 3) as made, open_pool(None, made.address, work=cheap) as pool:
        while pool.n_workers < 3:
            time.sleep(0.05)
        kill_at = dict(zip(sorted(chance.sample(range(5, 80), 2)), made.workers[:2], strict=True))
        seen: list[Point] = []

        def recorded(point: Point, outcome: Outcome) -> None:
            seen.append(point)
            if len(seen) in kill_at:
                kill_at[len(seen)].kill()

        with study_folder(own, tmp_path / "out") as journal:
            run_points(own, points(own), pool, journal, recorded)
            assert journal.n_failed == 0
        assert all(worker.wait() == -signal.SIGKILL for worker in made.workers[:2])
        assert len(seen) == len(set(seen)) == 100
        assert run_sweep(own, tmp_path / "out", pool).n_failed == 0
    assert (tmp_path / "out" / TABLE).read_bytes() == swept(own, tmp_path / "one", cheap, 1)


@pytest.mark.slow
def test_a_point_that_kills_its_workers_is_recorded_and_the_others_are_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One death is enough for Dask to suspect, so that this ends soon; its own limit is 4.
    monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", "0")
    import dask

    dask.config.refresh()
    try:
        swept(many(3), tmp_path, deadly, 2)
    finally:
        monkeypatch.undo()
        dask.config.refresh()
    table = load_table(tmp_path / TABLE)
    assert table.n_failed == 1
    assert len(table) == 12
    assert table.error[2 * 3 + 1] == "its worker died, 1 of 1 times"


@pytest.mark.slow
def test_killed_again_and_again_and_gone_on_with(tmp_path: Path) -> None:
    """Killed at a random number of finished points, once before the first (ten times: benchmarks/sweep_identity.py)."""
    own, chance, out = many(100), random.Random(10), tmp_path / "out"
    kills = [0, *sorted(chance.sample(range(1, 380), 3))]
    for run, at in enumerate([*kills, 10_000]):
        finished = keys(out)
        process = runner(own, out, run, tmp_path / "counted")
        while process.poll() is None and len(keys(out)) < at:
            time.sleep(0.001)
        process.kill()
        process.wait()
        again = {(design, chip) for run_, design, chip in counted(tmp_path / "counted") if run_ == run} & finished
        assert again == set()
    assert process.returncode == 0
    lines = (out / JOURNAL).read_bytes().splitlines()
    assert len(lines) == len(set(lines)) == 401
    # A kill costs at most the point under way.
    assert 400 <= len(counted(tmp_path / "counted")) <= 410
    assert (out / TABLE).read_bytes() == swept(own, tmp_path / "one", cheap, 1)


def keys(out: Path) -> set[tuple[int, int]]:
    """Points in the journal, read beside whoever writes it."""
    if not (out / JOURNAL).exists():
        return set()
    lines = (out / JOURNAL).read_bytes().split(b"\n")[1:-1]
    return {tuple(map(int, line[10:].split(b",")[:2])) for line in lines}  # type: ignore[misc]


RUNNER = """
import sys
from pathlib import Path
from spikecim.study.pool import OneProcess
from spikecim.study.sweep import run_sweep
from tests.study.test_cluster import many
from tests.study.works import cheap
run_sweep(many(int(sys.argv[2])), Path(sys.argv[1]), OneProcess(work=cheap))
"""


def runner(own: Study, out: Path, run: int, count: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), COUNTED: str(count), RUN: str(run)}
    return subprocess.Popen([sys.executable, "-c", RUNNER, str(out), str(own.n_chips)], env=environment)


@pytest.mark.slow
def test_the_scheduler_dies_and_the_sweep_goes_on_elsewhere(tmp_path: Path) -> None:
    own, out = many(), tmp_path / "out"
    with cluster(tmp_path / "cluster", 2) as made, open_pool(None, made.address, work=cheap) as pool:
        assert made.scheduler is not None
        with study_folder(own, out) as journal, pytest.raises(ClusterError, match="lost the Dask scheduler"):
            run_points(own, points(own), pool, journal, lambda *_: made.scheduler.kill() if len(journal) > 20 else None)
        assert 20 < len(keys(out)) < 100
    assert swept(own, out, cheap, 1) == swept(own, tmp_path / "one", cheap, 1)


@pytest.mark.slow
def test_a_worker_of_another_version_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.py"
    other.write_text('import spikecim.version\nspikecim.version.__version__ = "9.9"\n')
    with cluster(tmp_path / "cluster", 0) as made:
        made.add_worker("--preload", str(other))
        with pytest.raises(ClusterError, match=r"has spikecim 9\.9.* this machine has .*0\.1\.0"):
            swept(study(), tmp_path / "out", cheap, None, made.address)


def test_a_worker_with_other_data_refuses() -> None:
    point = next(points(study()))
    here = identity(study())
    assert compute(cheap, study(), (point,), here).refusal == ""
    refused = compute(cheap, study(), (point,), here.replace("data ", "data 0"))
    assert refused.outcomes == ()
    assert f"has {here}, this machine has" in refused.refusal
    assert "mnist is not here" in compute(without_data, study(), tuple(points(study())), here).refusal
