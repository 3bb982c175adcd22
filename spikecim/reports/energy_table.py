"""A table of the energy page as plain data: heads, rows, and what is said before it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

Table = dict[str, Any]
TAB = "\t"


def table(
    title: str, head: Sequence[str], rows: Iterable[Sequence[str]], lead: str = "", *, folded: bool = False
) -> Table:
    """One table; a row that starts with a tab stands out, a head that starts with one is over words, not numbers."""
    made = [{"cells": [row[0].removeprefix(TAB), *row[1:]], "total": row[0].startswith(TAB)} for row in rows]
    heads = [{"text": text.removeprefix(TAB), "words": text.startswith(TAB) or not k} for k, text in enumerate(head)]
    return {"title": title, "head": heads, "rows": made, "lead": lead, "folded": folded}


def short(path: str) -> str:
    """An entry of the chip file as a reader names it."""
    return path.removeprefix("energy.").removeprefix("array.").replace("link.", "link ").replace("_", " ")
