"""Figures of pulsed devices: conductance against pulses, and the step of a pulse by state with the symmetric point."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spikecim.devices.measured.estimate import FloatArray
from spikecim.devices.pulsed.device import PulsedDevice
from spikecim.reports.style import CHIP, INK, MUTED, PUBLISHED, RULE, new_figure, note, styled, y_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FINE = 201
_CELLS = 200  # drawn for the band
_ACROSS, _ROW = 3, 1.5


def pulsed_figure(device: PulsedDevice, seed: int = 0) -> Figure:
    """Draw one device: its conductance under pulses up, then down, with 200 cells; and its steps by state."""
    with styled():
        figure = new_figure(5.0)
        above, below = figure.subplots(2, 1)
        _curve(above, device, seed)
        _steps(below, device)
    return figure


def pulsed_overview(devices: Sequence[PulsedDevice], seed: int = 0) -> Figure:
    """Draw the course under pulses of many devices, small and alike."""
    rows = math.ceil(len(devices) / _ACROSS)
    with styled():
        figure = new_figure(_ROW * rows + 0.35)
        grid = figure.subplots(rows, _ACROSS, squeeze=False, sharey=True)
        for axes, device in zip(grid.flat, devices, strict=False):
            _course(axes, device, seed)
            axes.set_title(device.name, fontsize=8.0)
            axes.set_xticks([0, 1, 2], ["", "up", "down"], fontsize=7.5)
            axes.set_yticks([0, 0.5, 1])
        for axes in list(grid.flat)[len(devices) :]:
            axes.set_visible(False)
        figure.supxlabel("Pulses from one end of the window to the other and back", fontsize=8.5)
    return figure


def _course(axes: Axes, device: PulsedDevice, seed: int) -> None:
    """State against pulses up and down, each direction one unit wide; the band holds 90 % of cells."""
    up, down = (max(1, round(count)) for count in device.law.crossings)
    clock = np.r_[np.arange(up + 1) / up, 1.0 + np.arange(1, down + 1) / down]
    low, high = _band(device, (up, down), seed)
    if float((high - low).max()) > 1e-3:
        axes.fill_between(clock, low, high, color=MUTED, alpha=0.3, linewidth=0)
    rising = device.law.after(np.zeros(up + 1), np.arange(up + 1))
    falling = device.law.after(np.ones(down + 1), -np.arange(down + 1))
    axes.plot(clock[: up + 1], rising, color=CHIP)
    axes.plot(np.r_[1.0, clock[up + 1 :]], falling, color=PUBLISHED, linestyle="--")
    if not math.isnan(device.law.symmetric_point):
        axes.axhline(device.law.symmetric_point, color=INK, linewidth=0.8, linestyle=":")
    axes.set_ylim(-0.03, 1.03)
    axes.set_xlim(0.0, 2.0)


def _band(device: PulsedDevice, pulses: tuple[int, int], seed: int) -> tuple[FloatArray, FloatArray]:
    """5 % and 95 % of cells of the device (n_pulses,), from the low end up and, set to the high end, down."""
    cells = device.build((_CELLS,), seed, "figure")
    seen, one = [], np.ones(_CELLS, np.int16)
    for end, sign, count in ((0.0, 1, pulses[0]), (1.0, -1, pulses[1])):
        cells.program(np.full(_CELLS, end, np.float32))
        if sign > 0:
            seen.append(cells.x.copy())
        for _ in range(count):
            cells.pulse((sign * one).astype(np.int16), len(seen))
            seen.append(cells.x.copy())
    low, high = np.quantile(np.array(seen), (0.05, 0.95), axis=1)
    return low, high


def _curve(axes: Axes, device: PulsedDevice, seed: int) -> None:
    _course(axes, device, seed)
    up, down = (round(count) for count in device.law.crossings)
    axes.set_xticks([0, 0.5, 1, 1.5, 2], ["0", f"{up / 2:.0f}", f"{up} | 0", f"{down / 2:.0f}", f"{down}"])
    axes.set_xlabel("Pulses up | pulses down")
    axes.grid(axis="y", color=RULE)
    y_title(axes, f"{device.name}: state (0: g_min, 1: g_max)")
    note(axes, "up", (0.04, 0.95), xycoords="axes fraction", va="top", color=CHIP)
    note(axes, "down", (0.97, 0.95), xycoords="axes fraction", va="top", ha="right", color=PUBLISHED)
    if device.spec.noise.cycle_to_cycle.value or device.spec.spread.device_to_device.value or device.spec.response:
        note(axes, "grey: 90 % of cells", (0.5, 0.03), xycoords="axes fraction", ha="center", color=MUTED, box=True)


def _steps(axes: Axes, device: PulsedDevice) -> None:
    states = np.linspace(0.0, 1.0, _FINE)
    up, down = 100 * device.law.step_up(states), 100 * device.law.step_down(states)
    axes.plot(states, up, color=CHIP)
    axes.plot(states, down, color=PUBLISHED, linestyle="--")
    top = max(float(up.max()), float(down.max()))
    axes.set_ylim(min(0.0, float(up.min()), float(down.min())), 1.3 * top)
    axes.set_xlim(0.0, 1.0)
    axes.grid(axis="y", color=RULE)
    axes.set_xlabel("State (0: g_min, 1: g_max)")
    y_title(axes, "Step of one pulse (% of the window)")
    point = device.law.symmetric_point
    if not math.isnan(point):
        axes.axvline(point, color=INK, linewidth=0.8, linestyle=":")
        axes.plot([point], [100 * float(device.law.step_up(point))], "o", color=INK, markersize=4.5)
        words = f"symmetric point {point:.3f}, pull {100 * device.law.pull:.2g} %"
        note(axes, words, (0.5, 0.96), xycoords="axes fraction", va="top", ha="center", box=True)
    else:
        note(axes, "no symmetric point", (0.98, 0.95), xycoords="axes fraction", va="top", ha="right")
    for values, name, colour, at in ((up, "up", CHIP, 0.03), (down, "down", PUBLISHED, 0.97)):
        place = int(at * (_FINE - 1))
        align = "left" if at < 0.5 else "right"
        note(axes, name, (states[place], values[place]), (0, 5), color=colour, ha=align)
