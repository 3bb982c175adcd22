"""`spikecim explain`: look inside one decision of a saved run, on paper or as a race in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spikecim.cli.options import Json, Quiet, RunFile
from spikecim.cli.shell import guarded, say, show, show_json
from spikecim.errors import ParameterError

FIGURES = (".png", ".svg")


@guarded
def explain(
    run: RunFile,
    image: Annotated[int | None, typer.Option("--image", help="Number of the image in the run, from 0.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Draw the decision to this .png or .svg file.")] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write the interactive race to this .html file.")] = None,
    images: Annotated[
        int | None, typer.Option("--images", min=1, help="Images in the interactive race (default: 200).")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Look inside one decision: the race, what made the winner, what other chips do with the same spikes."""
    from spikecim.results.decision_trace import check_sample
    from spikecim.results.hdf5 import load_run

    _check_wishes(image, html, {"--out": out is not None, "--json": json}, images)
    _check_figure(out)
    result = load_run(run)
    check_sample(result, 0 if image is None else image)
    if html is not None:
        from spikecim.reports.race import IMAGES, write_race

        write_race(result, html, n_images=images or IMAGES, first=image)
        say(f"wrote {html}", quiet=quiet)
    if image is None:
        return
    from spikecim.explore.explain import explain as look_inside
    from spikecim.reports.explain_text import explanation_json, explanation_summary

    told = look_inside(result, image)
    if out is not None:
        from spikecim.reports.explain_figure import write_explanation

        write_explanation(told, out)
        say(f"wrote {out}", quiet=quiet)
    if json:
        show_json(explanation_json(told))
        return
    show(explanation_summary(told))


def _check_wishes(image: int | None, html: Path | None, of_one: dict[str, bool], images: int | None) -> None:
    """Faults of the command line itself, before the run is read; `of_one`: which options of one image were given."""
    if image is None and html is None:
        raise ParameterError("say which image: --image N, or --html FILE.html for the interactive race of many")
    for option, given in of_one.items():
        if given and image is None:
            raise ParameterError(f"{option} tells of one image; add --image N")
    if images is not None and html is None:
        raise ParameterError("--images counts the images of the interactive race; add --html FILE.html")


def _check_figure(out: Path | None) -> None:
    if out is not None and out.suffix.lower() not in FIGURES:
        raise ParameterError(f"--out {out}: a figure is a .png or .svg file")
