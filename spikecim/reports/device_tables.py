"""A fitted device, and a device as its cells show it, for the terminal and as JSON."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from spikecim.devices.measured.estimate import LEVEL, Estimate, StateFit
from spikecim.devices.measured.fit import DeviceFit
from spikecim.devices.measured.relaxation_fit import RelaxationFit
from spikecim.devices.measured.table import STATES
from spikecim.devices.portrait import Portrait
from spikecim.parameters import Section, walk
from spikecim.reports.wording import significant
from spikecim.units import DAY, HOUR, MINUTE, YEAR, format_quantity

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

_NAMES = {
    "median": "median",
    "sigma_ln": "sigma of ln R",
    "tail_probability": "share of cells in the tail",
    "tail_low_factor": "tail from, times the body",
    "tail_high_factor": "tail to, times the body",
}


def fit_summary(fit: DeviceFit) -> list[RenderableType]:
    """Parameters with intervals, and how well each law describes its state."""
    from rich.text import Text

    table = _table("Parameter", "Value", f"{LEVEL:.0%} interval", "Interval from")
    for state in STATES:
        one = fit.of(state)
        cells = "" if one.n == one.n_cells else f"of {one.n_cells:,} cells"
        table.add_row(f"[bold]{state.upper()}[/]: {one.law}", f"{one.n:,} readings", cells, "")
        for name, estimate in one.estimates.items():
            _estimate_row(table, _NAMES[name], estimate, "ohm" if name == "median" else "dimensionless")
    if fit.share is not None:
        table.add_row("[bold]Both states[/]", "", "", "")
        _estimate_row(table, "share that stays with the cell", fit.share, "dimensionless")
    for state, course in (fit.relaxation or {}).items():
        _course_rows(table, state, course)
    return [table, *(Text(f"{state.upper()}: {_verdict(fit.of(state))}") for state in STATES)]


def fit_json(fit: DeviceFit) -> dict[str, Any]:
    """The same as plain data, in SI."""
    measured = fit.measured
    found: dict[str, Any] = {"file": measured.file, "sha256": measured.digest, "kind": measured.kind, "level": LEVEL}
    for state in STATES:
        found[state] = _state_json(fit.of(state))
    found["cell_share"] = None if fit.share is None else _estimate_json(fit.share)
    found["relaxation"] = None if fit.relaxation is None else {s: _course_json(c) for s, c in fit.relaxation.items()}
    return found


def device_summary(name: str, device: Section, portrait: Portrait) -> list[RenderableType]:
    """Every parameter with status and source, and what follows from them."""
    from rich.markup import escape
    from rich.text import Text

    table = _table("Parameter", "Value", "Status", "Source")
    # A table's own parameters stand together, also those written behind its subtables.
    rows = list(walk(device))
    order = list(dict.fromkeys(path.rpartition(".")[0] for path, _ in rows))
    rows.sort(key=lambda row: order.index(row[0].rpartition(".")[0]))
    for section, members in groupby(rows, key=lambda row: row[0].rpartition(".")[0]):
        table.add_row(f"[bold]{escape(section or 'cell')}[/]", "", "", "")
        for path, parameter in members:
            shown = parameter.text() if len(parameter.text()) < 60 else f"{len(parameter.value)} values"
            table.add_row(f"  {path.rpartition('.')[2]}", escape(shown), parameter.status, escape(parameter.source))
    facts = _table("What follows", "Value")
    for label, value in _facts(portrait):
        facts.add_row(label, value)
    title = getattr(device, "title", "") or name
    return [Text(title, style="bold"), "", table, "", facts]


def device_json(name: str, device: Section, portrait: Portrait) -> dict[str, Any]:
    """The same as plain data."""
    spread = portrait.spread
    over_time = None
    if spread is not None:
        over_time = {"seconds": spread.times.tolist(), "lrs": spread.lrs.tolist(), "hrs": spread.hrs.tolist()}
    return {
        "name": name,
        "title": getattr(device, "title", ""),
        "parameters": [{"path": path, **parameter.describe()} for path, parameter in walk(device)],
        "derived": {
            "window_ratio": portrait.window_ratio,
            "worst_ratio": portrait.worst_ratio,
            "mean_conductance_us": {"lrs": portrait.mean_us[0], "hrs": portrait.mean_us[1]},
            "outside_window": {"lrs": portrait.outside(low=True), "hrs": portrait.outside(low=False)},
            "mean_pulses": float(portrait.cells.pulses.mean()),
            "programmed_cells": portrait.cells.resistance.size,
            "spread_of_ln_g": over_time,
        },
    }


def _facts(portrait: Portrait) -> list[tuple[str, str]]:
    n = portrait.cells.resistance.size // 2
    return [
        ("window, HRS median over LRS median", f"{significant(portrait.window_ratio)} ×"),
        ("window, 1 % of HRS over 99 % of LRS", f"{significant(portrait.worst_ratio)} ×"),
        ("mean conductance, LRS", f"{significant(portrait.mean_us[0])} uS"),
        ("mean conductance, HRS", f"{significant(portrait.mean_us[1])} uS"),
        (f"LRS cells outside their window, of {n:,}", f"{100 * portrait.outside(low=True):.2f} %"),
        (f"HRS cells outside their window, of {n:,}", f"{100 * portrait.outside(low=False):.2f} %"),
        ("pulses a cell", significant(float(portrait.cells.pulses.mean()))),
    ]


def _verdict(fit: StateFit) -> str:
    if fit.shape is None:
        return fit.goodness.words()
    return f"{fit.goodness.words()}; the measured quantiles are kept as they are"


def _estimate_row(table: Table, name: str, estimate: Estimate, unit: str) -> None:
    table.add_row(f"  {name}", format_quantity(estimate.value, unit), estimate.ends(unit), estimate.how)


def _course_rows(table: Table, state: str, course: RelaxationFit) -> None:
    table.add_row(f"[bold]{state.upper()} over time[/]", f"from {course.start:g} s", "", "")
    for time, drift, spread in zip(course.times, course.drift, course.spread, strict=True):
        told = after(float(time))
        _estimate_row(table, f"drift of ln G, {told}", drift, "dimensionless")
        _estimate_row(table, f"spread of ln G, {told}", spread, "dimensionless")
    _estimate_row(table, "restlessness (tail)", course.tail, "dimensionless")


def after(seconds: float) -> str:
    """A time as people say it."""
    for size, unit in ((YEAR, "years"), (DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return format_quantity(seconds, "second")


def _state_json(fit: StateFit) -> dict[str, Any]:
    goodness = fit.goodness
    return {
        "law": fit.law,
        "readings": fit.n,
        "cells": fit.n_cells,
        "estimates": {name: _estimate_json(estimate) for name, estimate in fit.estimates.items()},
        "shape": None if fit.shape is None else list(fit.shape),
        "goodness": {
            "law": goodness.law,
            "anderson_darling": goodness.statistic,
            "p_value": goodness.p_value,
            "poor": goodness.poor,
            "words": goodness.words(),
        },
    }


def _estimate_json(estimate: Estimate) -> dict[str, Any]:
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high, "how": estimate.how}


def _course_json(course: RelaxationFit) -> dict[str, Any]:
    return {
        "start_s": course.start,
        "times_s": course.times.tolist(),
        "drift": [_estimate_json(one) for one in course.drift],
        "spread": [_estimate_json(one) for one in course.spread],
        "tail": _estimate_json(course.tail),
        "pooled": course.pooled,
    }


def _table(*heads: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=len(heads) > 2)
    for place, head in enumerate(heads):
        last = place == len(heads) - 1 and place > 1
        table.add_column(
            head,
            no_wrap=place == 0,
            max_width=26 if place == 1 else None,
            ratio=1 if last else None,
            style="dim" if last else None,
            overflow="fold",
        )
    return table
