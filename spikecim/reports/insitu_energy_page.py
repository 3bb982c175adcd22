"""The reproduction of training energy: report.html, reproduction.json, rows.csv, figures; and text for a terminal."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spikecim.energy.training import TrainingLedger
from spikecim.files import make_folder, write_csv, write_json, write_text
from spikecim.reports import insitu_energy_figures as figures
from spikecim.reports.figure_files import inlined, save_plates
from spikecim.reports.insitu_energy_tables import accuracy_table, energy_findings, energy_tables, entry_rows
from spikecim.reports.insitu_energy_wording import UNITS
from spikecim.reports.plate import Plate
from spikecim.reports.strips import strip
from spikecim.reports.tables import plain
from spikecim.reports.template import render
from spikecim.reports.wording import number, published
from spikecim.results.findings import Row
from spikecim.results.training_energy import AccuracyPoint, TrainingEnergy
from spikecim.version import __version__

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

TITLE = "Energy of training on the chip"
LEDE = "VGG-8 trained in its own arrays: counted events times a table with ranges, beside the published figures."
VERDICTS = {
    "reproduced": "Our interval, or for a bound our value, reaches the published figure; nothing was fitted to it.",
    "calibrated": "It does, but a number or a dataflow behind the row was chosen for that figure.",
    "off": "It does not.",
    "not comparable": "Another network, other images or no published number; nothing follows.",
}


def insitu_energy_json(found: TrainingEnergy) -> dict[str, Any]:
    """Everything found, as plain data of strict JSON."""
    data = plain(
        {
            "rows": [row.as_dict() for row in found.rows],
            "banner": found.banner,
            "facts": found.facts,
            "assumptions": [asdict(one) for one in found.assumptions],
            "ledgers": {name: _ledger(ledger) for name, ledger in found.ledgers.items()},
            "ways": [asdict(way) for way in found.ways],
            "batches": [asdict(point) for point in found.batches],
            "tornado": [
                {"entry": bar.entry.path, "pj_low": bar.pj_low, "pj": bar.pj, "pj_high": bar.pj_high}
                for bar in found.tornado
            ],
            "table": [asdict(entry) for entry in found.entries],
            "sources": dict(found.sources),
            "accuracies": [asdict(point) for point in found.accuracies],
        }
    )
    assert isinstance(data, dict)
    return data


def _ledger(ledger: TrainingLedger) -> dict[str, Any]:
    both = ledger.efficiency()
    return {
        "unit": "aJ of one trained image, whole numbers; every grouping sums to total_aj",
        "total_aj": ledger.total_aj,
        "by_phase_aj": ledger.by_phase(),
        "by_part_aj": ledger.by_part(),
        "by_layer_aj": ledger.by_layer(),
        "seven_parts_aj": ledger.seven(),
        "cells_aj": {"/".join(key): list(layers) for key, layers in ledger.cells.items()},
        "events": {"/".join(key): counts for key, counts in ledger.events.counts.items()},
        "operations": ledger.operations,
        "tops_per_watt": {"full": both.full, "peak": both.peak},
        "design": ledger.events.design.as_dict(),
        "writes": ledger.events.writes.source,
    }


def insitu_energy_plates(found: TrainingEnergy) -> list[Plate]:
    """The figures, those of accuracy only where a study gave some."""
    marks = {row.id: row.published for row in found.rows}
    both = marks["tops_per_watt"], marks["tops_per_watt_naive"]
    plates = [
        Plate(
            id="parts",
            group="energy",
            title="Where the energy goes",
            caption="Accumulating dataflow, stacked by phase; where the naive one takes more, it is written beside.",
            draw=partial(figures.parts_figure, found),
        ),
        Plate(
            id="dataflows",
            group="energy",
            title="Dataflows and nodes",
            caption="Dots: the table. Bars: 90 % of draws of all numbers over their ranges. Other nodes than 32 nm are "
            "projections. Right: energy of the naive dataflow over this one's.",
            draw=partial(figures.ways_figure, found, both),
        ),
        Plate(
            id="batch",
            group="energy",
            title="Batch and where the gradient is summed",
            caption="The naive flow gains little from a batch: only the velocity's traffic shrinks, every image's "
            "gradient travels. Dotted grey: the rates that V2.1's own run printed, with the batch's gradient to DRAM "
            "and back once.",
            draw=partial(figures.batch_figure, found, both),
        ),
        Plate(
            id="momentum",
            group="energy",
            title="What momentum costs",
            caption="Traffic of the velocity once a batch, so 1 / batch. The formula's 13 bits were chosen for the "
            "published figure.",
            draw=partial(figures.momentum_figure, found, marks["momentum_formula"], 200),
        ),
        Plate(
            id="tornado",
            group="energy",
            title="What the answer rests on",
            caption="One number at a time over its range, the others at their values.",
            draw=partial(figures.training_tornado_figure, found),
        ),
    ]
    if found.accuracies:
        caption = (
            "Rates were tuned on validation images for each device and rule. Bars: interval of the mean over seeds."
        )
        draw = partial(figures.accuracy_figure, found)
        title = "Accuracy against nonlinearity"
        plates.append(Plate(id="accuracy", group="energy", title=title, caption=caption, draw=draw))
    return plates


def write_insitu_energy(found: TrainingEnergy, out: Path, command: str) -> None:
    """Write report.html, reproduction.json, rows.csv, accuracies.csv (of a study) and figures/ into `out`.

    Raises
    ------
    OutputError
        If the folder cannot be written to.
    """
    folder = make_folder(Path(out))
    drawn, _ = save_plates(insitu_energy_plates(found), folder)
    write_json(folder / "reproduction.json", insitu_energy_json(found))
    write_csv(folder / "rows.csv", [row.as_dict() for row in found.rows])
    if found.accuracies:
        write_csv(folder / "accuracies.csv", [_accuracy_row(point) for point in found.accuracies])
    page = {
        "title": TITLE,
        "subtitle": LEDE,
        "version": __version__,
        "banner": found.banner,
        "meta": [(name.replace("_", " "), text) for name, text in found.facts.items()],
        "rows": [_row(row) for row in found.rows],
        "verdicts": [(kind, text) for kind, text in VERDICTS.items() if kind in {row.verdict for row in found.rows}],
        "assumptions": [asdict(one) for one in found.assumptions],
        "findings": energy_findings(found),
        "plates": inlined(drawn),
        "tables": energy_tables(found),
        "entries": entry_rows(found),
        "sources": found.sources,
        "command": command,
    }
    write_text(folder / "report.html", render("insitu_energy.html", page=page))


def insitu_energy_summary(found: TrainingEnergy) -> list[RenderableType]:
    """Rows, findings and assumptions for a terminal."""
    from rich.markup import escape
    from rich.padding import Padding
    from rich.text import Text

    from spikecim.reports.terminal import rows_table

    shown: list[RenderableType] = [Text(f"{TITLE}, {found.facts['node']}", style="bold")]
    if found.banner:
        shown.append(Text(f"! {found.banner}", style="bold yellow"))
    shown += ["", rows_table(found.rows), ""]
    if found.accuracies:
        shown += [_accuracy_lines(found), ""]
    shown += [Padding(Text.from_markup(f"• {escape(text)}"), (0, 0, 0, 1)) for text in energy_findings(found)]
    shown += ["", Text("Assumed, since no text that could be read states it", style="bold")]
    lines = [f"{one.what}: {one.taken} ({one.why})" for one in found.assumptions]
    return [*shown, *(Padding(Text(f"• {line}"), (0, 0, 0, 1)) for line in lines)]


def _accuracy_row(point: AccuracyPoint) -> dict[str, Any]:
    low, mean, high = point.accuracy
    others = {name: value for name, value in asdict(point).items() if name not in ("device", "rule", "accuracy")}
    ends = {"accuracy_percent": mean, "low": low, "high": high}
    row = {"device": point.device, "rule": point.rule, **ends, **others}
    return {name: "" if value is None else value for name, value in row.items()}


def _accuracy_lines(found: TrainingEnergy) -> Table:
    """Accuracy of every device and rule, for a terminal: what fits there."""
    from rich import box
    from rich.table import Table as RichTable

    content, shown = accuracy_table(found), (0, 1, 2, 3, 4, 5, 7, 8)
    table = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, expand=True)
    for place in shown:
        table.add_column(content["head"][place], justify="left" if place < 2 else "right", no_wrap=True)
    for row in content["rows"]:
        table.add_row(*(row["cells"][place] for place in shown))
    return table


def _row(row: Row) -> dict[str, Any]:
    from markupsafe import Markup

    texts = {name: number(getattr(row, name), row.unit) for name in ("emulated", "low", "high")}
    return {
        **row.as_dict(),
        "unit": UNITS.get(row.unit, row.unit),
        "texts": {**texts, "published": published(row.published, row.unit, row.relation)},
        "strip": Markup(strip(row)),
    }
