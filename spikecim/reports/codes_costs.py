"""Figures: what a weight code costs, the sign bit argument chip by chip, and groups of 1 to 8 cells per polarity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spikecim.reports.codes import code_colour, code_name, text_colour
from spikecim.reports.style import CHIP, INK, MUTED, PUBLISHED, RULE, SMALL, new_figure, note, styled, y_title
from spikecim.reports.wording import signed, significant
from spikecim.results.codes import SPIRIT_CODE, CodeStudy
from spikecim.results.sign_bit import ARGUED_RATE, PairedDifference, SignBitArgument
from spikecim.units import HOUR

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def codes_costs(study: CodeStudy) -> Figure:
    """Draw cells, cell current per image and programming energy of each code on the nominal chip."""
    shown = [(facts, study.at(facts.name, study.nominal)) for facts in study.codes]
    there = [(facts, point) for facts, point in shown if point is not None]
    names = [code_name(facts.name, study.levels) for facts, _ in there]
    colours = [code_colour(facts.name) for facts, _ in there]
    columns = {
        "Cells a weight": [float(facts.cells_per_weight) for facts, _ in there],
        "Cell current\n(nJ per image)": [float(np.median(point.chips.cell_pj)) / 1000 for _, point in there],
        "Programming\n(nJ per chip)": [float(np.median(point.chips.programming_nj)) for _, point in there],
    }
    with styled():
        figure = new_figure(0.7 + 0.36 * len(names))
        for axes, (title, values) in zip(figure.subplots(1, 3, sharey=True), columns.items(), strict=True):
            axes.barh(range(len(values)), values, color=colours, height=0.6)
            for place, value in enumerate(values):
                text = f"{value:,.0f}" if value == int(value) or value >= 100 else significant(value)
                note(axes, text, (value, place), (3, 0), va="center")
            axes.set_yticks(range(len(names)), names)
            axes.set_title(title, fontsize=SMALL)
            axes.set_xlabel(f"{title} of the chip")
            axes.xaxis.label.set_visible(False)
            axes.set_ylabel("Weight code of the chip")
            axes.yaxis.label.set_visible(False)
            axes.set_xlim(0, 1.6 * max(values, default=1.0))
            axes.set_xticks([])
            axes.spines["bottom"].set_visible(False)
            axes.tick_params(left=False)
        if names:
            axes.invert_yaxis()
    return figure


def sign_bit(argument: SignBitArgument, levels: int) -> Figure:
    """Draw accuracy of 4 + 4 cells minus that of each rival, one dot a virtual chip, with median and 90 % interval."""
    settings = [argument.nominal, argument.faulty, *([argument.aged] if argument.aged else [])]
    step = len(settings) + 0.4
    rows = [(pairs[rival], rival * step + place) for rival in (0, 1) for place, pairs in enumerate(settings)]
    with styled():
        figure = new_figure(1.0 + 0.5 * len(rows))
        axes = figure.subplots()
        axes.axvline(0, color=MUTED, linewidth=0.8)
        for pair, place in rows:
            _differences(axes, pair, place)
        axes.set_yticks([place for _, place in rows], [_setting(pair) for pair, _ in rows])
        axes.set_ylim(2 * step - 0.5, -0.9)
        for pair, place in (rows[0], rows[len(settings)]):
            name, left = code_name(pair.rival, levels), axes.get_xlim()[0]
            note(axes, f"against {name}", (left, place - 0.48), (2, 0), va="center", color=text_colour(pair.rival))
        y_title(axes, f"{code_name(SPIRIT_CODE, levels)} cells minus a sign bit, each chip")
        axes.set_xlabel("Accuracy difference (%), in points")
        axes.tick_params(left=False)
    return figure


def _differences(axes: Axes, pair: PairedDifference, place: float) -> None:
    low, middle, high = pair.span
    colour = code_colour(pair.rival)
    axes.plot(pair.points, np.full(len(pair.points), place), "|", color=colour, alpha=0.6, markersize=7)
    axes.plot([low, high], [place + 0.27] * 2, color=INK, linewidth=1.4)
    axes.plot(middle, place + 0.27, "o", color=INK, markersize=4.5)
    note(axes, signed(middle), (high, place + 0.27), (5, 0), va="center")


def _setting(pair: PairedDifference) -> str:
    if pair.setting.after_s:
        return f"after {pair.setting.after_s / HOUR:g} h"
    return f"{100 * ARGUED_RATE:.3g} % stuck" if abs(pair.setting.stuck - ARGUED_RATE) < 1e-12 else "nominal"


def codes_groups(study: CodeStudy) -> Figure:
    """Draw accuracy and energies against the number of cells per polarity, the network quantised anew for each."""
    levels = np.array([group.levels for group in study.groups])
    spans = np.array([group.chips.accuracy_percent() for group in study.groups]).reshape(-1, 3).T
    formal = np.array([100 * group.formal_accuracy for group in study.groups])
    with styled():
        figure = new_figure(4.4)
        grid = figure.add_gridspec(2, 2, height_ratios=(3, 2))
        main = figure.add_subplot(grid[0, :])
        main.axvline(study.levels, color=RULE, linewidth=5, zorder=0, solid_capstyle="butt")
        main.fill_between(levels, spans[0], spans[2], color=CHIP, alpha=0.22, linewidth=0)
        main.plot(levels, spans[1], color=CHIP, marker="o", markersize=3.5)
        main.plot(levels, formal, color=MUTED, linestyle=(0, (4, 2)), linewidth=1.4)
        if len(levels):
            note(main, "formal network", (levels[-1], formal[-1]), (0, 5), ha="right", color=MUTED)
            note(main, "chips: median, 5–95 %", (levels[-1], spans[0][-1]), (0, -5), ha="right", va="top", color=CHIP)
        y_title(main, "Accuracy (%)")
        main.grid(axis="y")
        below = {
            "Cell current (nJ per image)": [float(np.median(g.chips.cell_pj)) / 1000 for g in study.groups],
            "Programming (nJ per chip)": [float(np.median(g.chips.programming_nj)) for g in study.groups],
        }
        for column, (title, values) in enumerate(below.items()):
            _rising(figure.add_subplot(grid[1, column]), levels, values, title, study.levels)
        main.set_xlabel("Cells per polarity")
        _whole_numbers(main)
    return figure


def _rising(axes: Any, levels: Any, values: list[float], title: str, own: int) -> None:
    axes.axvline(own, color=RULE, linewidth=5, zorder=0, solid_capstyle="butt")
    axes.plot(levels, values, color=PUBLISHED, marker="s", markersize=3)
    axes.set_ylim(0, 1.12 * max(values, default=1.0))
    axes.set_ylabel(f"{title} of the chip")
    axes.yaxis.label.set_visible(False)
    axes.set_title(title, fontsize=SMALL)
    axes.set_xlabel("Cells per polarity")
    _whole_numbers(axes)


def _whole_numbers(axes: Any) -> None:
    axes.xaxis.get_major_locator().set_params(integer=True, steps=[1, 2, 5, 10])
