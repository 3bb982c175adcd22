"""`spikecim learn spirit`: a tenth class or a drifted input, learned on the chip by writes of single binary cells."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spikecim.cli.options import Chip, Data, Json, OutDir, Quiet, Seed, Set
from spikecim.cli.shell import (
    Stages,
    guarded,
    leave_interrupted,
    overrides,
    say,
    show,
    show_json,
    stages,
    use_jobs,
    warnings_said,
)

if TYPE_CHECKING:
    from spikecim.chips.spec import ChipSpec
    from spikecim.insitu.spirit.spec import LearnStudy
    from spikecim.results.learning import Learning

app = typer.Typer(no_args_is_help=True, help="Learn on the chip: a new class or a drifted input.")


@app.callback()
def _group() -> None:
    """Holds one command now; others may follow."""


@app.command("spirit")
@guarded
def learn_spirit(
    new_class: Annotated[
        int | None, typer.Option("--new-class", min=0, help="Class that is learned after all others (default: 9).")
    ] = None,
    drift: Annotated[
        str | None,
        typer.Option("--drift", help="Learn a drifted input instead: rotate:DEGREES, shift:PIXELS, contrast:FACTOR."),
    ] = None,
    rule: Annotated[str, typer.Option("--rule", help="delta, stdp, or both: delta,stdp.")] = "delta",
    rehearsal: Annotated[
        str, typer.Option("--rehearsal", help="Old images kept, a class: numbers, none, all; separated by commas.")
    ] = "none,10,all",
    rates: Annotated[
        str, typer.Option("--rates", help="Learning rates; the best on validation images is taken.")
    ] = "0.03,0.1,0.3,1,2,4",
    batches: Annotated[int, typer.Option("--batches", min=1, help="Batches that are presented.")] = 60,
    batch: Annotated[int, typer.Option("--batch", min=1, help="Images of a batch.")] = 100,
    chips: Annotated[int, typer.Option("--chips", min=1, help="Virtual chips.")] = 20,
    images: Annotated[
        int | None, typer.Option("--images", min=2, help="Test images, old and new together (default: all).")
    ] = None,
    validation: Annotated[int, typer.Option("--validation", min=2, help="Images that rates are chosen by.")] = 2500,
    limit: Annotated[
        int | None, typer.Option("--limit", min=100, help="Only the first images of each split, for a quick look.")
    ] = None,
    data: Data = "mnist",
    chip: Chip = "spirit",
    settings: Set = None,
    seed: Seed = 0,
    out: OutDir = Path("out/learn"),
    page: Annotated[bool, typer.Option("--page/--no-page", help="Write page and figures too.")] = True,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="Threads of the compiled kernels.")] = 1,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Program nine classes, learn the tenth on the chip, on many virtual chips; a killed study goes on."""
    from spikecim.chips import load_chip
    from spikecim.insitu.spirit.reading import check_rehearsal, study_of

    use_jobs(jobs)
    spec = load_chip(chip, overrides(settings))
    study = study_of(
        spec, data=data, new_class=new_class, drift=drift, rules=rule, rehearsals=rehearsal, rates=rates,
        batches=batches, batch=batch, chips=chips, images=images, validation=validation, limit=limit, seed=seed,
    )  # fmt: skip
    check_rehearsal(study)
    with stages(quiet=quiet or json) as stage:
        found = measured(study, spec, out, stage)
        written = _write(found, out, page=page)
    if json:
        from spikecim.results.learning_data import learning_json

        show_json(learning_json(found))
    else:
        from spikecim.reports.learning_terminal import learning_summary

        show(*learning_summary(found))
    say(f"wrote {', '.join(str(out / name) for name in written if not name.startswith('figures/'))}", quiet=quiet)


def measured(study: LearnStudy, chip: ChipSpec, out: Path, stage: Stages) -> Learning:
    """Run `study`, or go on with it, in the folder `out`."""
    from spikecim.insitu.spirit.run import run_learning

    finished = [0, 0]

    def progress(name: str, done: int, total: int) -> None:
        finished[:] = done, total
        stage(name, done, total)

    try:
        with warnings_said():
            return run_learning(study, chip, out, progress)
    except KeyboardInterrupt:
        done, total = finished
        if not total:
            leave_interrupted(f"nothing was measured; what {out} holds, if anything, is untouched")
        leave_interrupted(f"{out} holds {done:,} of {total:,} chips; the same command goes on from there")


def _write(found: Learning, out: Path, *, page: bool) -> list[str]:
    if not page:
        from spikecim.files import write_json
        from spikecim.results.learning_data import learning_json

        write_json(out / "learning.json", learning_json(found))
        return ["learning.json"]
    from spikecim.reports.learning_files import write_learning

    return list(write_learning(found, out))
