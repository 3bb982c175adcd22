"""An energy report for the terminal: the answer with its intervals, where it goes, against what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spikecim.reports import energy_against_tables as against
from spikecim.reports import energy_page_tables as tables
from spikecim.reports.energy_sentences import findings, lede
from spikecim.reports.energy_table import Table as PageTable
from spikecim.reports.energy_wording import plain

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from spikecim.results.energy_report import EnergyReport, RunEnergy

_TOLD = 5  # sentences; the page tells the rest


def energy_summary(report: EnergyReport) -> list[RenderableType]:
    """Each run in a table and a few sentences; several runs in one table more."""
    from rich.text import Text

    found: list[RenderableType] = []
    if len(report.runs) > 1:
        found += [_rich(against.runs_table(report), columns=(0, 3, 4, 5, 7, 9))]
    for run in report.runs:
        found += _run(run, report)
    found += [Text(remark, style="yellow") for remark in report.remarks]
    return found


def _run(run: RunEnergy, report: EnergyReport) -> list[RenderableType]:
    from rich.padding import Padding
    from rich.text import Text

    several = len(report.runs) > 1
    title = f"{run.name}: {plain(lede(run))}" if several else plain(lede(run))
    found: list[RenderableType] = [Text(title, style="bold"), _rich(tables.answer_table(run), columns=(0, 1, 3, 4, 5))]
    if not several:
        found.append(_rich(tables.parts_table(run), columns=(0, 1, 2, 3, 5, 7)))
    found += [Padding(Text(f"• {plain(sentence)}"), (0, 0, 0, 1)) for sentence in findings(run, report)[:_TOLD]]
    return found


def _rich(made: PageTable, columns: tuple[int, ...]) -> Table:
    """Some columns of a table of the page; numbers to the right."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for place in columns:
        head = made["head"][place]
        table.add_column(escape(plain(head["text"])), justify="left" if head["words"] else "right")
    for row in made["rows"]:
        cells = [escape(plain(row["cells"][place])) for place in columns]
        table.add_row(*cells, style="bold" if row["total"] else "")
    return table
