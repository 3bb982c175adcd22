"""A fitted device as a TOML file: measured values with their intervals, all others from a base device as they stand."""

from __future__ import annotations

from typing import Any

from spikecim.devices.measured.estimate import LOG_NORMAL, SHAPED, TAILED, Estimate, StateFit
from spikecim.devices.measured.fit import DeviceFit
from spikecim.devices.measured.relaxation_fit import RelaxationFit
from spikecim.devices.measured.table import STATES
from spikecim.devices.measured.toml_text import (
    Certificate,
    described,
    plain_tables,
    short_quantity,
    toml_lines,
    toml_string,
)
from spikecim.devices.oxram import OxramSpec


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
    tables = plain_tables(base)
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
        f"# Fitted to {toml_string(fit.measured.file)} by `spikecim device fit`;",
        f"# what that file does not tell is from {toml_string(base_name)}.",
        f"name = {toml_string(name)}",
        f"title = {toml_string(f'{name}: measured cells ({fit.measured.file}), completed by {base_name}')}",
    ]
    return "\n".join([*head, "", *toml_lines(tables, sources)])


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
    return {"value": short_quantity(float(f"{estimate.value:.6g}"), unit), "status": "measured", "source": source}


def _relaxation(tables: dict[str, Any], fit: DeviceFit, base: OxramSpec) -> None:
    """Put measured relaxation in, or keep that of the base, which then counts from the measured median."""
    if fit.relaxation is None:
        for state in STATES if base.relaxation is not None else ():
            tables["relaxation"][state]["reference"] = _reference(fit, state)
        return
    file = fit.measured.file
    last = max(float(one.times[-1]) for one in fit.relaxation.values())
    horizon = {"value": short_quantity(last, "second"), "status": "measured", "source": f"{file}: the last reading"}
    if base.relaxation is not None and base.relaxation.horizon.value >= last:
        horizon = described(base.relaxation.horizon)
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
            "value": [short_quantity(float(time), "second") for time in fit.times],
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
    return {"value": short_quantity(value, "ohm"), "status": "derived", "source": "median of the state"}
