"""The page of a design search: one self-contained HTML file, and its figures as PNG and SVG beside it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spikecim.files import make_folder, write_text
from spikecim.reports import search_figures as figures
from spikecim.reports.plate import Plate
from spikecim.reports.search_text import findings, head_of, interval_text, reading, unit_of, value_text
from spikecim.reports.template import render
from spikecim.reports.wording import several
from spikecim.results.search_result import STAGES, SearchResult
from spikecim.version import __version__

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GROUP = "search"
_STAGE_HEADS = ("search", "fresh chips", "fresh chips, test images")


def search_plates(found: SearchResult) -> list[Plate]:
    """Figures in the order of the page."""
    return [
        _plate("front", "The Pareto front", _FRONT, figures.front, found),
        _plate("factors", "The factors along the front", _FACTORS, figures.factors, found),
        _plate("optimism", "As searched and as judged", _OPTIMISM, figures.optimism, found),
        _plate("growth", "How the front grew", _growth(found), figures.growth, found),
    ]


def write_search_page(found: SearchResult, folder: Path) -> None:
    """Write search.html and figures/*.png and *.svg into `folder`.

    Raises
    ------
    OutputError
        If the folder cannot be written to.
    """
    from spikecim.reports.figure_files import write_png, write_svg
    from spikecim.reports.style import png_of, svg_of

    drawn, place = [], make_folder(folder / "figures")
    for plate in search_plates(found):
        figure = plate.draw()
        svg = svg_of(figure)
        write_svg(svg, place / f"{plate.id}.svg")
        write_png(png_of(figure), place / f"{plate.id}.png")
        drawn.append((plate, svg))
    write_text(folder / "search.html", search_html(found, drawn))


def search_html(found: SearchResult, drawn: list[tuple[Plate, str]]) -> str:
    """Findings, front, figures and settings of `found` as one page; `drawn` are figures with their SVG."""
    from markupsafe import Markup

    from spikecim.reports.svg import inline

    plates = [
        {
            "id": plate.id,
            "title": plate.title,
            "caption": plate.caption,
            "svg": Markup(inline(svg, plate.id, plate.title)),
        }
        for plate, svg in drawn
    ]
    return render("search.html", page=_page(found, plates))


def _page(found: SearchResult, plates: list[dict[str, Any]]) -> dict[str, Any]:
    failed = [(trial.number, trial.error) for trial in found.trials if trial.error]
    return {
        "title": found.title,
        "subtitle": f"{several(len(found.trials), 'design')} tried, {len(found.front)} on the front.",
        "meta": [
            ("chips", f"{found.n_chips} a design, {found.final_chips} fresh ones"),
            ("images", f"{found.n_images:,} validation, {found.final_images:,} test"),
            ("spikecim", __version__),
        ],
        "version": __version__,
        "findings": findings(found),
        "reading": reading(found),
        "plates": plates,
        "head": _head(found),
        "rows": _rows(found),
        "failed": failed,
        "settings": [*found.facts.items(), ("constraints", "; ".join(found.constraints) or "none")],
        "sections": [("findings", "In short"), ("figures", "Figures"), ("front", "Front"), ("settings", "Settings")],
    }


def _head(found: SearchResult) -> list[str]:
    goals = [f"{head_of(goal)}, {stage}" for goal in found.goals for stage in _STAGE_HEADS]
    return ["Design", *(setting.path for setting in found.settings), *goals, "Keeps, %", "Breaks"]


def _rows(found: SearchResult) -> list[dict[str, Any]]:
    rows = []
    for point in found.front:
        values = [
            interval_text(goal, point.estimates[stage][place])
            for place, goal in enumerate(found.goals)
            for stage in STAGES
        ]
        cells = [str(point.design), *point.shown, *values, f"{100 * point.keeps:.0f}", "; ".join(point.violated) or "–"]
        rows.append({"cells": cells, "total": False})
    return rows


def _plate(id_: str, title: str, caption: str, draw: Callable[[SearchResult], Figure], found: SearchResult) -> Plate:
    return Plate(id=id_, group=GROUP, title=title, caption=caption, draw=partial(draw, found))


_FRONT = (
    "Dots: designs as searched. Rings: those that no other design beats on the search's chips and images. Squares: the "
    "same designs on fresh chips and test images, with 95 % intervals over chips; an arrow is an end that so few chips "
    "leave open."
)
_FACTORS = (
    "Filled: no other front point beats it in at least half of the draws of fresh chips. Open: a place on the front "
    "that fresh chips do not confirm."
)
_OPTIMISM = (
    "From search to fresh chips the images stay the same: that step is luck with chips. From there to the test images "
    "the chips stay the same: that step is the images, which may be easier or harder. An arrow is an open end."
)


def _growth(found: SearchResult) -> str:
    pairs = zip(found.goals, found.reference, strict=True)
    corner = ", ".join(f"{goal.label} {value_text(goal, value)} {unit_of(goal)}".rstrip() for goal, value in pairs)
    return (
        "Volume that the front dominates, as a share of the box between the best value of each objective and a corner "
        f"a tenth beyond the worst ({corner}); on the search's own values."
    )
