"""Figure of a fitted multi-level device: spread by level, shape of all levels, course in time, I-V curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spikecim.devices.measured.estimate import FloatArray
from spikecim.devices.measured.level_fit import LevelFit
from spikecim.devices.measured.level_iv import curve_levels, law_values
from spikecim.devices.multilevel import MultiLevelCell
from spikecim.reports.cells import percent_axis
from spikecim.reports.device_tables import after
from spikecim.reports.style import CHIP, INK, MUTED, RULE, SECOND, THIRD, new_figure, note, styled, y_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MARKS = ((CHIP, "o", "-"), (SECOND, "s", "--"), (THIRD, "^", ":"))  # up to three levels stand for all
_FINE = 200
_DOTS = 200  # drawn of each level


def level_fit_figure(fit: LevelFit, device: MultiLevelCell) -> Figure:
    """Draw measured cells against the fitted `device`, one panel for each thing the file tells."""
    panels = [_spread, _shape]
    panels += [_walk] if fit.walk is not None else [_drift] if fit.drift is not None else []
    panels += [_iv] if fit.iv is not None else []
    with styled():
        figure = new_figure(2.3 * len(panels))
        grid = figure.subplots(len(panels), 1, squeeze=False)[:, 0]
        for axes, panel in zip(grid, panels, strict=True):
            panel(axes, fit, device)
    return figure


def _spread(axes: Axes, fit: LevelFit, device: MultiLevelCell) -> None:
    states = np.linspace(0.0, 1.0, _FINE)
    target = device.g_min + states * (device.g_max - device.g_min)
    window = device.g_max - device.g_min
    # What is left of the read noise in the mean of as many reads as the file has.
    left = float(np.sqrt(np.mean(1.0 / fit.series.reads[0]))) if fit.read is not None else 0.0
    fitted = np.hypot(device.programmed(target)[1], left * device.read_sd(target)) / window
    axes.plot(states, 100 * fitted, color=INK, linewidth=1.0)
    for state, one, spread in zip(fit.states, fit.goodness, fit.spread, strict=True):
        factor = one.seen / spread.value if spread.value else 1.0
        axes.vlines(state, 100 * spread.low * factor, 100 * spread.high * factor, color=CHIP, linewidth=1.4)
    axes.plot(fit.states, [100 * one.seen for one in fit.goodness], "o", color=CHIP, markersize=4.5)
    axes.set_ylim(0.0, 1.35 * axes.get_ylim()[1])
    axes.grid(axis="y", color=RULE)
    axes.set_xlabel("State (0: g_min, 1: g_max)")
    y_title(axes, "Spread of each level (% of the window)")
    note(axes, "dots: measured, 90 %", (0, 1), (4, -2), xycoords="axes fraction", va="top", color=CHIP)
    note(axes, "line: fitted device", (1, 1), (-4, -2), xycoords="axes fraction", va="top", ha="right")


def _shape(axes: Axes, fit: LevelFit, _: MultiLevelCell) -> None:
    from scipy.special import ndtri

    most = 2
    normal = [number for number, one in enumerate(fit.goodness) if one.p_value is not None and one.fitted]
    chosen = [normal[place] for place in _chosen(len(normal))] if normal else []
    for (colour, mark, _line), number in zip(_MARKS, chosen, strict=False):
        values = np.sort(fit.series.fresh[fit.series.level == number]) / fit.series.window
        fitted = fit.goodness[number].fitted
        score = ndtri((np.arange(len(values)) + 0.5) / len(values))
        kept = np.unique(np.linspace(0, len(values) - 1, _DOTS).astype(int))
        axes.plot(((values - values.mean()) / fitted)[kept], score[kept], mark, color=colour, markersize=2.6)
        most = max(most, len(values))
    ends = np.array([-3.5, 3.5])
    axes.plot(ends, ends, color=INK, linewidth=1.0)
    axes.set_xlabel("Reading less the mean of its level, in fitted sd")
    percent_axis(axes, most)
    y_title(axes, "Readings below (%); line: fitted normal law")
    _key(axes, fit.states[chosen])


def _walk(axes: Axes, fit: LevelFit, _: MultiLevelCell) -> None:
    walk = fit.walk
    assert walk is not None
    for (colour, mark, line), number in zip(_MARKS, _chosen(len(fit.series.levels)), strict=False):
        seen, error = 100 * walk.seen_spread[:, number], 100 * 1.645 * walk.error[:, number]
        axes.plot(walk.times, 100 * walk.spread * walk.profile[number], color=colour, linestyle=line)
        axes.vlines(walk.times, seen - error, seen + error, color=colour, linewidth=1.4)
        axes.plot(walk.times, seen, mark, color=colour, markersize=4.5)
    axes.set_ylim(0.0, 1.3 * axes.get_ylim()[1])
    y_title(axes, "Spread of the change (% of the window)")
    _times(axes, walk.times)
    _key(axes, fit.states[_chosen(len(fit.states))], across=True)


def _drift(axes: Axes, fit: LevelFit, _: MultiLevelCell) -> None:
    drift = fit.drift
    assert drift is not None
    clock = np.geomspace(drift.times[0] / 2.0, drift.times[-1], _FINE)
    for (colour, mark, line), number in zip(_MARKS, _chosen(len(drift.states)), strict=False):
        nu = drift.exponent[number].value
        axes.plot(clock, (1.0 + clock / drift.reference) ** -nu, color=colour, linestyle=line)
        axes.plot(drift.times, np.exp(drift.seen[:, number]), mark, color=colour, markersize=4.5)
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.25 * (high - low))
    y_title(axes, "Conductance over that of the first reading")
    _times(axes, drift.times)
    _key(axes, drift.states[_chosen(len(drift.states))], across=True)


def _iv(axes: Axes, fit: LevelFit, device: MultiLevelCell) -> None:
    iv = fit.iv
    assert iv is not None
    points, at = iv.points, device.read_voltage
    reference = law_values(iv, np.array([at]))[0]
    rising = np.linspace(points.voltage.min(), points.voltage.max(), _FINE)
    scaled = points.current / points.voltage / np.exp(curve_levels(iv))[points.curve] / reference
    axes.plot(points.voltage, scaled, "o", color=CHIP, markersize=2.6, alpha=0.6, markeredgewidth=0)
    axes.plot(rising, law_values(iv, rising) / reference, color=INK, linewidth=1.2)
    axes.axvline(at, color=MUTED, linewidth=0.9, linestyle=(0, (3, 2)))
    note(axes, "read", (at, 0), (4, 4), xycoords=("data", "axes fraction"), color=MUTED, box=True)
    axes.set_xlabel("Voltage (V)")
    y_title(axes, f"Conductance over that at {at:g} V; line: {iv.law} law")


def _times(axes: Axes, times: FloatArray) -> None:
    from matplotlib.ticker import FuncFormatter, NullFormatter

    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: after(float(value))))
    axes.xaxis.set_minor_formatter(NullFormatter())
    if len(times) <= 6:
        axes.set_xticks(times.tolist())
    axes.grid(axis="y", color=RULE)
    axes.set_xlabel("Time since the first reading")


def _key(axes: Axes, states: FloatArray, *, across: bool = False) -> None:
    for place, ((colour, mark, _), state) in enumerate(zip(_MARKS, states, strict=False)):
        at = (0.03 + 0.3 * place, 0.94) if across else (0.03, 0.94 - 0.13 * place)
        axes.plot(*at, mark, color=colour, markersize=4.5, transform=axes.transAxes, clip_on=False)
        name = f"state {state:.2g}"
        note(axes, name, at, (6, 0), xycoords="axes fraction", va="center", color=INK, box=True)


def _chosen(n: int) -> list[int]:
    """Lowest, middle and highest of `n`."""
    return sorted({0, n // 2, n - 1})
