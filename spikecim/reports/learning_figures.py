"""Figures of a learning study: known against new, accuracy while learning, writes per cell, energy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spikecim.reports.energy_wording import plain
from spikecim.reports.learning_wording import OFFLINE, best_learned, energy, name_of
from spikecim.reports.style import (
    CHIP,
    INK,
    MUTED,
    PAPER,
    PUBLISHED,
    SECOND,
    THIRD,
    WASH,
    new_figure,
    note,
    plain_log,
    styled,
    y_title,
)
from spikecim.results.learning import ConditionResult, Learning, Spread, spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW = 0.52  # inch of one condition
# Colour, dash and marker together: told apart without colour.
_LINES = (
    (CHIP, "-", "o"),
    (PUBLISHED, (0, (4, 2)), "s"),
    (THIRD, (0, (1, 1.5)), "^"),
    (SECOND, (0, (5, 1.5, 1, 1.5)), "D"),
)


def accuracies(found: Learning) -> Figure:
    """Known (filled) and new (hollow) images after each way to learn, every chip a dot, the mean with its interval."""
    rows = [("Before", found.before["old"], found.before["new"])]
    rows += [(name_of(one), one.chips["after_old"], one.chips["after_new"]) for one in found.conditions]
    with styled():
        figure = new_figure(1.0 + _ROW * len(rows))
        axes = figure.subplots()
        for place, (name, old, new) in enumerate(rows):
            note(
                axes, _broken(name), (0.0, place), (-5, 0), xycoords=axes.get_yaxis_transform(), ha="right", va="center"
            )
            if place == 0 and found.task == "new-class":
                new = ()
            _dots(axes, old, place - 0.17, filled=True)
            _dots(axes, new, place + 0.17, filled=False)
        signs = [
            axes.plot([], [], label=label, **_sign(filled))[0] for label, filled in (("known", True), ("new", False))
        ]
        axes.legend(handles=signs, loc="lower left", frameon=False, fontsize=8)
        axes.set_yticks([])
        axes.set_ylim(len(rows) - 0.4, -0.75)
        axes.tick_params(axis="y", length=0)
        axes.axvline(found.taught.both, color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)), zorder=0)
        note(axes, "real weights, all", (found.taught.both, -0.75), (2, 3), ha="right", color=MUTED)
        axes.set_xlabel("Accuracy (%)")
        axes.margins(x=0.04)
        axes.grid(axis="x")
    return figure


def _label(axes: Axes, text: str, place: float) -> None:
    """Beside the axis, where no stroke runs through it."""
    note(axes, text, (0.0, place), (-5, 0), xycoords=axes.get_yaxis_transform(), ha="right", va="center")


def _sign(filled: bool) -> dict[str, Any]:
    """How a chip is drawn: known images filled, new ones hollow."""
    colour = CHIP if filled else PUBLISHED
    return {
        "linestyle": "none",
        "marker": "o" if filled else "s",
        "markersize": 3.2,
        "markerfacecolor": colour if filled else PAPER,
        "markeredgecolor": colour,
        "markeredgewidth": 0.8,
        "alpha": 0.75,
    }


def _dots(axes: Axes, values: tuple[float, ...], place: float, *, filled: bool) -> None:
    if not values:
        return
    shift = 0.05 * (np.arange(len(values)) % 3 - 1)
    axes.plot(values, place + shift, **_sign(filled))
    mean = spread(values)
    axes.plot(np.clip([mean.low, mean.high], 0.0, 100.0), [place, place], color=INK, linewidth=1.5, zorder=3)
    axes.plot([mean.mean], [place], "|", color=INK, markersize=8, markeredgewidth=1.8, zorder=4)


def _broken(name: str) -> str:
    """A long name on two lines."""
    first, comma, rest = name.rpartition(", ")
    return f"{first},\n{rest}" if comma and len(name) > 14 else name


def curves(found: Learning) -> Figure:
    """Accuracy on validation images while the chips learn: known above, new below."""
    learned = [one for one in found.conditions if one.curve is not None]
    with styled():
        figure = new_figure(4.6)
        upper, lower = figure.subplots(2, 1, sharex=True)
        for place, one in enumerate(learned):
            assert one.curve is not None, "chosen for it"
            for axes, points in ((upper, one.curve.old), (lower, one.curve.new)):
                _line(axes, one.curve.presented, points, place, name_of(one))
        y_title(upper, "Known, right answers (%)")
        y_title(lower, "New, right answers (%)")
        lower.set_xlabel("Images presented")
        lower.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        for axes in (upper, lower):
            axes.grid(axis="y")
        lower.legend(loc="lower right", frameon=False, fontsize=8, handlelength=3.2)
    return figure


def _line(axes: Axes, presented: tuple[int, ...], points: tuple[Spread, ...], place: int, name: str) -> None:
    colour, dash, marker = _LINES[place % len(_LINES)]
    axes.fill_between(
        presented,
        np.clip([p.low for p in points], 0.0, 100.0),
        np.clip([p.high for p in points], 0.0, 100.0),
        color=colour,
        alpha=0.15,
        linewidth=0,
    )
    face = PAPER if place >= len(_LINES) else colour
    axes.plot(
        presented,
        [p.mean for p in points],
        color=colour,
        linestyle=dash,
        marker=marker,
        markersize=3.5,
        markerfacecolor=face,
        label=name,
    )


def writes(found: Learning) -> Figure:
    """Cells by number of writes, on a logarithmic axis: cells that were never written are left out."""
    with styled():
        figure = new_figure(3.4)
        axes = figure.subplots()
        longest = 1
        for place, one in enumerate(found.conditions):
            colour, dash, marker = _LINES[place % len(_LINES)]
            counts = [(times, cells) for times, cells in enumerate(one.histogram) if times and cells > 0]
            if counts:
                longest = max(longest, counts[-1][0])
                face = PAPER if place >= len(_LINES) else colour
                axes.plot(
                    *zip(*counts, strict=True),
                    color=colour,
                    linestyle=dash,
                    marker=marker,
                    markersize=4,
                    markerfacecolor=face,
                    label=name_of(one),
                )
        axes.set_yscale("log")
        plain_log(axes, y=True)
        axes.set_xticks(range(1, longest + 1, 1 if longest < 12 else 2))
        axes.set_xlabel("Writes of a cell in one learning")
        y_title(axes, f"Cells of {found.n_cells:,}, mean over chips")
        axes.grid(axis="y")
        axes.legend(frameon=False, fontsize=8, handlelength=3.2)
    return figure


def energies(found: Learning) -> Figure:
    """Writing and presenting, on a logarithmic axis; the bar of writing spans low to high."""
    shown = [one for one in found.conditions if one.total_pj > 0]
    with styled():
        figure = new_figure(1.0 + 0.55 * len(shown))
        axes = figure.subplots()
        for place, one in enumerate(shown):
            _label(axes, _broken(name_of(one)), place)
            _spent(axes, one, place)
        axes.set_xscale("log")
        axes.set_yticks([])
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(len(shown) - 0.4, -0.9)
        axes.set_xlabel("Energy of one learning (pJ)")
        axes.grid(axis="x")
        axes.margins(x=0.22)
    return figure


def _spent(axes: Axes, one: ConditionResult, place: int) -> None:
    low, typical, high = (one.written_pj(end) for end in ("low", "typical", "high"))
    if typical > 0:
        axes.plot([low, high], [place, place], color=PUBLISHED, linewidth=5, alpha=0.3, solid_capstyle="butt")
        axes.plot([typical], [place], "s", color=PUBLISHED, markersize=6)
        words = "writing " if not place else ""
        note(axes, words + plain(energy(typical)), (typical, place), (0, 6), ha="center")
    if one.presented_pj > 0:
        axes.plot([one.presented_pj], [place], "o", color=CHIP, markersize=6)
        words = "presenting " if not place else ""
        note(axes, words + plain(energy(one.presented_pj)), (one.presented_pj, place), (0, 6), ha="center")


def rates(found: Learning) -> Figure:
    """Accuracy on validation images by rate, the rate taken filled."""
    learned = [one for one in found.conditions if one.rule != OFFLINE and len(one.tuning) > 1]
    best = best_learned(found).name
    with styled():
        figure = new_figure(3.2)
        axes = figure.subplots()
        for place, one in enumerate(learned):
            colour, dash, marker = _LINES[place % len(_LINES)]
            x, y = zip(*one.tuning, strict=True)
            wide = 2.0 if one.name == best else 1.3
            axes.plot(x, y, color=colour, linestyle=dash, marker=marker, markersize=4, markerfacecolor=PAPER,
                      linewidth=wide, label=name_of(one))  # fmt: skip
            taken = [(rate, accuracy) for rate, accuracy in one.tuning if rate == one.rate]
            axes.plot(*taken[0], marker=marker, color=colour, markersize=6)
        axes.set_xscale("log")
        axes.set_xticks(sorted({rate for one in learned for rate, _ in one.tuning}))
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.xaxis.set_minor_formatter(lambda value, _: "")
        axes.set_xlabel("Rate (filled: taken)")
        y_title(axes, "Validation images, right answers (%)")
        axes.grid(axis="y", color=WASH)
        axes.legend(frameon=False, fontsize=8, handlelength=3.2)
    return figure
