"""Figures of a calibration: profiles, pairs of the posterior, what sets of figures decide, what a trial found."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

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
    WASH,
    new_figure,
    note,
    styled,
    y_title,
)
from spikecim.results.calibration import DROP, HOLDS, CalibrationFound, ParameterFound, Trial
from spikecim.units import format_quantity

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TOP, _BINS, _MOST_PAIRS = 4.0, 14, 6
_SETS = (MUTED, SECOND, THIRD, CHIP, PUBLISHED)
_MARKS = ("s", "^", "D", "o", "v")


def profiles(found: CalibrationFound) -> Figure:
    """How the best fit worsens when one parameter is held: others free, and others known."""
    rows = (len(found.parameters) + 1) // 2
    with styled():
        figure = new_figure(0.5 + 1.75 * rows, 4.8)
        grid = np.atleast_2d(figure.subplots(rows, 2))
        for axes, parameter in zip(grid.ravel(), found.parameters, strict=False):
            _profile(axes, parameter)
        for axes in grid.ravel()[len(found.parameters) :]:
            axes.set_visible(False)
        figure.supylabel("Fall of the log-likelihood", fontsize=SMALL, color=INK)
        return figure


def _profile(axes: Axes, parameter: ParameterFound) -> None:
    places = np.linspace(0.0, 1.0, len(parameter.grid))
    axes.axvspan(_place(parameter, parameter.interval[0]), _place(parameter, parameter.interval[2]), color=WASH)
    axes.axhline(DROP, color=RULE, linewidth=0.9)
    axes.plot(places, np.minimum(parameter.alone, 2 * _TOP), "--", color=MUTED, linewidth=1.2)
    axes.plot(places, np.minimum(parameter.profile, 2 * _TOP), color=CHIP)
    at = _place(parameter, parameter.fitted)
    axes.plot(at, np.interp(at, places, parameter.profile), "o", color=PUBLISHED, markersize=4, clip_on=False, zorder=5)
    axes.set_ylim(_TOP, -0.25)
    axes.set_title(parameter.path, fontsize=SMALL)
    axes.set_ylabel("Fall of the log-likelihood")
    axes.yaxis.label.set_visible(False)
    _bounds(axes, parameter, "x")


def _bounds(axes: Axes, parameter: ParameterFound, which: str) -> None:
    """Both bounds and the middle as ticks, in the parameter's unit."""
    middle = _value(parameter, 0.5)
    texts = [_text(value, parameter) for value in (parameter.low, middle, parameter.high)]
    getattr(axes, f"set_{which}lim")(0.0, 1.0)
    getattr(axes, f"set_{which}ticks")([0.0, 0.5, 1.0], texts)
    getattr(axes, f"set_{which}label")(parameter.path)
    getattr(axes, f"{which}axis").label.set_visible(False)


def pairs(found: CalibrationFound) -> Figure:
    """The posterior of each pair of parameters; of many, the pairs that are traded most."""
    order = list(combinations(range(len(found.parameters)), 2))
    order.sort(key=lambda pair: -abs(found.correlation[pair]))
    shown = order[:_MOST_PAIRS]
    rows = (len(shown) + 1) // 2
    with styled():
        figure = new_figure(0.3 + 2.1 * rows, 4.8)
        grid = np.atleast_2d(figure.subplots(rows, 2))
        for axes, pair in zip(grid.ravel(), shown, strict=False):
            _pair(axes, found, pair)
        for axes in grid.ravel()[len(shown) :]:
            axes.set_visible(False)
        return figure


def _pair(axes: Axes, found: CalibrationFound, pair: tuple[int, int]) -> None:
    x, y = (found.points[:, number] for number in pair)
    edges = np.linspace(0.0, 1.0, _BINS + 1)
    density, *_ = np.histogram2d(x, y, bins=[edges, edges], weights=found.weights)
    axes.pcolormesh(edges, edges, _smoothed(density).T, cmap="Blues", vmin=0, rasterized=True)
    first, second = (found.parameters[number] for number in pair)
    axes.plot(_place(first, first.fitted), _place(second, second.fitted), "o", color=PUBLISHED, mec="white", mew=0.6)
    for parameter, which in ((first, "x"), (second, "y")):
        _bounds(axes, parameter, which)
    axes.set_xlabel(first.path, fontsize=SMALL - 1)
    axes.xaxis.label.set_visible(True)
    y_title(axes, second.path)
    axes.title.set_fontsize(SMALL - 1)
    axes.tick_params(labelsize=SMALL - 1.5)
    spot = f"r = {found.correlation[pair]:.2f}".replace("-", "−")
    note(axes, spot, (1, 1), (-4, -11), xycoords="axes fraction", ha="right", box=True)


def sets(found: CalibrationFound) -> Figure:
    """The 90 % interval of each parameter by set of figures, within its bounds."""
    n_sets = len(found.sets)
    with styled():
        figure = new_figure(0.5 + len(found.parameters) * (0.34 + 0.17 * n_sets), 4.6)
        axes = figure.subplots()
        for row, parameter in enumerate(found.parameters):
            axes.hlines(row, 0.0, 1.0, color=WASH, linewidth=12 + 10 * n_sets, zorder=0)
            for number, entry in enumerate(found.sets):
                low, middle, high = (_place(parameter, value) for value in entry.intervals[parameter.path])
                at = row + (number - (n_sets - 1) / 2) * 0.8 / max(n_sets, 2)
                colour = _SETS[-2 - (n_sets - 1 - number)] if n_sets <= 4 else _SETS[number % 5]
                axes.hlines(at, low, high, color=colour, linewidth=2.6)
                label = entry.name if row == 0 else None
                axes.plot(middle, at, _MARKS[number % 5], color=colour, mec=INK, mew=0.5, markersize=5, label=label)
            low_text, high_text = (_text(end, parameter) for end in (parameter.low, parameter.high))
            note(axes, low_text, (-0.015, row), ha="right", va="center", color=MUTED)
            note(axes, high_text, (1.015, row), va="center", color=MUTED)
        axes.set_yticks(range(len(found.parameters)), [p.path for p in found.parameters], color=INK)
        axes.tick_params(axis="y", length=0, pad=40)
        axes.set_ylim(len(found.parameters) - 0.45, -0.55)
        axes.set_xlim(0.0, 1.15)
        axes.set_xticks([])
        axes.spines[:].set_visible(False)
        if n_sets > 1:
            figure.legend(ncols=min(n_sets, 4), loc="outside upper right", frameon=False)
        return figure


def coverage(found: CalibrationFound, trial: Trial) -> Figure:
    """Share of synthetic chips whose truth lay within the stated interval, with the error of so many chips."""
    paths = [parameter.path for parameter in found.parameters]
    with styled():
        figure = new_figure(0.7 + 0.5 * len(paths), 4.6)
        axes = figure.subplots()
        half = 1.645 * np.sqrt(HOLDS * (1 - HOLDS) / trial.n_chips)
        axes.axvspan(100 * (HOLDS - half), 100 * min(HOLDS + half, 1.0), color=WASH)
        axes.axvline(100 * HOLDS, color=MUTED, linewidth=0.9)
        n_sets = len(trial.rows)
        for number, entry in enumerate(trial.rows):
            at = np.arange(len(paths)) + (number - (n_sets - 1) / 2) * 0.7 / max(n_sets, 2)
            colour = _SETS[-2 - (n_sets - 1 - number)] if n_sets <= 4 else _SETS[number % 5]
            shares = [100 * entry.covered[path] / trial.n_chips for path in paths]
            axes.plot(shares, at, _MARKS[number % 5], color=colour, mec=INK, mew=0.5, label=entry.set_name)
        axes.set_yticks(range(len(paths)), paths, color=INK)
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(len(paths) - 0.45, -0.55)
        axes.set_xlim(75, 100)
        axes.set_xlabel(f"Truth within the interval (% of {trial.n_chips} chips)")
        axes.set_ylabel("Parameter")
        axes.yaxis.label.set_visible(False)
        figure.legend(ncols=min(n_sets, 4), loc="outside upper right", frameon=False)
        return figure


def _text(value: float, parameter: ParameterFound) -> str:
    return format_quantity(value, parameter.unit, 3).replace(" us", " µs")


def _smoothed(density: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each cell with a quarter of each neighbour's weight, so that the number of points does not show."""
    for axis in (0, 1):
        wide = np.pad(density, [(1, 1) if axis == a else (0, 0) for a in (0, 1)], mode="edge")
        before, after = (np.take(wide, np.arange(_BINS) + shift, axis) for shift in (0, 2))
        density = 0.5 * density + 0.25 * (before + after)
    return density


def _place(parameter: ParameterFound, value: float) -> float:
    if parameter.log:
        return float(np.log(value / parameter.low) / np.log(parameter.high / parameter.low))
    return (value - parameter.low) / (parameter.high - parameter.low)


def _value(parameter: ParameterFound, place: float) -> float:
    if parameter.log:
        return float(parameter.low * (parameter.high / parameter.low) ** place)
    return parameter.low + place * (parameter.high - parameter.low)
