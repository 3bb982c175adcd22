"""A study of training on the chip for the terminal: the table, and a sentence for each device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spikecim.reports.energy_wording import plain
from spikecim.reports.insitu_tables import short_rows
from spikecim.reports.insitu_wording import findings, lede

if TYPE_CHECKING:
    from rich.console import JustifyMethod, RenderableType

    from spikecim.results.insitu_table import InsituTable

_HEADS = ("Device", "Rule", "Rate", "Test, %", "Gain, points", "Pulses a cell", "Most")
_WORDS = 2


def insitu_summary(found: InsituTable) -> list[RenderableType]:
    """Table and sentences."""
    from rich import box
    from rich.markup import escape
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for place, head in enumerate(_HEADS):
        side: JustifyMethod = "left" if place < _WORDS else "right"
        made.add_column(head, justify=side, overflow="fold")
    last = ""
    for row in short_rows(found):
        cells = [escape(plain(cell)) for cell in row]
        made.add_row("" if cells[0] == last else cells[0], *cells[1:])
        last = cells[0]
    sentences = [Padding(Text(f"• {plain(sentence)}"), (0, 0, 0, 1)) for sentence in findings(found)]
    note = (
        f"± and in brackets: {found.confidence_percent:g} % intervals over seeds; gains are paired seed by seed. "
        "*: the best rate stands at an end of what was tried."
    )
    return [Text(plain(lede(found)), style="bold"), made, *sentences, Text(note, style="dim")]
