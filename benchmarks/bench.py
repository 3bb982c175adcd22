"""Speed table: `python -m benchmarks.bench [--quick]` measures, prints, and writes bench.json."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from benchmarks.aware_cases import aware_rows
from benchmarks.cases import (
    QUICK,
    Plan,
    ageing_row,
    attribution_row,
    brian_rows,
    encoding_row,
    event_rows,
    help_row,
    main_job_rows,
    population_row,
    workload,
)
from benchmarks.correction_cases import correction_rows
from benchmarks.crossbar_cases import crossbar_rows
from benchmarks.crossbar_peers import crossbar_peer_rows
from benchmarks.insitu_cases import insitu_rows
from benchmarks.insitu_deep_cases import insitu_deep_rows
from benchmarks.layered_cases import layered_rows
from benchmarks.peers import peer_rows
from benchmarks.sweep_cases import sweep_rows
from benchmarks.timing import Row, machine

COLUMNS = ("seconds", "target s", "CPU s", "images/s", "time per image")


def main(arguments: list[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repeats, long cases extrapolated (a minute)")
    parser.add_argument("--out", type=Path, default=Path("bench.json"), help="where to write the JSON")
    options = parser.parse_args(arguments)
    progress = Console(stderr=True)
    result, rows = bench(QUICK if options.quick else Plan(), lambda text: progress.print(text, style="dim"))
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    screen = Console(width=None if sys.stdout.isatty() else 120, highlight=False)
    screen.print(table(rows, result["machine"]))
    for number, row in enumerate(rows, 1):
        if row.note:
            screen.print(f"{number:3d}  {row.note}", soft_wrap=True)


def bench(plan: Plan, say: Callable[[str], None]) -> tuple[dict[str, Any], list[Row]]:
    """Measure everything; return the content of bench.json and its rows."""
    about, rows = machine(), []
    for row in measurements(plan, say):
        say(f"{row.name}: {row.timing.seconds:.4g} s")
        rows.append(row)
    return {"machine": about, "rows": [row.as_dict() for row in rows]}, rows


def measurements(plan: Plan, say: Callable[[str], None]) -> Iterator[Row]:
    """All rows, in the order of the table."""
    work = workload(plan)
    rows = event_rows(work, plan)
    yield from rows
    yield encoding_row(work, plan)
    say("brian2, in a process of its own ...")
    yield from brian_rows(work, plan, event=rows[2])
    say(f"{plan.chips_run} virtual chips ...")
    yield population_row(work, plan)
    yield ageing_row(work, plan)
    say(f"attribution over {plan.chips_run} virtual chips ...")
    yield attribution_row(work, plan)
    say("the main job, twice ...")
    yield from main_job_rows(work, plan)
    yield help_row()
    yield from peer_rows(work, plan, say)
    yield from layered_rows(plan, say)
    yield from sweep_rows(plan, say)
    yield from crossbar_rows(plan, say)
    yield from crossbar_peer_rows(plan, say)
    yield from correction_rows(plan, say)
    yield from aware_rows(plan, say)
    yield from insitu_rows(plan, say)
    yield from insitu_deep_rows(plan, say)


def table(rows: list[Row], about: dict[str, Any]) -> Table:
    """The rows for a terminal; their notes have the numbers of the first column."""
    made = Table(title=f"{about['cpu']}, {about['cores']} cores, Python {about['python']}", box=SIMPLE_HEAD)
    made.add_column("", justify="right")
    made.add_column("case")
    for name in COLUMNS:
        made.add_column(name, justify="right", no_wrap=True)
    for number, row in enumerate(rows, 1):
        data = row.as_dict()
        cells = (data.get(key) for key in ("seconds", "target_seconds", "cpu_seconds", "images_per_second"))
        made.add_row(str(number), row.name, *map(_figure, cells), _ratio(row, rows))
    return made


def _figure(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 1000.0 else f"{value:.3g}"


def _ratio(row: Row, rows: list[Row]) -> str:
    """The ratio, and the number of the row it is taken to."""
    if row.against is None:
        return ""
    return f"{_figure(row.ratio)} x row {rows.index(row.against) + 1}{' (CPU)' if row.by_cpu else ''}"


if __name__ == "__main__":
    main()
