"""Figure: one image, spike by spike, from the picture to the decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spikecim.reports.picks import describe_image
from spikecim.reports.style import (
    CHIP,
    INK,
    MUTED,
    RULE,
    SECOND,
    SMALL,
    THIRD,
    new_figure,
    note,
    strokes,
    styled,
    y_title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.gridspec import SubplotSpec

    from spikecim.results.run import RunResult

MICRO = 1e6


def image(run: RunResult, sample: int) -> Figure:
    """Draw picture, input spikes, output spikes of both signs and running scores of `sample`."""
    with styled():
        figure = new_figure(5.5)
        grid = figure.add_gridspec(4, 1, height_ratios=(1.5, 1.5, 1.35, 1.5))
        _head(figure, grid[0], run, sample)
        scores = figure.add_subplot(grid[3])
        inputs, outputs = (figure.add_subplot(grid[i], sharex=scores) for i in (1, 2))
        tick_us = run.program.tick_s * MICRO
        _inputs(inputs, run, sample, tick_us)
        _outputs(outputs, run, sample, tick_us)
        _scores(scores, run, sample, tick_us)
        end = run.record.decisions.durations[sample, -1] * tick_us
        for axes in (inputs, outputs, scores):
            axes.set_xlim(0, run.program.n_ticks * tick_us)
            axes.axvline(end, color=INK, linewidth=0.8)
            axes.tick_params(labelbottom=axes is scores)
        scores.set_xlabel("Time (µs)")
    return figure


def _head(figure: Figure, place: SubplotSpec, run: RunResult, sample: int) -> None:
    from matplotlib.patches import Rectangle

    halves = place.subgridspec(1, 2, width_ratios=(1, 2.6))
    picture, text = figure.add_subplot(halves[0]), figure.add_subplot(halves[1])
    values = np.abs(run.values[sample])
    side = max(1, round(len(values) ** 0.5))
    for pixel in np.flatnonzero(values > 0):
        corner = (pixel % side + 0.04, pixel // side + 0.04)
        picture.add_patch(Rectangle(corner, 0.92, 0.92, color=INK, alpha=float(min(values[pixel], 1)), linewidth=0))
    picture.set(xlim=(-0.3, side + 0.3), ylim=(side + 0.3, -0.3), aspect="equal", anchor="W", xticks=[], yticks=[])
    picture.spines[:].set(visible=True, color=RULE)
    picture.set(xlabel="pixels", ylabel="pixels")
    picture.xaxis.label.set_visible(False)
    picture.yaxis.label.set_visible(False)
    first, *others = describe_image(run, sample)
    text.axis("off")
    text.text(0, 0.86, first, fontsize=12, va="top", transform=text.transAxes)
    for row, line in enumerate(others):
        text.text(0, 0.56 - 0.22 * row, line, color=MUTED, va="top", transform=text.transAxes)


def _inputs(axes: Axes, run: RunResult, sample: int, tick_us: float) -> None:
    """One stroke per input spike; those after the decision were never delivered and stay pale."""
    own = slice(run.trains.offsets[sample], run.trains.offsets[sample + 1])
    times, lines = run.trains.ticks[own] * tick_us, run.trains.lines[own].astype(float)
    spent = int(run.record.delivered[sample])
    for part, colour in ((slice(spent, None), RULE), (slice(0, spent), CHIP)):
        strokes(axes, times[part], lines[part] - 1.6, lines[part] + 1.6, color=colour, linewidth=0.9)
    axes.set_ylim(run.program.n_in, -1)
    y_title(axes, "Input spikes, by pixel (row by row)")


def _outputs(axes: Axes, run: RunResult, sample: int, tick_us: float) -> None:
    """Positive spikes point up, negative ones down."""
    own = slice(run.record.offsets[sample], run.record.offsets[sample + 1])
    times, neurons = run.record.ticks[own] * tick_us, run.record.neurons[own].astype(float)
    up = run.record.signs[own] > 0
    n = run.program.n_out
    axes.hlines(np.arange(n), 0, run.program.n_ticks * tick_us, color=RULE, linewidth=0.5, zorder=0)
    strokes(axes, times[up], neurons[up], neurons[up] - 0.42, color=CHIP, linewidth=1.0)
    strokes(axes, times[~up], neurons[~up], neurons[~up] + 0.42, color=SECOND, linewidth=1.0)
    axes.set(ylim=(n - 0.4, -0.7), yticks=range(n))
    axes.tick_params(axis="y", length=0, labelsize=7.5)
    y_title(axes, "Output spikes, by neuron: positive up, negative down")


def _scores(axes: Axes, run: RunResult, sample: int, tick_us: float) -> None:
    """Running scores; the scale follows winner, runner-up and label, whatever the others lose."""
    own = slice(run.record.offsets[sample], run.record.offsets[sample + 1])
    ticks, neurons, signs = run.record.ticks[own], run.record.neurons[own], run.record.signs[own].astype(int)
    end = int(run.record.decisions.durations[sample, -1])
    looks, names = _contenders(run, sample, neurons, signs)
    final, seen = {}, [0]
    for neuron in sorted(range(run.program.n_out), key=lambda j: j in looks):
        steps = np.cumsum(signs[neurons == neuron])
        final[neuron] = int(steps[-1]) if len(steps) else 0
        x = np.concatenate([[0], ticks[neurons == neuron], [end]]) * tick_us
        y = np.concatenate([[0], steps, [final[neuron]]])
        colour, width = looks.get(neuron, (RULE, 0.9))
        axes.step(x, y, where="post", color=colour, linewidth=width, zorder=2 + (neuron in looks))
        seen += y.tolist() if neuron in looks else []
    axes.set_ylim(min(seen) - 5, max(seen) + 4)
    gap, level = 0.12 * float(np.diff(axes.get_ylim())[0]), np.inf
    for neuron in sorted(names, key=lambda j: (-final[j], j != int(run.record.winners[sample]))):
        level = min(final[neuron], level - gap)
        note(axes, names[neuron], (end * tick_us, level), (4, 0), va="center", color=looks[neuron][0], fontsize=SMALL)
    axes.grid(axis="y")
    y_title(axes, "Score: positive minus negative spikes")


def _contenders(
    run: RunResult, sample: int, neurons: NDArray[np.int16], signs: NDArray[np.int64]
) -> tuple[dict[int, tuple[str, float]], dict[int, str]]:
    """Colour and width, and name, of winner, runner-up and label."""
    score = np.zeros(run.program.n_out, int)
    np.add.at(score, neurons, signs)
    winner, label = int(run.record.winners[sample]), int(run.labels[sample])
    second = next((int(j) for j in np.argsort(-score, kind="stable") if j != winner), winner)
    looks, names = {second: (SECOND, 1.4)}, {second: f"{second} second"}
    if label < run.program.n_out:
        looks[label], names[label] = (THIRD, 1.4), f"{label} label"
    looks[winner], names[winner] = (CHIP, 2.0), f"{winner} winner"
    return looks, names
