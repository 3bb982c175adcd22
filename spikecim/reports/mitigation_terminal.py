"""A mitigation study for the terminal: one table, and a sentence for each set of errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spikecim.reports.energy_wording import plain
from spikecim.reports.mitigation_tables import short_rows
from spikecim.reports.mitigation_wording import findings, lede

if TYPE_CHECKING:
    from rich.console import JustifyMethod, RenderableType

    from spikecim.results.mitigation import Mitigation

_HEADS = ("Errors", "Algorithm", "Ideal", "Before", "After", "Ratio", "Recovered", "Cure", "Needs")
_WORDS = (0, 7, 8)


def mitigation_summary(found: Mitigation) -> list[RenderableType]:
    """Table and sentences; numbers in percent."""
    from rich import box
    from rich.markup import escape
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for place, head in enumerate(_HEADS):
        side: JustifyMethod = "left" if place in _WORDS else "right"
        wraps = place in _WORDS[1:]
        made.add_column(head, justify=side, no_wrap=not wraps, min_width=9 if wraps else None, overflow="fold")
    last = ""
    for row in short_rows(found):
        cells = [escape(plain(cell)) for cell in row]
        made.add_row("" if cells[0] == last else cells[0], *cells[1:])
        last = cells[0]
    sentences = [Padding(Text(f"• {plain(sentence)}"), (0, 0, 0, 1)) for sentence in findings(found)]
    return [Text(plain(lede(found)), style="bold"), made, *sentences, Text(_notes(found), style="dim")]


def _notes(found: Mitigation) -> str:
    return (
        "Percent; medians over chips. Ratio: hardware / algorithm, before → after. Recovered: (mean after - mean "
        "before) / (ideal - mean before) over all chips, with its "
        f"{found.confidence_percent:g} % interval over chips and images."
    )
