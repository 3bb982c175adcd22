"""One figure of a page: where it stands, what is written around it, and how to draw it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, kw_only=True)
class Plate:
    """One figure of a page.

    Attributes
    ----------
    id : str
        File name and anchor.
    group : str
        A key of `reports.page.GROUPS`.
    title, caption : str
    draw : callable returning Figure
    """

    id: str
    group: str
    title: str
    caption: str
    draw: Callable[[], Figure]
