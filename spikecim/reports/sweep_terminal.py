"""A sweep for the terminal: what failed, one small table of factors, and the findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spikecim.reports.sweep_findings import findings, refusals, troubles
from spikecim.reports.sweep_wording import narrow, percent, short_names
from spikecim.reports.wording import several
from spikecim.results.sweep_report import SweepReport

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table


def sweep_summary(report: SweepReport) -> list[RenderableType]:
    """Title, troubles, table of shares, findings."""
    from rich.text import Text

    size = f"{several(report.n_designs, 'design')} ({report.kind}) x {several(report.n_chips, 'virtual chip')}"
    found: list[RenderableType] = [Text(f"{report.title}: {size}", style="bold")]
    found += [Text(line, style="yellow") for line in troubles(report)]
    if any(not shares.refused for shares in report.shares):
        found.append(_table(report))
    found += [Text(line, style="yellow") for line in refusals(report)]
    return [*found, *(Text(line) for line in findings(report))]


def _table(report: SweepReport) -> Table:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    told = [shares for shares in report.shares if not shares.refused]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("% of the variance\nbetween designs", no_wrap=True)
    for shares in told:
        table.add_column(escape(narrow(report.metric(shares.metric).label)), justify="right")
    for path, name in short_names(report).items():
        cells = (f"{percent((s.total or s.first)[path].value)}" for s in told)
        table.add_row(escape(name), *cells)
    return table
