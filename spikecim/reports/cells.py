"""Figure: resistance of every programmed cell, as histograms and as normal quantiles, tails included."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from spikecim.reports.style import CHIP, INK, MUTED, RULE, SECOND, new_figure, note, styled, y_title
from spikecim.reports.wording import several

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from spikecim.results.run import RunResult

_PERCENT = (0.01, 0.1, 1, 10, 50, 90, 99, 99.9, 99.99)
_POINTS = 240  # drawn of each state: every cell of the tails, a sample of the body


def cells(run: RunResult) -> Figure:
    """Draw LRS and HRS cells of the run's chip against the verify limits."""
    low, high = run.resistance[run.target], run.resistance[~run.target]
    with styled():
        figure = new_figure(4.8)
        top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(1, 1))
        for values, colour in ((low, CHIP), (high, SECOND)):
            cell_histogram(top, values, run.resistance, colour)
            quantile_dots(bottom, values, colour)
        top.set_yscale("log")
        top.set_ylim(0.7, 6 * top.get_ylim()[1])
        top.yaxis.set_major_formatter("{x:,.0f}")
        y_title(top, "Cells per bin")
        y_title(bottom, "Cells below this resistance (%)")
        resistance_axis(bottom)
        percent_axis(bottom, max(low.size, high.size, 2))
        _limits(top, bottom, run)
        _names(top, low, high)
    return figure


def cell_histogram(axes: Axes, values: NDArray[np.float64], everything: NDArray[np.float64], colour: str) -> float:
    """Draw a histogram of `values` on bins that suit `everything`; return the width of a bin in ln R."""
    first, last = np.log10(everything.min()), np.log10(everything.max())
    bins = np.logspace(first - 0.02, last + 0.02, max(12, round(18 * (last - first)))).tolist()
    axes.hist(values, bins, histtype="stepfilled", color=colour, alpha=0.28, edgecolor="none")
    axes.hist(values, bins, histtype="step", color=colour, linewidth=1.4)
    return float(np.log(bins[1] / bins[0]))


def quantile_dots(axes: Axes, values: NDArray[np.float64], colour: str) -> None:
    """Draw `values` against their normal scores, every one in the tails."""
    if not values.size:
        return
    ordered = np.sort(values)
    score = ndtri((np.arange(values.size) + 0.5) / values.size)
    even = np.searchsorted(score, np.linspace(score[0], score[-1], _POINTS)).clip(0, values.size - 1)
    tails = np.r_[np.arange(min(20, values.size)), np.arange(max(values.size - 20, 0), values.size)]
    kept = np.unique(np.concatenate([even, tails]))
    axes.plot(ordered[kept], score[kept], "o", color=colour, markersize=2.2, markeredgewidth=0)


def _limits(top: Axes, bottom: Axes, run: RunResult) -> None:
    rules = run.chip.cell.programming
    if rules.mode.value != "write-verify":
        return
    limits = {rules.lrs_max.value, rules.hrs_min.value}
    for place in limits:
        for axes in (top, bottom):
            axes.axvline(place, color=MUTED, linewidth=0.9, linestyle=(0, (3, 2)))
    text = "verify limit" if len(limits) == 1 else "verify limits"
    note(bottom, text, (min(limits), 0), (-4, 4), xycoords=("data", "axes fraction"), ha="right", color=MUTED, box=True)


def _names(axes: Axes, low: NDArray[np.float64], high: NDArray[np.float64]) -> None:
    for values, name, colour in ((low, "LRS", CHIP), (high, "HRS", INK)):
        if values.size:
            at = (float(np.median(values)), 1.0)
            label = f"{name}, {several(values.size, 'cell')}"
            note(axes, label, at, (0, -2), xycoords=("data", "axes fraction"), ha="center", va="top", color=colour)


def resistance_axis(axes: Axes, label: str = "Resistance at programming (Ω)") -> None:
    """Make the horizontal axis one of resistances, in decades."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(10))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _ohm(value)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(label)


def _ohm(value: float) -> str:
    for scale, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= scale:
            return f"{value / scale:g} {prefix}Ω"
    return f"{value:g} Ω"


def percent_axis(axes: Axes, n_cells: int) -> None:
    """Make the vertical axis of normal scores one of percents, as far as `n_cells` reach."""
    reach = float(ndtri(1 - 0.25 / n_cells))
    shown = [p for p in _PERCENT if abs(ndtri(p / 100)) < reach]
    axes.set_yticks([ndtri(p / 100) for p in shown], [f"{p:g}" for p in shown])
    axes.set_ylim(-reach, reach)
    axes.grid(axis="y", color=RULE)
