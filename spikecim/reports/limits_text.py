"""What a study of limits found, in sentences and tables; every number computed."""

from __future__ import annotations

from typing import Any

import numpy as np

from spikecim.reports.wording import number, several, signed
from spikecim.results.limits import ALLOWED, Largest, LimitPoint, LimitStudy, Span, span
from spikecim.results.limits_data import side_text

# Losses below this many points are said to be none.
_NOTHING = 0.05


def findings(study: LimitStudy) -> list[str]:
    """Sentences in the order of what a reader asks."""
    bare = study.bare(study.own_ratio)
    low, middle, high = span(100 * bare.accuracy)
    said = [
        f"Without wires the median of {several(study.n_chips, 'virtual chip')} reads {number(middle, '%')} % "
        f"({number(low, '%')} to {number(high, '%')}), the ideal chip {number(100 * study.ideal_accuracy, '%')} %."
    ]
    said += [_by_resistance(study, kind) for kind in study.kinds]
    said += [_gain(study, kind) for kind in study.kinds if _best(study, kind)[1] > 0.2]
    for kind in study.kinds:
        said += _by_ratio(study, kind)
    return said


def assumptions(study: LimitStudy) -> list[str]:
    """What the numbers rest on."""
    trimmed = (
        "Injectors are trimmed on reads of the whole fresh array: its mean LRS-HRS step counts as one unit again"
        if study.trim == "reads"
        else "Injectors are trimmed on lone cells, so that every mean loss of current stays a loss"
    )
    return [
        f"{trimmed}.",
        f"The network's {study.shape[0]} × {study.shape[1]} cells lie in the corner farthest from row drivers and "
        "clamps; all other cells are in HRS, idle rows and the columns of unused cells are held at 0 V.",
        "Rows are read one at a time, as SPIRIT's serial link brings its spikes; currents are exact.",
        "An on/off ratio moves the HRS median and its verify limit by one factor; LRS stays. Losses are counted "
        "against the same chips at the same ratio without wires.",
    ]


def largest_table(study: LimitStudy, kind: str) -> dict[str, Any]:
    """Largest sides: one row a ratio, one column a resistance."""
    rows = [
        {
            "cells": [f"{ratio:g}", *(_side(study, study.largest(kind, ohm, ratio)) for ohm in study.ohms)],
            "total": False,
        }
        for ratio in study.ratios
    ]
    return {
        "title": f"{kind.capitalize()}: largest side that loses at most {100 * ALLOWED:g} point",
        "head": ["On/off ratio", *(f"{ohm:g} Ω" for ohm in study.ohms)],
        "rows": rows,
    }


def array_table(study: LimitStudy) -> dict[str, Any]:
    """Every array at the chip's own ratio, and the chips without wires at every ratio."""
    points = [point for point in study.points if point.setting.ratio == study.own_ratio or point.setting.kind == "none"]
    return {
        "title": "Arrays",
        "head": ["Array", "Ω", "On/off", "Rows × columns", "Accuracy, %", "Loss, points", "Input spikes", "Core, nJ"],
        "rows": [{"cells": _cells(study, point), "total": False} for point in points],
    }


def _cells(study: LimitStudy, point: LimitPoint) -> list[str]:
    setting = point.setting
    rows, columns = (setting.side, setting.side) if setting.side else study.shape
    loss = span(100 * study.loss(point))
    return [
        setting.kind,
        f"{setting.ohm:g}" if setting.ohm else "–",
        f"{setting.ratio:g}",
        f"{rows} × {columns}",
        _interval(span(100 * point.accuracy), "%"),
        "–" if setting.kind == "none" else f"{signed(loss[1])} ({signed(loss[0])} to {signed(loss[2])})",
        number(float(np.median(point.input_spikes)), "spikes"),
        number(float(np.median(point.core_pj)) / 1e3),
    ]


def _interval(values: Span, unit: str) -> str:
    low, middle, high = (number(value, unit) for value in values)
    return f"{middle} ({low} to {high})"


def _loss(study: LimitStudy, kind: str, ohm: float) -> float:
    return 100 * float(np.median(study.loss(study.at(kind, ohm, study.own_ratio))))


def _by_resistance(study: LimitStudy, kind: str) -> str:
    """Up to which resistance the network's own array keeps to the allowed loss."""
    lost = {ohm: _loss(study, kind, ohm) for ohm in study.curve_ohms}
    size = f"{study.shape[0]} × {study.shape[1]}"
    beyond = [ohm for ohm, loss in lost.items() if loss > 100 * ALLOWED]
    if not beyond:
        last = study.curve_ohms[-1]
        change = abs(lost[last])
        much = f"{number(change, 'points')} points" if change >= _NOTHING else "nothing"
        verb = "gains" if lost[last] <= -_NOTHING else "loses"
        return f"A {kind} array of {size} cells {verb} {much} in the median with {last:g} Ω a segment."
    first = beyond[0]
    kept = [ohm for ohm in study.curve_ohms if ohm < first]
    keeps = f" keeps to {100 * ALLOWED:g} point up to {kept[-1]:g} Ω a segment;" if kept else ":"
    loses = f"at {first:g} Ω the median chip loses {number(lost[first], 'points')} points."
    return f"A {kind} array of {size} cells{keeps} {loses}"


def _best(study: LimitStudy, kind: str) -> tuple[float, float]:
    """Resistance of the largest gain over no wires, and that gain in points."""
    gains = {ohm: -_loss(study, kind, ohm) for ohm in study.curve_ohms}
    best = max(gains, key=lambda ohm: gains[ohm])
    return best, gains[best]


def _gain(study: LimitStudy, kind: str) -> str:
    ohm, gain = _best(study, kind)
    spikes = [
        float(np.median(p.input_spikes)) for p in (study.bare(study.own_ratio), study.at(kind, ohm, study.own_ratio))
    ]
    return (
        f"Little wire resistance does no harm: at {ohm:g} Ω the {kind} array gains {number(gain, 'points')} points and "
        f"takes {number(spikes[1], 'spikes')} input spikes instead of {number(spikes[0], 'spikes')}."
    )


def _by_ratio(study: LimitStudy, kind: str) -> list[str]:
    """How the largest array moves with the on/off ratio."""
    first, last = study.ratios[0], study.ratios[-1]
    said = []
    for ohm in study.ohms:
        low, high = study.largest(kind, ohm, first), study.largest(kind, ohm, last)
        if low.side[1] != high.side[1]:
            said.append(
                f"{kind.capitalize()}, {ohm:g} Ω: the largest side is {_side(study, low)} at an on/off ratio of "
                f"{first:g} and {_side(study, high)} at {last:g}."
            )
    if said:
        return said
    sides = {_side(study, study.largest(kind, ohm, ratio)) for ohm in study.ohms for ratio in study.ratios}
    return [
        f"{kind.capitalize()} arrays: the on/off ratio changes nothing; the largest side is {', '.join(sorted(sides))}."
    ]


def _side(study: LimitStudy, found: Largest) -> str:
    low, middle, high = found.side
    text = side_text(study, middle)
    ends = [side_text(study, end) for end in (low, high)]
    alike = ends[0] == ends[1] == text
    return text if alike else f"{text} ({ends[0]} to {ends[1]})"
