"""`spikecim mitigate`: damage of each class of hardware error, before and after its cures, over virtual chips."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spikecim.cli.options import Json, OutDir, Quiet
from spikecim.cli.shell import Stages, guarded, leave_interrupted, say, show, show_json, stages, warnings_said

if TYPE_CHECKING:
    from spikecim.mitigate.spec import MitigationStudy
    from spikecim.results.mitigation import Mitigation

StudyName = Annotated[
    str, typer.Argument(metavar="STUDY.toml", help="A study file, or one that is shipped; `list` names them.")
]


@guarded
def mitigate(
    study: StudyName,
    out: OutDir = Path("out/mitigate"),
    chips: Annotated[int | None, typer.Option("--chips", min=1, help="Virtual chips, instead of the study's.")] = None,
    images: Annotated[int | None, typer.Option("--images", min=2, help="Test samples, instead of the study's.")] = None,
    page: Annotated[bool, typer.Option("--page/--no-page", help="Write page and figures too.")] = True,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Measure each class of error alone and all together, before and after its cures; a killed study goes on."""
    from spikecim.mitigate.shipped import find_study, shipped_studies

    if study == "list" and not Path(study).exists():
        show(*(f"{name}: {title}" for name, title in shipped_studies().items()))
        return
    read = find_study(study, chips=chips, images=images)
    with stages(quiet=quiet or json) as stage:
        found = measured(read, out, stage)
        written = _write(found, out, stage, page=page)
    if json:
        from spikecim.results.mitigation_data import mitigation_json

        show_json(mitigation_json(found))
    else:
        from spikecim.reports.mitigation_terminal import mitigation_summary

        show(*mitigation_summary(found))
    say(f"wrote {', '.join(str(out / name) for name in written if not name.startswith('figures/'))}", quiet=quiet)


def measured(study: MitigationStudy, out: Path, stage: Stages) -> Mitigation:
    """Run `study`, or go on with it, in the folder `out`."""
    from spikecim.mitigate.run import run_mitigation
    from spikecim.mitigate.subjects import open_subject

    finished = [0, 0]

    def progress(name: str, done: int, total: int) -> None:
        if name == study.name:
            finished[:] = done, total
        stage(name, done, total)

    try:
        with warnings_said():
            return run_mitigation(study, open_subject(study, out), out, progress)
    except KeyboardInterrupt:
        done, total = finished
        if not total:
            leave_interrupted(f"nothing was measured; what {out} holds, if anything, is untouched")
        leave_interrupted(f"{out} holds {done:,} of {total:,} measurements; the same command goes on from there")


def _write(found: Mitigation, out: Path, stage: Stages, *, page: bool) -> list[str]:
    if not page:
        from spikecim.files import write_json
        from spikecim.results.mitigation_data import mitigation_json

        write_json(out / "mitigation.json", mitigation_json(found))
        return ["mitigation.json"]
    from spikecim.reports.mitigation_files import write_mitigation

    stage("page", 0, 1)
    return list(write_mitigation(found, out))
