"""A fitted device as a TOML file: measured values with their intervals, all others from a base device as they stand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from spikecim.devices.measured.estimate import LOG_NORMAL, SHAPED, TAILED, Estimate, StateFit
from spikecim.devices.measured.fit import DeviceFit
from spikecim.devices.measured.relaxation_fit import RelaxationFit
from spikecim.devices.measured.table import STATES
from spikecim.devices.oxram import OxramSpec
from spikecim.errors import ParameterError
from spikecim.parameters import Parameter, Section, repr_quantity
from spikecim.units import format_quantity, parse_quantity

Certificate = dict[str, Any]
_A_LINE = 10  # numbers of a long list on one line


def device_toml(fit: DeviceFit, base: OxramSpec, base_name: str, *, name: str, verify: bool = True) -> str:
    """TOML text of the device that `fit` tells and `base` completes.

    Parameters
    ----------
    base : OxramSpec
        With `sources`, if it is a device file.
    name : str
        Of the new device.
    verify : bool
        False: cells are programmed by one pulse, so that they end as they were measured.
    """
    tables = _plain(base)
    sources = {fit.measured.file: _citation(fit), **getattr(base, "sources", {})}
    for state in STATES:
        tables[state].pop("shape", None)
        tables[state] |= _state(fit.of(state), fit.measured.file)
    if fit.share is not None:
        tables["cell_share"] = _measured(fit.share, "dimensionless", f"{fit.measured.file}, both states together")
    _relaxation(tables, fit, base)
    if not verify:
        reason = f"the cells of {fit.measured.file} are as they were left: no pulse is added"
        tables["programming"] |= {
            "mode": {"value": "one-pulse", "status": "measured", "source": reason},
            "max_pulses": {"value": 1, "status": "measured", "source": reason},
        }
    head = [
        f"# Fitted to {_text(fit.measured.file)} by `spikecim device fit`;",
        f"# what that file does not tell is from {_text(base_name)}.",
        f"name = {_text(name)}",
        f"title = {_text(f'{name}: measured cells ({fit.measured.file}), completed by {base_name}')}",
    ]
    return "\n".join([*head, "", *_lines(tables, sources)])


def _citation(fit: DeviceFit) -> str:
    measured = fit.measured
    cells = ", ".join(
        f"{fit.of(state).n:,} {state.upper()} readings of {fit.of(state).n_cells:,} cells" for state in STATES
    )
    return f"measured file, sha256 {measured.digest[:12]}, {cells}"


def _state(fit: StateFit, file: str) -> dict[str, Certificate]:
    how = {LOG_NORMAL: "log-normal", TAILED: "log-normal with a tail, chosen by BIC", SHAPED: "measured quantiles"}
    told = f"{file}, {how[fit.law]}"
    units = {"median": "ohm"}
    found = {
        name: _measured(estimate, units.get(name, "dimensionless"), told) for name, estimate in fit.estimates.items()
    }
    if fit.law == TAILED:
        return found
    why = "a log-normal law without a tail fits" if fit.law == LOG_NORMAL else "the tails are in the shape"
    nothing = {"status": "measured", "source": f"{file}: {why}"}
    found["tail_probability"] = {"value": 0, **nothing}
    found["tail_low_factor"] = found["tail_high_factor"] = {"value": 1, **nothing}
    if fit.shape is not None:
        source = f"{file}: sample quantiles at even normal scores -4 .. 4, in units of sigma_ln from the median"
        found["shape"] = {"value": list(fit.shape), "status": "measured", "source": source}
    return found


def _measured(estimate: Estimate, unit: str, told: str) -> Certificate:
    source = f"{told}; 90 % interval {estimate.ends(unit)} ({estimate.how})"
    return {"value": _quantity(float(f"{estimate.value:.6g}"), unit), "status": "measured", "source": source}


def _relaxation(tables: dict[str, Any], fit: DeviceFit, base: OxramSpec) -> None:
    """Put measured relaxation in, or keep that of the base, which then counts from the measured median."""
    if fit.relaxation is None:
        for state in STATES if base.relaxation is not None else ():
            tables["relaxation"][state]["reference"] = _reference(fit, state)
        return
    file = fit.measured.file
    last = max(float(one.times[-1]) for one in fit.relaxation.values())
    horizon = {"value": _quantity(last, "second"), "status": "measured", "source": f"{file}: the last reading"}
    if base.relaxation is not None and base.relaxation.horizon.value >= last:
        horizon = _described(base.relaxation.horizon)
    switch = {"value": "on", "status": "assumed", "source": "acts only on a chip that is aged"}
    tables["relaxation"] = {"switch": switch, "horizon": horizon}
    for state, one in fit.relaxation.items():
        tables["relaxation"][state] = {**_course(one, file), "reference": _reference(fit, state)} | {
            "state_exponent": {"value": 0, "status": "assumed", "source": "one law for all levels of the state"}
        }


def _course(fit: RelaxationFit, file: str) -> dict[str, Certificate]:
    told = f"{file}, {fit.change.shape[1]:,} cells, changes of ln G since the reading at {fit.start:g} s"
    pooled = "; pooled where it fell" if fit.pooled else ""
    lists = {"drift": (fit.drift, ""), "spread": (fit.spread, pooled)}
    found: dict[str, Certificate] = {
        "times": {
            "value": [_quantity(float(time), "second") for time in fit.times],
            "status": "measured",
            "source": told,
        }
    }
    for name, (estimates, more) in lists.items():
        ends = ", ".join(f"{one.low:.3g} .. {one.high:.3g}" for one in estimates)
        values = [float(f"{one.value:.6g}") for one in estimates]
        source = f"{told}{more}; 90 % intervals {ends} (bootstrap of cells)"
        found[name] = {"value": values, "status": "measured", "source": source}
    return found | {"tail": _measured(fit.tail, "dimensionless", f"{told}, steps between the times")}


def _reference(fit: DeviceFit, state: str) -> Certificate:
    value = float(f"{fit.of(state).estimates['median'].value:.6g}")
    return {"value": _quantity(value, "ohm"), "status": "derived", "source": "median of the state"}


def _plain(section: Section) -> dict[str, Any]:
    """Parameters of `section` as plain tables; names, titles and sources left out."""
    found: dict[str, Any] = {}
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, Section):
            found[name] = _plain(value)
        elif isinstance(value, Parameter):
            found[name] = _described(value)
    return found


def _described(parameter: Parameter[Any]) -> Certificate:
    value = parameter.value
    if isinstance(value, tuple):
        plain: Any = [_quantity(number, parameter.unit) for number in value]
    else:
        plain = _quantity(value, parameter.unit) if isinstance(value, float) else value
    return {**parameter.describe(), "value": plain}


def _quantity(value: float, unit: str) -> str | float:
    """Short text that reads back to exactly `value`."""
    if unit == "dimensionless":
        return value
    try:
        short = format_quantity(value, unit, 12)
        return short if parse_quantity(short, unit) == value else repr_quantity(value, unit)
    except ParameterError:
        return repr_quantity(value, unit)


def _lines(tables: Mapping[str, Any], sources: Mapping[str, str]) -> list[str]:
    lines = [f"{key} = {_inline(value)}" for key, value in tables.items() if "value" in value]
    lines += ["", "[sources]", *(f"{_text(short)} = {_text(full)}" for short, full in sources.items())]
    for key, value in tables.items():
        lines += _table(key, value)
    return [*lines, ""]


def _table(path: str, table: Mapping[str, Any]) -> list[str]:
    if "value" in table:
        return []
    own = [f"{key} = {_inline(value)}" for key, value in table.items() if "value" in value]
    lines = ["", f"[{path}]", *own]
    for key, value in table.items():
        lines += _table(f"{path}.{key}", value)
    return lines


def _inline(certificate: Mapping[str, Any]) -> str:
    return "{ " + ", ".join(f"{key} = {_value(value)}" for key, value in certificate.items()) + " }"


def _value(value: Any) -> str:
    if not isinstance(value, list):
        return _text(value) if isinstance(value, str) else repr(value)
    items = [_value(item) for item in value]
    if len(items) <= _A_LINE:
        return f"[{', '.join(items)}]"
    rows = [", ".join(items[start : start + _A_LINE]) for start in range(0, len(items), _A_LINE)]
    return "[\n    " + ",\n    ".join(rows) + ",\n]"


def _text(value: str) -> str:
    # A JSON string is a TOML basic string, but for DEL, which no source holds.
    return json.dumps(value, ensure_ascii=False)
