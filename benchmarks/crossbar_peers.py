"""A passive array with wires, one input vector, here and in badcrossbar: each in a process of its own, on one thread.

`python -m benchmarks.crossbar_peers NAME SIZE REPEATS` measures one of them and prints JSON.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.cases import Plan
from benchmarks.timing import Row, Timing, measure, peak_megabytes, resident_megabytes

ROOT = Path(__file__).resolve().parents[1]
# Seconds and megabytes this project sets itself, and how much faster than badcrossbar.
TARGET_S, TARGET_MB, TARGET_RATIO = 0.6, 300, 20
SEGMENT, LRS, HRS, VOLTS = 1.0, 1e4, 2e5, 0.1
THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
Floats = NDArray[np.float64]
Solve = Callable[[Floats, Floats], Floats]  # resistances (rows, columns) and volts (rows,) to column currents


def ours() -> Solve:
    """`solve`, which takes conjugate gradients with whole lines here."""
    from spikecim.arrays.crossbar.crossbar import Crossbar
    from spikecim.arrays.crossbar.solve import solve
    from spikecim.arrays.crossbar.wires import Wires

    wires = Wires(row_segment=SEGMENT, column_segment=SEGMENT)

    def currents(resistance: Floats, volts: Floats) -> Floats:
        return solve(Crossbar(conductance=1.0 / resistance, wires=wires), volts[None]).currents[0]

    return currents


def badcrossbar() -> Solve:
    """Its leaner way: column currents only."""
    import badcrossbar

    # It reports its progress on standard output.
    logging.disable(logging.INFO)

    def currents(resistance: Floats, volts: Floats) -> Floats:
        found = badcrossbar.compute(volts[:, None], resistance, SEGMENT, node_voltages=False, all_currents=False)
        return np.asarray(found.currents.output[0])

    return currents


MAKERS = {"spikecim": ours, "badcrossbar": badcrossbar}


def circuit(size: int) -> tuple[Floats, Floats]:
    """Half of the cells in either state, half of the rows on."""
    rng = np.random.default_rng(0)
    resistance = np.where(rng.random((size, size)) < 0.5, LRS, HRS)
    return resistance, VOLTS * (rng.random(size) < 0.5)


def measured(name: str, size: int, repeats: int) -> dict[str, Any]:
    """Time one solver in this process, after a small array to warm up."""
    solve, (resistance, volts) = MAKERS[name](), circuit(size)
    small = min(size, 16)
    solve(resistance[:small, :small], volts[:small])
    before = resident_megabytes()
    found: list[Floats] = []
    timing = measure(lambda: found.append(solve(resistance, volts)), repeats, warm_up=lambda: None)
    return {
        "timing": asdict(timing),
        "peak_mb": peak_megabytes(),
        "before_mb": before,
        "currents": found[-1].tolist(),
    }


def crossbar_peer_rows(plan: Plan, say: Callable[[str], None]) -> Iterator[Row]:
    """Our row, then badcrossbar's if it is installed; `say` gets a line if it is not."""
    size = plan.crossbar_size
    mine = _measured_apart("spikecim", size, plan.peer_repeats)
    row = Row(
        name=f"crossbar {size} x {size}, passive, 1 vector",
        timing=Timing(**mine["timing"]),
        target_seconds=TARGET_S,
        peak_mb=mine["peak_mb"],
        note=f"{SEGMENT:g} ohm a segment, cells of {LRS:,.0f} and {HRS:,.0f} ohm; one thread; "
        f"{_memory(mine)}, target {TARGET_MB} MB",
    )
    yield row
    if importlib.util.find_spec("badcrossbar") is None:
        say("badcrossbar skipped: it is not installed (extra peers)")
        return
    theirs = _measured_apart("badcrossbar", size, 1)
    a, b = np.array(mine["currents"]), np.array(theirs["currents"])
    yield Row(
        name=f"badcrossbar {size} x {size}, passive, 1 vector",
        timing=Timing(**theirs["timing"]),
        against=row,
        by_cpu=True,
        peak_mb=theirs["peak_mb"],
        note=f"column currents only; target at least {TARGET_RATIO} x; {_memory(theirs)}; currents differ by at most "
        f"{np.abs(a - b).max() / np.abs(a).max():.1e} of the largest one",
    )


def _memory(found: dict[str, Any]) -> str:
    return f"peak memory {found['peak_mb']:.0f} MB, of which {found['before_mb']:.0f} MB before the array was solved"


def _measured_apart(name: str, size: int, repeats: int) -> dict[str, Any]:
    """`measured` in a process of its own, so that its peak memory is its own."""
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.crossbar_peers", name, str(size), str(repeats)]
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, **THREADS}
    )
    return dict(json.loads(done.stdout))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measured(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
