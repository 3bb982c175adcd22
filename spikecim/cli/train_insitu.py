"""`spikecim train-insitu`: networks trained on analog devices, over devices, update rules, rates and seeds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spikecim.cli.options import Json, OutDir, Quiet
from spikecim.cli.shell import Stages, guarded, leave_interrupted, say, show, show_json, stages, warnings_said

if TYPE_CHECKING:
    from spikecim.insitu.study.run import Outlook
    from spikecim.insitu.study.spec import InsituStudy
    from spikecim.results.insitu_table import InsituTable

SOME_FAILED = 1
StudyName = Annotated[
    str, typer.Argument(metavar="STUDY.toml", help="A study file, or one that is shipped; `list` names them.")
]
Workers = Annotated[
    int | None, typer.Option("--jobs", min=1, help="Processes of this machine (default: one for each core).")
]


@guarded
def train_insitu(
    study: StudyName,
    out: OutDir = Path("out/train-insitu"),
    jobs: Workers = None,
    again: Annotated[bool, typer.Option("--again", help="Train again what failed.")] = False,
    page: Annotated[bool, typer.Option("--page/--no-page", help="Write page and figures too.")] = True,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train on the chip: tune each rule's rate on validation images, then score it; a killed study goes on."""
    from spikecim.insitu.study.reading import find_study, shipped_studies

    if study == "list" and not Path(study).exists():
        show(*(f"{name}: {title}" for name, title in shipped_studies().items()))
        return
    read = find_study(study)
    with stages(quiet=quiet or json) as stage:
        found = _trained(read, out, stage, jobs=jobs, again=again, live=page)
        written = _write(found, out, stage, page=page)
    _tell(found, json=json)
    say(f"wrote {', '.join(str(out / name) for name in written if not name.startswith('figures/'))}", quiet=quiet)
    if found.failed:
        first = next(cell for cell in found.cells if cell.trouble)
        say(
            f"{found.failed:,} of {found.trainings:,} trainings failed; {first.device}, {first.rule}: {first.trouble}; "
            "their rows say so, --again trains them again"
        )
        raise typer.Exit(SOME_FAILED)


def _trained(study: InsituStudy, out: Path, stage: Stages, *, jobs: int | None, again: bool, live: bool) -> InsituTable:
    """Run `study`, or go on with it, in the folder `out`."""
    from spikecim.insitu.study.run import run_study
    from spikecim.insitu.study.runner import runner_of

    finished = [0.0, 0.0]
    try:
        with warnings_said():
            outlook = _outlook(out, stage, finished, live=live)
            return run_study(study, runner_of(study), out, outlook, jobs=jobs, again=again)
    except KeyboardInterrupt:
        done, total = finished
        if not total:
            leave_interrupted(f"nothing was trained; what {out} holds, if anything, is untouched")
        leave_interrupted(f"{out} holds {done:,.0f} of {total:,.0f} trainings; the same command goes on from there")


def _outlook(out: Path, stage: Stages, finished: list[float], *, live: bool) -> Outlook:
    """Bar with ETA, and the curves so far as a figure in `out`."""
    from spikecim.insitu.study.run import Outlook

    def progress(name: str, done: float, total: int) -> None:
        finished[:] = int(done), total
        stage(name, done, total)

    if not live:
        return Outlook(progress=progress)
    from spikecim.reports.insitu_live import LiveFigure

    return Outlook(progress=progress, watch=LiveFigure(out))


def _write(found: InsituTable, out: Path, stage: Stages, *, page: bool) -> list[str]:
    from spikecim.reports.insitu_files import write_insitu, write_insitu_data

    if not page:
        return list(write_insitu_data(found, out))
    stage("page", 0, 1)
    return list(write_insitu(found, out))


def _tell(found: InsituTable, *, json: bool) -> None:
    if json:
        from spikecim.results.insitu_data import insitu_json

        show_json(insitu_json(found))
        return
    from spikecim.reports.insitu_terminal import insitu_summary

    show(*insitu_summary(found))
