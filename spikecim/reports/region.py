"""Figure: which plausible chips give the published accuracy and the published input spikes."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spikecim.reports.style import CHIP, INK, MUTED, PUBLISHED, RULE, SECOND, SMALL, new_figure, note, styled, y_title
from spikecim.results.region import Axis, Region

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

N_PAIRS, _BINS = 4, 10


def region(found: Region) -> Figure:
    """Draw what the designs gave, the range that each unknown keeps, and the pairs that are traded most."""
    weights = found.weights()
    with styled():
        figure = new_figure(8.6, 5.0)
        rows = figure.add_gridspec(3, 1, height_ratios=(3.0, 2.8, 3.6))
        top, middle, bottom = (figure.add_subfigure(rows[number]) for number in range(3))
        _cloud(top.subplots(), found)
        title = "5–95 % ranges: plausible (grey), and left by both numbers (blue)"
        middle.suptitle(title, x=0.02, ha="left", fontsize="medium")
        _ranges(middle.subplots(), found, weights)
        grid = bottom.subplots(2, N_PAIRS // 2)
        for axes, (first, second) in zip(grid.ravel(), traded_pairs(found, weights), strict=False):
            _pair(axes, found, weights, (first, second))
    return figure


def traded_pairs(found: Region, weights: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Pairs of axes with the largest weighted correlation, first ones first."""
    correlation = np.abs(found.correlation(weights))
    pairs = sorted(combinations(range(len(found.axes)), 2), key=lambda pair: -correlation[pair])
    return pairs[:N_PAIRS]


def _cloud(axes: Axes, found: Region) -> None:
    spikes, accuracy = found.found[:, 1], found.found[:, 0]
    axes.plot(spikes, accuracy, "o", markersize=3, color=MUTED, alpha=0.45, mew=0)
    axes.plot(found.checked[:, 1], found.checked[:, 0], "^", markersize=4, mfc=SECOND, mec=INK, mew=0.5)
    at = float(found.published[1]), float(found.published[0])
    axes.plot(*at, "P", markersize=9, color=PUBLISHED, mec=INK, mew=0.6, zorder=5)
    note(axes, f"published: {at[1]:g} %, {at[0]:g} spikes", at, (10, -14), box=True, color=PUBLISHED, zorder=6)
    low = float(np.percentile(accuracy, 1))
    hidden = int((accuracy < low - 1).sum())
    axes.set_ylim(low - 1, float(accuracy.max()) + 1)
    y_title(axes, f"Accuracy (%) of {len(spikes)} plausible designs" + (f" ({hidden} below)" if hidden else ""))
    axes.set_xlabel("Input spikes per image")
    note(axes, "▲ chips drawn from the region", (1, 1), (0, -12), xycoords="axes fraction", ha="right")
    axes.grid()


def _ranges(axes: Axes, found: Region, weights: NDArray[np.float64]) -> None:
    narrowing = found.narrowing(weights)
    order = np.argsort(narrowing)
    for row, number in enumerate(order):
        axis = found.axes[number]
        low, middle, high = (_place(axis, value) for value in found.span(int(number), weights))
        axes.hlines(row, 0.05, 0.95, color=RULE, linewidth=9)
        axes.hlines(row, low, high, color=CHIP, linewidth=4.5)
        axes.plot(middle, row, "|", color=INK, markersize=10, mew=1.6)
        note(axes, _number(axis.low), (-0.01, row), (0, 0), ha="right", va="center", color=MUTED)
        note(axes, f"{_number(axis.high)} {axis.unit}".strip(), (1.01, row), (0, 0), va="center", color=MUTED)
    axes.set_yticks(range(len(order)), [found.axes[number].title for number in order], color=INK)
    axes.tick_params(axis="y", length=0, pad=34)
    axes.set_ylim(len(order) - 0.4, -0.6)
    axes.set_xlim(0, 1.16)
    axes.set_xticks([])
    axes.spines[:].set_visible(False)
    axes.set_xlabel("Place in the plausible range")
    axes.xaxis.label.set_visible(False)
    axes.set_ylabel("Unknown")
    axes.yaxis.label.set_visible(False)


def _pair(axes: Axes, found: Region, weights: NDArray[np.float64], pair: tuple[int, int]) -> None:
    first, second = (found.axes[number] for number in pair)
    x, y = (axis.value(found.points[:, number]) for axis, number in zip((first, second), pair, strict=True))
    edges = [axis.value(np.linspace(0, 1, _BINS + 1)) for axis in (first, second)]
    density, *_ = np.histogram2d(x, y, bins=edges, weights=weights)
    axes.pcolormesh(edges[0], edges[1], density.T, cmap="Blues", vmin=0, rasterized=True)
    near = found.accepted(np.array([1.0, 0.05 * found.published[1]]))
    axes.plot(
        first.value(found.designs[near, pair[0]]),
        second.value(found.designs[near, pair[1]]),
        "o",
        markersize=3.2,
        mfc="white",
        mec=INK,
        mew=0.7,
    )
    for axis, which in ((first, "x"), (second, "y")):
        if axis.log:
            getattr(axes, f"set_{which}scale")("log")
            ticks = _ticks(axis)
            getattr(axes, f"set_{which}ticks")(ticks, [_number(tick) for tick in ticks])
            getattr(axes, f"set_{which}ticks")([], minor=True)
    axes.set_xlabel(_label(first))
    y_title(axes, _label(second))
    axes.title.set_fontsize(SMALL)


def _ticks(axis: Axis) -> list[float]:
    ticks = [digit * 10.0**power for power in range(-2, 5) for digit in (1, 2, 5)]
    return [tick for tick in ticks if axis.low <= tick <= axis.high]


def _label(axis: Axis) -> str:
    return f"{axis.title} ({axis.unit})" if axis.unit else axis.title


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:g}"


def _place(axis: Axis, value: float) -> float:
    if axis.log:
        return float(np.log(value / axis.low) / np.log(axis.high / axis.low))
    return (value - axis.low) / (axis.high - axis.low)
