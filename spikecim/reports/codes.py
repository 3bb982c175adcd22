"""Figures: weight codes against stuck cells and HRS spread, what they cost, and groups of 1 to 8 cells."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np

from spikecim.reports.style import CHIP, INK, MUTED, PUBLISHED, RULE, SECOND, SMALL, THIRD, new_figure, note, styled
from spikecim.results.codes import SINGLE_SIGN, SPIRIT_CODE, TRIPLE_SIGN, CodePoint, CodeStudy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Name, and colour, of each code; another code gets its registry name and ink.
_LOOKS = {
    SPIRIT_CODE: ("{0} + {0}", CHIP),
    TRIPLE_SIGN: ("{0} + sign ×3", PUBLISHED),
    SINGLE_SIGN: ("{0} + sign", SECOND),
    "triplicated-majority": ("3 × ({0} + {0}), vote", THIRD),
    "triplicated-average": ("3 × ({0} + {0}), mean", MUTED),
}
Curve = Callable[[str], list[CodePoint]]


def code_name(code: str, levels: int) -> str:
    """Short name of a code with `levels` cells per polarity, as figures and tables show it."""
    return _LOOKS.get(code, (code, INK))[0].format(levels)


def code_colour(code: str) -> str:
    """Colour of a code in all figures."""
    return _LOOKS.get(code, (code, INK))[1]


def text_colour(code: str) -> str:
    """Colour of words about a code: the light one of the palette gives way to ink."""
    colour = code_colour(code)
    return INK if colour == SECOND else colour


def codes_stuck(study: CodeStudy) -> Figure:
    """Draw accuracy against the share of stuck cells, one panel a code."""
    return _panels(study, study.stuck_curve, lambda point: 100 * point.setting.stuck, "Stuck cells (%)", root=True)


def codes_spread(study: CodeStudy) -> Figure:
    """Draw accuracy against the spread of the HRS resistance, one panel a code."""
    return _panels(study, study.sigma_curve, lambda point: point.setting.hrs_sigma, "HRS of cells, σ of ln R")


def codes_yield(study: CodeStudy) -> Figure:
    """Draw the share of good chips against the share of stuck cells, all codes in one panel."""
    with styled():
        figure = new_figure(3.4)
        axes = figure.subplots()
        _root_scale(axes, _highest_rate(study))
        ends = {}
        for code, marker in zip((facts.name for facts in study.codes), cycle("os^vD"), strict=False):
            points = study.stuck_curve(code)
            x = [100 * point.setting.stuck for point in points]
            y = [100 * point.chips.yield_share(study.good_accuracy) for point in points]
            axes.plot(x, y, color=code_colour(code), marker=marker, markersize=4, clip_on=False)
            if points:
                ends[code] = (x[-1], y[-1])
        axes.set_ylim(0, 105)
        _end_labels(axes, ends, study.levels)
        _titled(axes, f"Chips that read at least {100 * study.good_accuracy:.1f} % (%)")
        axes.set_xlabel("Stuck cells (%)")
        axes.grid(axis="y")
    return figure


def _panels(
    study: CodeStudy, curve: Curve, value: Callable[[CodePoint], float], label: str, *, root: bool = False
) -> Figure:
    """One panel a code: median and 90 % band in its colour, medians of the others in grey behind."""
    names = [facts.name for facts in study.codes]
    rows = (len(names) + 2) // 2
    with styled():
        figure = new_figure(0.5 + 1.55 * rows)
        grid = figure.subplots(rows, 2, sharex=True, sharey=True, squeeze=False)
        panels = list(grid.ravel())
        for axes, facts in zip(panels, study.codes, strict=False):
            if root:
                _root_scale(axes, 1.02 * _highest_rate(study))
            for other in names:
                _line(axes, curve(other), value, code_colour(other) if other == facts.name else None)
            _titled(axes, f"{code_name(facts.name, study.levels)}  ({facts.cells_per_weight} cells)", "Accuracy (%)")
            axes.grid(axis="y")
        _read_me(panels[len(names)], study)
        for axes in panels[len(names) :]:
            axes.axis("off")
        _label_lowest(panels, len(names), label)
        _floor(study, curve, panels[0])
    return figure


def _line(axes: Axes, points: list[CodePoint], value: Callable[[CodePoint], float], colour: str | None) -> None:
    """Median with its 90 % band in `colour`, or the median alone in grey."""
    x, spans = [value(point) for point in points], np.array([p.chips.accuracy_percent() for p in points]).reshape(-1, 3)
    if colour is None:
        axes.plot(x, spans[:, 1], color=RULE, linewidth=1.2, zorder=1)
        return
    axes.fill_between(x, spans[:, 0], spans[:, 2], color=colour, alpha=0.22, linewidth=0)
    axes.plot(x, spans[:, 1], color=colour, marker="o", markersize=3.2, zorder=3)


def _titled(axes: Axes, title: str, label: str | None = None) -> None:
    axes.set_ylabel(label or title)
    axes.yaxis.label.set_visible(False)
    axes.set_title(title)


def _label_lowest(panels: list[Axes], used: int, label: str) -> None:
    """Numbers and name of the x axis under the last used panel of each column."""
    for axes in panels[max(0, used - 2) : used]:
        axes.set_xlabel(label)
        axes.xaxis.set_tick_params(labelbottom=True)


def _read_me(axes: Axes, study: CodeStudy) -> None:
    """How to read the panels, where a sixth one would stand."""
    lines = (
        "Accuracy (%) on the",
        f"same {study.n_chips} virtual chips:",
        "line: median,",
        "band: 5–95 % of chips,",
        "grey: the other codes.",
        f"Ideal chip {100 * study.ideal_accuracy:.1f} %.",
    )
    axes.text(
        0.02, 0.96, "\n".join(lines), transform=axes.transAxes, va="top", fontsize=SMALL, color=MUTED, linespacing=1.5
    )


def _floor(study: CodeStudy, curve: Curve, axes: Axes) -> None:
    """Scale to what is there, by whole steps of five points."""
    points = [point.chips.accuracy_percent() for facts in study.codes for point in curve(facts.name)]
    if points:
        low, high = min(p[0] for p in points), max(p[2] for p in points)
        axes.set_ylim(max(0.0, 5 * np.floor((low - 1) / 5)), min(100.0, 5 * np.ceil((high + 0.5) / 5)))


def _root_scale(axes: Axes, top: float) -> None:
    """Square-root axis from zero to `top`: rates from a tenth of a percent to ten percent keep apart."""
    axes.set_xscale("function", functions=(lambda x: np.sqrt(np.maximum(x, 0)), np.square))
    ticks = [tick for tick in (0, 0.5, 2, 5, 10, 20, 50) if tick <= top]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_xticks([], minor=True)
    axes.set_xlim(0, top)


def _highest_rate(study: CodeStudy) -> float:
    return max([1.0, *(100 * p.setting.stuck for facts in study.codes for p in study.stuck_curve(facts.name))])


def _end_labels(axes: Axes, ends: dict[str, tuple[float, float]], levels: int) -> None:
    """Name each curve to the right of its end, apart enough to be read."""
    least, placed = 7.0, -np.inf
    for code, (x, y) in sorted(ends.items(), key=lambda item: item[1][1]):
        placed = max(y, placed + least)
        note(axes, code_name(code, levels), (x, placed), (6, 0), va="center", color=text_colour(code))
