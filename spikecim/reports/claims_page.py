"""A tested claim as files: report.html, reproduction.json, rows.csv and figures; and as text for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spikecim.files import make_folder, write_csv, write_json, write_text
from spikecim.reports.claims_plates import (
    depth_findings,
    depth_plates,
    depth_tables,
    equivalence_findings,
    equivalence_plates,
    equivalence_tables,
)
from spikecim.reports.plate import Plate
from spikecim.reports.strips import strip
from spikecim.reports.tables import plain
from spikecim.reports.template import render
from spikecim.reports.wording import number, published
from spikecim.results.claims import DepthSparsity, RateEquivalence
from spikecim.results.findings import Row
from spikecim.version import __version__

if TYPE_CHECKING:
    from rich.console import RenderableType

VERDICTS = {
    "reproduced": "The measured value keeps what is claimed.",
    "off": "It does not.",
    "not comparable": "Other images than those of the claim; nothing follows.",
}


@dataclass(frozen=True, kw_only=True)
class ClaimReport:
    """One claim, ready to be shown.

    Attributes
    ----------
    title, lede, command : str
    rows : list of Row
    banner : str or None
    facts : mapping of str
    findings : list of str
    tables : list of dict
    plates : list of Plate
    data : dict
        What `reproduction.json` holds.
    """

    title: str
    lede: str
    command: str
    rows: list[Row]
    banner: str | None
    facts: Mapping[str, str]
    findings: list[str]
    tables: list[dict[str, Any]]
    plates: list[Plate]
    data: dict[str, Any]


def equivalence_report(found: RateEquivalence) -> ClaimReport:
    """The first claim."""
    return ClaimReport(
        title="Rate coding is equivalent",
        lede="With an ideal chip and a long window a spiking network loses nothing to its quantised ANN.",
        command=_command("rate-equivalence", found.facts),
        rows=found.rows,
        banner=found.banner,
        facts=found.facts,
        findings=equivalence_findings(found),
        tables=equivalence_tables(found),
        plates=equivalence_plates(found),
        data=claim_json(found),
    )


def depth_report(found: DepthSparsity) -> ClaimReport:
    """The second claim."""
    return ClaimReport(
        title="Sparsity pays more with depth",
        lede="Energy of spiking networks against a formal-coded implementation of the same network, by depth.",
        command=_command("depth-sparsity", found.facts) + f" --chips {found.facts['virtual_chips']}",
        rows=found.rows,
        banner=found.banner,
        facts=found.facts,
        findings=depth_findings(found),
        tables=depth_tables(found),
        plates=depth_plates(found),
        data=claim_json(found),
    )


def claim_json(found: RateEquivalence | DepthSparsity) -> dict[str, Any]:
    """Everything found, as plain data that strict JSON takes."""
    data = plain(asdict(found))
    assert isinstance(data, dict)
    return data


def write_claim(report: ClaimReport, out_dir: Path) -> None:
    """Write report.html, reproduction.json, rows.csv (if there are rows) and figures/*.png and *.svg into `out_dir`.

    Raises
    ------
    OutputError
        If the folder cannot be written to.
    """
    from markupsafe import Markup

    from spikecim.reports.figure_files import write_png, write_svg
    from spikecim.reports.style import png_of, svg_of
    from spikecim.reports.svg import inline

    folder = make_folder(Path(out_dir))
    if report.plates:
        make_folder(folder / "figures")
    plates = []
    for plate in report.plates:
        figure = plate.draw()
        svg, png = svg_of(figure), png_of(figure)
        write_svg(svg, folder / "figures" / f"{plate.id}.svg")
        write_png(png, folder / "figures" / f"{plate.id}.png")
        drawn = Markup(inline(svg, plate.id, plate.title))
        plates.append({"id": plate.id, "title": plate.title, "caption": plate.caption, "svg": drawn})
    write_json(folder / "reproduction.json", report.data)
    if report.rows:
        write_csv(folder / "rows.csv", [row.as_dict() for row in report.rows])
    write_text(folder / "report.html", render("claim.html", page=_page(report, plates)))


def claim_summary(report: ClaimReport) -> list[RenderableType]:
    """Banner, rows and findings for a terminal."""
    from rich.markup import escape
    from rich.padding import Padding
    from rich.text import Text

    from spikecim.reports.terminal import rows_table

    found: list[RenderableType] = [Text(report.title, style="bold")]
    if report.banner:
        found.append(Text(f"! {report.banner}", style="bold yellow"))
    if report.rows:
        found += ["", rows_table(report.rows), ""]
    return [*found, *(Padding(Text.from_markup(f"• {escape(text)}"), (0, 0, 0, 1)) for text in report.findings)]


def _page(report: ClaimReport, plates: Sequence[dict[str, Any]]) -> dict[str, Any]:
    shown = {row.verdict for row in report.rows}
    return {
        "title": report.title,
        "subtitle": report.lede,
        "version": __version__,
        "banner": report.banner,
        "meta": [(name.replace("_", " "), text) for name, text in report.facts.items()],
        "rows": [_row(row) for row in report.rows],
        "verdicts": [(kind, text) for kind, text in VERDICTS.items() if kind in shown],
        "findings": report.findings,
        "plates": list(plates),
        "tables": report.tables,
        "command": report.command,
    }


def _row(row: Row) -> dict[str, Any]:
    from markupsafe import Markup

    texts = {name: number(getattr(row, name), row.unit) for name in ("emulated", "low", "high")}
    return {
        **row.as_dict(),
        "unit": {"x": "×", "points": "", "images": ""}.get(row.unit, row.unit),
        "texts": {**texts, "published": published(row.published, row.unit, row.relation).replace("-", "−")},
        "strip": Markup(strip(row)),
    }


def _command(name: str, facts: Mapping[str, str]) -> str:
    return f"spikecim reproduce {name} --data {facts['dataset']} --seed {facts['seed']}"
