"""A fitted multi-level device for the terminal and as JSON: each level held against the fit, and what else was told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spikecim.devices.measured.estimate import LEVEL, Estimate
from spikecim.devices.measured.level_fit import LevelFit
from spikecim.devices.measured.level_stuck import StuckSide
from spikecim.reports.device_levels import plain_table
from spikecim.reports.device_tables import after
from spikecim.units import format_quantity

if TYPE_CHECKING:
    from rich.console import RenderableType

_MISSED = 2.0  # mean miss of an end of the window, in fitted standard deviations, worth a line


def level_fit_summary(fit: LevelFit, base: str) -> list[RenderableType]:
    """Levels with spread, interval and residuals, then every other part: fitted, or from `base`."""
    from rich.text import Text

    table = plain_table("Level", "Spread", f"{LEVEL:.0%} interval", "sd seen / fit", "Mean miss", "> 2 sd", "Normal p")
    for level, spread, judged in zip(fit.series.levels, fit.spread, fit.goodness, strict=True):
        table.add_row(
            format_quantity(float(level), "siemens"),
            _percent(spread.value),
            f"{100 * spread.low:.3g} .. {100 * spread.high:.3g} %",
            f"{100 * judged.seen:.3g} / {100 * judged.fitted:.3g} %",
            f"{100 * judged.miss:.2g} %",
            _percent(judged.beyond),
            "-" if judged.p_value is None else "< 0.001" if judged.p_value < 1e-3 else f"{judged.p_value:.2g}",
        )
    parts = plain_table("Part", "Fitted")
    for name, told in _parts(fit).items():
        parts.add_row(name, told or f"not told by the file: from {base}")
    return [table, Text("Spread, sd and miss are shares of the window; a normal law has 4.6 % beyond 2 sd.\n"), parts]


def level_fit_notes(fit: LevelFit) -> list[str]:
    """What a user should know before using the device."""
    notes = []
    if fit.read is None:
        notes.append("no repeated reads: the spread holds the noise of one read; --base gives the noise of reads")
    for place in (0, -1):
        judged, level = fit.goodness[place], fit.series.levels[place]
        if abs(judged.miss) > _MISSED * judged.fitted > 0.0:
            notes.append(
                f"target {format_quantity(float(level), 'siemens')} is missed by {100 * judged.miss:.2g} % of the "
                "window on the mean; the device stands for cells that reach it: state targets that yours reach"
            )
    if fit.apart < len(fit.series.levels):
        notes.append(f"{max(2, fit.apart)} of {len(fit.series.levels)} targets are told apart; a cell holds that many")
    return notes


def level_fit_json(fit: LevelFit) -> dict[str, Any]:
    """The same as plain data, in SI."""
    return {
        "file": fit.readings.file,
        "sha256": fit.readings.digest,
        "level": LEVEL,
        "targets": fit.series.levels.tolist(),
        "told_apart": fit.apart,
        "spread": [_estimate(one) for one in fit.spread],
        "goodness": [dict(vars(one)) for one in fit.goodness],
        "cell_share": _estimate(fit.share),
        "read_noise": None
        if fit.read is None
        else {"states": fit.read.states.tolist(), "noise": [_estimate(one) for one in fit.read.noise]},
        "stuck": None if fit.stuck is None else {"low": _side(fit.stuck.low), "high": _side(fit.stuck.high)},
        "relaxation": _walk(fit),
        "drift": _drift(fit),
        "iv": _iv(fit),
    }


def _parts(fit: LevelFit) -> dict[str, str]:
    """What was fitted beside the spread, in words; empty where the file tells nothing."""
    told = dict.fromkeys(("share that stays with the cell", "read noise", "stuck cells", "time", "I-V law"), "")
    if fit.share is not None:
        told["share that stays with the cell"] = f"{fit.share.value:.3g} ({fit.share.ends('dimensionless')})"
    if fit.read is not None:
        noise = [one.value for one in fit.read.noise]
        told["read noise"] = f"{100 * noise[0]:.3g} % (bottom) .. {100 * noise[-1]:.3g} % (top) of the conductance"
    if fit.stuck is not None:
        told["stuck cells"] = f"HRS {_stuck_words(fit.stuck.low)}; LRS {_stuck_words(fit.stuck.high)}"
    if fit.walk is not None:
        walk = fit.walk
        told["time"] = (
            f"random walk: spread {_percent(float(walk.spread[-1]))}, shift {_percent(float(walk.shift[-1]))} of the "
            f"window after {after(float(walk.times[-1]))}; rms residual of spread {_percent(_rms(walk.residual))}, of "
            f"shift {_percent(_rms(walk.shift_residual))}"
        )
    if fit.drift is not None:
        low, high = fit.drift.exponent[0].value, fit.drift.exponent[-1].value
        told["time"] = (
            f"drift: nu {low:.3g} (bottom) .. {high:.3g} (top), spread {fit.drift.exponent_spread[-1].value:.2g} at "
            f"top; rms residual of mean ln G {_rms(fit.drift.residual):.2g}"
        )
    if fit.iv is not None:
        named = "" if fit.iv.parameter is None else _bend(fit.iv.law, fit.iv.parameter)
        told["I-V law"] = f"{fit.iv.law}{named}; relative residual {_percent(fit.iv.residual)}"
    return told


def _bend(law: str, parameter: Estimate) -> str:
    if law == "sinh":
        return f", v0 {format_quantity(parameter.value, 'volt')} ({parameter.ends('volt')})"
    return f", a3 {parameter.value:.3g} /V ({parameter.ends('dimensionless')})"


def _stuck_words(side: StuckSide) -> str:
    if not side.cells:
        return "not told"
    return f"{side.stuck} of {side.cells} ({100 * side.share.low:.2g} .. {100 * side.share.high:.2g} %)"


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _rms(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    return float(np.sqrt(np.mean(values**2)))


def _estimate(one: Estimate | None) -> dict[str, Any] | None:
    return None if one is None else {"value": one.value, "low": one.low, "high": one.high, "how": one.how}


def _side(side: StuckSide) -> dict[str, Any]:
    return {"share": _estimate(side.share), "stuck": side.stuck, "cells": side.cells, "rail": side.rail}


def _walk(fit: LevelFit) -> dict[str, Any] | None:
    if fit.walk is None:
        return None
    names = ("times", "shift", "spread", "profile", "residual", "shift_residual")
    return {name: getattr(fit.walk, name).tolist() for name in names}


def _drift(fit: LevelFit) -> dict[str, Any] | None:
    if fit.drift is None:
        return None
    one = fit.drift
    return {
        "times": one.times.tolist(),
        "states": one.states.tolist(),
        "exponent": [_estimate(part) for part in one.exponent],
        "exponent_spread": [_estimate(part) for part in one.exponent_spread],
        "reference_time": one.reference,
        "residual": one.residual.tolist(),
    }


def _iv(fit: LevelFit) -> dict[str, Any] | None:
    if fit.iv is None:
        return None
    one = fit.iv
    table = None if one.table is None else {"volts": one.table.voltage.tolist(), "currents": one.table.current.tolist()}
    return {
        "law": one.law,
        "parameter": _estimate(one.parameter),
        "table": table,
        "residual": one.residual,
        "criterion": one.scores,
    }
