"""Figure of fitted pulse trains: trains and curves, residuals of steps by state, labels of single cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spikecim.devices.measured.estimate import FloatArray
from spikecim.devices.measured.pulse_fit import PulseFit
from spikecim.devices.measured.pulse_table import StepTable
from spikecim.devices.measured.pulse_trains import DIRECTIONS
from spikecim.reports.style import CHIP, INK, MUTED, PUBLISHED, RULE, new_figure, note, styled, y_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LOOK = ((CHIP, "o", "-", "up"), (PUBLISHED, "s", "--", "down"))
_TRAINS, _DOTS = 12, 24  # drawn of each direction


def pulse_fit_figure(fit: PulseFit, table: StepTable | None = None) -> Figure:
    """Draw measured trains against the fit, one panel for each thing the file tells."""
    panels = [_courses, _residuals]
    panels += [_table] if table is not None else []
    panels += [_labels] if fit.spread is not None else []
    with styled():
        figure = new_figure(2.35 * len(panels))
        grid = figure.subplots(len(panels), 1, squeeze=False)[:, 0]
        for axes, panel in zip(grid, panels, strict=True):
            panel(axes, fit, table)
    return figure


def _courses(axes: Axes, fit: PulseFit, table: StepTable | None) -> None:
    for number, (passed, name) in enumerate(zip(fit.passed, DIRECTIONS, strict=True)):
        colour, mark, _line, _name = _LOOK[number]
        judged = fit.of(name).goodness
        clock = number + judged.pulse / passed.pulses
        chosen = np.unique(np.linspace(0, len(passed.y) - 1, _TRAINS).astype(int))
        for train in passed.y[chosen]:
            axes.plot(clock, _state(train, number), color=MUTED, linewidth=0.5, alpha=0.6)
        dots = np.unique(np.linspace(0, len(clock) - 1, _DOTS).astype(int))
        axes.plot(clock, _state(judged.fitted, number), color=INK, linewidth=1.3)
        axes.plot(clock[dots], _state(judged.mean[dots], number), mark, color=colour, markersize=3.4)
    up, down = (passed.pulses for passed in fit.passed)
    axes.set_xticks([0, 0.5, 1, 1.5, 2], ["0", f"{up / 2:.0f}", f"{up} | 0", f"{down / 2:.0f}", f"{down}"])
    axes.set_xlim(-0.02, 2.02)
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.22 * (high - low))
    axes.set_yticks(np.linspace(0.0, 1.0, 6))
    axes.grid(axis="y", color=RULE)
    axes.set_xlabel("Pulses up | pulses down")
    y_title(axes, "State (0: start of up trains, 1: of down)")
    note(axes, "dots: mean   line: fit   grey: trains", (0.5, 0.97), xycoords="axes fraction", va="top", ha="center")


def _residuals(axes: Axes, fit: PulseFit, table: StepTable | None) -> None:
    for number, name in enumerate(DIRECTIONS):
        colour, mark, _line, word = _LOOK[number]
        judged = fit.of(name).goodness
        sign = 1.0 if number == 0 else -1.0
        x, y, error = _state(judged.state, number), sign * 100 * judged.residual, 1.645 * 100 * judged.error
        axes.vlines(x, y - error, y + error, color=colour, linewidth=1.3)
        axes.plot(x, y, mark, color=colour, markersize=4.0)
        p = judged.p_value
        told = f"{word}: {'p < 0.001' if p < 1e-3 else f'p = {p:.2g}'}"
        side = 0.02 + 0.5 * number
        axes.plot(side, 0.93, mark, color=colour, markersize=4.0, transform=axes.transAxes, clip_on=False)
        note(axes, told, (side, 0.93), (6, 0), xycoords="axes fraction", va="center", color=INK)
    axes.axhline(0.0, color=INK, linewidth=0.9)
    reach = 1.55 * max(abs(end) for end in axes.get_ylim())
    axes.set_ylim(-reach, reach)
    axes.grid(axis="y", color=RULE)
    axes.set_xlabel("State before the pulse")
    y_title(axes, "Mean step less the fitted one (% of the window), 90 %")


def _table(axes: Axes, fit: PulseFit, table: StepTable | None) -> None:
    assert table is not None
    states = np.linspace(0.0, 1.0, len(table.up))
    sides = ((table.up, table.up_sd), (-table.down, table.down_sd))
    for (steps, spread), visits, (colour, mark, line, word), at in zip(
        sides, table.visits, _LOOK, (0.0, 1.0), strict=True
    ):
        error = 1.645 * 100 * spread / np.sqrt(np.maximum(visits, 1.0))
        axes.vlines(states, 100 * steps - error, 100 * steps + error, color=colour, linewidth=1.0)
        axes.plot(states, 100 * steps, mark, color=colour, linestyle=line, markersize=3.2, linewidth=1.0)
        height = float(100 * np.interp(at, states, steps))
        shift, align = ((8, 0), "left") if at == 0.0 else ((-8, 0), "right")
        note(axes, word, (at, height), shift, color=colour, ha=align, va="center", box=True)
    axes.axhline(0.0, color=INK, linewidth=0.9)
    axes.grid(axis="y", color=RULE)
    axes.set_xlabel("State before the pulse")
    y_title(axes, "Table: size of the mean step (% of the window), 90 %")


def _labels(axes: Axes, fit: PulseFit, table: StepTable | None) -> None:
    assert fit.spread is not None
    up, down = fit.spread.labels
    axes.plot(up, down, "o", color=CHIP, markersize=3.6)
    axes.axvline(fit.up.label.value, color=INK, linewidth=0.8, linestyle=":")
    axes.axhline(fit.down.label.value, color=INK, linewidth=0.8, linestyle=":")
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.2 * (high - low))
    axes.grid(color=RULE)
    axes.set_xlabel("Nonlinearity up")
    y_title(axes, "Nonlinearity down of single cells")
    told = f"spread {fit.spread.both.value:.2g}, errors taken out"
    note(axes, told, (0.98, 0.97), xycoords="axes fraction", va="top", ha="right", box=True)


def _state(share: FloatArray, number: int) -> FloatArray:
    """State of the share passed: itself going up, its rest going down."""
    return share if number == 0 else 1.0 - share
