"""Numbers, units and names as a reader expects them, the same in tables, sentences and figures."""

from __future__ import annotations

import math
import re

PART_NAMES = {
    "cell_read": "cell current",
    "clamp_injector": "clamps and injectors",
    "comparator": "comparators",
    "reset_packet": "reset packets",
    "static": "static",
    "logic": "logic",
    "link": "serial link",
}
_DECIMALS = {"%": 2, "spikes": 1, "cells": 0, "points": 2}
_FOLDERS = re.compile(r"(?<![\w/:.])(?:[A-Za-z]:)?[/\\](?:[^/\\()]+[/\\])+([^/\\()]+)")


def number(value: float | None, unit: str = "") -> str:
    """`value` with as many digits as mean something in `unit`: 87.97 %, 138.7 spikes, 3.60 pJ, 11,520 cells."""
    if value is None or not math.isfinite(value):
        return "–"
    # 85.38499999999999 and 85.385 are the same number reached on two ways.
    value = float(f"{value:.12g}")
    if value < 0:
        return f"−{number(-value, unit)}"
    if unit == "reads":
        return f"{value / 1e6:,.0f} M"
    if unit in _DECIMALS:
        return f"{value:,.{_DECIMALS[unit]}f}"
    return significant(value)


def significant(value: float, digits: int = 3) -> str:
    """`value` to `digits` significant digits, never in powers of ten between 0.001 and 1e9."""
    if value == 0 or not 1e-3 <= abs(value) < 1e9:
        return f"{value:.{digits}g}"
    # 9.9996 has the digits of 10.0.
    rounded = float(f"{abs(value):.{digits}g}")
    places = max(0, digits - 1 - math.floor(math.log10(rounded)))
    return f"{value:,.{places}f}"


def published(value: float, unit: str = "", relation: str = "equal") -> str:
    """A published number, with the digits it was published with, and a sign if it is a bound."""
    if relation == "at least":
        return f"≥\u00a0{published(value, unit)}"
    if unit == "reads":
        return number(value, unit)
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"


def signed(value: float) -> str:
    """A difference in points: its sign, as a reader writes it, and two decimals."""
    # Adding 0.0 keeps a rounded difference from reading "−0.00".
    return f"{round(value, 2) + 0.0:+.2f}".replace("-", "−")


def without_folders(text: str) -> str:
    """`text` with file names in place of absolute paths: where a reader's files lie is nobody's business."""
    return _FOLDERS.sub(r"\1", text)


def several(count: int, one: str, many: str | None = None) -> str:
    """``1 image``, ``10,000 images``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
