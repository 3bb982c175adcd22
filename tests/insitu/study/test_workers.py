"""Processes give the table of one process; a killed one costs time only; none outlives the one that started it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from spikecim.errors import ParameterError
from spikecim.insitu.study.run import run_study
from spikecim.insitu.study.workers import Order, open_workers
from tests.insitu.study.fake import FakeRunner, fake_study

ONE = {"grid": {"devices": ["0"], "rules": ["sgd", "momentum"]}}
SCRIPT = """
from pathlib import Path
from spikecim.insitu.study.run import Outlook, run_study
from tests.insitu.study.fake import FakeRunner, fake_study

if __name__ == "__main__":
    run_study(fake_study(**{one}), FakeRunner(pause=0.05), Path({out!r}), jobs=2)
"""


@pytest.mark.slow
def test_a_task_that_kills_its_process_stands_in_its_row(tmp_path: Path) -> None:
    study = fake_study(**ONE, seeds={"tuning": 1, "confirming": 1}, rates={"sgd": [0.1], "momentum": [0.01]})
    table = run_study(study, FakeRunner(kills="momentum"), tmp_path, jobs=2)
    assert table.cell("0", "sgd").trouble == "" and table.cell("0", "sgd").test is not None
    assert table.cell("0", "momentum").trouble == "every rate failed, the last with: its process died, 3 of 3 times"


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes as Linux shows them")
def test_a_study_killed_with_sigkill_leaves_no_process_and_goes_on(tmp_path: Path) -> None:
    whole = run_study(fake_study(**ONE), FakeRunner(), tmp_path / "whole", jobs=1)
    out = tmp_path / "killed"
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(one=ONE, out=str(out)), encoding="utf-8")
    root = str(Path(__file__).parents[3])
    started = subprocess.Popen([sys.executable, str(script)], env={**os.environ, "PYTHONPATH": root})
    while not (out / "journal.txt").exists() or (out / "journal.txt").read_bytes().count(b"\n") < 4:
        assert started.poll() is None, "it ended before it could be killed"
        time.sleep(0.02)
    children = children_of(started.pid)
    started.kill()
    started.wait()
    assert len(children) >= 2
    while any(runs(child) for child in children):
        time.sleep(0.02)
    assert run_study(fake_study(**ONE), FakeRunner(), out, jobs=1) == whole


def children_of(pid: int) -> list[int]:
    """Processes that `pid` started."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == pid:
            found.append(int(path.parent.name))
    return found


def runs(pid: int) -> bool:
    """Whether it is there, and no mere entry that waits to be read."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("jobs", [0, 10_000])
def test_a_number_of_processes_that_cannot_be_is_refused(jobs: int, tmp_path: Path) -> None:
    order = Order(runner=FakeRunner(), study=fake_study(**ONE), checkpoints=tmp_path)
    with pytest.raises(ParameterError, match=f"--jobs {jobs}: allowed 1 to"), open_workers(order, jobs):
        pass
