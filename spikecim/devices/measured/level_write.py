"""A fitted multi-level cell as the text of a device file; every number taken from the base says so."""

from __future__ import annotations

from typing import Any

import numpy as np

from spikecim.devices.level_spec import MultiLevelSpec
from spikecim.devices.measured.estimate import LEVEL, Estimate, FloatArray
from spikecim.devices.measured.level_fit import LevelFit
from spikecim.devices.measured.level_goodness import APART
from spikecim.devices.measured.level_stuck import StuckSide
from spikecim.devices.measured.toml_text import Certificate, plain_tables, short_quantity, toml_lines, toml_string


def level_toml(fit: LevelFit, base: MultiLevelSpec, *, name: str) -> str:
    """TOML text of the device that `fit` tells and `base` completes."""
    told = fit.readings.file
    tables = _from_base(plain_tables(base), base.name)
    _window(tables, fit)
    _programming(tables, fit)
    if fit.read is not None:
        _read(tables, fit)
    if fit.stuck is not None:
        tables["stuck"] = _stuck(fit, tables["stuck"])
    if fit.walk is not None or fit.drift is not None:
        tables.pop("relaxation", None)
        tables.pop("drift", None)
        tables |= {"relaxation": _walk(fit)} if fit.walk is not None else {"drift": _drift(fit, base.name)}
    if fit.iv is not None:
        tables["iv"] = _iv(fit)
    head = [
        f"# Fitted to {toml_string(told)} by `spikecim device fit-levels`;",
        f"# what that file does not tell is from {toml_string(base.name)} and says so.",
        f"name = {toml_string(name)}",
        f"title = {toml_string(f'{name}: measured levels ({told}), completed by {base.name}')}",
    ]
    cells = f"{len(np.unique(fit.series.cell)):,} cells" if fit.readings.cell is not None else "cells not told apart"
    citation = (
        f"measured file, sha256 {fit.readings.digest[:12]}, {len(fit.readings.target):,} readings of "
        f"{len(fit.series.levels)} levels, {cells}"
    )
    return "\n".join([*head, *toml_lines(tables, {told: citation, **base.sources})])


def _from_base(tables: dict[str, Any], base: str) -> dict[str, Any]:
    """The base's numbers as what they are here: those of another cell that stands in."""
    found: dict[str, Any] = {}
    for key, value in tables.items():
        if "value" not in value:
            found[key] = _from_base(value, base)
            continue
        kept = {name: part for name, part in value.items() if name != "fitted_to"}
        status = "assumed" if value["status"] == "assumed" else "proxy"
        found[key] = {**kept, "status": status, "source": f"from {base} ({value['status']}): {value['source']}"}
    return found


def _window(tables: dict[str, Any], fit: LevelFit) -> None:
    told, levels = fit.readings.file, fit.series.levels
    rule = f"{told}: of {len(levels)} targets, neighbours {APART:g} standard deviations of both apart"
    if fit.apart < 2:
        rule += "; not even two are, and a device needs two"
    tables["window"] |= {
        "g_min": _measured(_siemens(levels[0]), f"{told}: lowest target"),
        "g_max": _measured(_siemens(levels[-1]), f"{told}: highest target"),
        "levels": _measured(max(2, fit.apart), rule),
    }


def _programming(tables: dict[str, Any], fit: LevelFit) -> None:
    told = fit.readings.file
    noise = "noise of the reads taken out" if fit.read is not None else "the noise of one read included"
    tables["programming"] |= {
        "states": _measured(_numbers(fit.states), f"{told}: targets"),
        "spread": _listed(fit.spread, f"{told}, around the mean of each target, {noise}"),
    }
    if fit.share is not None:
        tables["programming"]["cell_share"] = _one(fit.share, told)


def _read(tables: dict[str, Any], fit: LevelFit) -> None:
    assert fit.read is not None
    told = fit.readings.file
    # Nodes must reach both ends of the window; beyond the levels that tell, the nearest one holds.
    states = np.unique(np.r_[0.0, fit.read.states, 1.0])
    where = ", ".join(f"{state:.3g}" for state in fit.read.states)
    noise = _listed(fit.read.noise, f"{told}: repeated reads at states {where}")
    tables["read"] = {
        "states": _measured(_numbers(states), told),
        "noise_rel": {**noise, "value": _numbers(fit.read.at(states))},
    }


def _stuck(fit: LevelFit, base: dict[str, Certificate]) -> dict[str, Certificate]:
    assert fit.stuck is not None
    levels, found = fit.series.levels, {}
    for side, one, end in (("low", fit.stuck.low, levels[0]), ("high", fit.stuck.high, levels[-1])):
        found[f"share_{side}"] = _stuck_share(one, fit.readings.file) if one.cells else base[f"share_{side}"]
        if one.rail is not None:
            rail = _measured(_siemens(one.rail), f"{fit.readings.file}: median of {one.stuck} stuck cells")
        else:
            rail = {"value": _siemens(end), "status": "assumed", "source": "no cell was found stuck: end of the window"}
        found[f"rail_{side}"] = rail
    return found


def _stuck_share(side: StuckSide, told: str) -> Certificate:
    share = side.share
    source = (
        f"{told}: {side.stuck} of {side.cells} cells answer to no target that could tell; range: {LEVEL:.0%} interval "
        f"({share.how})"
    )
    low, value, high = (float(f"{part:.6g}") for part in (share.low, share.value, share.high))
    return {"value": value, "status": "measured", "range": [min(low, value), max(high, value)], "source": source}


def _walk(fit: LevelFit) -> dict[str, Certificate]:
    assert fit.walk is not None
    walk, told = fit.walk, fit.readings.file
    course = f"{told}: change since the reading at {fit.series.times[0]:g} s, levels by their profile"
    return {
        "switch": _on(),
        "times": _measured([short_quantity(float(time), "second") for time in walk.times], course),
        "shift": _measured(_numbers(walk.shift), course),
        "spread": _measured(_numbers(walk.spread), course),
        "states": _measured(_numbers(fit.states), told),
        "profile": _measured(_numbers(walk.profile), f"{told}: rms change of each level, over the largest"),
        "horizon": _horizon(walk.times, told),
    }


def _drift(fit: LevelFit, base: str) -> dict[str, Certificate]:
    assert fit.drift is not None
    drift, told = fit.drift, fit.readings.file
    states = np.unique(np.r_[0.0, drift.states, 1.0])
    means, spreads = drift.exponent, drift.exponent_spread

    def at(ones: tuple[Estimate, ...]) -> list[float]:
        return _numbers(np.interp(states, drift.states, [one.value for one in ones]))

    since = f"{told}: slope of ln G since the reading at {fit.series.times[0]:g} s"
    first = float(fit.series.times[0])
    zero = f"time of the first reading, {first:g} s" + (f", and t0 of {base}" if drift.reference > first else "")
    return {
        "switch": _on(),
        "states": _measured(_numbers(states), told),
        "exponent": {**_listed(means, since), "value": at(means)},
        "exponent_spread": {**_listed(spreads, since), "value": at(spreads)},
        "reference_time": {"value": short_quantity(drift.reference, "second"), "status": "derived", "source": zero},
        "horizon": _horizon(drift.times, told),
    }


def _iv(fit: LevelFit) -> dict[str, Certificate]:
    assert fit.iv is not None
    iv, told = fit.iv, fit.readings.file
    source = (
        f"{told}: {len(iv.points.voltage)} points of {iv.points.n_curves} curves, law by BIC, relative residual "
        f"{100 * iv.residual:.2g} %"
    )
    found = {"law": _measured(iv.law, source)}
    if iv.parameter is not None:
        key, unit = ("v0", "volt") if iv.law == "sinh" else ("a3", "dimensionless")
        found[key] = _one(iv.parameter, told, unit)
    if iv.table is not None:
        volts = [short_quantity(float(f"{volt:.6g}"), "volt") for volt in iv.table.voltage]
        found["volts"] = _measured(volts, source)
        found["currents"] = _measured(_numbers(iv.table.current), f"{source}; mean of all curves, 1 at the top")
    return found


def _horizon(times: FloatArray, told: str) -> Certificate:
    return _measured(short_quantity(float(times[-1]), "second"), f"{told}: the last reading")


def _on() -> Certificate:
    return {"value": "on", "status": "assumed", "source": "acts only where time passes"}


def _one(estimate: Estimate, told: str, unit: str = "dimensionless") -> Certificate:
    source = f"{told}; {LEVEL:.0%} interval {estimate.ends(unit)} ({estimate.how})"
    return _measured(short_quantity(float(f"{estimate.value:.6g}"), unit), source)


def _listed(estimates: tuple[Estimate, ...], told: str) -> Certificate:
    ends = ", ".join(one.ends("dimensionless") for one in estimates)
    how = ", ".join(dict.fromkeys(one.how for one in estimates))
    values = _numbers(np.array([one.value for one in estimates]))
    return _measured(values, f"{told}; {LEVEL:.0%} intervals {ends} ({how})")


def _siemens(value: float) -> str | float:
    return short_quantity(float(f"{value:.9g}"), "siemens")


def _numbers(values: FloatArray) -> list[float]:
    return [float(f"{value:.6g}") for value in values]


def _measured(value: Any, source: str) -> Certificate:
    return {"value": value, "status": "measured", "source": source}
