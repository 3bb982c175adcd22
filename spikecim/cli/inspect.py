"""`spikecim report`, `replay` and `verify-engines`: look at a run, run it again, hold engines against each other."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spikecim.cli.options import Data, Images, Jobs, Json, Quiet, RunFile, Seed
from spikecim.cli.shell import guarded, say, show, show_json, stages, use_jobs


@guarded
def report(
    run: RunFile,
    out: Annotated[Path | None, typer.Option("--out", help="HTML file (default: beside the run).")] = None,
    json: Json = False,
) -> None:
    """Summarise a run, and write its HTML report."""
    from spikecim.reports.html import write_run_report
    from spikecim.results.hdf5 import load_run

    result = load_run(run)
    if json:
        from spikecim.reports.tables import run_json

        show_json(run_json(result))
        return
    from spikecim.reports.terminal import run_summary

    target = out or run.with_suffix(".html")
    write_run_report(result, target)
    show(run_summary(result))
    say(f"wrote {target}")


@guarded
def replay(
    run: RunFile,
    engine: Annotated[str, typer.Option("--engine", help="event, brian2 or stepper.")] = "event",
    json: Json = False,
) -> None:
    """Run a saved program and its input spikes again; exit 1 if anything differs."""
    from spikecim.results.hdf5 import load_run
    from spikecim.results.replay import replay as run_again

    found = run_again(load_run(run), engine)
    if json:
        show_json({"engine": engine, "identical": found.identical, "difference": found.difference,
                   "spikes_compared": found.spikes_compared, "seconds": round(found.seconds, 3)})  # fmt: skip
    elif found.identical:
        show(f"identical ({engine}, {found.seconds:.1f} s): {found.spikes_compared:,} output spikes, decisions, counts")
    else:
        show(f"differs ({engine}): {found.difference}")
    if not found.identical:
        raise typer.Exit(1)


@guarded
def verify_engines(
    images: Images = 200,
    data: Data = "mnist",
    network: Annotated[
        str | None,
        typer.Option(
            "--network", help="Network of several layers (lenet, mlp ..., or a file) instead of SPIRIT's own."
        ),
    ] = None,
    seed: Seed = 0,
    jobs: Jobs = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run the same programs on all engines, ideal and nominal chip; exit 1 on any difference."""
    use_jobs(jobs)
    with stages(quiet=quiet or json) as stage:
        if network is None:
            from spikecim.experiments.engines import verify

            found = verify(data, images, seed, progress=stage)
        else:
            from spikecim.experiments.layered_engines import verify_layers

            found = verify_layers(network, data, images, seed, progress=stage)
    if json:
        show_json(found.as_dict())
    else:
        for line in found.lines():
            show(line)
    if found.differing or not found.identical:
        raise typer.Exit(1)
