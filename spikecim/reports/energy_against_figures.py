"""Figures of the energy report on one axis of energy: scopes and formal coding, other links, other runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spikecim.reports.energy_report_figures import rows_of
from spikecim.reports.energy_wording import PARTS, READ_AS, SCOPE_NAMES
from spikecim.reports.style import (
    CHIP,
    INK,
    MUTED,
    PAPER,
    PUBLISHED,
    RULE,
    SECOND,
    SMALL,
    THIRD,
    new_figure,
    note,
    plain_log,
    styled,
    y_title,
)
from spikecim.reports.wording import significant

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from spikecim.results.energy_report import RunEnergy
    from spikecim.results.energy_rows import Range


def against_figure(run: RunEnergy) -> Figure:
    """Draw an inference on one axis: scopes and readings with their ranges, formal coding from low to high."""
    with styled():
        figure = new_figure(0.9 + 0.36 * (len(run.scopes) + len(run.baselines)))
        axes = figure.subplots()
        names: list[str] = []
        for one in run.scopes:
            _dot(axes, len(names), one.free, one.anchored, solid=one.reading == run.reading)
            names.append(f"{SCOPE_NAMES[one.scope]}, {READ_AS[one.reading]}")
        for base in run.baselines:
            row = len(names)
            axes.barh(row, base.nj_high - base.nj_low, left=base.nj_low, height=0.34, color=SECOND, alpha=0.75)
            axes.plot([base.nj_typical] * 2, [row - 0.25, row + 0.25], color=INK, linewidth=1.4)
            note(axes, significant(base.nj_typical), (base.nj_typical, row), (0, 8), ha="center")
            names.append(base.title.replace(", ", ",\n"))
        axes.axhline(len(run.scopes) - 0.5, color=RULE, linewidth=0.8)
        _log_rows(axes, names, "Energy per inference (nJ)")
    return figure


def _dot(axes: Axes, row: int, free: Range, anchored: Range | None, *, solid: bool = True) -> None:
    """The value, its narrow range thick and its free range thin."""
    axes.plot([free.low, free.high], [row, row], color=CHIP, linewidth=1.1)
    if anchored is not None:
        axes.plot([anchored.low, anchored.high], [row, row], color=CHIP, linewidth=4.5, alpha=0.45)
    face = CHIP if solid else PAPER
    axes.plot(free.value, row, "o", color=CHIP, markersize=6.5, markerfacecolor=face, markeredgewidth=1.4)
    note(axes, significant(free.value), (free.value, row), (0, 6), ha="center", color=CHIP)


def _log_rows(axes: Axes, names: Sequence[str], label: str) -> None:
    rows_of(axes, names)
    axes.set_ylim(len(names) - 0.45, -0.75)
    axes.set_xscale("log")
    axes.grid(axis="x")
    axes.set_xlabel(label)
    plain_log(axes)


def links_figure(run: RunEnergy) -> Figure:
    """Draw the whole chip under each link, with the range over draws."""
    with styled():
        figure = new_figure(0.9 + 0.34 * len(run.links))
        axes = figure.subplots()
        for row, link in enumerate(run.links):
            found = link.chip_range
            axes.plot([found.low, found.high], [row, row], color=CHIP, linewidth=4.5, alpha=0.45)
            axes.plot(found.value, row, "o", color=CHIP, markersize=6)
            note(axes, significant(found.value), (found.value, row), (0, 6), ha="center", color=CHIP, box=True)
        _log_rows(axes, [link.name for link in run.links], "Whole chip (nJ per inference)")
    return figure


def runs_figure(runs: Sequence[RunEnergy]) -> Figure:
    """Draw the shares of the whole chip by part, one bar a run, and below both scopes with their free ranges."""
    parts = list(dict.fromkeys(row.part for run in runs for row in run.parts))
    with styled():
        figure = new_figure(2.6 + 0.75 * len(runs))
        top, bottom = figure.subplots(2, 1, height_ratios=(2, 3))
        left = np.zeros(len(runs))
        for part, (colour, hatch) in zip(parts, _FILLS, strict=False):
            share = np.array([sum(row.chip_percent for row in run.parts if row.part == part) for run in runs])
            how: dict[str, Any] = {"color": colour, "hatch": hatch, "edgecolor": PAPER, "linewidth": 0}
            top.barh(np.arange(len(runs)), share, left=left, height=0.6, label=PARTS[part], **how)
            left += share
        rows_of(top, [run.name for run in runs])
        top.set_xlim(0, 100)
        y_title(top, "Share of the whole chip (%)")
        names: list[str] = []
        for run in runs:
            for scope in ("core", "chip"):
                one = run.scope(scope)
                _dot(bottom, len(names), one.free, one.anchored)
                names.append(f"{run.name}, {SCOPE_NAMES[scope]}")
        _log_rows(bottom, names, "Energy per inference (nJ)")
        figure.legend(
            *top.get_legend_handles_labels(), loc="outside upper left", ncols=2, frameon=False, fontsize=SMALL
        )
    return figure


# Colour and hatching of parts: neighbours are told apart in greyscale too.
_FILLS = (
    (CHIP, ""),
    (SECOND, ""),
    (THIRD, "///"),
    (PUBLISHED, ""),
    (INK, ""),
    (RULE, ""),
    (MUTED, ""),
    (SECOND, "///"),
)
