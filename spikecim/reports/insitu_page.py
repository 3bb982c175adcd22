"""The page of a study of training on the chip: one self-contained HTML file, exact values behind every number."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from spikecim.reports import insitu_tables as tables
from spikecim.reports.energy_wording import all_as_html, cited
from spikecim.reports.figure_files import inlined
from spikecim.reports.insitu_wording import findings, lede, network_name
from spikecim.reports.mitigation_tables import settings_rows
from spikecim.reports.plate import Plate
from spikecim.reports.template import render
from spikecim.results.insitu_table import InsituTable

_SECTIONS = (
    ("findings", "In short"),
    ("scores", "The table"),
    ("figures", "Figures"),
    ("devices", "Devices"),
    ("study", "The study"),
)


def insitu_html(found: InsituTable, drawn: Iterable[tuple[Plate, str]]) -> str:
    """The whole study as one page; `drawn` are its figures with their SVG."""
    return render("insitu.html", page=all_as_html(_page(found, inlined(drawn))))


def _page(found: InsituTable, plates: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "title": found.study["title"],
        "subtitle": lede(found),
        "meta": [
            ["network", network_name(found)],
            ["trainings", cited(found.trainings)],
            ["failed", cited(found.failed)],
            ["spikecim", found.version],
        ],
        "version": found.version,
        "sections": [{"anchor": anchor, "text": text} for anchor, text in _SECTIONS],
        "findings": findings(found),
        "scores": tables.scores_table(found),
        "more": [tables.tuning_table(found), tables.seeds_table(found), tables.arrays_table(found)],
        "conventions": _conventions(found),
        "plates": plates,
        "devices": tables.devices_table(found),
        "settings": settings_rows(found.study),
    }


def _conventions(found: InsituTable) -> str:
    return (
        f"Means over seeds; in brackets {cited(found.confidence_percent)} % intervals, Student's t over seeds. Gains "
        "are taken seed by seed: both rules start from the same weights, see the images in the same order and have the "
        "same cells. Rates are tuned on validation images, with seeds that the scoring does not use; test images are "
        "only scored. A rate added beyond the list is tried as long as the best one stands at an end; * marks a best "
        "rate that still does. Pulses: of all cells, both directions, in the whole training."
    )
