"""A fitted pulsed device as the text of a device file; every number taken from the base says so."""

from __future__ import annotations

from typing import Any

import numpy as np

from spikecim.devices.measured.estimate import LEVEL, Estimate, FloatArray
from spikecim.devices.measured.pulse_fit import DirectionFit, PulseFit
from spikecim.devices.measured.pulse_table import StepTable
from spikecim.devices.measured.pulse_trains import DIRECTIONS
from spikecim.devices.measured.toml_text import Certificate, plain_tables, short_quantity, toml_lines, toml_string
from spikecim.devices.pulsed.spec import PulsedSpec

Tables = dict[str, Any]


def pulsed_toml(fit: PulseFit, base: PulsedSpec, *, name: str, table: StepTable | None = None) -> str:
    """TOML text of the device that `fit` tells and `base` completes; with `table` its steps stand for the curves."""
    told, given = fit.trains.file, plain_tables(base)
    tables: Tables = {side: _direction(fit.of(side), given[side], (told, base.name), table) for side in DIRECTIONS}
    tables["noise"] = {"cycle_to_cycle": _noise(fit, told) if table is None else _zero("the table has its own spread")}
    tables["spread"] = _spread(fit, told) if table is None else _no_spread("not fitted for a table")
    tables["stuck"] = {f"share_{end}": _stuck(fit, end, told) for end in ("low", "high")}
    tables["read"] = {"voltage": _from_base(given["read"]["voltage"], base.name), "noise": _read(fit, told)}
    if "endurance" in given:
        tables["endurance"] = {key: _from_base(one, base.name) for key, one in given["endurance"].items()}
    if table is not None:
        tables["response"] = _response(table, told)
    head = [
        f"# Fitted to {toml_string(told)} by `spikecim device fit-pulses`;",
        f"# what that file does not tell is from {toml_string(base.name)} and says so.",
        f"name = {toml_string(name)}",
        f"title = {toml_string(f'{name}: measured pulse trains ({told})')}",
    ]
    trains = fit.trains
    n_trains = len(trains.up.conductance) + len(trains.down.conductance)
    citation = f"measured file, sha256 {trains.digest[:12]}, {n_trains} trains of {len(trains.cells)} cells"
    return "\n".join([*head, *toml_lines(tables, {told: citation, **base.sources})])


def _direction(fit: DirectionFit, base: Tables, names: tuple[str, str], table: StepTable | None) -> Tables:
    told, origin = names
    ends = (fit.g_min, fit.g_max) if table is None else table.window
    found = {key: _measured(end, told, "siemens", low=0.0) for key, end in zip(("g_min", "g_max"), ends, strict=True)}
    if table is None:
        verdict = f"{told}; {fit.goodness.words()}"
        found["nonlinearity"] = _measured(fit.label, verdict, "dimensionless")
        found["pulses"] = {"value": fit.pulses, "status": "measured", "source": f"{told}: pulses of a train"}
    return {**found, **{key: _from_base(base[key], origin) for key in ("voltage", "width")}}


def _noise(fit: PulseFit, told: str) -> Certificate:
    return _measured(
        fit.noise, f"{told}: up {fit.up.noise.value:.3g}, down {fit.down.noise.value:.3g}", "dimensionless"
    )


def _spread(fit: PulseFit, told: str) -> Tables:
    spread = fit.spread
    if spread is None:
        return _no_spread("too few cells to tell")
    if spread.both.low == 0.0:
        return _no_spread(f"{told}: not told apart from 0; below {spread.both.high:.3g}")
    each = f"{told}: up {spread.up.value:.3g}, down {spread.down.value:.3g}"
    correlation = {
        "value": float(f"{spread.correlation:.3g}"),
        "status": "measured",
        "source": f"{told}: signed labels",
    }
    if not spread.resolved:
        correlation = _zero("one of the spreads is not told apart from 0")
    return {"device_to_device": _measured(spread.both, each, "dimensionless"), "correlation": correlation}


def _no_spread(why: str) -> Tables:
    return {"device_to_device": _zero(why), "correlation": _zero("no spread, no correlation")}


def _read(fit: PulseFit, told: str) -> Certificate:
    if fit.read.low == 0.0:
        return _zero(f"{told}: not told apart from 0; below {fit.read.high:.3g}")
    return _measured(fit.read, f"{told}: neighbouring steps are anticorrelated", "dimensionless")


def _stuck(fit: PulseFit, end: str, told: str) -> Certificate:
    share: Estimate = getattr(fit.stuck, end)
    count = round(share.value * fit.stuck.n_cells)
    if fit.stuck.n_cells < 2:
        return _zero("one cell cannot tell")
    return _measured(share, f"{told}: {count} of {fit.stuck.n_cells} cells do not move", "dimensionless")


def _response(table: StepTable, told: str) -> Tables:
    found = {}
    for key, seen in (("up", 0), ("up_sd", 0), ("down", 1), ("down_sd", 1)):
        visits = table.visits[seen]
        source = f"{told}: {visits.sum():,.0f} steps, {visits.min():.0f} or more near each state"
        found[key] = {"value": _numbers(getattr(table, key)), "status": "measured", "source": source}
    return found


def _measured(estimate: Estimate, told: str, unit: str, *, low: float = -np.inf) -> Certificate:
    ends = [max(one, low) for one in (estimate.low, estimate.value, estimate.high)]
    first, value, last = (short_quantity(float(f"{one:.6g}"), unit) for one in ends)
    source = f"{told}; range: {LEVEL:.0%} interval ({estimate.how})"
    return {"value": value, "status": "measured", "range": [first, last], "source": source}


def _from_base(certificate: Certificate, base: str) -> Certificate:
    """A number of the base as what it is here: that of another cell that stands in."""
    status = "assumed" if certificate["status"] == "assumed" else "proxy"
    return {"value": certificate["value"], "status": status, "source": f"from {base}: {certificate['source']}"}


def _zero(why: str) -> Certificate:
    return {"value": 0.0, "status": "assumed", "source": why}


def _numbers(values: FloatArray) -> list[float]:
    return [float(f"{value:.6g}") for value in values]
