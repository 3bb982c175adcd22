"""Small panels of a study of training on the chip, one for each device: rates tried, and learning curves."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from spikecim.reports.insitu_figures import Look, legend, looks
from spikecim.reports.insitu_wording import device_name
from spikecim.reports.style import PUBLISHED, SMALL, new_figure, note, plain_log, styled
from spikecim.results.insitu_table import CellResult, InsituTable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ACROSS = 2
_PANEL = 1.45  # inch
# Just above all accuracies, and ticks for a scale that ends there, %.
_TOP, _TICKS = 101.0, (20, 50, 80, 90, 95, 98)


def rates(found: InsituTable) -> Figure:
    """Validation accuracy of each seed and its mean against the rate, one panel for each device."""
    return _panels(found, _rates, "Rate", log=True)


def curves(found: InsituTable) -> Figure:
    """Validation accuracy against the epoch, mean and interval of the scored seeds."""
    return _panels(found, _curve, "Epoch", log=False)


def _panels(found: InsituTable, draw: Callable[[Axes, CellResult, Look], None], label: str, *, log: bool) -> Figure:
    rows = -(-len(found.devices) // _ACROSS)
    with styled():
        figure = new_figure(0.6 + _PANEL * rows)
        panels = figure.subplots(rows, _ACROSS, sharey=True, sharex=True, squeeze=False)
        for place, device in enumerate(found.devices):
            axes = panels[place // _ACROSS, place % _ACROSS]
            for rule, look in looks(found).items():
                draw(axes, found.cell(device.name, rule), look)
            axes.set_title(device_name(device.name))
            axes.grid(axis="y")
        for axes in panels.ravel()[len(found.devices) :]:
            axes.set_visible(False)
        if log:
            panels[0, 0].set_xscale("log")
            plain_log(panels[0, 0])
            _stretch(panels[0, 0])
        for place in range(max(0, len(found.devices) - _ACROSS), len(found.devices)):
            axes = panels[place // _ACROSS, place % _ACROSS]
            axes.set_xlabel(label)
            axes.tick_params(axis="x", labelbottom=True)
        figure.supylabel("Validation accuracy (%)", fontsize=SMALL + 1)
        legend(figure, found)
        return figure


def _stretch(axes: Axes) -> None:
    """Even steps of the logarithm of the error: 90 to 95 % as long as 80 to 90 %."""
    low, high = axes.get_ylim()
    axes.set_yscale("function", functions=(lambda y: -np.log10(_TOP - y), lambda z: _TOP - 10.0**-z))
    axes.set_yticks([tick for tick in _TICKS if low < tick < high])
    axes.set_ylim(low, min(high, 99.5))


def _rates(axes: Axes, cell: CellResult, look: Look) -> None:
    """A curve through the means; a ring around the best; crosses at the foot where a rate failed."""
    for rate in cell.rates:
        seeds = [seed for seed in rate.seeds if seed is not None]
        axes.plot([rate.rate] * len(seeds), seeds, linestyle="", alpha=0.45, **look.mark(2.2))
        if rate.mean is None:
            note(axes, "×", (rate.rate, 0.0), (0, 2), xycoords=axes.get_xaxis_transform(), ha="center", color=PUBLISHED)
    there = [(rate.rate, rate.mean) for rate in cell.rates if rate.mean is not None]
    axes.plot(*zip(*there, strict=True), color=look.colour, linestyle=look.dashes, linewidth=1.2) if there else None
    for at, mean in there:
        if at == cell.best:
            axes.plot([at], [mean], linestyle="", zorder=4, **look.mark(5.5))


def _curve(axes: Axes, cell: CellResult, look: Look) -> None:
    from matplotlib.ticker import MaxNLocator

    epochs = [row.epoch for row in cell.curve]
    means = [row.validation.value for row in cell.curve]
    spread = [row for row in cell.curve if row.validation.low is not None]
    axes.fill_between(
        [row.epoch for row in spread],
        [row.validation.low or 0.0 for row in spread],
        [row.validation.high or 0.0 for row in spread],
        color=look.colour,
        alpha=0.18,
        linewidth=0,
    )
    axes.plot(epochs, means, linestyle=look.dashes, linewidth=1.2, **look.mark(3.2 if len(epochs) < 12 else 0))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5, min_n_ticks=1))
