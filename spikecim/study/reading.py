"""Study files: TOML checked and read as a `Study`, defaults written out, every fault as one line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spikecim.chips import load_chip
from spikecim.chips.spec import ChipSpec
from spikecim.datasets import NAMES
from spikecim.errors import ParameterError
from spikecim.study.factors import BOUND, LEVELS, REDUNDANCY, Factor, base_values, check_values, read_factor
from spikecim.study.metrics import check_metric
from spikecim.study.spec import KINDS, SCHEMA, SPLITS, Study
from spikecim.toml import counted, known_keys, one_of, read_toml, text_at

# Tables of a study file, their keys, and what a key is when it is left out (None: it must be given).
_TABLES: dict[str, dict[str, Any]] = {
    "base": {
        "chip": "spirit",
        "network": "",
        "data": "mnist",
        "split": "validation",
        "images": 2_000,
        "seed": 0,
        "chips": 20,
        "set": {},
    },
    "design": {"kind": "sobol", "points": 64, "levels": 5},
    "metrics": {"report": ["accuracy", "input_spikes", "core_nj", "chip_nj"], "good_accuracy": 0.84},
}
_TOP = ("schema", "name", "title", "factors", *_TABLES, "search")


def read_study(path: str | Path) -> Study:
    """Read a study file.

    Raises
    ------
    ParameterError
        Naming file, key, value and what is allowed.
    """
    return study_from(read_toml(Path(path), str(path), "the path of a study file"), str(path))


def study_from(raw: Mapping[str, Any], where: str) -> Study:
    """A study from plain data, as TOML gives it; errors as for `read_study`."""
    known_keys(raw, _TOP, where)
    if raw.get("schema") != SCHEMA:
        found = f"is {raw['schema']!r}" if "schema" in raw else "is missing"
        raise ParameterError(f"{where}: schema {found}; this spikecim reads schema = {SCHEMA}")
    tables = {name: _table(raw, name, where) for name in _TABLES}
    base, design, wanted = tables["base"], tables["design"], tables["metrics"]
    overrides = _overrides(base["set"], where)
    try:
        chip = load_chip(base["chip"], dict(overrides))
    except ParameterError as error:
        raise ParameterError(f"{where}: [base] {error}") from None
    return Study(
        name=text_at(raw, "name", where),
        title=str(raw.get("title", raw.get("name", ""))),
        chip=base["chip"],
        overrides=overrides,
        chip_digest=chip.digest(),
        network=base["network"],
        data=one_of(base["data"], NAMES, f"{where}: base.data"),
        split=one_of(base["split"], SPLITS, f"{where}: base.split"),
        images=counted(base["images"], 0, f"{where}: base.images"),
        seed=counted(base["seed"], 0, f"{where}: base.seed"),
        n_chips=counted(base["chips"], 1, f"{where}: base.chips"),
        factors=_factors(raw.get("factors", {}), chip, overrides, where),
        kind=one_of(design["kind"], KINDS, f"{where}: design.kind"),
        points=_points(design, where),
        levels=counted(design["levels"], 2, f"{where}: design.levels"),
        metrics=_metrics(wanted["report"], chip, where),
        good_accuracy=_share(wanted["good_accuracy"], f"{where}: metrics.good_accuracy"),
        search=json.dumps(raw.get("search", {}), sort_keys=True),
    )


def _table(raw: Mapping[str, Any], name: str, where: str) -> dict[str, Any]:
    table, defaults = raw.get(name, {}), _TABLES[name]
    if not isinstance(table, Mapping):
        raise ParameterError(f"{where}: [{name}] must be a table, got {table!r}")
    known_keys(table, defaults, where, f"{name}.")
    for key, value in table.items():
        kind = type(defaults[key])
        allowed = (int, float) if kind is float else kind
        if not isinstance(value, allowed) or isinstance(value, bool):
            raise ParameterError(f"{where}: {name}.{key} must be a {_KIND_NAMES[kind]}, got {value!r}")
    return {**defaults, **table}


_KIND_NAMES: dict[type, str] = {str: "text", int: "whole number", float: "number", dict: "table", list: "list"}


def _overrides(raw: Mapping[str, Any], where: str) -> tuple[tuple[str, str | int | float], ...]:
    for path, value in raw.items():
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise ParameterError(f'{where}: base.set {path!r} must be a value like "5 us" or 0.1, got {value!r}')
    return tuple(sorted(raw.items()))


def _factors(
    raw: object, chip: ChipSpec, overrides: tuple[tuple[str, str | int | float], ...], where: str
) -> tuple[Factor, ...]:
    if not isinstance(raw, Mapping) or not raw:
        raise ParameterError(f"{where}: [factors] is empty; name at least one parameter that varies")
    known = base_values(chip)
    factors = tuple(read_factor(path, entry, known, where) for path, entry in raw.items())
    moved = [factor.path for factor in factors] + [path for path, _ in overrides]
    check_values(factors, chip, where)
    for path in {path for path in moved if moved.count(path) > 1}:
        raise ParameterError(f"{where}: {path!r} is a factor and set in base.set; keep one")
    weights = [path for path in (LEVELS, REDUNDANCY) if path in moved]
    clash = [path for path in BOUND if path in moved]
    if weights and clash:
        raise ParameterError(f"{where}: {weights[0]!r} sets {clash[0]!r}, which the study moves too; keep one")
    return factors


def _points(design: Mapping[str, Any], where: str) -> int:
    points = counted(design["points"], 1, f"{where}: design.points")
    if design["kind"] == "saltelli" and points & (points - 1):
        raise ParameterError(f"{where}: design.points is {points}; a Saltelli design takes a power of 2")
    return points


def _metrics(raw: object, chip: ChipSpec, where: str) -> tuple[str, ...]:
    if not isinstance(raw, list) or not raw or not all(isinstance(name, str) for name in raw):
        raise ParameterError(f"{where}: metrics.report must be a list of names, got {raw!r}")
    for name in raw:
        check_metric(name, chip.decision.delta_s.value, f"{where}: metrics.report")
    return tuple(dict.fromkeys(raw))


def _share(value: float, place: str) -> float:
    if not 0.0 <= value <= 1.0:
        raise ParameterError(f"{place}: {value} is not a share; allowed 0 .. 1")
    return float(value)
