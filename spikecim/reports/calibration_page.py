"""A calibration as files: report.html, calibration.json, CSV, and figures as PNG and SVG."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from spikecim.files import make_folder, write_csv, write_json, write_text
from spikecim.reports import calibration_figures as figures
from spikecim.reports.calibration_text import (
    FIGURE_HEAD,
    PARAMETER_HEAD,
    contradiction,
    direction_text,
    figure_cells,
    findings,
    further_cells,
    parameter_cells,
)
from spikecim.reports.plate import Plate
from spikecim.reports.template import render
from spikecim.results.calibration import HALVED, HOLDS, CalibrationFound
from spikecim.results.calibration_data import calibration_json, calibration_rows, posterior_rows
from spikecim.version import __version__

GROUP = "calibration"


def write_calibration(found: CalibrationFound, folder: Path, command: str) -> None:
    """Write report.html, calibration.json, parameters.csv, posterior.csv and figures/ into `folder`.

    Parameters
    ----------
    command : str
        What made it, for the page.

    Raises
    ------
    OutputError
        If the folder cannot be written to.
    """
    from markupsafe import Markup

    from spikecim.reports.figure_files import write_png, write_svg
    from spikecim.reports.style import png_of, svg_of
    from spikecim.reports.svg import inline

    make_folder(folder / "figures")
    shown = []
    for plate in calibration_plates(found):
        figure = plate.draw()
        svg, png = svg_of(figure), png_of(figure)
        write_svg(svg, folder / "figures" / f"{plate.id}.svg")
        write_png(png, folder / "figures" / f"{plate.id}.png")
        drawn = Markup(inline(svg, plate.id, plate.title))
        shown.append({"id": plate.id, "title": plate.title, "caption": plate.caption, "svg": drawn})
    write_json(folder / "calibration.json", calibration_json(found))
    write_csv(folder / "parameters.csv", calibration_rows(found))
    write_csv(folder / "posterior.csv", posterior_rows(found))
    write_text(folder / "report.html", render("calibration.html", page=_page(found, shown, command)))


def calibration_plates(found: CalibrationFound) -> list[Plate]:
    """Figures in the order of the page."""
    plates = [
        _plate(
            "profiles",
            "How sharply each parameter is told",
            "How far the best fit falls when the parameter is held at a value: solid with all others free, dashed with "
            "all others known. Below the grey line a value is refused at 90 %. Band: 90 % interval; dot: fitted value.",
            partial(figures.profiles, found),
        ),
        _plate(
            "sets",
            "What each set of figures leaves",
            "90 % intervals and medians within the bounds.",
            partial(figures.sets, found),
        ),
    ]
    if len(found.parameters) > 1:
        plates.append(
            _plate(
                "pairs",
                "What is traded for what",
                "Posterior of pairs, smoothed a little, most correlated first; r: correlation, dot: fitted "
                "values. A slanted ridge is a combination that is known better than its parts.",
                partial(figures.pairs, found),
            )
        )
    if found.trial is not None:
        plates.append(
            _plate(
                "coverage",
                "Trial on synthetic chips",
                f"Chips drawn evenly from the bounds, outside the fit. Band: where nine in ten points would lie if the "
                f"intervals held exactly {100 * HOLDS:.0f} %.",
                partial(figures.coverage, found, found.trial),
            )
        )
    return plates


def _plate(id_: str, title: str, caption: str, draw: Any) -> Plate:
    return Plate(id=id_, group=GROUP, title=title, caption=caption, draw=draw)


def _page(found: CalibrationFound, plates: list[dict[str, Any]], command: str) -> dict[str, Any]:
    paths = [parameter.path for parameter in found.parameters]
    tables = [
        _table("Figures, measured and fitted", FIGURE_HEAD, figure_cells(found)),
        _table(
            "Combinations, best determined first",
            ("Combination", "Spread kept", "Verdict"),
            [
                [
                    direction_text(direction),
                    f"{100 * direction.kept:.0f} %",
                    "determined" if direction.determined else "left open",
                ]
                for direction in found.directions
            ],
            f"Each parameter in units of its range; a combination is determined if the figures leave at most "
            f"{100 * HALVED:.0f} % of its spread.",
        ),
        _table(
            "Range kept by each set of figures",
            ("Set", *paths),
            [
                [f"{s.name}: {', '.join(s.figures)}", *(f"{100 * min(s.kept[p], 1):.0f} %" for p in paths)]
                for s in found.sets
            ],
        ),
    ]
    if found.further:
        tables.append(
            _table(
                "What a further figure would leave of each range",
                ("If this were known too", "Bits", *paths),
                further_cells(found),
                "Expected, over chips that the known figures allow; further figures printed with three digits.",
            )
        )
    if found.trial is not None:
        tables += _trial_tables(found)
    return {
        "title": found.settings["study"]["title"],
        "subtitle": "Parameters fitted to the figures of a chip, and what these figures cannot tell apart.",
        "version": __version__,
        "banner": contradiction(found) if found.contradicts else None,
        "meta": [(name.replace("_", " "), text) for name, text in found.facts.items()],
        "head": PARAMETER_HEAD,
        "rows": [{"cells": parameter_cells(parameter), "total": False} for parameter in found.parameters],
        "findings": findings(found),
        "plates": plates,
        "tables": tables,
        "sources": [(figure.name, figure.source) for figure in found.figures],
        "toml": "\n".join(parameter.toml for parameter in found.parameters),
        "command": command,
    }


def _trial_tables(found: CalibrationFound) -> list[dict[str, Any]]:
    assert found.trial is not None
    paths = [parameter.path for parameter in found.parameters]
    n = found.trial.n_chips
    covered = [
        [row.set_name, *(f"{100 * row.covered[p] / n:.1f} %" for p in paths), f"{_pooled(row.covered, n):.1f} %"]
        for row in found.trial.rows
    ]
    told = [
        [f"{row.set_name}, {verdict}", *(str(row.verdicts[p].get(verdict, 0)) for p in paths)]
        for row in found.trial.rows
        for verdict in sorted({verdict for p in paths for verdict in row.verdicts[p]})
    ]
    return [
        _table(f"Truth within the interval, {n} synthetic chips", ("Set", *paths, "pooled"), covered),
        _table("Synthetic chips by verdict", ("Set and verdict", *paths), told),
    ]


def _pooled(covered: dict[str, int], n: int) -> float:
    return 100.0 * sum(covered.values()) / (n * len(covered))


def _table(title: str, head: tuple[str, ...], rows: list[list[str]], caption: str = "") -> dict[str, Any]:
    return {"title": title, "head": head, "rows": [{"cells": row, "total": False} for row in rows], "caption": caption}
