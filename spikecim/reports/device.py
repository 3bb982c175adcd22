"""Figures of a cell device: measured cells with the fitted law, and what programmed cells of a device look like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from spikecim.devices.measured.estimate import StateFit
from spikecim.devices.measured.fit import DeviceFit
from spikecim.devices.measured.law import cumulative
from spikecim.devices.portrait import Portrait
from spikecim.reports.cells import cell_histogram, percent_axis, quantile_dots, resistance_axis
from spikecim.reports.style import CHIP, INK, MUTED, RULE, SECOND, new_figure, note, styled, y_title
from spikecim.units import DAY, HOUR, MINUTE, YEAR

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LOOK = {"lrs": (CHIP, CHIP, "o"), "hrs": (SECOND, INK, "s")}  # colour, colour of its text, marker


def fit_figure(fit: DeviceFit) -> Figure:
    """Draw measured cells as histograms and normal quantiles with the fitted laws, and their spread over time."""
    everything = np.exp(np.concatenate([fit.lrs.log_r, fit.hrs.log_r]))
    with styled():
        figure, top, middle, bottom = _panels(timed=fit.relaxation is not None)
        for state in ("lrs", "hrs"):
            one, colour = fit.of(state), _LOOK[state][0]
            width = cell_histogram(top, np.exp(one.log_r), everything, colour)
            quantile_dots(middle, np.exp(one.log_r), colour)
            _law(top, middle, one, width)
        _finish(
            top, middle, {state: np.exp(fit.of(state).log_r) for state in ("lrs", "hrs")}, "Measured resistance (Ω)"
        )
        note(middle, "line: fit", (1, 0), (-2, 4), xycoords="axes fraction", ha="right", color=INK, box=True)
        if bottom is not None and fit.relaxation is not None:
            last = {state: course.spread[-1].value for state, course in fit.relaxation.items()}
            for state, course in fit.relaxation.items():
                ends = np.array([[one.low, one.value, one.high] for one in course.spread]).T
                _course(bottom, state, course.times, ends[1], ends, above=last[state] == max(last.values()))
            start = fit.relaxation["lrs"].start
            _time_axis(bottom, "Time after programming", "programming" if start == 0 else f"the reading at {start:g} s")
    return figure


def device_figure(portrait: Portrait) -> Figure:
    """Draw both states of programmed cells against the verify limits, and their spread over time."""
    states = {"lrs": portrait.resistance(low=True), "hrs": portrait.resistance(low=False)}
    with styled():
        figure, top, middle, bottom = _panels(timed=portrait.spread is not None)
        for state, values in states.items():
            cell_histogram(top, values, portrait.cells.resistance, _LOOK[state][0])
            quantile_dots(middle, values, _LOOK[state][0])
        _finish(top, middle, states, "Resistance at programming (Ω)")
        _limits(top, middle, portrait)
        if bottom is not None and portrait.spread is not None:
            law = portrait.spec.relaxation
            assert law is not None
            for state, values in (("lrs", portrait.spread.lrs), ("hrs", portrait.spread.hrs)):
                _course(bottom, state, portrait.spread.times, values, None)
            last = max(law.lrs.times.value[-1], law.hrs.times.value[-1])
            bottom.axvline(last, color=MUTED, linewidth=0.9, linestyle=(0, (3, 2)))
            note(
                bottom, "last of table", (last, 0), (-4, 4), xycoords=("data", "axes fraction"), ha="right", color=MUTED
            )
            _time_axis(bottom, "Time after programming")
    return figure


def _panels(*, timed: bool) -> tuple[Figure, Axes, Axes, Axes | None]:
    figure = new_figure(6.6 if timed else 4.8)
    grid = figure.add_gridspec(3 if timed else 2, 1)
    top = figure.add_subplot(grid[0])
    middle = figure.add_subplot(grid[1], sharex=top)
    top.tick_params(labelbottom=False)
    return figure, top, middle, figure.add_subplot(grid[2]) if timed else None


def _law(top: Axes, middle: Axes, fit: StateFit, width: float) -> None:
    """Expected cells per bin, and the line of the quantile plot."""
    beyond = fit.estimates["sigma_ln"].value
    y = np.linspace(fit.log_r.min() - beyond, fit.log_r.max() + beyond, 600)
    below = cumulative(fit, y)
    shown = (below > 0.1 / fit.n) & (below < 1 - 0.1 / fit.n)
    middle.plot(np.exp(y[shown]), ndtri(below[shown]), color=INK, linewidth=1.0)
    if fit.shape is None:
        expected = fit.n * (cumulative(fit, y + width / 2) - cumulative(fit, y - width / 2))
        seen = expected > 0.3
        top.plot(np.exp(y[seen]), expected[seen], color=INK, linewidth=1.0)


def _finish(top: Axes, middle: Axes, states: dict[str, NDArray[np.float64]], label: str) -> None:
    top.set_yscale("log")
    top.set_ylim(0.7, 8 * top.get_ylim()[1])
    top.yaxis.set_major_formatter("{x:,.0f}")
    y_title(top, "Cells per bin")
    y_title(middle, "Cells below this resistance (%)")
    resistance_axis(middle, label)
    percent_axis(middle, max(*(values.size for values in states.values()), 2))
    for state, values in states.items():
        at = (float(np.median(values)), 1.0)
        name = f"{state.upper()}, {values.size:,}"
        note(top, name, at, (0, -2), xycoords=("data", "axes fraction"), ha="center", va="top", color=_LOOK[state][1])


def _limits(top: Axes, middle: Axes, portrait: Portrait) -> None:
    rules = portrait.spec.programming
    if rules.mode.value != "write-verify":
        return
    limits = {rules.lrs_max.value, rules.hrs_min.value}
    for place in limits:
        for axes in (top, middle):
            axes.axvline(place, color=MUTED, linewidth=0.9, linestyle=(0, (3, 2)))
    text = "verify limit" if len(limits) == 1 else "verify limits"
    at = (max(limits), 0.0)
    note(middle, text, at, (4, 4), xycoords=("data", "axes fraction"), color=MUTED, box=True)


def _course(
    axes: Axes,
    state: str,
    times: NDArray[np.float64],
    values: NDArray[np.float64],
    ends: NDArray[np.float64] | None,
    *,
    above: bool = True,
) -> None:
    """One state's spread over time, with its interval if there is one, and its name on one side of the line's end."""
    colour, text, marker = _LOOK[state]
    axes.plot(times, values, color=colour, marker="" if ends is None else marker, markersize=3.5)
    if ends is not None:
        axes.vlines(times, ends[0], ends[2], color=colour, linewidth=1.2)
    place, side = ((-5, 6), "bottom") if above else ((-5, -6), "top")
    note(axes, state.upper(), (float(times[-1]), float(values[-1])), place, ha="right", va=side, color=text)


def _time_axis(axes: Axes, label: str, since: str = "programming") -> None:
    from matplotlib.ticker import FuncFormatter, NullFormatter

    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(label)
    ticks = {
        1e-6: "1 µs",
        1e-3: "1 ms",
        1e-2: "10 ms",
        1.0: "1 s",
        MINUTE: "1 min",
        HOUR: "1 h",
        DAY: "1 d",
        YEAR: "1 y",
    }
    low, high = axes.get_xlim()
    axes.set_xticks([place for place in ticks if low <= place <= high])
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: ticks.get(value, f"{value:g} s")))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.grid(axis="y", color=RULE)
    bottom, top = axes.get_ylim()
    axes.set_ylim(bottom / 1.3, top * 1.6)
    y_title(axes, f"Spread of ln G since {since} (sd)")
