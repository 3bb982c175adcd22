"""Figures: accuracy, spikes and energy over wire resistance; accuracy over array size; the largest array allowed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spikecim.reports.style import CHIP, INK, MUTED, PUBLISHED, SECOND, THIRD, new_figure, note, styled, y_title
from spikecim.results.limits import LimitPoint, LimitStudy, Span, span

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_KIND_LOOKS = {"passive": (CHIP, "-", "o"), "gated": (PUBLISHED, "--", "s")}
_OHM_LOOKS = ((THIRD, "-", "o"), (CHIP, "--", "s"), (PUBLISHED, "-.", "^"), (SECOND, ":", "D"))
_APART = 1.06
_COLUMNS = (
    ("accuracy", 100.0, "Accuracy (%)"),
    ("input_spikes", 1.0, "Input spikes per image"),
    ("core_pj", 1e-3, "Core energy per image (nJ)"),
)


def over_resistance(study: LimitStudy) -> Figure:
    """Accuracy, spikes and energy of an array no larger than the network, over the resistance of a segment."""
    with styled():
        figure = new_figure(5.6)
        panels = figure.subplots(3, 1, sharex=True, height_ratios=(3, 2, 2))
        bare = study.bare(study.own_ratio)
        for axes, (name, scale, title) in zip(panels, _COLUMNS, strict=True):
            for kind in study.kinds:
                points = [study.at(kind, ohm, study.own_ratio) for ohm in study.curve_ohms]
                _band(axes, study.curve_ohms, [span(scale * getattr(p, name)) for p in points], _KIND_LOOKS[kind])
            level = scale * float(np.median(getattr(bare, name)))
            axes.axhline(level, color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
            axes.grid(axis="y")
            y_title(axes, title)
        _name_kinds(panels[0], study)
        panels[-1].set_xscale("log")
        panels[-1].set_xticks(study.curve_ohms, [f"{ohm:g}" for ohm in study.curve_ohms])
        panels[-1].minorticks_off()
        panels[-1].set_xlabel("Resistance of one wire segment (Ω)")
    return figure


def over_size(study: LimitStudy) -> Figure:
    """Accuracy over the side of the array at the chip's own on/off ratio; one panel a kind, one line a resistance."""
    with styled():
        figure = new_figure(0.5 + 2.4 * len(study.kinds))
        panels = figure.subplots(len(study.kinds), 1, sharex=True, sharey=True, squeeze=False).ravel()
        bare = 100 * float(np.median(study.bare(study.own_ratio).accuracy))
        for axes, kind in zip(panels, study.kinds, strict=True):
            ends = {}
            for ohm, look in zip(study.ohms, _looks(study), strict=True):
                points = study.along_sides(kind, ohm, study.own_ratio)
                spans = [span(100 * point.accuracy) for point in points]
                _band(axes, study.sides, spans, look)
                ends[f"{ohm:g} Ω"] = (spans[-1][1], look[0])
            axes.axhline(bare, color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
            axes.grid(axis="y")
            y_title(axes, f"{kind.capitalize()}: accuracy (%)")
            _end_names(axes, study.sides[-1], ends)
        note(panels[-1], "dashed: without wires", (study.sides[0], bare), (0, -16), color=MUTED)
        _side_axis(panels[-1], study)
        panels[-1].set_xlabel("Side of the array, N × N cells")
    return figure


def largest_arrays(study: LimitStudy) -> Figure:
    """The largest side within the allowed loss, over the on/off ratio; one panel a kind, one line a resistance."""
    with styled():
        figure = new_figure(0.5 + 2.5 * len(study.kinds))
        panels = figure.subplots(len(study.kinds), 1, sharex=True, sharey=True, squeeze=False).ravel()
        for axes, kind in zip(panels, study.kinds, strict=True):
            names: dict[str, tuple[float, str]] = {}
            for place, (ohm, look) in enumerate(zip(study.ohms, _looks(study), strict=True)):
                sides = np.array([study.largest(kind, ohm, ratio).side for ratio in study.ratios])
                shown = _within(study, sides)
                # Beside each other, not on top of each other.
                x = np.array(study.ratios) * _APART ** (place - (len(study.ohms) - 1) / 2)
                _limit_line(axes, x, sides[:, 1], shown, look)
                names[f"{ohm:g} Ω"] = (float(np.log2(shown[-1, 1])), look[0])
            axes.set_yscale("log", base=2)
            axes.set_ylim(study.sides[0] / 1.45, study.sides[-1] * 1.45)
            low, high = study.sides[0], study.sides[-1]
            axes.set_yticks(
                [low / 1.2, *study.sides, high * 1.2],
                [f"below {low}", *map(str, study.sides[:-1]), str(high), "beyond"],
            )
            axes.minorticks_off()
            for edge in (low, high):
                axes.axhline(edge, color=MUTED, linewidth=0.6, linestyle=(0, (4, 3)), zorder=0)
            _end_names(axes, study.ratios[-1], names, logarithmic=True)
            y_title(axes, f"{kind.capitalize()}: largest side that loses at most 1 point")
        axes = panels[-1]
        axes.set_xscale("log")
        axes.set_xticks(study.ratios, [f"{ratio:g}" for ratio in study.ratios])
        axes.minorticks_off()
        axes.set_xlabel("On/off ratio, median HRS over median LRS")
    return figure


def _limit_line(
    axes: Axes,
    x: NDArray[np.float64],
    middle: NDArray[np.float64],
    shown: NDArray[np.float64],
    look: tuple[str, str, str],
) -> None:
    """Medians with strokes from 5 to 95 %; open marks where the median lies beyond what was run."""
    colour, dashes, marker = look
    axes.vlines(x, shown[:, 0], shown[:, 2], color=colour, linewidth=3.0, alpha=0.3)
    axes.plot(x, shown[:, 1], dashes, color=colour, linewidth=1.2)
    for ratio, side, place in zip(x, middle, shown[:, 1], strict=True):
        known = bool(side) and math.isfinite(side)
        axes.plot([ratio], [place], marker, color=colour, markersize=5, markerfacecolor=colour if known else "white")


def _within(study: LimitStudy, sides: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sides as they are drawn: those beyond what was run just outside of it."""
    low, high = study.sides[0], study.sides[-1]
    return np.where(sides == 0, low / 1.2, np.where(np.isinf(sides), high * 1.2, sides))


def _looks(study: LimitStudy) -> list[tuple[str, str, str]]:
    return [_OHM_LOOKS[k % len(_OHM_LOOKS)] for k in range(len(study.ohms))]


def _band(axes: Axes, x: tuple[float, ...] | tuple[int, ...], spans: list[Span], look: tuple[str, str, str]) -> None:
    colour, dashes, marker = look
    low, middle, high = np.array(spans).T
    axes.fill_between(x, low, high, color=colour, alpha=0.14, linewidth=0)
    axes.plot(x, middle, dashes, color=colour, marker=marker, markersize=4)


def _name_kinds(axes: Axes, study: LimitStudy) -> None:
    """Kinds beside their last points, and what the dashed line is."""
    last = study.curve_ohms[-1]
    points: dict[str, LimitPoint] = {kind: study.at(kind, last, study.own_ratio) for kind in study.kinds}
    for kind, point in points.items():
        end = last, 100 * float(np.median(point.accuracy))
        note(axes, kind, end, (-10, -12), ha="right", color=_KIND_LOOKS[kind][0], box=True)
    bare = 100 * float(np.median(study.bare(study.own_ratio).accuracy))
    note(axes, "without wires", (study.curve_ohms[0], bare), (0, -12), color=MUTED)


def _side_axis(axes: Axes, study: LimitStudy) -> None:
    axes.set_xscale("log", base=2)
    axes.set_xticks(study.sides, [str(side) for side in study.sides])
    axes.minorticks_off()


def _end_names(axes: Axes, x: float, ends: dict[str, tuple[float, str]], *, logarithmic: bool = False) -> None:
    """Name each line to the right of its end, from the top down, apart enough to be read."""
    low, high = np.log2(axes.get_ylim()) if logarithmic else np.array(axes.get_ylim())
    gap, last = 0.085 * (high - low), np.inf
    places = [end for end, _ in ends.values()]
    if len(ends) > 1 and max(places) - min(places) < gap / 2:
        first, *_, final = ends
        ends = {f"{first.split()[0]}–{final}": (max(places), INK)}
    for text, (end, colour) in sorted(ends.items(), key=lambda item: -item[1][0]):
        last = min(end, last - gap)
        # The light colour of the palette is too pale for words.
        how = INK if colour == SECOND else colour
        note(axes, text, (x, 2.0**last if logarithmic else last), (14, -3), color=how)
