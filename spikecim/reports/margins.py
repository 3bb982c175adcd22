"""Figure: accuracy and input spikes against the decision margin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spikecim.reports.style import CHIP, INK, MUTED, PUBLISHED, RULE, new_figure, note, styled, y_title
from spikecim.reports.wording import published

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from spikecim.results.reproduction import MarginCurve, Reproduction

_LOOKS: dict[str, dict[str, Any]] = {
    "ideal": {"color": MUTED, "linestyle": (0, (4, 2)), "linewidth": 1.4},
    "median chip": {"color": CHIP, "marker": "o", "markersize": 3.2},
}


def margins(rep: Reproduction) -> Figure:
    """Draw both curves; published points only where the run can be compared with them."""
    own = rep.median.program.delta_s
    points = {} if rep.banner else {row.id: row.published for row in rep.rows}
    with styled():
        figure = new_figure(4.3)
        top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        for name, curve in rep.curves.items():
            look = _LOOKS.get(name, {"color": INK})
            top.plot(curve.delta_s, 100 * curve.accuracy, **look)
            bottom.plot(curve.delta_s, curve.input_spikes, **look)
        _label_curves(top, bottom, rep.curves)
        _mark_published(top, bottom, own, points)
        _scale_accuracy(top, rep.curves, points)
        y_title(top, "Accuracy (%)")
        y_title(bottom, "Input spikes per image (mean)")
        bottom.set_ylim(0, 1.18 * max(curve.input_spikes.max() for curve in rep.curves.values()) + 1e-9)
        bottom.xaxis.get_major_locator().set_params(integer=True, steps=[1, 2, 5, 10])
        bottom.set_xlabel("Decision margin δs (signed output spikes)")
        for axes in (top, bottom):
            axes.grid(axis="y")
            if own is not None:
                axes.axvline(own, color=RULE, linewidth=5, zorder=0, solid_capstyle="butt")
    return figure


def _scale_accuracy(axes: Axes, curves: dict[str, MarginCurve], points: dict[str, float]) -> None:
    """Leave out the steep start where it would flatten everything else, and say so."""
    curve = next(iter(curves.values()))
    seen = np.concatenate([100 * c.accuracy[2:] if len(c.accuracy) > 3 else 100 * c.accuracy for c in curves.values()])
    bottom = 5 * np.floor((seen.min() - 2) / 5)
    top = max(seen.max(), points.get("accuracy_ideal", 0))
    axes.set_ylim(max(bottom, 0), min(top + 0.12 * (top - bottom) + 0.5, 100.5))
    shown = 100 * curve.accuracy >= bottom
    if not shown[0] and shown.any():
        enters = float(curve.delta_s[np.argmax(shown)])
        note(axes, f"{100 * curve.accuracy[0]:.0f} % at δs = 1", (enters, bottom), (4, 4), color=MUTED)


def _label_curves(top: Axes, bottom: Axes, curves: dict[str, MarginCurve]) -> None:
    """Name each curve at its end, the higher one above it and the other below."""
    names = {"ideal": "ideal chip", "median chip": "median virtual chip"}
    for axes, values in ((top, "accuracy"), (bottom, "input_spikes")):
        ranked = sorted(curves, key=lambda name: getattr(curves[name], values)[-1])
        for name in ranked:
            y = getattr(curves[name], values)[-1] * (100 if axes is top else 1)
            above = name == ranked[-1]
            side = "bottom" if above else "top"
            # The lower panel's curves still rise at their end: a label below must clear the slope.
            shift = 6 if above else -6 if axes is top else -15
            colour = _LOOKS.get(name, {}).get("color", INK)
            end = (float(curves[name].delta_s[-1]), float(y))
            note(axes, names.get(name, name), end, (0, shift), ha="right", va=side, color=colour)


def _mark_published(top: Axes, bottom: Axes, own: int | None, points: dict[str, float]) -> None:
    if own is None or not points:
        return
    places = (
        (top, "accuracy_ideal", "published, ideal {} %", (-7, 5), "right"),
        (top, "accuracy_chip", "published, chip {} %", (0, -9), "center"),
        (bottom, "input_spikes_per_image", "published {}", (8, -9), "left"),
    )
    for axes, row, text, shift, side in places:
        face = "none" if row == "accuracy_ideal" else PUBLISHED
        at = (float(own), points[row])
        axes.plot(*at, "D", color=PUBLISHED, markerfacecolor=face, markersize=5.5, markeredgewidth=1.4, zorder=5)
        va = "top" if shift[1] < 0 else "bottom"
        note(axes, text.format(published(points[row])), at, shift, ha=side, va=va, color=PUBLISHED, box=True)
