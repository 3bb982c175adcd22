"""A fitted pulsed device for the terminal and as JSON: parameters with intervals, and how well the curves hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spikecim.devices.measured.estimate import LEVEL, Estimate
from spikecim.devices.measured.pulse_fit import DirectionFit, PulseFit
from spikecim.devices.measured.pulse_trains import DIRECTIONS
from spikecim.devices.pulsed.device import PulsedDevice
from spikecim.reports.device_levels import plain_table
from spikecim.reports.pulsed import point_text, pull_text
from spikecim.units import format_quantity

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

# A departure of the mean curve worth a line even where chance would give it.
_NOTABLE = 0.03


def pulse_fit_summary(fit: PulseFit, device: PulsedDevice) -> list[RenderableType]:
    """Parameters of both directions with intervals, what both share, and the verdict on each curve."""
    from rich.text import Text

    table = plain_table("Parameter", "Value", f"{LEVEL:.0%} interval")
    for name in DIRECTIONS:
        one = fit.of(name)
        table.add_row(f"[bold]{name.capitalize()}[/]", f"{one.pulses} pulses", "")
        _row(table, "nonlinearity", one.label)
        _siemens_row(table, "g_min", one.g_min)
        _siemens_row(table, "g_max", one.g_max)
        _percent_row(table, "noise of a pulse", one.noise)
    table.add_row("[bold]Both[/]", "", "")
    _percent_row(table, "noise of a pulse", fit.noise)
    _percent_row(table, "noise of a read", fit.read)
    if fit.spread is not None:
        _row(table, "spread of the labels over cells", fit.spread.both)
    stuck = fit.stuck
    table.add_row("cells that do not move", f"{len(stuck.names)} of {stuck.n_cells}", _shares(stuck.low, stuck.high))
    lines = [f"{name.capitalize()}: {fit.of(name).goodness.words()}." for name in DIRECTIONS]
    lines.append(f"Symmetric point {point_text(device)}, pull {pull_text(device)}. Noise is a share of the window.")
    lines.append(f"Intervals by {fit.up.label.how}; of the spread by {_spread_how(fit)}.")
    return [table, Text("\n".join(lines))]


def pulse_fit_notes(fit: PulseFit, kind: str) -> list[str]:
    """What a user should know before using the device."""
    notes = []
    if fit.stuck.names:
        shown = ", ".join(fit.stuck.names[:5]) + (" ..." if len(fit.stuck.names) > 5 else "")
        notes.append(f"left out as stuck: {shown}")
    if fit.spread is None:
        notes.append("fewer than 5 cells in both directions: no spread from device to device is fitted")
    for name in DIRECTIONS:
        one = fit.of(name)
        if kind == "curve" and one.goodness.poor:
            notes.append(f"{name}: the steps depart from the curve of any label; --kind table keeps the measured steps")
    if kind == "curve" and (_apart(fit.up.g_max, fit.down.g_max) or _apart(fit.up.g_min, fit.down.g_min)):
        low, high = (format_quantity(end, "siemens", 4) for end in fit.window)
        notes.append(f"the directions have different windows; the device works where both reach, {low} .. {high}")
    return notes


def pulse_fit_json(fit: PulseFit, device: PulsedDevice) -> dict[str, Any]:
    """The same as plain data, in SI."""
    spread = fit.spread
    return {
        "file": fit.trains.file,
        "sha256": fit.trains.digest,
        "level": LEVEL,
        "kind": device.spec.kind,
        "cells": len(fit.trains.cells),
        "stuck": list(fit.stuck.names),
        **{name: _direction(fit.of(name)) for name in DIRECTIONS},
        "window": list(fit.window),
        "noise": _estimate(fit.noise),
        "read_noise": _estimate(fit.read),
        "spread": None
        if spread is None
        else {
            "both": _estimate(spread.both),
            "up": _estimate(spread.up),
            "down": _estimate(spread.down),
            "correlation": spread.correlation,
            "labels": [one.tolist() for one in spread.labels],
        },
        "symmetric_point": device.law.symmetric_point if device.law.symmetric_point >= 0.0 else None,
        "pull": device.law.pull,
    }


def _direction(fit: DirectionFit) -> dict[str, Any]:
    judged = fit.goodness
    parts = ("pulse", "mean", "fitted", "state", "residual", "error", "spread")
    return {
        "nonlinearity": _estimate(fit.label),
        "pulses": fit.pulses,
        "g_min": _estimate(fit.g_min),
        "g_max": _estimate(fit.g_max),
        "noise": _estimate(fit.noise),
        "goodness": {
            "p_value": judged.p_value,
            "rms": judged.rms,
            **{part: getattr(judged, part).tolist() for part in parts},
        },
    }


def _row(table: Table, name: str, one: Estimate) -> None:
    table.add_row(f"  {name}", f"{one.value:.4g}", f"{one.low:.4g} .. {one.high:.4g}")


def _siemens_row(table: Table, name: str, one: Estimate) -> None:
    value, low, high = (format_quantity(end, "siemens", 4) for end in (one.value, one.low, one.high))
    table.add_row(f"  {name}", value, f"{low} .. {high}")


def _percent_row(table: Table, name: str, one: Estimate) -> None:
    table.add_row(f"  {name}", f"{100 * one.value:.3g} %", f"{100 * one.low:.3g} .. {100 * one.high:.3g} %")


def _shares(low: Estimate, high: Estimate) -> str:
    return f"low {100 * low.low:.2g} .. {100 * low.high:.2g} %, high {100 * high.low:.2g} .. {100 * high.high:.2g} %"


def _spread_how(fit: PulseFit) -> str:
    return "nothing, too few cells" if fit.spread is None else fit.spread.both.how


def _apart(one: Estimate, other: Estimate) -> bool:
    return one.high < other.low or other.high < one.low


def _estimate(one: Estimate) -> dict[str, Any]:
    return {"value": one.value, "low": one.low, "high": one.high, "how": one.how}
