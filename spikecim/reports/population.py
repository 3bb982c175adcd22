"""Figure: accuracy against input spikes over virtual chips, with both distributions along the edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spikecim.reports.style import CHIP, INK, MUTED, PAPER, PUBLISHED, RULE, new_figure, note, styled, y_title
from spikecim.reports.wording import number, published
from spikecim.results.population import interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from spikecim.results.reproduction import Reproduction

_MANY = 1000  # more dots than this are drawn as pixels


def population(rep: Reproduction) -> Figure:
    """Draw every virtual chip as a dot, the ideal chip, and the published pair where it can be compared."""
    accuracy, spikes = 100 * rep.population.accuracy[:, -1], rep.population.input_spikes[:, -1]
    with styled():
        figure = new_figure(4.6)
        grid = figure.add_gridspec(2, 2, width_ratios=(4, 1), height_ratios=(1, 4))
        main = figure.add_subplot(grid[1, 0])
        above = figure.add_subplot(grid[0, 0], sharex=main)
        beside = figure.add_subplot(grid[1, 1], sharey=main)
        main.plot(
            spikes,
            accuracy,
            "o",
            color=CHIP,
            markersize=4.2,
            alpha=0.55,
            markeredgewidth=0,
            rasterized=len(spikes) > _MANY,
        )
        _mark(main, rep, spikes, accuracy)
        main.margins(0.09, 0.12)
        main.set_xlabel("Input spikes per image (mean)")
        y_title(main, "Accuracy (%)")
        main.grid()
        _edge(above, spikes, upright=True)
        _edge(beside, accuracy, upright=False)
    return figure


def _mark(axes: Axes, rep: Reproduction, spikes: NDArray[np.float64], accuracy: NDArray[np.float64]) -> None:
    chosen = rep.population.median_chip()
    axes.plot(spikes[chosen], accuracy[chosen], "o", markersize=8, markerfacecolor="none", markeredgecolor=INK)
    note(axes, "median chip", (spikes[chosen], accuracy[chosen]), (8, 6), box=True)
    ideal = rep.ideal.input_spikes(), 100 * rep.ideal.accuracy()
    axes.plot(*ideal, "s", markersize=6, markerfacecolor=PAPER, markeredgecolor=MUTED, markeredgewidth=1.4)
    note(axes, "ideal chip", ideal, (8, 3), color=MUTED, box=True)
    if rep.banner:
        return
    rows = {row.id: row.published for row in rep.rows}
    point = rows["input_spikes_per_image"], rows["accuracy_chip"]
    axes.plot(*point, "D", color=PUBLISHED, markersize=7, zorder=5)
    for line, text in enumerate(("published", f"{published(point[1])} %, {published(point[0])}")):
        note(axes, text, point, (-8, -1 - 11 * line), ha="right", va="top", color=PUBLISHED, box=True)


def _edge(axes: Axes, values: NDArray[np.float64], *, upright: bool) -> None:
    """Histogram, 90 % interval and median along one edge."""
    low, middle, high = interval(values)
    bins = np.histogram_bin_edges(values, bins=min(24, max(4, len(values) // 4))).tolist()
    axes.hist(values, bins, orientation="vertical" if upright else "horizontal", color=RULE)
    reach = 1.16 * float(np.histogram(values, bins)[0].max())
    ends, level = np.array([low, high]), np.full(2, reach)
    axes.plot(*((ends, level) if upright else (level, ends)), color=CHIP, linewidth=1.6, marker="|" if upright else "_")
    axes.plot(*((middle, reach) if upright else (reach, middle)), "o", color=CHIP, markersize=5)
    text = f"{number(middle, 'spikes')}" if upright else f"{number(middle, '%')}"
    if upright:
        note(axes, text, (middle, reach), (0, 4), ha="center", color=CHIP)
    else:
        note(axes, text, (reach, middle), (5, 0), va="center", rotation=-90, color=CHIP)
    axes.axis("off")
