"""Numbers that carry their exact value along: a page shows them as <data>, a terminal and a paper as text."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from spikecim.reports.wording import PART_NAMES, number, published, significant

if TYPE_CHECKING:
    from markupsafe import Markup

# Private-use characters, which no source and no name holds.
_OPEN, _MIDDLE, _CLOSE = "\ue000", "\ue001", "\ue002"
_CITED = re.compile(f"{_OPEN}([^{_MIDDLE}]*){_MIDDLE}([^{_CLOSE}]*){_CLOSE}")
PARTS = {**PART_NAMES, "core_word": "words between cores"}
READ_AS = {"per-synaptic-event": "per synaptic event", "per-input-spike": "per input spike"}
SCOPE_NAMES = {"core": "core", "chip": "whole chip"}
DASH = "–"


def cited(value: float | None, unit: str = "") -> str:
    """`value` as a reader expects it, with the exact one behind it; a dash for none."""
    if value is None or not math.isfinite(value):
        return DASH
    text = f"{value:,}" if isinstance(value, int) else number(value, unit)
    return f"{_OPEN}{value!r}{_MIDDLE}{text}{_CLOSE}"


def printed(value: float | None) -> str:
    """A number as its source prints it: 28, 12.7, 0.06574."""
    return DASH if value is None else f"{_OPEN}{value!r}{_MIDDLE}{published(value)}{_CLOSE}"


def year(value: int) -> str:
    """A year has no thousands."""
    return f"{_OPEN}{value}{_MIDDLE}{value}{_CLOSE}"


def percent(value: float | None) -> str:
    """A share in percent, with the digits that a share of energy deserves."""
    if value is None:
        return DASH
    return f"{_OPEN}{value!r}{_MIDDLE}{significant(value)}{_CLOSE}"


def span(low: float | None, high: float | None, unit: str = "") -> str:
    """Two ends of a range."""
    return f"{cited(low, unit)} to {cited(high, unit)}"


def plain(text: str) -> str:
    """`text` for a terminal: the numbers only."""
    return _CITED.sub(r"\2", text)


def as_html(text: str) -> Markup:
    """`text` for a page: escaped, each number in a <data> of its exact value, units held to their numbers."""
    from markupsafe import Markup, escape

    safe = str(escape(text))
    safe = re.sub(rf"(?<=[\d{_CLOSE}]) (?=%|[pnµ]J\b|nm\b|µs\b)", "\u00a0", safe)
    return Markup(_CITED.sub(r'<data value="\1">\2</data>', safe))


def all_as_html(value: Any) -> Any:
    """Every text within plain data as `as_html` makes it; what is markup already stays."""
    from markupsafe import Markup

    if isinstance(value, dict):
        return {key: all_as_html(item) for key, item in value.items()}
    if isinstance(value, list):
        return [all_as_html(item) for item in value]
    return as_html(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def as_latex(text: str) -> str:
    """`text` for a paper: every character that LaTeX would obey is escaped, minus signs and spaces are its own."""
    return "".join(_LATEX.get(letter, letter) for letter in plain(text))


_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "−": r"$-$",
    "–": "--",
    "×": r"$\times$",
    "±": r"$\pm$",
    "≥": r"$\geq$",
    "δ": r"$\delta$",
    "µ": r"\textmu{}",
    "\u00a0": "~",
    "\n": " ",
}
