"""The page of an energy report: one self-contained HTML file, every number with its exact value behind it."""

from __future__ import annotations

from typing import Any

from spikecim.reports import energy_against_tables as against
from spikecim.reports import energy_gain_tables as gains
from spikecim.reports import energy_page_tables as tables
from spikecim.reports.energy_plates import run_plates, runs_plates
from spikecim.reports.energy_sentences import findings, lede, side_by_side_lede, tiles
from spikecim.reports.energy_wording import as_html, cited, printed
from spikecim.reports.plate import Plate
from spikecim.reports.template import render
from spikecim.results.energy_report import EnergyReport, RunEnergy
from spikecim.results.energy_report_data import csv_name

_SECTIONS = (
    ("answer", "The answer"),
    ("where", "Where it goes"),
    ("against", "Against what"),
    ("link", "The link"),
    ("doubt", "What would change it"),
    ("margin", "Accuracy"),
    ("sources", "Sources"),
)


def energy_html(report: EnergyReport) -> str:
    """The whole report as one page."""
    return render("energy.html", page=_written(_page(report)))


def _written(value: Any) -> Any:
    """Every text of the page as markup: escaped, numbers with their values."""
    from markupsafe import Markup

    if isinstance(value, dict):
        return {key: _written(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_written(item) for item in value]
    return as_html(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _page(report: EnergyReport) -> dict[str, Any]:
    one = len(report.runs) == 1
    first = report.runs[0]
    runs = [_run(run, report, "" if one else f"r{place + 1}-") for place, run in enumerate(report.runs)]
    return {
        "title": _title(first) if one else "Runs side by side",
        "subtitle": lede(first) if one else side_by_side_lede(report),
        "meta": _meta(report),
        "version": report.version,
        "remarks": list(report.remarks),
        "side": None if one else {"table": against.runs_table(report), "plates": _drawn(runs_plates(report))},
        "runs": runs,
        "sections": _navigation(runs, one=one),
        "citations": [{"name": name, "text": text} for name, text in report.citations.items()],
        "conventions": _conventions(report),
    }


def _conventions(report: EnergyReport) -> str:
    """What ranges and intervals are."""
    low, high = (printed(value) for value in report.percentiles)
    return (
        f"Ranges are the {low} to {high} % of {cited(report.draws)} draws, seed {cited(report.seed)}: each entry from "
        "a triangle between the ends of its range, its value on top, in the logarithm. Over other images: the "
        f"{printed(report.confidence_percent)} % confidence of the mean. A run is one virtual chip: what other chips "
        "would take is in no range here."
    )


def _title(run: RunEnergy) -> str:
    return f"{run.settings.get('network', run.name)} on {run.settings['chip']}"


def _meta(report: EnergyReport) -> list[list[str]]:
    """Names and texts for the list under the title."""
    if len(report.runs) > 1:
        return [["runs", cited(len(report.runs))], ["spikecim", report.version]]
    run = report.runs[0]
    facts = {
        "images": cited(run.images),
        "data": run.settings.get("data", "–"),
        "virtual chip": run.settings.get("chip_index", "–"),
        "seed": run.settings.get("seed", "–"),
        "δs": cited(run.delta_s),
        "spikecim": report.version,
    }
    return [[name, text] for name, text in facts.items()]


def _navigation(runs: list[dict[str, Any]], *, one: bool) -> list[dict[str, str]]:
    if one:
        return [{"anchor": anchor, "text": text} for anchor, text in _SECTIONS]
    return [{"anchor": "side", "text": "Side by side"}] + [
        {"anchor": f"{run['prefix']}answer", "text": run["name"]} for run in runs
    ]


def _run(run: RunEnergy, report: EnergyReport, prefix: str) -> dict[str, Any]:
    plates = _drawn(run_plates(run, report, prefix))
    return {
        "prefix": prefix,
        "name": run.name,
        "images_csv": csv_name(report, run, "images"),
        "constants": gains.constants_table(
            run, "Constants of formal coding" + (f", {run.name}" if len(report.runs) > 1 else "")
        ),
        "lede": lede(run),
        "tiles": tiles(run),
        "findings": findings(run, report),
        "answer": tables.answer_table(run),
        "unpaid": [{"what": row.what, "effect": row.effect} for row in run.unpaid],
        "basis": tables.basis_table(run),
        "groups": {
            "where": [
                tables.parts_table(run),
                tables.static_table(run),
                tables.per_table(run),
                *([tables.layers_table(run)] if len(run.layers) > 1 else []),
                tables.classes_table(run),
            ],
            "against": [
                gains.gains_table(run),
                gains.baselines_table(run),
                against.published_table(run, report),
                against.projection_table(run),
            ],
            "link": [against.links_table(run), against.ways_table(run)],
            "doubt": [against.doubt_table(run), *against.anchor_table(run), against.ranges_table(run)],
            "margin": [tables.margins_table(run)] if run.margins else [],
        },
        "plates": {
            group: [plate for plate in plates if plate["group"] == group]
            for group in ("where", "against", "link", "doubt", "margin")
        },
        "settings": [{"name": name, "text": text} for name, text in run.settings.items() if text],
    }


def _drawn(plates: list[Plate]) -> list[dict[str, Any]]:
    from markupsafe import Markup

    from spikecim.reports.style import svg_of
    from spikecim.reports.svg import inline

    return [
        {
            "id": plate.id,
            "group": plate.group,
            "title": plate.title,
            "caption": plate.caption,
            "svg": Markup(inline(svg_of(plate.draw()), plate.id, plate.title)),
        }
        for plate in plates
    ]
