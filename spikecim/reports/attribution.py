"""Figure: what each cause costs in accuracy and in input spikes: its share, alone, and what comes back without it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spikecim.reports.style import CHIP, INK, MUTED, PUBLISHED, RULE, SMALL, new_figure, styled
from spikecim.results.attribution import CORRECT, SPIKES, Attribution, Share

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_NAMES = {CORRECT: "Accuracy lost (points)", SPIKES: "Input spikes added"}
# Where spikes go from steps to powers of ten: early stop takes hundreds away, all else moves a few.
_LINEAR = 10.0


def attribution(found: Attribution) -> Figure:
    """Draw design choices above, hardware below; accuracy left, input spikes right."""
    groups = [[s for s in found.shares(CORRECT) if s.player.design == design] for design in (True, False)]
    rows = [len(group) for group in groups]
    with styled():
        figure = new_figure(1.55 + 0.27 * sum(rows), 5.4)
        grid = figure.subplots(2, 2, sharey="row", gridspec_kw={"height_ratios": rows})
        for line, design in zip(grid, (True, False), strict=True):
            for axes, metric in zip(line, (CORRECT, SPIKES), strict=True):
                shares = [share for share in found.shares(metric) if share.player.design == design]
                _panel(axes, shares)
                _title(axes, found, metric, design=design)
                axes.set_xlabel(_NAMES[metric])
                axes.xaxis.label.set_visible(not design)
            line[0].set_yticks(range(len(shares)), [share.player.title for share in shares], color=INK)
            line[0].set_ylim(len(shares) - 0.45, -0.55)
            line[0].set_ylabel("Cause")
            line[0].yaxis.label.set_visible(False)
            line[1].set_ylabel("Cause")
            line[1].yaxis.label.set_visible(False)
        _compress(grid[0, 1])
        _legend(figure, grid[1, 0])
    return figure


def _panel(axes: Axes, shares: Sequence[Share]) -> None:
    places = np.arange(len(shares))
    axes.axvline(0, color=MUTED, linewidth=0.8, zorder=1)
    axes.hlines(places, [s.shapley.p5 for s in shares], [s.shapley.p95 for s in shares], color=RULE, linewidth=9)
    axes.barh(places, [s.shapley.mean for s in shares], height=0.5, color=CHIP, zorder=2)
    certain = [(s.shapley.low, s.shapley.high) for s in shares]
    for place, (low, high) in zip(places, certain, strict=True):
        if low is not None and high is not None and low < high:
            # A white rim keeps the line visible on the bar.
            axes.hlines(place, low, high, color="white", linewidth=3.0, zorder=3)
            axes.hlines(place, low, high, color=INK, linewidth=1.3, zorder=3)
    axes.plot([s.alone.mean for s in shares], places, "o", markersize=4, mfc="white", mec=INK, mew=0.9, zorder=4)
    axes.plot(
        [s.removed.mean for s in shares], places, "D", markersize=3.2, color=PUBLISHED, mec=INK, mew=0.5, zorder=5
    )
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")


def _title(axes: Axes, found: Attribution, metric: int, *, design: bool) -> None:
    start, end = (found.paper, found.ideal) if design else (found.ideal, found.full)
    first, last = (float(np.mean(found.per_image(counts, metric))) for counts in (start, end))
    what = "Design: " if design else "Hardware: "
    text = f"{what}{first:.1f} → {last:.1f} %" if metric == CORRECT else f"{first:.1f} → {last:.1f} spikes"
    axes.set_title(text, fontsize=SMALL)


def _compress(axes: Axes) -> None:
    low, high = axes.get_xlim()
    if max(-low, high) <= 3 * _LINEAR:
        return
    axes.set_xscale("symlog", linthresh=_LINEAR)
    axes.set_xlim(1.3 * low if low < -_LINEAR else None, 1.3 * high if high > _LINEAR else None)
    ticks = [tick for tick in (-1000, -100, -10, 0, 10, 100, 1000) if 1.2 * low <= tick <= 1.2 * high]
    axes.set_xticks(ticks, [f"{tick:g}".replace("-", "−") for tick in ticks])
    axes.set_xticks([], minor=True)


def _legend(figure: Figure, axes: Axes) -> None:
    from matplotlib.lines import Line2D

    figure.legend(
        handles=[
            Line2D([], [], color=CHIP, linewidth=6, label="share (Shapley)"),
            Line2D([], [], color=INK, linewidth=1.3, label="90 % interval of its mean"),
            Line2D([], [], color=RULE, linewidth=8, label="5–95 % of chips"),
            Line2D([], [], marker="o", ls="", markersize=4, mfc="white", mec=INK, mew=0.9, label="alone"),
            Line2D([], [], marker="D", ls="", markersize=3.2, color=PUBLISHED, mec=INK, mew=0.5, label="all but it"),
        ],
        loc="outside lower center",
        ncols=3,
        frameon=False,
        fontsize=SMALL,
    )
