"""Figures of a design search: the front with its intervals, the factors along it, its optimism, its growth."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spikecim.reports.search_text import head_of
from spikecim.reports.style import CHIP, INK, MUTED, PUBLISHED, RULE, SMALL, new_figure, styled, y_title
from spikecim.results.search_result import FRESH, JUDGED, SEARCHED, Estimate, Goal, SearchResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# An axis is logarithmic if its values span more than this factor.
_LOG_FROM = 8.0
# Up to this span a logarithmic axis has 1, 2 and 5 in every decade; beyond it their numbers would touch.
_FINE_BELOW = 40.0
# Length of the arrow of an open end, points.
_ARROW = 13
# Front points that the figure of optimism has room for.
_MOST_ROWS = 30
# Colour, marker and filling of each stage; told apart in greyscale too.
_STAGES = (
    (SEARCHED, MUTED, "o", "none", "search"),
    (FRESH, PUBLISHED, "D", PUBLISHED, "fresh chips"),
    (JUDGED, CHIP, "s", CHIP, "fresh chips, test images"),
)


def front(found: SearchResult) -> Figure:
    """Draw the first objective against each other one: all designs, the front as searched and as judged."""
    others = list(range(1, len(found.goals))) or [0]
    with styled():
        figure = new_figure(0.5 + 2.9 * len(others))
        for axes, place in zip(figure.subplots(len(others), 1, squeeze=False)[:, 0], others, strict=True):
            _pair(axes, found, place)
        _legend(figure)
        return figure


def factors(found: SearchResult) -> Figure:
    """Draw each factor along the front, against the objective that costs."""
    place = min(1, len(found.goals) - 1)
    x = _values(found, SEARCHED, place)
    with styled():
        figure = new_figure(0.5 + 1.5 * len(found.settings))
        panels = figure.subplots(len(found.settings), 1, sharex=True, squeeze=False)[:, 0]
        for number, (axes, setting) in enumerate(zip(panels, found.settings, strict=True)):
            at = [point.places[number] for point in found.front]
            kept = np.array([point.keeps >= 0.5 for point in found.front])
            axes.scatter(x[kept], np.array(at)[kept], s=26, color=CHIP, zorder=3, clip_on=False)
            axes.scatter(x[~kept], np.array(at)[~kept], s=24, facecolors="none", edgecolors=CHIP, clip_on=False)
            axes.set_yticks([tick for tick, _ in setting.ticks], [text for _, text in setting.ticks])
            axes.set_ylim(-0.08, 1.08)
            axes.grid(axis="y")
            y_title(axes, setting.path)
        _scale(panels[-1], x, found.goals[place], "x")
        panels[-1].set_xlabel(f"{head_of(found.goals[place])}, as searched")
        return figure


def optimism(found: SearchResult) -> Figure:
    """Draw the first objective of each front point as searched, on fresh chips, and on test images with interval."""
    goal, shown = found.goals[0], found.front[:_MOST_ROWS]
    with styled():
        figure = new_figure(1.2 + 0.24 * len(shown))
        axes = figure.subplots()
        places = np.arange(len(shown))[::-1].astype(float)
        scale = 100.0 if goal.share else 1.0
        for row, (stage, colour, marker, filling, _) in enumerate(_STAGES):
            spans = scale * np.array([_span(point.estimates[stage][0]) for point in shown])
            y = places + 0.2 * (1 - row)
            _bars(axes, spans, y, "x", colour)
            axes.plot(spans[:, 0], y, marker, color=colour, markerfacecolor=filling, markersize=4, linestyle="")
        axes.set_yticks(places, [f"design {point.design}" for point in shown])
        axes.set_ylim(-0.7, len(shown) - 0.3)
        axes.grid(axis="x")
        axes.set_xlabel(head_of(goal))
        axes.tick_params(left=False)
        _stage_legend(figure)
        return figure


def growth(found: SearchResult) -> Figure:
    """Draw the share of the box that the front dominates against the number of designs tried."""
    per = np.bincount([trial.generation for trial in found.trials], minlength=len(found.growth))
    with styled():
        figure = new_figure(2.5)
        axes = figure.subplots()
        tried = np.cumsum(per)
        axes.plot(tried, 100 * np.array(found.growth), color=CHIP, marker="o", markersize=4, clip_on=False)
        axes.set_xlim(0, tried[-1])
        axes.set_ylim(0, 100)
        axes.grid(axis="y")
        y_title(axes, "Hypervolume of the front (% of the box)")
        axes.set_xlabel("Designs tried")
        return figure


def _pair(axes: Axes, found: SearchResult, place: int) -> None:
    """One panel: designs as a cloud, the front as searched, the same as judged with intervals in both directions."""
    tried = [trial for trial in found.trials if trial.feasible]
    cloud = np.array([trial.objectives for trial in tried])
    x_goal, y_goal = found.goals[place], found.goals[0]
    single = len(found.goals) == 1
    fx, fy = _factor(x_goal), _factor(y_goal)
    x = np.array([trial.number for trial in tried]) if single else fx * cloud[:, place]
    axes.scatter(x, fy * cloud[:, 0], s=6, color=MUTED, alpha=0.45, linewidths=0, zorder=1)
    searched, judged = _values(found, SEARCHED, 0), _spans(found, JUDGED, 0)
    at = np.array([point.design for point in found.front]) if single else _values(found, SEARCHED, place)
    axes.plot(at, searched, "o", color=MUTED, markerfacecolor="none", markersize=5, linestyle="", zorder=2)
    across = np.repeat(at[:, None], 3, axis=1) if single else _spans(found, JUDGED, place)
    for start, end in zip(zip(at, searched, strict=True), zip(across[:, 0], judged[:, 0], strict=True), strict=True):
        axes.plot([start[0], end[0]], [start[1], end[1]], color=RULE, linewidth=0.9, zorder=1)
    _bars(axes, judged, across[:, 0], "y", CHIP)
    _bars(axes, across, judged[:, 0], "x", CHIP)
    axes.plot(across[:, 0], judged[:, 0], "s", color=CHIP, markersize=4, linestyle="", zorder=4)
    if single:
        axes.set_xlabel("Design")
    else:
        _scale(axes, np.concatenate([x, across[:, 0]]), x_goal, "x")
        axes.set_xlabel(head_of(x_goal))
    _scale(axes, np.concatenate([fy * cloud[:, 0], judged[:, 0]]), y_goal, "y")
    axes.grid(axis="y")
    y_title(axes, head_of(y_goal))


def _bars(axes: Axes, spans: NDArray[np.float64], at: NDArray[np.float64], which: str, colour: str) -> None:
    """Intervals `spans` (n, 3) along axis `which`, at places `at` of the other one; an open end is a short arrow."""
    value = spans[:, :1]
    ends = np.where(np.isinf(spans[:, 1:]), value, spans[:, 1:])
    draw = axes.hlines if which == "x" else axes.vlines
    draw(at, ends[:, 0], ends[:, 1], color=colour, linewidth=1.0, zorder=3)
    for row, end in zip(*np.nonzero(np.isinf(spans[:, 1:])), strict=True):
        far = _ARROW if end else -_ARROW
        axes.annotate(
            "",
            (value[row, 0], at[row]) if which == "x" else (at[row], value[row, 0]),
            (far, 0) if which == "x" else (0, far),
            textcoords="offset points",
            arrowprops={
                "arrowstyle": "<|-",
                "color": colour,
                "linewidth": 1.0,
                "shrinkA": 0,
                "shrinkB": 0,
                "mutation_scale": 5,
            },
            zorder=3,
        )


def _legend(figure: Figure) -> None:
    from matplotlib.lines import Line2D

    looks = (
        (MUTED, ".", MUTED, 4, "designs"),
        (MUTED, "o", "none", 5, "front, searched"),
        (CHIP, "s", CHIP, 4, "front, judged"),
    )
    handles = [
        Line2D([], [], color=colour, marker=marker, markerfacecolor=filling, markersize=size, linestyle="")
        for colour, marker, filling, size, _ in looks
    ]
    names = [name for *_, name in looks]
    figure.legend(handles, names, loc="outside upper left", ncols=3, frameon=False, fontsize=SMALL)


def _stage_legend(figure: Figure) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=colour, marker=marker, markerfacecolor=filling, markersize=4, linestyle="")
        for _, colour, marker, filling, _ in _STAGES
    ]
    names = [name for *_, name in _STAGES]
    figure.legend(handles, names, loc="outside upper left", ncols=3, frameon=False, fontsize=SMALL)


def _scale(axes: Axes, values: NDArray[np.float64], goal: Goal, which: str) -> None:
    """A logarithm where values span decades; plain numbers either way."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    seen = values[np.isfinite(values)]
    if goal.share or not len(seen) or seen.min() <= 0 or seen.max() < _LOG_FROM * seen.min():
        return
    set_scale: Callable[[str], None] = axes.set_xscale if which == "x" else axes.set_yscale
    set_scale("log")
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if seen.max() < _FINE_BELOW * seen.min() else (1.0,)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}" if value >= 1 else f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())
    axis.label.set_color(INK)


def _factor(goal: Goal) -> float:
    return 100.0 if goal.share else 1.0


def _values(found: SearchResult, stage: str, place: int) -> NDArray[np.float64]:
    return _spans(found, stage, place)[:, 0]


def _spans(found: SearchResult, stage: str, place: int) -> NDArray[np.float64]:
    """Value, low, high of each front point in units of the figure, (n_front, 3)."""
    spans = [_span(point.estimates[stage][place]) for point in found.front]
    return _factor(found.goals[place]) * np.array(spans)


def _span(estimate: Estimate) -> tuple[float, float, float]:
    return (estimate.value, estimate.low, estimate.high)
