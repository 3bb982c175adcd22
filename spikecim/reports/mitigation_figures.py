"""Figures of a mitigation study: chips before and after, and what is recovered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spikecim.reports.mitigation_wording import TITLES, UNDEFINED, cure_name
from spikecim.reports.style import (
    CHIP,
    INK,
    MUTED,
    PAPER,
    PUBLISHED,
    RULE,
    SMALL,
    WASH,
    new_figure,
    note,
    styled,
)
from spikecim.reports.wording import number
from spikecim.results.mitigation import ConditionResult, Interval, Mitigation

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW, _GAP = 0.27, 0.36  # inch: a row of dots, and the title of a group
_BAR = 0.56
_LONG = 18  # letters that fit beside the axis


@dataclass(frozen=True, kw_only=True)
class _Row:
    """One line of the figure of accuracies."""

    label: str
    chips: tuple[float, ...]
    interval: Interval
    cured: bool


def accuracies(found: Mitigation) -> Figure:
    """Every virtual chip as a dot before and after each cure; bars are the interval of the median."""
    groups = [(TITLES[condition.name], _rows(condition)) for condition in found.conditions]
    n_rows = sum(len(rows) for _, rows in groups)
    with styled():
        figure = new_figure(0.8 + _ROW * n_rows + _GAP * len(groups))
        axes = figure.subplots()
        place = 0.0
        for title, rows in groups:
            note(axes, title, (0.0, place), (-5, 0), xycoords=axes.get_yaxis_transform(), ha="right", weight="bold")
            place += _GAP / _ROW * 0.75
            for row in rows:
                _dots(axes, row, place)
                _label(axes, place, row.label)
                place += 1.0
            place += _GAP / _ROW * 0.25
        axes.set_yticks([])
        axes.set_ylim(place - 0.4, -0.6)
        _levels(axes, found)
    return figure


def _rows(condition: ConditionResult) -> list[_Row]:
    before = _Row(label="before", chips=condition.chips, interval=condition.before, cured=False)
    cured = [
        _Row(label=_broken(cure_name(cure.name)), chips=cure.chips, interval=cure.after, cured=True)
        for cure in condition.cures
    ]
    return [before, *cured]


def _label(axes: Axes, place: float, text: str, title: str = "") -> None:
    """Lines beside the axis, each ending at it in whatever font a page has; a title stands out."""
    lines = [*([title] if title else []), *text.split("\n")]
    for row, line in enumerate(lines):
        shift = (len(lines) - 1) / 2 - row
        color = INK if title and not row else MUTED
        at = (0.0, place)
        note(axes, line, at, (-5, 10.5 * shift - 3), xycoords=axes.get_yaxis_transform(), ha="right", color=color)


def _broken(label: str) -> str:
    """A long label on two lines."""
    first, plus, rest = label.rpartition(" + ")
    return f"{first} +\n{rest}" if plus and len(label) > _LONG else label


def _dots(axes: Axes, row: _Row, place: float) -> None:
    """Hollow before, filled after: told apart without colour."""
    colour = CHIP if row.cured else PUBLISHED
    face = colour if row.cured else PAPER
    # Dots of one row stand a little apart, in an order that only depends on the chips.
    shift = 0.22 * (np.arange(len(row.chips)) % 3 - 1)
    axes.plot(
        row.chips,
        place + shift,
        "o",
        markersize=3.4,
        markerfacecolor=face,
        markeredgecolor=colour,
        markeredgewidth=0.8,
        alpha=0.75,
    )
    axes.plot([row.interval.low, row.interval.high], [place, place], color=INK, linewidth=1.4, zorder=3)
    axes.plot([row.interval.value], [place], "|", color=INK, markersize=9, markeredgewidth=1.8, zorder=4)


def _levels(axes: Axes, found: Mitigation) -> None:
    """The algorithm as a line, and the hardware without errors where it is another."""
    axes.axvline(found.algorithm, color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)), zorder=0)
    top = (found.algorithm, axes.get_ylim()[1])
    note(axes, f"algorithm {number(found.algorithm, '%')} %", top, (0, 3), ha="right", color=MUTED)
    if abs(found.ideal - found.algorithm) > 0.02 * np.ptp(axes.get_xlim()):
        axes.axvline(found.ideal, color=MUTED, linewidth=1.0, linestyle=(0, (1, 2)), zorder=0)
        note(axes, "no errors", (found.ideal, axes.get_ylim()[0]), (-3, 4), ha="right", color=MUTED, box=True)
    axes.set_xlabel("Accuracy (%)")
    axes.margins(x=0.05)
    axes.grid(axis="x")
    axes.tick_params(axis="y", length=0)


def recovered(found: Mitigation) -> Figure:
    """Recovered degradation of each set of errors and cure, with its interval; the published mark as a line."""
    rows = [(condition, cure) for condition in found.conditions for cure in condition.cures]
    with styled():
        figure = new_figure(0.9 + 0.46 * len(rows))
        axes = figure.subplots()
        ends = [0.0, 100.0]
        for place, (condition, cure) in enumerate(rows):
            _label(axes, place, _broken(cure_name(cure.name)), TITLES[condition.name])
            if cure.recovered is None:
                note(axes, UNDEFINED, (0, place), (4, -3), color=MUTED, box=True)
                continue
            _bar(axes, cure.recovered, place)
            ends += [cure.recovered.low, cure.recovered.high]
        axes.set_yticks([])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlim(*_reach(ends))
        _marks(axes, found)
    return figure


def _bar(axes: Axes, found: Interval, place: int) -> None:
    axes.barh(place, found.value, height=_BAR, color=WASH, edgecolor=CHIP, linewidth=1.0)
    shown = np.clip([found.low, found.high], -150.0, 250.0)
    axes.plot(shown, [place, place], color=INK, linewidth=1.4)
    axes.plot([found.value], [place], "o", color=CHIP, markersize=5)
    # Beside the axis no stroke runs through it.
    note(axes, f"{number(found.value, '%')} %", (1.0, place), (5, -3), xycoords=axes.get_yaxis_transform())


def _reach(ends: list[float]) -> tuple[float, float]:
    """Range of the axis: intervals that would dwarf the rest are cut, and the caption says so."""
    low, high = max(-150.0, min(ends)), min(250.0, max(ends))
    return (low - 4 if low < 0 else 0.0, high + 6)


def is_cut(found: Mitigation) -> bool:
    """Whether the figure leaves an interval's end out."""
    shown = [cure.recovered for condition in found.conditions for cure in condition.cures if cure.recovered]
    return any(interval.low < -150.0 or interval.high > 250.0 for interval in shown)


def _marks(axes: Axes, found: Mitigation) -> None:
    axes.axvline(100.0, color=RULE, linewidth=1.2, zorder=0)
    axes.axvline(found.published_recovered, color=PUBLISHED, linewidth=1.2, linestyle=(0, (4, 3)), zorder=0)
    top = (found.published_recovered, axes.get_ylim()[1])
    text = f"published: about {found.published_recovered:g} %"
    note(axes, text, top, (0, 3), ha="right", color=PUBLISHED, fontsize=SMALL)
    axes.set_xlabel("Recovered degradation (%)")
    axes.grid(axis="x")
    axes.tick_params(axis="y", length=0)
