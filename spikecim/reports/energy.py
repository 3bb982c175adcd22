"""Figure: where the energy of an image goes, part by part, for the core and for the whole chip."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from spikecim.energy.ledger import CORE_PARTS
from spikecim.reports.style import CHIP, INK, MUTED, PUBLISHED, RULE, new_figure, note, styled, y_title
from spikecim.reports.wording import PART_NAMES, published

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from spikecim.results.run import RunResult


def energy_parts(run: RunResult, points: Mapping[str, float] | None = None) -> Figure:
    """Draw core and chip as bars that stack from part to part up to their total, in pJ per event and nJ per image.

    Parameters
    ----------
    points : mapping of str to float, optional
        Published pJ by row id, drawn where given.
    """
    ledger = run.ledger()
    mean = {name: float(values.mean()) for name, values in ledger.parts.items()}
    core = [(PART_NAMES[name], mean[name]) for name in CORE_PARTS]
    outer = [("core", sum(mean[name] for name in CORE_PARTS))]
    outer += [(PART_NAMES[name], value) for name, value in mean.items() if name not in CORE_PARTS]
    per_event = ledger.reading == "per-synaptic-event"
    unit = "synaptic event" if per_event else "input spike"
    events = float((ledger.actions.synaptic_events if per_event else ledger.actions.input_words).mean())
    rows = points or {}
    with styled():
        figure = new_figure(4.7)
        top, bottom = figure.subplots(2, 1, height_ratios=(len(core) + 1, len(outer) + 1))
        _stairs(top, core, "Core", CHIP, events)
        _stairs(bottom, outer, "Whole chip", MUTED, events)
        _published(top, rows.get("energy_core_per_event_pj"))
        _published(bottom, rows.get("energy_chip_per_event_pj"))
        for axes in (top, bottom):
            axes.set_xlabel(f"Mean energy (pJ per {unit})")
        top.xaxis.label.set_visible(False)
    return figure


def _stairs(axes: Axes, parts: list[tuple[str, float]], title: str, colour: str, events: float) -> None:
    """One row per part, each bar starting where the last one ended."""
    per = max(events, 1e-30)
    values = np.array([value / per if events else 0.0 for _, value in parts])
    ends = np.cumsum(values)
    rows = np.arange(len(parts))
    axes.barh(rows, values, left=ends - values, height=0.66, color=colour, alpha=0.85)
    axes.barh(len(parts), ends[-1], height=0.66, color=INK, alpha=0.85)
    for row in rows[:-1]:
        axes.plot([ends[row]] * 2, [row - 0.33, row + 1.33], color=MUTED, linewidth=0.6)
    for row, end in enumerate([*ends, ends[-1]]):
        axes.plot([end, max(ends[-1], 1e-30)], [row, row], color=RULE, linewidth=0.6, zorder=0)
    _column(axes, [*values, ends[-1]], "pJ", 48)
    _column(axes, np.array([*values, ends[-1]]) * events / 1000, "nJ/image", 98)
    names = [name for name, _ in parts] + ["sum"]
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.spines["left"].set_visible(False)
    axes.set(ylim=(len(names) - 0.45, -0.55), xlim=(0, max(ends[-1], 1e-30)))
    y_title(axes, title)


def _column(axes: Axes, values: ArrayLike, unit: str, shift: float) -> None:
    """Numbers right of the bars, with as many decimals as the last and largest needs."""
    numbers = np.asarray(values, float)
    places = max(0, 3 - int(np.floor(np.log10(numbers[-1])))) if numbers[-1] > 0 else 0
    how: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "ha": "right", "va": "center"}
    for row, value in enumerate(numbers):
        note(axes, f"{value:,.{places}f}", (1.0, row), (shift, 0), **how)
    note(axes, unit, (1.0, -1.0), (shift, 0), color=MUTED, **how)


def _published(axes: Axes, value: float | None) -> None:
    if value is None:
        return
    low, high = axes.get_xlim()
    axes.set_xlim(low, max(high, 1.02 * value))
    axes.axvline(value, color=PUBLISHED, linewidth=1.4)
    note(
        axes,
        f"published {published(value)} pJ",
        (value, 1.0),
        (0, -1),
        xycoords=("data", "axes fraction"),
        ha="right",
        color=PUBLISHED,
    )
