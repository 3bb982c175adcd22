"""Figures: accuracy and input spikes over time and temperature, and over reads, with bands of 90 % of the chips."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spikecim.reports.style import CHIP, INK, MUTED, PUBLISHED, SECOND, THIRD, new_figure, note, styled, y_title
from spikecim.results.ageing import Ageing, Course
from spikecim.units import DAY, HOUR, MINUTE, YEAR, ZERO_C

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TIMES = {1.0: "1 s", MINUTE: "1 min", HOUR: "1 h", DAY: "1 day", 30 * DAY: "30 d", YEAR: "1 y", 10 * YEAR: "10 y"}
_LOOKS = ((CHIP, "-", "o"), (SECOND, "--", "s"), (THIRD, ":", "^"), (INK, "-.", "D"))


def ageing_times(found: Ageing) -> Figure:
    """Accuracy above, input spikes below, over the time since programming; one line for each temperature."""
    with styled():
        figure = new_figure(4.8)
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        for course, look in zip(found.times, _LOOKS, strict=False):
            _course(above, course.amounts, 100 * course.accuracy, look)
            _course(below, course.amounts, course.input_spikes, look)
        _name_courses(above, found)
        for axes, fresh in ((above, 100 * found.accuracy), (below, found.input_spikes)):
            axes.axhline(float(np.median(fresh)), color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
            axes.grid(axis="y")
        start = float(found.times[0].amounts[0]), 100 * float(np.median(found.accuracy))
        note(above, "fresh chips", start, (0, 4), color=MUTED)
        below.set_xscale("log")
        below.minorticks_off()
        shown = [t for t in found.times[0].amounts if t in _TIMES]
        below.set_xticks(shown, [_TIMES[t] for t in shown])
        below.set_xlabel("Time since programming")
        y_title(above, "Accuracy (%)")
        y_title(below, "Input spikes per image")
    return figure


def ageing_reads(found: Ageing, published: float | None) -> Figure:
    """Accuracy above, input spikes below, over the reads of every row at the bound of the disturb."""
    course = found.reads
    with styled():
        figure = new_figure(4.4)
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        _course(above, course.amounts, 100 * course.accuracy, _LOOKS[0])
        _course(below, course.amounts, course.input_spikes, _LOOKS[0])
        floor = 100 * (float(np.median(found.accuracy)) - found.visible())
        above.axhline(floor, color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)))
        note(above, "a loss that the images can tell", (course.amounts[0], floor), (0, -11), color=MUTED)
        for axes in (above, below):
            axes.grid(axis="y")
            if published:
                axes.axvline(published, color=PUBLISHED, linewidth=1.4, zorder=0)
        if published:
            bottom = above.get_ylim()[0]
            text = f"read without\ndisturb: {published / 1e6:,.0f} M"
            note(above, text, (published, bottom), (-5, 8), ha="right", color=PUBLISHED)
        below.set_xscale("log")
        below.set_xlabel("Reads of every row")
        y_title(above, "Accuracy (%)")
        y_title(below, "Input spikes per image")
    return figure


def _course(axes: Axes, x: NDArray[np.float64], values: NDArray[np.float64], look: tuple[str, str, str]) -> None:
    colour, dashes, marker = look
    low, middle, high = np.percentile(values, [5, 50, 95], axis=1)
    axes.fill_between(x, low, high, color=colour, alpha=0.14, linewidth=0)
    axes.plot(x, middle, dashes, color=colour, marker=marker, markersize=4)


def _name_courses(axes: Axes, found: Ageing) -> None:
    """Temperatures beside the last points, apart from each other."""
    ends = [100 * float(np.median(course.accuracy[-1])) for course in found.times]
    low, high = axes.get_ylim()
    gap, last = 0.075 * (high - low), np.inf
    for course, (colour, _, _), end in sorted(zip(found.times, _LOOKS, ends, strict=False), key=lambda item: -item[2]):
        last = min(end, last - gap)
        text = f"{_celsius(course):.0f} °C"
        note(axes, text, (course.amounts[-1], last), (7, -3), color=colour)


def _celsius(course: Course) -> float:
    return course.kelvin - ZERO_C
