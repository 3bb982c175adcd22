"""One self-contained HTML page, with figures and data beside it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from spikecim.files import make_folder, write_csv, write_json, write_text
from spikecim.reports.template import render
from spikecim.results.reproduction import Reproduction
from spikecim.results.run import RunResult


def write_reproduction(rep: Reproduction, out_dir: Path, *, figures: bool = True) -> dict[str, Path]:
    """Write report.html, reproduction.json, rows.csv and figures/*.png and *.svg into `out_dir`.

    Parameters
    ----------
    figures : bool
        False leaves the figures out, of the page too.

    Returns
    -------
    dict of str to Path
        Where each file is, by its name relative to `out_dir`.

    Raises
    ------
    OutputError
        If the folder cannot be written to.
    """
    from spikecim.reports.catalogue import reproduction_plates
    from spikecim.reports.page import reproduction_page
    from spikecim.reports.race import race_fragment
    from spikecim.reports.tables import reproduction_json

    out_dir = make_folder(Path(out_dir))
    written = {name: out_dir / name for name in ("report.html", "reproduction.json", "rows.csv")}
    plates = reproduction_plates(rep) if figures else []
    drawn = []
    if plates:
        make_folder(out_dir / "figures")
    for plate in plates:
        svg, png = _draw(plate)
        drawn.append((plate, svg))
        written |= _write_figure(out_dir, plate.id, svg, png)
    write_json(written["reproduction.json"], reproduction_json(rep))
    write_csv(written["rows.csv"], [row.as_dict() for row in rep.rows])
    race = race_fragment(rep.median) if figures else None
    write_text(written["report.html"], _html({**reproduction_page(rep), "race": race}, drawn))
    return written


def write_run_report(run: RunResult, path: Path) -> None:
    """Write the page of one run alone to `path`: accuracy, spikes, energy, errors, cells, images.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    from spikecim.reports.catalogue import run_plates
    from spikecim.reports.page import run_page
    from spikecim.reports.race import race_fragment
    from spikecim.reports.style import svg_of

    drawn = [(plate, svg_of(plate.draw())) for plate in run_plates(run)]
    write_text(Path(path), _html({**run_page(run), "race": race_fragment(run)}, drawn))


def _draw(plate: Any) -> tuple[str, bytes]:
    from spikecim.reports.style import png_of, svg_of

    figure = plate.draw()
    return svg_of(figure), png_of(figure)


def _write_figure(out_dir: Path, name: str, svg: str, png: bytes) -> dict[str, Path]:
    from spikecim.reports.figure_files import write_png, write_svg

    paths = {f"figures/{name}.{kind}": out_dir / "figures" / f"{name}.{kind}" for kind in ("svg", "png")}
    write_svg(svg, paths[f"figures/{name}.svg"])
    write_png(png, paths[f"figures/{name}.png"])
    return paths


def _html(page: dict[str, Any], drawn: Iterable[tuple[Any, str]]) -> str:
    """Fill the template; only our own SVG is let through unescaped."""
    from markupsafe import Markup

    from spikecim.reports.page import sections
    from spikecim.reports.svg import inline

    inlined = [
        (
            plate,
            {
                "id": plate.id,
                "title": plate.title,
                "caption": plate.caption,
                "svg": Markup(inline(svg, plate.id, plate.title)),
            },
        )
        for plate, svg in drawn
    ]
    groups = _groups(inlined, page)
    page = {**page, "groups": groups, "sections": sections(page, groups)}
    page["rows"] = [{**row, "strip": Markup(row["strip"])} for row in page["rows"]]
    return render("report.html", page=page)


def _groups(inlined: list[tuple[Any, dict[str, Any]]], page: dict[str, Any]) -> list[dict[str, Any]]:
    """Figures by group; energy keeps its tables even without figures."""
    from spikecim.reports.page import GROUPS

    groups = [
        {
            "id": name,
            "title": title,
            "leads": [lead] if lead else page["leads"].get(name, []),
            "short": short,
            "plates": [item for plate, item in inlined if plate.group == name],
        }
        for name, (title, short, lead) in GROUPS.items()
    ]
    return [group for group in groups if group["plates"] or group["id"] == "energy"]
