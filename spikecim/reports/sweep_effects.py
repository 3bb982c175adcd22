"""Main effects as small multiples: the mean at each level of each factor, and the band that holds 90 % of the chips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spikecim.reports.style import CHIP, INK, MUTED, WASH, new_figure, styled
from spikecim.reports.sweep_wording import factor_text, headed, scale_of, short_names
from spikecim.results.sweep_parts import Effect
from spikecim.results.sweep_report import FactorInfo, SweepReport

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TITLE, _PANEL = 0.45, 1.75
# A level's name takes so much of half the figure's width.
_NARROW_LETTERS = 22


def effect_panels(report: SweepReport, metric: str) -> Figure:
    """Draw all factors' effects on `metric`, one panel a factor, on one scale."""
    effects = report.effects_on(metric)
    info, names = report.metric(metric), short_names(report)
    with styled():
        columns = 2 if len(effects) > 1 and not any(_wide(report, effect) for effect in effects) else 1
        rows = -(-len(effects) // columns)
        figure = new_figure(_TITLE + _PANEL * rows)
        panels = figure.subplots(rows, columns, sharey=True, squeeze=False).ravel()
        for axes, effect in zip(panels, effects, strict=False):
            _panel(axes, effect, report.factor(effect.factor), scale_of(info))
            axes.set_xlabel(names[effect.factor])
            if metric == report.yield_metric:
                axes.axhline(100 * report.good_accuracy, color=MUTED, linewidth=0.9, linestyle=(0, (4, 2)))
        for axes in panels[len(effects) :]:
            axes.set_axis_off()
        _heights(panels[0], effects, metric == "yield")
        figure.suptitle(headed(info), x=0.01, ha="left", fontsize=9.5)
        return figure


def _panel(axes: Axes, effect: Effect, factor: FactorInfo, scale: float) -> None:
    levels = effect.levels
    numeric = factor.numeric and len(levels) > 1
    x = np.array([float(level.at) for level in levels]) if numeric else np.arange(len(levels), dtype=float)
    mean, low, high, p5, p95 = (
        scale * np.array(values)
        for values in zip(*((lv.mean.value, lv.mean.low, lv.mean.high, lv.p5, lv.p95) for lv in levels), strict=True)
    )
    low, high = np.where(np.isfinite(low), low, mean), np.where(np.isfinite(high), high, mean)
    if effect.metric != "yield":
        if numeric:
            axes.fill_between(x, p5, p95, color=WASH, linewidth=0)
        else:
            axes.bar(x, p95 - p5, 0.5, bottom=p5, color=WASH)
    axes.vlines(x, low, high, color=INK, linewidth=1.4)
    axes.plot(x, mean, color=CHIP, marker="o", markersize=4, linestyle="-" if numeric else "")
    axes.grid(axis="y")
    _ticks(axes, effect, factor, x, numeric=numeric)


def _ticks(axes: Axes, effect: Effect, factor: FactorInfo, x: np.ndarray, *, numeric: bool) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter, NullLocator

    if not numeric:
        axes.set_xticks(x, [level.name for level in effect.levels])
        axes.set_xlim(x[0] - 0.6, x[-1] + 0.6)
        return
    if factor.scale == "log":
        axes.set_xscale("log")
        shown = [x[0], x[len(x) // 2], x[-1]]
        axes.set_xticks(shown, [factor_text(factor, float(f"{at:.2g}")) for at in shown])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_minor_formatter(NullFormatter())
        return
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=factor.unit == "count"))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda at, _: _tick(factor, at)))


def _tick(factor: FactorInfo, at: float) -> str:
    return f"{at:g}" if factor.unit == "count" else factor_text(factor, float(f"{at:.6g}"))


def _heights(axes: Axes, effects: Sequence[Effect], is_yield: bool) -> None:
    if is_yield:
        axes.set_ylim(-4, 104)
    elif not any(level.p95 > level.p5 for effect in effects for level in effect.levels):
        axes.margins(y=0.15)


def _wide(report: SweepReport, effect: Effect) -> bool:
    """Whether the names of the levels need the whole width of the figure."""
    letters = sum(len(level.name) + 2 for level in effect.levels)
    return not report.factor(effect.factor).numeric and letters > _NARROW_LETTERS
