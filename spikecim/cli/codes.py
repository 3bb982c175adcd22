"""`spikecim codes`: weight codes under stuck cells and HRS spread, and how many cells a group needs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spikecim.cli.options import Chip, Chips, Data, Images, Jobs, Json, OutDir, Quiet, Seed
from spikecim.cli.shell import guarded, leave_if_short, say, show, show_json, stages, use_jobs


@guarded
def codes(
    out: OutDir = Path("out/codes"),
    chip: Chip = "spirit",
    data: Data = "mnist",
    chips: Chips = 20,
    images: Images = None,
    fine: Annotated[bool, typer.Option("--fine", help="More stuck rates and spreads; half as long again.")] = False,
    seed: Seed = 0,
    jobs: Jobs = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compare weight codes under stuck cells and HRS spread; judge 4 + 4 cells against a sign bit."""
    from spikecim.experiments.codes import CodesExperiment
    from spikecim.files import make_folder

    make_folder(out)
    use_jobs(jobs)
    with stages(quiet=quiet or json) as stage:
        study = CodesExperiment(
            chip=chip, dataset=data, n_chips=chips, seed=seed, limit=images, fine=fine, progress=stage
        ).run()
        stage("figures", 0, 1)
        from spikecim.reports.codes_tables import codes_summary, write_codes

        write_codes(study, out)
    if json:
        from spikecim.results.codes_data import codes_json

        show_json(codes_json(study))
    else:
        show(*codes_summary(study))
    say(f"wrote {out / 'codes.json'}, codes.csv and figures as PNG and SVG", quiet=quiet)
    leave_if_short(study.n_chips, study.requested)
