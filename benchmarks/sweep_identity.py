"""One study three ways, killed ten times, its workers killed: `python -m benchmarks.sweep_identity [STUDY.toml]`.

The same table must come out each time, byte for byte, and no finished point may be computed twice. Tests do the same on
small studies; this is the large one, for a person to run (minutes). It ends with exit code 1 if anything differs.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spikecim.study.cluster import started
from spikecim.study.designs import designs_of
from spikecim.study.manifest import JOURNAL, TABLE, study_folder
from spikecim.study.point import Point, evaluate
from spikecim.study.pool import Outcome, open_pool
from spikecim.study.reading import read_study
from spikecim.study.spec import Study
from spikecim.study.sweep import points_of, run_points, run_sweep

ROOT = Path(__file__).resolve().parents[1]
STUDY = ROOT / "docs" / "studies" / "identity.toml"
COUNTED, KILLS, WORKER_KILLS = "SPIKECIM_BENCH_COUNTED", 10, 5


def counted(study: Study, point: Point) -> dict[str, float]:
    """`evaluate`, which leaves a line in the file named by the environment."""
    file = os.open(os.environ[COUNTED], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(file, f"{point.design.number},{point.chip_index}\n".encode())
    os.close(file)
    return evaluate(study, point)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sweep_identity", description=__doc__)
    parser.add_argument("study", nargs="?", type=Path, default=STUDY)
    parser.add_argument("--seed", type=int, default=0, help="when to kill")
    parser.add_argument("--go-on", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.go_on:
        with open_pool(2, work=counted) as pool:
            run_sweep(read_study(options.study), options.go_on, pool)
        return
    with tempfile.TemporaryDirectory() as folder:
        tables = list(all_ways(options.study, Path(folder), random.Random(options.seed)))
    sys.exit(len(set(tables)) != 1)


def all_ways(path: Path, folder: Path, chance: random.Random) -> Iterator[str]:
    """Run the study every way, say how it went, and yield the digest of each table."""
    study = read_study(path)
    n_points = len(designs_of(study)) * study.n_chips
    print(f"{study.name}: {n_points:,} points")
    os.environ[COUNTED] = str(folder / "count")
    yield one_way("1 process", study, folder / "one", 1)
    yield one_way("2 processes", study, folder / "two", 2)
    with cluster(folder, 3) as address:
        yield one_way("scheduler and 3 workers", study, folder / "three", None, address)
    yield killed(path, folder / "killed", folder / "count", sorted(chance.sample(range(n_points), KILLS)))
    yield workers_killed(study, folder / "workers", sorted(chance.sample(range(n_points * 9 // 10), WORKER_KILLS)))


def one_way(name: str, study: Study, out: Path, *where: object) -> str:
    """One run from end to end."""
    started = time.perf_counter()
    with open_pool(*where) as pool:  # type: ignore[arg-type]
        run_sweep(study, out, pool)
    return said(name, out, f"{time.perf_counter() - started:.1f} s")


def killed(path: Path, out: Path, count: Path, kills: list[int]) -> str:
    """Kill the whole run with SIGKILL once so many points are finished, and go on, until it ends by itself."""
    count.unlink(missing_ok=True)
    again, under_way = 0, 0
    for at in [*kills, sys.maxsize]:
        finished, before = keys(out), len(lines_of(count))
        command = [sys.executable, "-m", "benchmarks.sweep_identity", str(path), "--go-on", str(out)]
        run = subprocess.Popen(command, cwd=ROOT, start_new_session=True)
        while run.poll() is None and len(keys(out)) < at:
            time.sleep(0.01)
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        computed = lines_of(count)[before:]
        again += len(finished.intersection(computed))
        under_way += len(set(computed) - keys(out))
    told = f"killed at {', '.join(map(str, kills))} points; {len(lines_of(count)):,} computations"
    return said("killed ten times", out, f"{told}, {again} of finished points, {under_way} lost under way")


def workers_killed(study: Study, out: Path, kills: list[int]) -> str:
    """Kill one of two workers once so many points are finished; Dask starts another."""
    left = list(kills)
    with started(2, evaluate) as pool, study_folder(study, out) as journal:

        def recorded(point: Point, outcome: Outcome) -> None:
            if left and len(journal) > left[0]:
                left.pop(0)
                os.kill(min(pool.client.run(os.getpid).values()), signal.SIGKILL)

        run_points(study, points_of(designs_of(study), study.n_chips), pool, journal, recorded)
    with open_pool(1) as one:
        run_sweep(study, out, one)
    return said("workers killed", out, f"killed at {', '.join(map(str, kills))} points, {len(left)} not")


def said(name: str, out: Path, text: str) -> str:
    """Say how a way went, and return the digest of its table."""
    digest = hashlib.sha256((out / TABLE).read_bytes()).hexdigest()[:16]
    print(f"{name:24s} {len(keys(out)):,} points, table {digest}; {text}", flush=True)
    return digest


def keys(out: Path) -> set[str]:
    """Finished points, ``design,chip``."""
    lines = lines_of(out / JOURNAL)[1:]
    found = [",".join(line[10:].split(",")[:2]) for line in lines]
    assert len(set(found)) == len(found), "a point stands in the journal twice"
    return set(found)


def lines_of(path: Path) -> list[str]:
    """Whole lines of a file that another process may be writing."""
    return path.read_text(encoding="utf-8").split("\n")[:-1] if path.exists() else []


@contextmanager
def cluster(folder: Path, n_workers: int) -> Iterator[str]:
    """A scheduler and workers as processes of their own on the loopback; yields the scheduler's address."""
    told, dask = folder / "scheduler.json", [sys.executable, "-m", "dask"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": ROOT}
    words = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(told)]
    started = [subprocess.Popen([*dask, "scheduler", *words], **quiet)]  # type: ignore[call-overload]
    words = ["--nthreads", "1", "--no-dashboard", "--local-directory", str(folder), "--scheduler-file", str(told)]
    started += [subprocess.Popen([*dask, "worker", *words], **quiet) for _ in range(n_workers)]  # type: ignore[call-overload]
    try:
        while not told.exists() or not told.read_text().endswith("}"):
            time.sleep(0.05)
        import json

        yield json.loads(told.read_text())["address"]
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
