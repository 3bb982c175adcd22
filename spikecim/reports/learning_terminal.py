"""A learning study for the terminal: one table, and what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spikecim.reports.energy_wording import plain
from spikecim.reports.learning_tables import short_rows
from spikecim.reports.learning_wording import findings, lede

if TYPE_CHECKING:
    from rich.console import RenderableType

    from spikecim.results.learning import Learning

_HEADS = ("Way to learn", "Known", "New", "All", "Forgot", "Rate", "Writes", "Most", "Writing", "Showing")


def learning_summary(found: Learning) -> list[RenderableType]:
    """Table and sentences; accuracies in percent."""
    from rich import box
    from rich.markup import escape
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for place, head in enumerate(_HEADS):
        made.add_column(head, justify="right" if place else "left", no_wrap=bool(place), overflow="fold")
    for row in short_rows(found):
        made.add_row(*(escape(plain(cell)) for cell in row))
    sentences = [Padding(Text(f"• {plain(sentence)}"), (0, 0, 0, 1)) for sentence in findings(found)]
    return [Text(plain(lede(found)), style="bold"), made, *sentences, Text(_NOTES, style="dim")]


_NOTES = (
    "Percent, means over chips. Forgot: known before minus known after. Writes: per cell; Most: pulses of the cell "
    "that sees most. A star: the best rate is the end of the list."
)
