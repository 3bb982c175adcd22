"""Whose variance it is: bars of indices, bars of design against chip, and what pairs of factors do together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from spikecim.reports.style import CHIP, INK, MUTED, PAPER, SECOND, SMALL, new_figure, styled
from spikecim.reports.sweep_wording import is_sure, is_unclear, narrow, percent, short_names
from spikecim.results.sweep_parts import Estimate, Shares
from spikecim.results.sweep_report import SweepReport

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

_LEGEND = 0.45


def told_shares(report: SweepReport) -> list[Shares]:
    """Metrics whose variance could be shared out."""
    return [shares for shares in report.shares if not shares.refused]


def index_bars(report: SweepReport) -> Figure:
    """Draw each factor's share of the variance between designs, alone and with all it takes part in."""
    told, names = told_shares(report), short_names(report)
    n = len(report.factors)
    with styled():
        figure = new_figure(_LEGEND + len(told) * (0.5 + 0.3 * n))
        panels = figure.subplots(len(told), 1, sharex=True, squeeze=False)[:, 0]
        for axes, shares in zip(panels, told, strict=True):
            for place, path in enumerate(shares.first):
                _bar(axes, place - 0.18, shares.first[path], CHIP)
                if path in shares.total:
                    _bar(axes, place + 0.18, shares.total[path], "none")
            axes.set_yticks(range(n), [names[path] for path in shares.first])
            axes.set_ylim(n - 0.5, -0.5)
            axes.set_title(narrow(report.metric(shares.metric).label))
            axes.axvline(0, color=MUTED, linewidth=0.7)
            axes.grid(axis="x")
            axes.tick_params(axis="y", length=0)
        top = max([110.0, *(100 * min(e.high, 1.3) for s in told for e in _all(s) if np.isfinite(e.high))])
        bottom = min([-8.0, *(100 * max(e.low, -0.3) for s in told for e in _all(s) if np.isfinite(e.low))])
        panels[-1].set_xlim(bottom, top)
        panels[-1].set_xlabel("Share of the variance between designs (%)")
        _index_legend(figure, total=any(shares.total for shares in told))
        return figure


def _all(shares: Shares) -> list[Estimate]:
    return [*shares.first.values(), *shares.total.values()]


def _bar(axes: Axes, place: float, share: Estimate, colour: str) -> None:
    axes.barh(place, 100 * share.value, 0.32, color=colour, edgecolor=CHIP, linewidth=1.0)
    if np.isfinite(share.low) and np.isfinite(share.high):
        axes.hlines(place, 100 * share.low, 100 * share.high, color=INK, linewidth=1.1)


def _index_legend(figure: Figure, *, total: bool) -> None:
    from matplotlib.patches import Patch

    handles = [Patch(facecolor=CHIP, edgecolor=CHIP), Patch(facecolor="none", edgecolor=CHIP)]
    names = ["alone (first order)", "with all it takes part in (total)"]
    count = 2 if total else 1
    figure.legend(handles[:count], names[:count], loc="outside upper left", ncols=2, frameon=False, fontsize=SMALL)


def spread_bars(report: SweepReport) -> Figure:
    """Draw for each metric how much of its variance is the designs', how much the chips'."""
    from matplotlib.patches import Patch

    told = [spread for spread in report.spreads if not spread.refused]
    looks = (("designs", CHIP, ""), ("chips, alike in all designs", SECOND, "////"), ("chips × designs", PAPER, "...."))
    with styled():
        figure = new_figure(0.95 + 0.36 * len(told))
        axes = figure.subplots()
        for place, spread in enumerate(told):
            begin = 0.0
            for share, (_, colour, hatch) in zip((spread.design, spread.chip, spread.both), looks, strict=True):
                width = 100 * max(0.0, share.value)
                axes.barh(place, width, 0.6, left=begin, color=colour, edgecolor=INK, hatch=hatch, linewidth=0.7)
                begin += width
        axes.set_yticks(range(len(told)), [narrow(report.metric(spread.metric).label) for spread in told])
        axes.set_ylim(len(told) - 0.4, -0.6)
        axes.set_xlim(0, 100.5)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel("Share of the variance of all points (%)")
        handles = [Patch(facecolor=colour, edgecolor=INK, hatch=hatch, linewidth=0.7) for _, colour, hatch in looks]
        figure.legend(
            handles,
            [name for name, _, _ in looks],
            loc="outside upper left",
            ncols=3,
            frameon=False,
            fontsize=SMALL,
            handlelength=1.4,
            columnspacing=1.2,
        )
        return figure


def pair_matrix(report: SweepReport) -> Figure:
    """Draw what each pair of factors does together, one field a pair, and each factor alone on the diagonal."""
    told = [shares for shares in told_shares(report) if shares.pairs]
    n, names = len(report.factors), list(short_names(report).values())
    columns = 2 if n <= 6 and len(told) > 1 else 1
    rows = -(-len(told) // columns)
    with styled():
        figure = new_figure(0.2 + rows * (0.32 + 0.27 * n))
        panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
        for axes, shares in zip(panels, told, strict=False):
            _fields(axes, shares, n)
            axes.set_title(narrow(report.metric(shares.metric).label))
            axes.set_xticks([])
            axes.set_yticks(range(n), names)
            axes.tick_params(length=0)
        for axes in panels[len(told) :]:
            axes.set_axis_off()
        return figure


def _fields(axes: Axes, shares: Shares, n: int) -> None:
    paths = list(shares.first)
    known = [(paths.index(p.first), paths.index(p.second), p.share, False) for p in shares.pairs]
    known += [(k, k, share, True) for k, share in enumerate(shares.first.values())]
    for i, j, share, own in known:
        row, column = max(i, j), min(i, j)
        shade = float(np.clip(share.value, 0.0, 1.0)) ** 0.5
        unclear, sure = is_unclear(share), is_sure(share)
        shade = 0.0 if unclear else shade
        for patch in _square(column, row, shade, dashed=own):
            axes.add_patch(patch)
        axes.text(
            column,
            row,
            "?" if unclear else percent(share.value),
            ha="center",
            va="center",
            fontsize=SMALL,
            color=PAPER if shade > 0.7 else INK if sure or own else MUTED,
            fontweight="bold" if sure and not own else "normal",
        )
    axes.set_xlim(-0.52, n - 0.48)
    axes.set_ylim(n - 0.48, -0.52)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _square(x: int, y: int, shade: float, *, dashed: bool) -> Iterator[Rectangle]:
    from matplotlib.patches import Rectangle as Box

    corner, side = (x - 0.47, y - 0.47), 0.94
    yield Box(corner, side, side, facecolor=CHIP, alpha=0.9 * shade, linewidth=0)
    yield Box(corner, side, side, facecolor="none", edgecolor=MUTED, linewidth=0.8, linestyle="--" if dashed else "-")
