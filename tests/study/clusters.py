"""A real Dask cluster for tests: scheduler and workers as processes of their own on the loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(kw_only=True)
class Cluster:
    """Its processes; the address of the scheduler."""

    folder: Path
    address: str = ""
    scheduler: subprocess.Popen[bytes] | None = None
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *words: str, **env: str) -> subprocess.Popen[bytes]:
        """Start ``dask <words>``; what it says goes into the folder."""
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **env}
        log = self.folder / f"{words[0]}-{len(self.workers)}.log"
        command = [sys.executable, "-m", "dask", *words]
        with log.open("wb") as said:
            return subprocess.Popen(command, stdout=said, stderr=said, env=environment, cwd=self.folder)

    def add_worker(self, *words: str, **env: str) -> subprocess.Popen[bytes]:
        """One process with one thread; nobody starts it again when it dies."""
        given = ("--nthreads", "1", "--no-nanny", "--no-dashboard", *words)
        worker = self.start("worker", self.address, *given, **env)
        self.workers.append(worker)
        return worker


@contextmanager
def cluster(folder: Path, n_workers: int) -> Iterator[Cluster]:
    """Yield a running cluster and end what is left of it."""
    folder.mkdir()
    made = Cluster(folder=folder)
    told = folder / "scheduler.json"
    words = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(told))
    made.scheduler = made.start("scheduler", *words)
    try:
        while not made.address:
            assert made.scheduler.poll() is None, (folder / "scheduler-0.log").read_text()
            time.sleep(0.05)
            if told.exists() and told.read_text().endswith("}"):
                made.address = json.loads(told.read_text())["address"]
        for _ in range(n_workers):
            made.add_worker()
        yield made
    finally:
        for process in (*made.workers, made.scheduler):
            process.kill()
            process.wait()
