"""The page of a mitigation study: one self-contained HTML file, every number with its exact value behind it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from spikecim.reports import mitigation_tables as tables
from spikecim.reports.energy_wording import all_as_html, cited
from spikecim.reports.figure_files import inlined
from spikecim.reports.mitigation_wording import findings, lede
from spikecim.reports.plate import Plate
from spikecim.reports.template import render
from spikecim.results.mitigation import Mitigation


def mitigation_html(found: Mitigation, drawn: Iterable[tuple[Plate, str]]) -> str:
    """The whole study as one page; `drawn` are its figures with their SVG."""
    return render("mitigation.html", page=all_as_html(_page(found, inlined(drawn))))


def _page(found: Mitigation, plates: list[dict[str, Any]]) -> dict[str, Any]:
    layers, cures = tables.layers_tables(found), tables.cures_table(found)
    sections = [("findings", "In short"), ("scores", "Before and after"), ("figures", "Figures"), ("why", "How strong")]
    sections += [("layers", "Arrays")] if layers else []
    return {
        "title": found.study["title"],
        "subtitle": lede(found),
        "meta": _meta(found),
        "version": found.version,
        "sections": [{"anchor": anchor, "text": text} for anchor, text in (*sections, ("study", "The study"))],
        "findings": findings(found),
        "scores": tables.scores_table(found),
        "more": [tables.intervals_table(found), *([cures] if cures["rows"] else [])],
        "conventions": _conventions(found),
        "plates": plates,
        "why": tables.why_table(found),
        "layers": layers,
        "settings": tables.settings_rows(found.study),
    }


def _meta(found: Mitigation) -> list[list[str]]:
    return [
        ["network", str(found.study["network"]["name"])],
        ["virtual chips", cited(found.chips)],
        ["test samples", cited(found.images)],
        ["seed", cited(int(found.study["chips"]["seed"]))],
        ["spikecim", found.version],
    ]


def _conventions(found: Mitigation) -> str:
    return (
        "Two scores, never mixed. Accuracy ratio: accuracy of the hardware over that of the algorithm. Recovered "
        "degradation: (mean after − mean before) / (ideal − mean before) over all chips, where ideal is the same "
        "network on the same hardware with every error off; it is undefined where the loss, ideal − mean before, is "
        "not above its own noise, may be negative or more than the whole loss, and is never clipped. Accuracies and "
        "their ratios are medians over chips; in brackets "
        f"{cited(found.confidence_percent)} % of {cited(found.draws)} draws in which chips, and {cited(found.blocks)} "
        "blocks of images, are drawn again. All chips read the same images."
    )
