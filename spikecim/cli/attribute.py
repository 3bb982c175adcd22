"""`spikecim attribute`: which causes cost how much, and which plausible chips give the published numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spikecim.cli.options import Chip, Chips, Data, Images, Jobs, Json, OutDir, Quiet, Seed
from spikecim.cli.shell import guarded, leave_if_short, leave_interrupted, say, show, show_json, stages, use_jobs

attribute = typer.Typer(no_args_is_help=True, help="Attribute the loss of a chip to its causes.")


@attribute.callback()
def _root() -> None:
    """Attribute the loss of a chip to its causes."""


@attribute.command("spirit")
@guarded
def attribute_spirit(
    out: OutDir = Path("out/attribution"),
    chip: Chip = "spirit",
    data: Data = "mnist",
    chips: Chips = 100,
    images: Images = None,
    after: Annotated[str, typer.Option("--after", help="Time since programming.")] = "1 h",
    seed: Seed = 0,
    region: Annotated[
        bool, typer.Option("--region/--no-region", help="Search plausible values for 84 % and 136 spikes.")
    ] = True,
    designs: Annotated[int, typer.Option("--designs", min=128, help="Designs that the search runs.")] = 512,
    jobs: Jobs = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Share out the loss of SPIRIT to fifteen causes: each alone, all but one, and Shapley values."""
    from spikecim.experiments.attribution import AttributionExperiment
    from spikecim.files import make_folder

    make_folder(out)
    use_jobs(jobs)
    with stages(quiet=quiet or json) as stage:
        experiment = AttributionExperiment(
            chip=chip,
            dataset=data,
            n_chips=chips,
            after=after,
            seed=seed,
            limit=images,
            n_designs=designs,
            progress=stage,
        )
        found = experiment.run()
        searched = experiment.region() if region and not found.interrupted else None
        stage("figures", 0, 1)
        from spikecim.reports.attribution_text import attribution_summary, write_attribution

        write_attribution(found, searched, out)
    if json:
        from spikecim.results.attribution_data import attribution_json

        show_json(attribution_json(found, searched))
    else:
        show(*attribution_summary(found, searched))
    say(f"wrote {out / 'attribution.json'}, .csv, .md and figures as PNG and SVG", quiet=quiet)
    leave_if_short(found.n_chips, chips)
    if searched is not None and searched.interrupted:
        leave_interrupted(f"the search holds {len(searched.designs)} of {searched.requested} designs")
