"""Figures of the energy report: where it goes, image by image, against formal coding, other links, margins."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spikecim.reports.energy_wording import PARTS
from spikecim.reports.style import (
    CHIP,
    INK,
    MUTED,
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

# Colour, marker and line of each run in order: told apart in greyscale too.
LOOKS = ((CHIP, "o", "-"), (PUBLISHED, "s", "-"), (THIRD, "^", "--"), (SECOND, "D", "--"), (INK, "v", ":"))


def parts_figure(run: RunEnergy) -> Figure:
    """Draw core and chip as bars that stack from part to part up to their sum."""
    with styled():
        figure = new_figure(4.6)
        core = _summed(run, "core")
        outer = [("core", run.scope("core").nj.mean), *_summed(run, "chip")]
        top, bottom = figure.subplots(2, 1, height_ratios=(len(core) + 1, len(outer) + 1))
        _stairs(top, core, "Core (nJ per inference)", CHIP)
        _stairs(bottom, outer, "Whole chip (nJ per inference)", MUTED)
    return figure


def _summed(run: RunEnergy, scope: str) -> list[tuple[str, float]]:
    """Parts that only this scope has, in the order of the ledger; directions of the link apart."""
    found: dict[str, float] = {}
    for row in run.parts:
        if row.scope == scope:
            way = f", {row.counted.rpartition(' ')[2]}" if scope == "chip" and " " in row.counted else ""
            name = PARTS[row.part] + (way if row.part in ("logic", "link") else "")
            found[name] = found.get(name, 0.0) + row.nj
    return list(found.items())


def _stairs(axes: Axes, parts: list[tuple[str, float]], title: str, colour: str) -> None:
    """One row a part, each bar starting where the last one ended."""
    values = np.array([value for _, value in parts])
    ends = np.cumsum(values)
    whole = max(float(ends[-1]), 1e-30)
    axes.barh(np.arange(len(parts)), values, left=ends - values, height=0.66, color=colour, alpha=0.85)
    axes.barh(len(parts), ends[-1], height=0.66, color=INK, alpha=0.85)
    for row, end in enumerate(ends[:-1]):
        axes.plot([end] * 2, [row - 0.33, row + 1.33], color=MUTED, linewidth=0.6)
    for row, value in enumerate([*values, ends[-1]]):
        how: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "ha": "right", "va": "center"}
        note(axes, significant(value), (1.0, row), (44, 0), **how)
    rows_of(axes, [name for name, _ in parts] + ["sum"])
    axes.set_xlim(0, whole)
    y_title(axes, title)


def rows_of(axes: Axes, names: Sequence[str]) -> None:
    """Names down the left side, first one on top."""
    axes.set_yticks(range(len(names)), list(names))
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.spines["left"].set_visible(False)
    axes.set_ylim(len(names) - 0.45, -0.55)


def images_figure(run: RunEnergy) -> Figure:
    """Draw the distribution over images (decided and timed out) and the spread within each class."""
    nj, late = run.per_image.core_nj, run.per_image.late
    with styled():
        figure = new_figure(4.7)
        top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(2, 3))
        _distribution(top, nj, late)
        for place, row in enumerate(run.classes):
            bottom.plot([row.core_nj.p5, row.core_nj.p95], [place, place], color=RULE, linewidth=4)
            bottom.plot(row.core_nj.mean, place, "|", color=CHIP, markersize=9, markeredgewidth=2)
            bottom.plot(row.core_nj.median, place, "o", color=INK, markersize=4)
        rows_of(bottom, [str(row.label) for row in run.classes])
        bottom.set_xlim(0, 1.04 * max(float(nj.max()), 1e-6))
        bottom.grid(axis="x")
        bottom.set_xlabel("Core energy per inference (nJ)")
        y_title(bottom, "Label: median (dot), mean (stroke), 5–95 % of its images")
        y_title(top, "Images per bin")
    return figure


def _distribution(axes: Axes, nj: NDArray[np.float64], late: NDArray[np.bool_]) -> None:
    edges = np.linspace(0, max(float(nj.max()), 1e-6), 49).tolist()
    axes.hist([nj[~late], nj[late]], edges, stacked=True, color=[CHIP, SECOND], edgecolor="none")
    axes.set_ylim(0, 1.12 * float(np.histogram(nj, edges)[0].max()))
    for value, name, height in ((float(np.median(nj)), "median", 0.97), (float(nj.mean()), "mean", 0.80)):
        axes.axvline(value, ymax=height, color=INK, linewidth=0.9)
        text = f"{name} {significant(value)} nJ"
        note(axes, text, (value, height), (4, 0), xycoords=("data", "axes fraction"), va="top")
    if late.any():
        note(axes, "on top: timed out", (1.0, 0.45), xycoords="axes fraction", ha="right", color=MUTED)


def margins_figure(runs: Sequence[RunEnergy]) -> Figure:
    """Draw accuracy against core energy as the margin moves, one curve a run, each margin named."""
    with styled():
        figure = new_figure(3.9)
        axes = figure.subplots()
        shown = [run for run in runs if len(run.margins) > 1]
        for run, (colour, marker, line) in zip(shown, cycle(LOOKS), strict=False):
            nj = [row.core_nj for row in run.margins]
            accuracy = np.array([row.accuracy_percent for row in run.margins])
            low = [row.accuracy_low_percent for row in run.margins]
            high = [row.accuracy_high_percent for row in run.margins]
            axes.vlines(nj, low, high, color=colour, linewidth=1.0, alpha=0.6)
            how: dict[str, Any] = {"color": colour, "marker": marker, "linestyle": line, "markersize": 4.5}
            axes.plot(nj, accuracy, **how, label=run.name)
            if len(shown) == 1:
                _name_margins(axes, run)
        axes.set_xscale("log")
        axes.margins(y=0.09)
        axes.grid(axis="y")
        plain_log(axes)
        axes.set_xlabel("Core energy per inference (nJ)")
        y_title(axes, "Accuracy (%), 95 % interval over images")
        if len(shown) > 1:
            axes.legend(frameon=False, fontsize=SMALL, loc="lower right")
    return figure


def _name_margins(axes: Axes, run: RunEnergy) -> None:
    """δs beside the first, second, fourth ... mark, so that names do not meet."""
    chosen = {0, 1, 3, len(run.margins) - 1}
    for place, row in enumerate(run.margins):
        if place in chosen:
            at = (row.core_nj, row.accuracy_low_percent)
            note(axes, f"δs {row.delta_s}", at, (0, -4), ha="center", va="top")


def layers_figure(run: RunEnergy) -> Figure:
    """Draw the energy of each layer, core and what lies outside it."""
    with styled():
        figure = new_figure(1.0 + 0.34 * len(run.layers))
        axes = figure.subplots()
        rows = np.arange(len(run.layers))
        core = np.array([layer.core_nj.mean for layer in run.layers])
        outer = np.array([layer.chip_nj.mean for layer in run.layers]) - core
        axes.barh(rows, core, height=0.66, color=CHIP, label="core")
        axes.barh(rows, outer, left=core, height=0.66, color=SECOND, label="words and logic")
        for row, whole in enumerate(core + outer):
            note(axes, significant(float(whole)), (float(whole), row), (3, 0), va="center")
        rows_of(axes, [layer.layer for layer in run.layers])
        axes.set_xlim(0, 1.18 * float((core + outer).max() or 1.0))
        axes.grid(axis="x")
        axes.set_xlabel("Energy per inference (nJ)")
        figure.legend(loc="outside upper left", ncols=2, frameon=False, fontsize=SMALL)
    return figure
