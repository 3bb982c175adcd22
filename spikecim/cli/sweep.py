"""`spikecim sweep`: all designs of a study, on this machine or a cluster; a killed sweep goes on where it was."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spikecim.cli.options import Json, OutDir, Processes, Quiet, Scheduler
from spikecim.cli.shell import Stages, guarded, leave_interrupted, say, show, show_json, stages, warnings_said

if TYPE_CHECKING:
    from spikecim.results.sweep_report import SweepReport
    from spikecim.results.sweep_table import SweepTable
    from spikecim.study.spec import Study

SOME_FAILED = 1
StudyFile = Annotated[Path, typer.Argument(metavar="STUDY.toml", help="Designs, virtual chips and metrics.")]


@guarded
def sweep(
    study: StudyFile,
    out: OutDir = Path("out/sweep"),
    jobs: Processes = None,
    scheduler: Scheduler = None,
    again: Annotated[bool, typer.Option("--again", help="Compute points again that failed.")] = False,
    page: Annotated[bool, typer.Option("--page/--no-page", help="Write page, figures and effects too.")] = True,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run all designs of a study on virtual chips; the same command goes on with what a kill or Ctrl-C left."""
    from spikecim.study.reading import read_study

    read = read_study(study)
    with stages(quiet=quiet or json) as stage:
        table = _run(read, out, (jobs, scheduler), stage, again=again)
        report = _report(read, table, out, stage) if page else None
    _tell(table, report, out, json=json, quiet=quiet)
    if table.n_failed:
        first = next(error for error in table.error if error)
        say(f"{table.n_failed:,} of {len(table):,} points failed, the first with: {first}")
        raise typer.Exit(SOME_FAILED)


def _run(study: Study, out: Path, where: tuple[int | None, str | None], stage: Stages, *, again: bool) -> SweepTable:
    from spikecim.study.pool import open_pool
    from spikecim.study.sweep import run_sweep

    finished = [0, 0]

    def progress(name: str, done: int, total: int) -> None:
        finished[:] = done, total
        stage(name, done, total)

    try:
        with warnings_said(), open_pool(*where) as pool:
            return run_sweep(study, out, pool, progress, again=again)
    except KeyboardInterrupt:
        done, total = finished
        if not total:
            leave_interrupted(f"nothing was begun; what {out} holds, if anything, is untouched")
        leave_interrupted(f"{out} holds {done:,} of {total:,} points; the same command goes on from there")


def _report(study: Study, table: SweepTable, out: Path, stage: Stages) -> SweepReport | None:
    """Write page, JSON, CSV and figures; nothing can be told if no point is done."""
    if not table.done.any():
        return None
    from spikecim.reports.sweep_page import write_sweep
    from spikecim.study.report import report_of

    stage("page", 0, 1)
    report = report_of(study, table)
    write_sweep(report, out)
    return report


def _tell(table: SweepTable, report: SweepReport | None, out: Path, *, json: bool, quiet: bool) -> None:
    from spikecim.study.manifest import TABLE

    name = table.study["name"]
    if json:
        from spikecim.results.sweep_report_data import report_json

        summary = {"study": name, "points": len(table), "failed": table.n_failed, "table": str(out / TABLE)}
        show_json({**summary, "report": report_json(report) if report else None})
    else:
        show(f"{name}: {len(table):,} points, {table.n_failed:,} failed")
        if report:
            from spikecim.reports.sweep_terminal import sweep_summary

            show(*sweep_summary(report))
    say(f"wrote {out / TABLE}{', sweep.html, sweep.json, CSV and figures beside it' if report else ''}", quiet=quiet)
