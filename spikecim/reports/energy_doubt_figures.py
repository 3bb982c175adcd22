"""Figures of doubt: every entry over its range, the gain as an interval, ours among published chips."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spikecim.reports.energy_wording import READ_AS, SCOPE_NAMES
from spikecim.reports.style import (
    CHIP,
    INK,
    MUTED,
    PAPER,
    PUBLISHED,
    RULE,
    SECOND,
    SMALL,
    new_figure,
    note,
    plain_log,
    styled,
    y_title,
)
from spikecim.reports.wording import published, significant

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from spikecim.results.energy_against_rows import PublishedRow
    from spikecim.results.energy_gain_rows import Gain
    from spikecim.results.energy_report import EnergyReport, RunEnergy


def tornado_figure(run: RunEnergy, scope: str) -> Figure:
    """Draw every entry of `scope` from its low to its high value, the longest bar on top; what it changes beside."""
    bars = [bar for bar in run.tornado if bar.scope == scope]
    with styled():
        figure = new_figure(0.95 + 0.33 * len(bars))
        axes = figure.subplots()
        for row, bar in enumerate(bars):
            for end, colour in ((bar.nj_low, SECOND), (bar.nj_high, CHIP)):
                # The edge keeps the shortest bar in sight.
                axes.barh(row, end - bar.nj, left=bar.nj, height=0.62, color=colour, edgecolor=colour, linewidth=0.8)
            _changes(axes, row, (bar.less_nj, bar.more_nj))
        axes.axvline(bars[0].nj, color=MUTED, linewidth=0.6, zorder=0)
        y_title(axes, f"{significant(bars[0].nj)} nJ at the table")
        axes.set_yticks(range(len(bars)), [f"{_short(bar.entry)}{'*' if bar.default_range else ''}" for bar in bars])
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.spines["left"].set_visible(False)
        axes.set_ylim(len(bars) - 0.45, -0.55)
        ends = [nj for bar in bars for nj in (bar.nj_low, bar.nj_high)]
        axes.set_xlim(min(ends) - 0.03 * max(ends), 1.03 * max(ends))
        axes.locator_params(axis="x", nbins=5 if max(ends) < 10_000 else 3)
        axes.grid(axis="x")
        axes.set_xlabel(f"{SCOPE_NAMES[scope].capitalize()} (nJ per inference)")
        how: dict[str, Any] = {"xycoords": "axes fraction", "color": MUTED, "ha": "right", "va": "bottom"}
        note(axes, "low, high, nJ", (1.0, 1.0), (94, 7), **how)
    return figure


def _changes(axes: Axes, row: int, changes: tuple[float, float]) -> None:
    """What the low and the high end change, in two columns right of the bars."""
    how: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "ha": "right", "va": "center"}
    for change, shift in zip(changes, (46, 94), strict=True):
        sign = "+" if change > 0 else "−" if change < 0 else ""
        note(axes, f"{sign}{significant(abs(change))}", (1.0, row), (shift, 0), **how)


def _short(path: str) -> str:
    return path.removeprefix("energy.").removeprefix("array.").replace("link.", "link ").replace("_", " ")


def gains_figure(run: RunEnergy, report: EnergyReport) -> Figure:
    """Draw the gain over formal coding as an interval, by baseline, scope and reading."""
    rows = [(base, gain) for base in run.baselines for gain in base.gains if gain.like_for_like]
    names = list(dict.fromkeys((_wrapped(base.title), gain.scope, gain.reading) for base, gain in rows))
    with styled():
        figure = new_figure(1.2 + 0.34 * (len(names) + len(run.baselines)))
        axes = figure.subplots()
        places = _gain_rows(axes, names)
        for base, gain in rows:
            place = places[(_wrapped(base.title), gain.scope, gain.reading)]
            narrow = gain.mode == "anchored" or run.anchor is None
            _gain_row(axes, place, gain, filled=gain.reading == run.reading, narrow=narrow)
        axes.axvline(report.break_even, color=INK, linewidth=0.9, zorder=0)
        if run.published_pj:
            axes.axvline(report.claim.gain, color=PUBLISHED, linewidth=1.2, linestyle=(0, (4, 2)), zorder=0)
            text = f"published, up to {published(report.claim.gain)}×"
            at = (report.claim.gain, 1.0)
            note(axes, text, at, (0, 2), xycoords=("data", "axes fraction"), ha="center", color=PUBLISHED)
        axes.set_xscale("log")
        low, high = axes.get_xlim()
        axes.set_xlim(low / 2, high * 1.5)
        axes.grid(axis="x")
        plain_log(axes)
        axes.set_xlabel("Gain (above 1 spikes win)")
    return figure


def _wrapped(title: str) -> str:
    return title.replace(", ", ",\n")


def _gain_rows(axes: Axes, names: list[tuple[str, str, str]]) -> dict[tuple[str, str, str], int]:
    """Where each baseline, scope and reading stands, below the name of its baseline."""
    labels: list[str] = []
    places, titles = {}, list(dict.fromkeys(title for title, *_ in names))
    for title in titles:
        labels.append(title)
        for name in (name for name in names if name[0] == title):
            places[name] = len(labels)
            labels.append(f"{SCOPE_NAMES[name[1]]}, {READ_AS[name[2]]}")
    axes.set_yticks(range(len(labels)), labels)
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    for label in axes.get_yticklabels():
        label.set_fontweight("bold" if label.get_text() in titles else "normal")
    axes.spines["left"].set_visible(False)
    axes.set_ylim(len(labels) - 0.45, -0.55)
    return places


def _gain_row(axes: Axes, row: int, gain: Gain, *, filled: bool, narrow: bool) -> None:
    """The interval of one mode, and the median of the narrowest."""
    thick = gain.mode == "anchored"
    axes.plot(
        [gain.gain.low, gain.gain.high],
        [row, row],
        color=CHIP,
        linewidth=4.5 if thick else 1.1,
        alpha=0.45 if thick else 1.0,
    )
    if narrow:
        face, middle = CHIP if filled else PAPER, gain.gain.median
        axes.plot(middle, row, "o", color=CHIP, markersize=6, markerfacecolor=face, markeredgewidth=1.4)
        note(axes, f"{significant(middle)}×", (middle, row), (0, 6), ha="center", color=CHIP, box=True)


def published_figure(run: RunEnergy, report: EnergyReport) -> Figure:
    """Draw accuracy against energy per inference: published chips, and ours from one reading to the other."""
    rows = [(row, nj, share) for row in report.published for nj, share in _point(row)]
    with styled():
        figure = new_figure(4.8)
        axes = figure.subplots()
        for _, nj, share in rows:
            axes.plot([nj], [share], "D", color=PUBLISHED, markersize=5.5)
        axes.set_xscale("log")
        every = [*(nj for _, nj, _ in rows), *(one.nj.mean for one in run.scopes)]
        axes.set_xlim(min(every) / 4, max(every) * 20)
        axes.set_ylim(min(*(share for *_, share in rows), run.accuracy_percent) - 4, 101)
        for place, scope in enumerate(("core", "chip")):
            _ours(axes, run, scope, after=bool(place))
        _labels(axes, rows, run)
        axes.grid(axis="y", color=RULE)
        _decades(axes)
        axes.set_xlabel("Energy per inference (nJ)")
        y_title(axes, "Accuracy (%)")
    return figure


def _point(row: PublishedRow) -> list[tuple[float, float]]:
    """Where the row stands in the figure, if anywhere."""
    if row.nj_per_inference is None or row.accuracy_percent is None:
        return []
    return [(row.nj_per_inference, row.accuracy_percent)]


def _ours(axes: Axes, run: RunEnergy, scope: str, *, after: bool) -> None:
    """One dot for each reading, joined."""
    found = [one for one in run.scopes if one.scope == scope]
    axes.plot([one.nj.mean for one in found], [run.accuracy_percent] * len(found), color=CHIP, linewidth=1.4)
    for one in found:
        face = CHIP if one.reading == run.reading else PAPER
        axes.plot([one.nj.mean], [run.accuracy_percent], "o", color=CHIP, markerfacecolor=face, markersize=7)
    nj = [one.nj.mean for one in found]
    at = (max(nj) if after else min(nj), run.accuracy_percent)
    shift, side = ((7, 0), "center") if after else ((0, 7), "bottom")
    note(axes, f"ours, {SCOPE_NAMES[scope]}", at, shift, color=CHIP, va=side)


def _labels(axes: Axes, rows: list[tuple[PublishedRow, float, float]], run: RunEnergy) -> None:
    """Names beside their marks, on the nearest side and height where they meet neither a mark nor a name."""
    (left, right), (bottom, top) = np.log10(axes.get_xlim()), axes.get_ylim()
    # Size of a letter and of a mark in decades and points of accuracy.
    letter, line = (right - left) / 62, (top - bottom) / 27
    taken = [(np.log10(nj) - letter, np.log10(nj) + letter, share) for _, nj, share in rows]
    ours = np.log10([one.nj.mean for one in run.scopes])
    taken += [(ours.min(), ours.max() + 20 * letter, run.accuracy_percent + up * line) for up in (0, 0.9)]
    for row, nj, share in sorted(rows, key=lambda one: (-one[2], one[1])):
        x, width = float(np.log10(nj)), letter * len(row.system)
        own = [box for box in taken if box[2] != share or not box[0] < x < box[1]]
        start, end, place, side = _free_place(own, (x, share), width, (letter, line, left))
        taken.append((start, end, place))
        if place != share:
            axes.plot([nj, 10 ** (start if side == "left" else end)], [share, place], color=MUTED, linewidth=0.5)
        at = (10 ** (start if side == "left" else end), place)
        note(axes, row.system, at, ha=side, va="center", color=MUTED, fontsize=SMALL - 1)


def _free_place(
    taken: list[tuple[float, float, float]], at: tuple[float, float], width: float, size: tuple[float, float, float]
) -> tuple[float, float, float, str]:
    """Start, end and height of a name of `width` near `at`, right of the axis, and the side it is written from."""
    x, y = at
    letter, line, left = size
    for step in range(60):
        for move in (0.5 * step, -0.5 * step):
            for side, start in (("left", x + 1.3 * letter), ("right", x - 1.3 * letter - width)):
                place = y + move * line
                if start > left and not any(
                    start < b and a < start + width and abs(place - c) < line for a, b, c in taken
                ):
                    return start, start + width, place, side
    return x + letter, x + letter + width, y, "left"


def _decades(axes: Axes) -> None:
    """Every second decade, as plain numbers."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axes.xaxis.set_major_locator(LogLocator(base=100.0))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _power(value)))


def _power(value: float) -> str:
    """10 k and 1 M instead of rows of noughts."""
    for unit, name in ((1e6, " M"), (1e3, " k")):
        if value >= unit:
            return f"{value / unit:,.0f}{name}"
    return f"{value:g}"
