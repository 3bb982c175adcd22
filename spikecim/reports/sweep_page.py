"""The page of a sweep: one self-contained HTML file, with figures and data beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from spikecim.files import make_folder, write_csv, write_json, write_text
from spikecim.reports.figure_files import inlined, save_plates
from spikecim.reports.plate import Plate
from spikecim.reports.style import svg_of
from spikecim.reports.sweep_findings import findings, refusals, troubles
from spikecim.reports.sweep_plates import sweep_plates
from spikecim.reports.sweep_tables import design_table, effect_tables, settings, share_tables, trouble_table
from spikecim.reports.template import render
from spikecim.reports.wording import several
from spikecim.results.sweep_report import SweepReport
from spikecim.results.sweep_report_data import design_csv, effect_csv, report_json, share_csv

_KINDS = {
    "grid": "full grid",
    "latin-hypercube": "Latin hypercube",
    "sobol": "Sobol sequence",
    "saltelli": "Saltelli's design",
}


def write_sweep(report: SweepReport, out_dir: Path) -> dict[str, Path]:
    """Write sweep.html, sweep.json, designs.csv, effects.csv, shares.csv and figures/*.png and *.svg into `out_dir`.

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
    written = {
        name: out_dir / name for name in ("sweep.html", "sweep.json", "designs.csv", "effects.csv", "shares.csv")
    }
    write_json(written["sweep.json"], report_json(report))
    write_csv(written["designs.csv"], design_csv(report))
    write_csv(written["effects.csv"], effect_csv(report))
    write_csv(written["shares.csv"], share_csv(report))
    drawn, figure_paths = save_plates(sweep_plates(report), out_dir)
    write_text(written["sweep.html"], _html(report, drawn))
    return written | figure_paths


def sweep_html(report: SweepReport) -> str:
    """The page alone: troubles, findings, figures, tables and settings."""
    return _html(report, [(plate, svg_of(plate.draw())) for plate in sweep_plates(report)])


def _html(report: SweepReport, drawn: Iterable[tuple[Plate, str]]) -> str:
    return render("sweep.html", page=_page(report, inlined(drawn)))


def _page(report: SweepReport, plates: list[dict[str, Any]]) -> dict[str, Any]:
    told = findings(report)
    sections = [("findings", "In short")] if told else []
    sections += [("troubles", "Failed points")] if report.n_failed or report.n_missing else []
    sections += [("figures", "Figures")] if plates else []
    told_base = report.study.get("base")
    base = told_base if isinstance(told_base, Mapping) else {}
    return {
        "title": report.title,
        "subtitle": (
            f"{several(report.n_designs, 'design')} ({_KINDS.get(report.kind, report.kind)}), "
            f"{several(report.n_chips, 'virtual chip')} each, {several(len(report.factors), 'factor')}."
        ),
        "meta": [
            ("chip", base.get("chip", "")),
            ("images", f"{base.get('images') or 'all'} of {base.get('data', '')}, {base.get('split', '')}"),
            ("seed", base.get("seed", "")),
            ("points", f"{report.n_done:,}"),
            ("spikecim", report.version),
        ],
        "banner": troubles(report)[0] if troubles(report) else None,
        "version": report.version,
        "findings": told,
        "refusals": refusals(report),
        "troubles": troubles(report)[1:] if report.n_failed and not report.n_missing else troubles(report),
        "trouble_table": trouble_table(report),
        "plates": plates,
        "designs": design_table(report),
        "shares": share_tables(report),
        "effects": effect_tables(report),
        "settings": settings(report),
        "sections": [
            *sections,
            ("designs", "Designs"),
            ("shares", "Shares"),
            ("effects", "Effects"),
            ("study", "Study"),
        ],
    }
