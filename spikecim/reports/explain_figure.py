"""Figure: one explained decision, from the pixels to the other chips."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spikecim.reports.explain_text import headline, moment
from spikecim.reports.figure_files import write_png, write_svg
from spikecim.reports.pixels import grid_of
from spikecim.reports.style import (
    CHIP,
    INK,
    MUTED,
    PAPER,
    PUBLISHED,
    RULE,
    SMALL,
    new_figure,
    note,
    png_of,
    strokes,
    styled,
    svg_of,
    y_title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.gridspec import SubplotSpec

    from spikecim.results.explanation import Explanation

MICRO = 1e6
_WINNER, _RIVAL = CHIP, PUBLISHED
_TALL = 0.125  # inch of figure for one chip


def explanation(told: Explanation) -> Figure:
    """Draw pixels, lead, membranes of winner and runner-up, and the other chips."""
    racers = [told.trace.winner] if told.trace.second is None else [told.trace.winner, told.trace.second]
    chips = 0.55 + _TALL * (2 + len(told.others))
    heights = (1.55, 1.15, *(1.05 for _ in racers), chips)
    with styled():
        figure = new_figure(sum(heights) + 0.75)
        figure.suptitle(f"{headline(told)}\n{_broken(moment(told))}", x=0.02, ha="left", fontsize=9.5)
        grid = figure.add_gridspec(len(heights), 1, height_ratios=heights)
        _maps(figure, grid[0], told)
        lead = figure.add_subplot(grid[1])
        _lead(lead, told)
        for place, neuron in enumerate(racers):
            _membrane(figure.add_subplot(grid[2 + place], sharex=lead), told, neuron)
        _chips(figure.add_subplot(grid[len(heights) - 1]), told)
    return figure


def write_explanation(told: Explanation, path: Path) -> None:
    """Write the figure to `path`, whose ending says whether as SVG or PNG.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    figure = explanation(told)
    if path.suffix.lower() == ".svg":
        write_svg(svg_of(figure), path)
    else:
        write_png(png_of(figure), path)


def _broken(text: str) -> str:
    return text.replace("; ", ";\n", 1)


def _maps(figure: Figure, place: SubplotSpec, told: Explanation) -> None:
    """Picture with spike counts, and charge to winner, runner-up, and their difference; one scale for the charges."""
    trace, given = told.trace, told.contributions()
    maps = [(f"to {trace.winner}, winner", given[:, trace.winner])]
    if trace.second is not None:
        maps += [(f"to {trace.second}, second", given[:, trace.second])]
        maps += [(f"{trace.winner} minus {trace.second}", told.difference())]
    most = max(max(float(np.abs(values).max()) for _, values in maps), 1e-9)
    wide = grid_of(len(told.values))[0] == 1
    shape = (len(maps) + 1, 1) if wide else (1, len(maps) + 1)
    cells = place.subgridspec(*shape, wspace=0.06)
    spikes = trace.delivered(len(told.values)).sum(0)
    _picture(figure.add_subplot(cells[0]), told.values, spikes)
    for number, (title, values) in enumerate(maps):
        axes = figure.add_subplot(cells[number + 1])
        _squares(axes, 0.92 * np.sqrt(np.abs(values) / most), values < 0)
        _frame(axes, title, len(values))


def _picture(axes: Axes, values: NDArray[np.float64], spikes: NDArray[np.int64]) -> None:
    from matplotlib.patches import Rectangle

    columns = grid_of(len(values))[1]
    for line in np.flatnonzero(values):
        corner = (line % columns, line // columns)
        axes.add_patch(Rectangle(corner, 1, 1, color=INK, alpha=0.4 * min(abs(float(values[line])), 1), linewidth=0))
    _squares(axes, 0.72 * np.sqrt(spikes / max(int(spikes.max()), 1)), np.zeros(len(values), bool))
    _frame(axes, f"{int(spikes.sum())} spikes in", len(values))


def _squares(axes: Axes, sides: NDArray[np.float64], hollow: NDArray[np.bool_]) -> None:
    """Filled squares pull up, hollow ones down, so that it reads without colour."""
    from matplotlib.patches import Rectangle

    columns = grid_of(len(sides))[1]
    for line in np.flatnonzero(sides > 0.02):
        side = float(sides[line])
        corner = (line % columns + 0.5 - side / 2, line // columns + 0.5 - side / 2)
        if hollow[line]:
            shape = Rectangle(corner, side, side, facecolor="none", edgecolor=_RIVAL, linewidth=0.8)
        else:
            shape = Rectangle(corner, side, side, color=CHIP, linewidth=0)
        axes.add_patch(shape)


def _frame(axes: Axes, title: str, n_in: int) -> None:
    rows, columns = grid_of(n_in)
    axes.set(xlim=(0, columns), ylim=(rows, 0), xticks=[], yticks=[], aspect="equal" if rows > 1 else "auto")
    axes.spines[:].set(visible=True, color=RULE)
    axes.set_title(title, fontsize=SMALL - 0.5, pad=4)


def _times(told: Explanation) -> tuple[NDArray[np.float64], float]:
    """Microseconds of every step, from 0, and of the decision."""
    micro = told.program.tick_s * MICRO
    return np.concatenate([[0.0], told.trace.ticks * micro]), told.trace.duration * micro


def _lead(axes: Axes, told: Explanation) -> None:
    times, end = _times(told)
    lead = np.concatenate([[0], np.maximum(told.trace.lead, 0)])
    axes.step([*times, end], [*lead, lead[-1]], where="post", color=INK)
    needed = told.program.delta_s
    if needed:
        axes.axhline(needed, color=MUTED, linewidth=0.8, linestyle=(0, (5, 3)))
        note(axes, f"δs = {needed} decides", (0, needed), (2, 3))
    axes.plot(end, lead[-1], "o", color=PAPER, markeredgecolor=INK, markersize=5, clip_on=False, zorder=5)
    axes.set(xlim=(0, end), ylim=(0, 1.25 * max(int(lead.max()), needed or 0, 1)))
    axes.tick_params(labelbottom=False)
    y_title(axes, "Lead of the best score over the next")


def _membrane(axes: Axes, told: Explanation, neuron: int) -> None:
    times, end = _times(told)
    trace, program, winner = told.trace, told.program, neuron == told.trace.winner
    charge = np.concatenate([[0.0], trace.charge[:, neuron] / told.unit])
    up, down = program.threshold_up[neuron] / told.unit, -program.threshold_down[neuron] / told.unit
    for level in (up, down):
        axes.axhline(level, color=MUTED, linewidth=0.8, linestyle=(0, (5, 3)))
    colour = _WINNER if winner else _RIVAL
    axes.step([*times, end], [*charge, charge[-1]], where="post", color=colour, linewidth=0.9)
    own = trace.outputs[trace.outputs[:, 1] == neuron]
    fired = own[:, 0] * program.tick_s * MICRO
    reach, tall = 1.2 * max(up, -down), 0.35 * max(up, -down)
    high = own[:, 2] > 0
    strokes(axes, fired[high], np.full(high.sum(), reach), np.full(high.sum(), reach + tall), color=INK, linewidth=1.0)
    strokes(axes, fired[~high], np.full((~high).sum(), -reach - tall), np.full((~high).sum(), -reach), color=INK,
            linewidth=1.0)  # fmt: skip
    axes.set(xlim=(0, end), ylim=(-reach - 1.3 * tall, reach + 1.3 * tall))
    last = winner and trace.second is not None
    axes.tick_params(labelbottom=not last)
    if not last:
        axes.set_xlabel("Time (µs); strokes: positive spikes above, negative below")
    y_title(axes, f"Membrane of {neuron}, the {'winner' if winner else 'runner-up'} (weight units)")


def _chips(axes: Axes, told: Explanation) -> None:
    """When every chip decided, and for what."""
    chips = (told.here, told.ideal, *told.others)
    micro, window = told.program.tick_s * MICRO, told.program.n_ticks * told.program.tick_s * MICRO
    for row, chip in enumerate(chips):
        right, at = chip.winner == told.trace.label, chip.ticks * micro
        axes.hlines(row, 0, at, color=RULE, linewidth=0.8, zorder=0)
        axes.plot(at, row, "o", color=INK if right else PAPER, markeredgecolor=INK, markersize=4, clip_on=False)
        verdict = f"{chip.winner}{'' if chip.reached else ', time-out'}"
        note(axes, verdict, (at, row), (6, 0), va="center", fontsize=7.5, weight="bold" if right else "normal")
    axes.set(xlim=(0, 1.22 * window), ylim=(len(chips) - 0.4, -0.6), yticks=range(len(chips)))
    axes.set_yticklabels([chip.chip for chip in chips], fontsize=7.5, color=INK)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("Decided after (µs)")
    y_title(axes, "Same input spikes, other chips: read as (filled: right)")
