"""Figures of a comparison of conversions: misread images against spikes, time and energy, losses, layers, margins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

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
from spikecim.results.comparison import Comparison, ComparisonRow, Curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Colour, marker and line of each conversion in order of appearance: told apart in greyscale too.
_LOOKS = (
    (CHIP, "o", "-"),
    (PUBLISHED, "s", "-"),
    (THIRD, "^", "-"),
    (SECOND, "D", "-"),
    (INK, "v", "--"),
    (MUTED, "P", "--"),
    (CHIP, "X", ":"),
    (PUBLISHED, "<", ":"),
)
_STEP_NAMES = ("float ANN", "whole weights", "spikes", "cells", "neurons")
_STEP_MARKS = ("|", "D", "^", "s", "o")
_STEP_COLOURS = (INK, SECOND, THIRD, CHIP, PUBLISHED)


def looks(comparison: Comparison) -> dict[str, tuple[str, str, str]]:
    """Colour, marker and line style of each conversion, the same in all figures."""
    names = dict.fromkeys(row.conversion for row in comparison.rows)
    return {name: _LOOKS[place % len(_LOOKS)] for place, name in enumerate(names)}


def chips_of(comparison: Comparison) -> list[str]:
    """Chips in the order in which they first appear."""
    return list(dict.fromkeys(row.chip for row in comparison.rows))


def overview(comparison: Comparison) -> Figure:
    """Draw misread images against core energy, one mark a row; open marks are chips that are exact."""
    with styled():
        figure = new_figure(4.3)
        axes = figure.subplots()
        styles, chips = looks(comparison), chips_of(comparison)
        for row in comparison.rows:
            colour, marker, _ = styles[row.conversion]
            exact = row.n_chips == 1 and len(chips) > 1
            _error_bar(axes, row, comparison, colour)
            axes.plot(
                [row.energy_core_nj],
                [_floor(1.0 - row.accuracy, comparison)],
                marker=marker,
                color=colour,
                markerfacecolor="none" if exact else colour,
                linestyle="",
                markersize=7,
            )
        worst = min(row.accuracy_low for row in comparison.rows)
        _misread_scale(axes, comparison, top=min(110.0, 300.0 * max(1.0 - worst, 2.0 / comparison.n_samples)))
        axes.set_xscale("log")
        plain_log(axes)
        axes.set_xlabel("Core energy (nJ an image)")
        _legend(figure, comparison, lines=False, exact=len(chips) > 1)
        return figure


def course(comparison: Comparison, pick: Callable[[Curve], NDArray[np.float64]], label: str) -> Figure:
    """Draw misread images against what `pick` reads from the checkpoints, one panel a chip."""
    chips = [chip for chip in chips_of(comparison) if any(r.chip == chip and r.checkpoints for r in comparison.rows)]
    with styled():
        figure = new_figure(1.0 + 2.35 * len(chips))
        panels = figure.subplots(len(chips), 1, sharex=False, sharey=True, squeeze=False)[:, 0]
        styles = looks(comparison)
        for axes, chip in zip(panels, chips, strict=True):
            for row in comparison.rows:
                if row.chip == chip and row.checkpoints is not None:
                    seen = pick(row.checkpoints) > 0
                    misread = [_floor(1.0 - share, comparison) for share in row.checkpoints.accuracy[seen]]
                    axes.plot(pick(row.checkpoints)[seen], misread, **_drawn(styles[row.conversion]))
            _misread_scale(axes, comparison)
            axes.set_xscale("log")
            plain_log(axes)
            axes.set_title(f"{chip}: misread images (%)")
        panels[-1].set_xlabel(label)
        _legend(figure, comparison, lines=True)
        return figure


def margins(comparison: Comparison) -> Figure:
    """Draw misread images and late images against the decision margin, on the last chip that has one."""
    chip = [row.chip for row in comparison.rows if row.margins is not None][-1]
    with styled():
        figure = new_figure(5.2)
        top, bottom = figure.subplots(2, 1, sharex=True)
        styles = looks(comparison)
        for row in comparison.rows:
            if row.chip == chip and row.margins is not None:
                how = _drawn(styles[row.conversion])
                misread = [_floor(1.0 - share, comparison) for share in row.margins.accuracy]
                top.plot(row.margins.axis, misread, **how)
                bottom.plot(row.margins.axis, 100 * row.margins.time_out, **how)
        _misread_scale(top, comparison)
        top.set_title(f"{chip}: misread images (%)")
        bottom.set_ylim(-3, 103)
        y_title(bottom, "Images that end by time-out (%)")
        bottom.set_xlabel("Decision margin δs (spikes)")
        bottom.xaxis.get_major_locator().set_params(integer=True)
        _legend(figure, comparison, lines=True, chips=(chip,))
        return figure


def losses(comparison: Comparison) -> Figure:
    """Draw the way from the float ANN to the chip: misread images after each step, one line a conversion."""
    rows = [row for row in comparison.rows if len(row.losses) == len(_STEP_NAMES)]
    with styled():
        figure = new_figure(1.15 + 0.42 * len(rows))
        axes = figure.subplots()
        places = np.arange(len(rows))[::-1]
        for place, row in zip(places, rows, strict=True):
            misread = [100 * (1.0 - step.accuracy) for step in row.losses]
            axes.hlines(place, min(misread), max(misread), color=RULE, linewidth=3)
            for value, mark, colour in zip(misread, _STEP_MARKS, _STEP_COLOURS, strict=True):
                axes.plot([value], [place], marker=mark, color=colour, markersize=8 if mark == "|" else 6)
        several = len({row.chip for row in rows}) > 1
        axes.set_yticks(places, [f"{row.conversion}\n{row.chip}" if several else row.conversion for row in rows])
        axes.set_ylim(-0.6, len(rows) - 0.4)
        axes.set_xlim(left=0)
        axes.grid(axis="x")
        axes.set_xlabel("Misread images (%)")
        from matplotlib.lines import Line2D

        handles = [
            Line2D([], [], marker=mark, color=colour, linestyle="", markersize=6)
            for mark, colour in zip(_STEP_MARKS, _STEP_COLOURS, strict=True)
        ]
        figure.legend(handles, _STEP_NAMES, loc="outside upper left", ncols=3, frameon=False, fontsize=SMALL)
        return figure


def layer_errors(comparison: Comparison) -> Figure:
    """Draw how far spike rates are from activations in each layer, one panel a chip."""
    chips = [chip for chip in chips_of(comparison) if any(r.chip == chip and r.layers for r in comparison.rows)]
    with styled():
        figure = new_figure(1.3 + 2.2 * len(chips))
        panels = figure.subplots(len(chips), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
        styles = looks(comparison)
        for axes, chip in zip(panels, chips, strict=True):
            for row in comparison.rows:
                if row.chip == chip and row.layers:
                    # The last layer's scores are compared with each other only, not with activations.
                    error = [100 * layer.error_rel for layer in row.layers[:-1]] or [100 * row.layers[0].error_rel]
                    axes.plot(np.arange(1, len(error) + 1), error, **_drawn(styles[row.conversion]))
            axes.grid(axis="y")
            axes.set_title(f"{chip}: rate against activation, rms error (%)")
            axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        # Only now are all panels drawn that share the axes.
        panels[-1].set_ylim(bottom=0)
        panels[-1].set_xlim(0.5, max(max(1, len(row.layers) - 1) for row in comparison.rows) + 0.5)
        panels[-1].set_xlabel("Layer")
        _legend(figure, comparison, lines=True)
        return figure


def _drawn(look: tuple[str, str, str]) -> dict[str, Any]:
    """How a line of marks of this colour, marker and line style is drawn."""
    colour, marker, line = look
    return {"color": colour, "marker": marker, "linestyle": line, "markersize": 4, "linewidth": 1.2}


def _error_bar(axes: Axes, row: ComparisonRow, comparison: Comparison, colour: str) -> None:
    low, high = (_floor(1.0 - share, comparison) for share in (row.accuracy_high, row.accuracy_low))
    axes.vlines(row.energy_core_nj, low, high, color=colour, linewidth=1.0)


def _floor(misread: float, comparison: Comparison) -> float:
    """Percent; no misread image is drawn as half an image, so that a logarithm shows it."""
    return 100 * max(misread, 0.5 / comparison.n_samples)


def _misread_scale(axes: Axes, comparison: Comparison, top: float = 110.0) -> None:
    axes.set_yscale("log")
    plain_log(axes, y=True)
    axes.set_ylim(100 * 0.4 / comparison.n_samples, top)
    axes.grid(axis="y")
    ann = 100 * (1.0 - comparison.ann_accuracy)
    level = _floor(1.0 - comparison.ann_accuracy, comparison)
    axes.axhline(level, color=INK, linewidth=0.9, linestyle=(0, (4, 2)))
    note(axes, f"float ANN, {ann:.2g} %", (0.01, level), (2, -11), xycoords=("axes fraction", "data"), box=True)
    y_title(axes, "Misread images (%)")


def _legend(
    figure: Figure, comparison: Comparison, *, lines: bool, exact: bool = False, chips: Sequence[str] = ()
) -> None:
    from matplotlib.lines import Line2D

    used = {row.conversion for row in comparison.rows if not chips or row.chip in chips}
    handles, names = [], []
    for name, (colour, marker, line) in looks(comparison).items():
        if name in used:
            handles.append(
                Line2D(
                    [], [], color=colour, marker=marker, linestyle=line if lines else "", markersize=5, linewidth=1.2
                )
            )
            names.append(name)
    if exact:
        handles.append(Line2D([], [], color=MUTED, marker="o", markerfacecolor="none", linestyle="", markersize=5))
        names.append("open: exact chip")
    figure.legend(handles, names, loc="outside upper left", ncols=2, frameon=False, fontsize=SMALL)
