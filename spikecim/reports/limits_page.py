"""A study of limits as files: one self-contained HTML page, JSON, CSV, figures; and as a table for the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spikecim.files import make_folder, write_csv, write_json, write_text
from spikecim.reports import limits_figures as figures
from spikecim.reports.figure_files import inlined, save_plates
from spikecim.reports.limits_text import array_table, assumptions, findings, largest_table
from spikecim.reports.plate import Plate
from spikecim.reports.template import render
from spikecim.reports.wording import several
from spikecim.results.limits import LimitStudy
from spikecim.results.limits_data import largest_rows, limit_rows, limits_json
from spikecim.version import __version__

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType

FILES = ("limits.html", "limits.json", "arrays.csv", "largest.csv")
_BANDS = "Lines are medians, bands hold 90 % of the chips."


def limit_plates(study: LimitStudy) -> list[Plate]:
    """Figures in the order of the page."""
    size = f"{study.shape[0]} × {study.shape[1]}"
    own = f"on/off ratio {study.own_ratio:g}"
    return [
        _plate(
            "limits-largest",
            "The largest array",
            "Open marks lie beyond what was run: below the smallest side, or above the largest. Strokes hold 90 % of "
            "the chips; between two sides the loss is taken as a straight line over the logarithm of the side.",
            figures.largest_arrays,
            study,
        ),
        _plate(
            "limits-size",
            "The same network in larger arrays",
            f"{own.capitalize()}. {_BANDS}",
            figures.over_size,
            study,
        ),
        _plate(
            "limits-resistance",
            "Wire resistance alone",
            f"An array of {size} cells, no larger than the network; {own}. {_BANDS}",
            figures.over_resistance,
            study,
        ),
    ]


def write_limits(study: LimitStudy, out_dir: Path) -> dict[str, Path]:
    """Write limits.html, limits.json, arrays.csv, largest.csv and figures/*.png and *.svg into `out_dir`.

    Returns
    -------
    dict of str to Path
        Where each file is, by its name relative to `out_dir`.

    Raises
    ------
    OutputError
        If the folder cannot be written to.
    """
    out_dir = make_folder(Path(out_dir))
    written = {name: out_dir / name for name in FILES}
    write_json(written["limits.json"], limits_json(study))
    write_csv(written["arrays.csv"], limit_rows(study))
    write_csv(written["largest.csv"], largest_rows(study))
    drawn, figure_paths = save_plates(limit_plates(study), out_dir)
    write_text(written["limits.html"], limits_html(study, drawn))
    return written | figure_paths


def limits_html(study: LimitStudy, drawn: Iterable[tuple[Plate, str]]) -> str:
    """Findings, figures, tables and assumptions of `study` as one page; `drawn` are figures with their SVG."""
    return render("limits.html", page=_page(study, inlined(drawn)))


def limits_summary(study: LimitStudy) -> list[RenderableType]:
    """Largest sides of each kind, and what was found."""
    from rich.table import Table
    from rich.text import Text

    shown: list[RenderableType] = []
    for kind in study.kinds:
        told = largest_table(study, kind)
        table = Table(title=told["title"], title_justify="left", box=None, pad_edge=False)
        for place, head in enumerate(told["head"]):
            table.add_column(head, justify="right" if place else "left", no_wrap=True)
        for row in told["rows"]:
            table.add_row(*row["cells"])
        shown += [table, ""]
    return [*shown, *(Text(sentence) for sentence in findings(study))]


def _plate(id_: str, title: str, caption: str, draw: Callable[[LimitStudy], Figure], study: LimitStudy) -> Plate:
    return Plate(id=id_, group="limits", title=title, caption=caption, draw=partial(draw, study))


def _page(study: LimitStudy, plates: list[dict[str, Any]]) -> dict[str, Any]:
    facts = study.facts
    return {
        "title": "How large may the array be?",
        "subtitle": (
            f"{several(len(study.points), 'array')} around one network, on the same "
            f"{several(study.n_chips, 'virtual chip')} each."
        ),
        "meta": [
            ("chip", facts.get("chip", "")),
            ("images", f"{study.n_images:,} of {facts.get('dataset', '')}, {facts.get('split', '')}"),
            ("seed", study.seed),
            ("spikecim", facts.get("version", __version__)),
        ],
        "version": facts.get("version", __version__),
        "banner": f"Interrupted: {study.n_chips} of {study.requested} virtual chips." if study.interrupted else None,
        "findings": findings(study),
        "plates": plates,
        "largest": [largest_table(study, kind) for kind in study.kinds],
        "arrays": array_table(study),
        "assumptions": assumptions(study),
        "settings": list(facts.items()),
        "sections": [
            ("findings", "In short"),
            ("figures", "Figures"),
            ("largest", "Largest arrays"),
            ("arrays", "Arrays"),
            ("settings", "Assumptions"),
        ],
    }
