"""The page of a learning study: one self-contained HTML file, every number with its exact value behind it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from spikecim.reports import learning_tables as tables
from spikecim.reports.energy_wording import all_as_html, cited
from spikecim.reports.figure_files import inlined
from spikecim.reports.learning_wording import findings, lede
from spikecim.reports.plate import Plate
from spikecim.reports.template import render
from spikecim.results.learning import BUDGET_SOURCE, Learning

_SECTIONS = (
    ("findings", "In short"),
    ("scores", "Before and after"),
    ("wear", "Wear"),
    ("energy", "Energy"),
    ("study", "The study"),
)


def learning_html(found: Learning, drawn: Iterable[tuple[Plate, str]]) -> str:
    """The whole study as one page; `drawn` are its figures with their SVG."""
    return render("learning.html", page=all_as_html(_page(found, list(drawn))))


def _page(found: Learning, drawn: list[tuple[Plate, str]]) -> dict[str, Any]:
    plates = {
        group: inlined([pair for pair in drawn if pair[0].group == group]) for group in ("scores", "wear", "energy")
    }
    return {
        "title": found.title,
        "subtitle": lede(found),
        "meta": _meta(found),
        "version": found.version,
        "sections": [{"anchor": anchor, "text": text} for anchor, text in _SECTIONS],
        "findings": findings(found),
        "scores": tables.scores_table(found),
        "rates": tables.rates_table(found),
        "conventions": _conventions(found),
        "plates": plates,
        "wear": tables.wear_table(found),
        "written": tables.spread_of_writes(found),
        "budget": f"Budget of cycles: {BUDGET_SOURCE}. Every pulse, SET or RESET, is counted as a whole cycle. "
        "Learnings: from the case that the worst cell is always the same, to even wear.",
        "energy": tables.energy_table(found),
        "prices": tables.prices_table(found),
        "outside": "Outside this ledger: the host, which counts spikes, adds up votes and draws lots, and the training "
        "off the chip. A presentation for learning lasts its whole window; one for inference ends when it is decided.",
        "settings": tables.settings_rows(found.study),
    }


def _meta(found: Learning) -> list[list[str]]:
    return [
        ["data", str(found.study["data"])],
        ["virtual chips", cited(found.n_chips)],
        ["test images", cited(found.n_old + found.n_new)],
        ["seed", cited(int(found.study["seed"]))],
        ["spikecim", found.version],
    ]


def _conventions(found: Learning) -> str:
    before = (
        "Before, the neuron of the new class holds weights of 0 and is not asked. "
        if found.task == "new-class"
        else "Known are images as published, new are the same test images after the drift. "
    )
    return (
        f"{before}Means over {cited(found.n_chips)} virtual chips; in brackets the 95 % interval of the mean over "
        "other chips (Student's t), on the same test images. Forgotten: known before minus known after, on the same "
        f"chips. Rates were chosen on {cited(found.n_validation)} held-out training images and "
        f"{cited(found.n_tuning_chips)} chips of their own; test images are only reported. Programmed anew: cells that "
        "differ from weights trained offline on everything are written once."
    )
