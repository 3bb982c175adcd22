"""`spikecim energy`: energy per inference of saved runs, as a report that can be defended line by line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spikecim.cli.options import Json, Quiet
from spikecim.cli.shell import guarded, say, show, show_json, stages


@guarded
def energy(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN.h5...", help="Runs written by spikecim, of one layer or of several.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for the report.")] = Path("out/energy"),
    draws: Annotated[
        int, typer.Option("--draws", min=100, max=1_000_000, help="Draws of all entries over their ranges.")
    ] = 10_000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Names the draws; same seed, same report.")] = 0,
    figures: Annotated[
        bool, typer.Option("--figures", help="Write every figure as SVG and PNG too, for a paper.")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Report energy per inference: by part, layer, class, image; ranges, baselines, links; HTML, JSON, CSV, LaTeX."""
    from spikecim.explore.energy import report_files
    from spikecim.files import make_folder

    with stages(quiet=quiet or json) as stage:
        stage("energy", 0, 2)
        found = report_files(runs, draws=draws, seed=seed)
        make_folder(out)  # not before the runs are known to be good
        stage("page", 1, 2)
        from spikecim.reports.energy_files import write_energy

        written = write_energy(found, out, figures=figures)
    if json:
        from spikecim.results.energy_report_data import energy_json

        show_json(energy_json(found))
    else:
        from spikecim.reports.energy_terminal import energy_summary

        show(*energy_summary(found))
    others = [name for name in written if name != "energy.html" and not name.startswith("figures/")]
    more = f", and {len(written) - len(others) - 1} files in figures" if figures else ""
    say(f"wrote {out / 'energy.html'}, {', '.join(others)}{more}", quiet=quiet)
