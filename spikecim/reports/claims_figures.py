"""Figures of the two claims: accuracy against the window's length; energy gain, spikes and accuracy against depth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spikecim.reports.style import CHIP, INK, MUTED, PUBLISHED, SECOND, THIRD, new_figure, note, styled, y_title
from spikecim.results.claims import DepthPoint, DepthSparsity, RateEquivalence

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LOOKS = ((CHIP, "-", "o"), (PUBLISHED, "--", "s"), (THIRD, ":", "^"), (SECOND, "-.", "D"), (INK, "-", "v"))
# Loss in points below which the upper panel is cut off: short windows of deep networks know next to nothing.
_DEEPEST = -2.5


def window_curves(found: RateEquivalence) -> Figure:
    """Accuracy lost to the quantised ANN above, share decided otherwise below, over the steps of the window."""
    with styled():
        figure = new_figure(4.8)
        above, below = figure.subplots(2, 1, sharex=True)
        for curve, (colour, dashes, marker) in zip(found.curves, _LOOKS, strict=False):
            how = {"color": colour, "linestyle": dashes, "marker": marker, "markersize": 4.5, "label": curve.network}
            above.plot(curve.steps, 100 * (curve.accuracy - curve.quantised), **how)
            # A share of zero has no place on a logarithmic axis: half an image stands for none.
            below.plot(curve.steps, 100 * np.maximum(curve.otherwise, 0.5 / curve.n_images), **how)
        above.axhline(0.0, color=MUTED, linewidth=0.8)
        lowest = min(float((100 * (c.accuracy - c.quantised)).min()) for c in found.curves)
        above.set_ylim(max(_DEEPEST, 1.1 * lowest - 0.2), 0.6)
        below.set_yscale("log")
        below.yaxis.set_major_formatter("{x:g}")
        below.set_xscale("log", base=2)
        steps = sorted({int(step) for curve in found.curves for step in curve.steps})
        below.set_xticks(steps, [f"{step}" for step in steps])
        below.set_xlabel("Window (steps; a full-scale pixel spikes once in each)")
        y_title(above, "Spiking minus quantised ANN (points of accuracy)")
        y_title(below, "Images decided otherwise than by the ANN (%)")
        above.legend(frameon=False, loc="lower right")
        for axes in (above, below):
            axes.grid(axis="y")
    return figure


def depth_gain(found: DepthSparsity) -> Figure:
    """Energy gain over both formal-coded baselines against depth; other networks as single strokes."""
    with styled():
        figure = new_figure(3.9)
        axes = figure.subplots()
        depths = [point.depth for point in found.points]
        for kind, (colour, dashes, marker), text, lift in (
            ("memory", _LOOKS[0], "8-bit MACs with memory traffic", 16),
            ("bare", _LOOKS[1], "bare 8-bit MACs", 6),
        ):
            low, high = np.array([point.gain(kind) for point in found.points]).T
            axes.fill_between(depths, low, high, color=colour, alpha=0.16, linewidth=0)
            axes.plot(depths, np.sqrt(low * high), dashes, color=colour, marker=marker, markersize=5)
            note(axes, text, (depths[0], float(high[0])), (0, lift), color=colour)
            for point in found.further:
                _further(axes, point, kind, colour)
        axes.axhline(1.0, color=MUTED, linewidth=0.9)
        note(axes, "no gain", (5.45, 1.0), (0, 3), color=MUTED, ha="right")
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
        low, high = axes.get_ylim()
        axes.set_ylim(low, 1.35 * high)
        axes.set_xlim(0.85, 5.5)
        axes.set_xticks(sorted({*depths, *(point.depth for point in found.further)}))
        axes.set_xlabel("Layers of weights")
        axes.grid(axis="y")
        y_title(axes, "Formal-coded energy over core energy (×)")
    return figure


def _further(axes: Axes, point: DepthPoint, kind: str, colour: str) -> None:
    low, high = point.gain(kind)
    x = point.depth + 0.22
    axes.plot([x, x], [low, high], color=colour, linewidth=2.4, alpha=0.7)
    if kind == "memory":
        note(axes, point.network, (x, high), (-5, -6), color=INK, ha="right")


def depth_spikes(found: DepthSparsity) -> Figure:
    """Spikes an image for each neuron, from the input lines to the last hidden layer, one line for each depth."""
    with styled():
        figure = new_figure(3.6)
        axes = figure.subplots()
        for point, (colour, dashes, marker) in zip(found.points, _LOOKS, strict=False):
            hidden = point.spikes[:-1]
            axes.plot(range(len(hidden)), hidden, dashes, color=colour, marker=marker, markersize=5)
            text = f"{point.depth} layer{'s' * (point.depth > 1)}"
            note(axes, text, (len(hidden) - 1, float(hidden[-1])), (6, -3), color=colour, box=True)
        most = max(len(point.spikes) for point in found.points) - 1
        axes.set_xticks(range(most), ["input", *(f"hidden {k}" for k in range(1, most))])
        axes.set_xlim(-0.3, most - 0.1)
        axes.set_ylim(bottom=0)
        axes.grid(axis="y")
        y_title(axes, "Spikes per image and neuron, until the decision")
    return figure


def depth_accuracy(found: DepthSparsity) -> Figure:
    """Accuracy at each depth: quantised ANN, exact chip in the whole window and at the chosen end, real chips."""
    with styled():
        figure = new_figure(3.6)
        axes = figure.subplots()
        depths = np.array([point.depth for point in found.points])
        series = (
            ("quantised ANN", [point.quantised for point in found.points], (INK, "-", "v")),
            ("spiking, whole window", [point.whole for point in found.points], _LOOKS[2]),
            ("spiking, chosen end", [point.accuracy for point in found.points], _LOOKS[0]),
        )
        for text, shares, (colour, dashes, marker) in series:
            axes.plot(depths, 100 * np.array(shares), dashes, color=colour, marker=marker, markersize=5, label=text)
        for number, point in enumerate(found.points):
            values = 100 * point.chip_accuracy
            label = "the same, chips with real cells" if number == 0 else None
            axes.scatter(
                np.full(len(values), point.depth) + 0.12,
                values,
                s=16,
                facecolors="none",
                edgecolors=PUBLISHED,
                label=label,
            )
        axes.set_xticks(depths)
        axes.set_xlabel("Layers of weights")
        axes.grid(axis="y")
        axes.legend(frameon=False, loc="lower right")
        y_title(axes, "Accuracy (%)")
    return figure
