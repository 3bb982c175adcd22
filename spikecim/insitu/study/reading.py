"""Study files of `spikecim train-insitu`: TOML checked and read, defaults written out, every fault as one line."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from spikecim.errors import ParameterError
from spikecim.insitu.rules.spec import RULES as KNOWN_RULES
from spikecim.insitu.rules.spec import UpdateSpec
from spikecim.insitu.study import defaults
from spikecim.insitu.study.devices import device_choices
from spikecim.insitu.study.runner import runner_of
from spikecim.insitu.study.spec import KINDS, MOST_EXTENDED, SCHEMA, SCORING_FROM, InsituStudy, RuleChoice
from spikecim.toml import counted, known_keys, one_of, read_study_toml, shipped_titles, table_at, text_at

PACKAGE = "spikecim.insitu.study"
_TOP = ("schema", "name", "title", "network", "data", "training", "reads", "grid", "rates", "seeds", "devices", "rules")


def shipped_studies() -> dict[str, str]:
    """Names of the shipped studies, and what each is of."""
    return shipped_titles(PACKAGE)


def find_study(name: str) -> InsituStudy:
    """Read the shipped study `name`, or the file of that path.

    Raises
    ------
    ParameterError
        If there is no such study, or it cannot be.
    """
    study = study_from(read_study_toml(name, PACKAGE), name)
    try:
        runner_of(study).check(study)
    except ParameterError as error:
        raise ParameterError(f"{name}: {error}") from None
    return study


def study_from(raw: Mapping[str, Any], where: str) -> InsituStudy:
    """A study from plain data, as TOML gives it.

    Raises
    ------
    ParameterError
        Naming file, key, value and what is allowed.
    """
    known_keys(raw, _TOP, where)
    if raw.get("schema") != SCHEMA:
        found = f"is {raw['schema']!r}" if "schema" in raw else "is missing"
        raise ParameterError(f"{where}: schema {found}; this spikecim reads schema = {SCHEMA}")
    kind = _kind(raw, where)
    tables = {name: table_at(raw, name, default, where) for name, default in defaults.TABLES[kind].items()}
    grid = table_at(raw, "grid", {"devices": [], "rules": ["sgd", "momentum"]}, where)
    seeds = table_at(raw, "seeds", defaults.SEEDS, where)
    _known_rules(grid["rules"], _own(raw, "rules", where), where)
    rates, extend = _rates(raw, grid["rules"], where)
    return InsituStudy(
        name=text_at(raw, "name", where),
        title=str(raw.get("title", raw.get("name", ""))),
        kind=kind,
        network={key: value for key, value in tables["network"].items() if key != "kind"},
        data=tables["data"],
        training=tables["training"],
        reads=tables["reads"],
        devices=device_choices(grid["devices"], _own(raw, "devices", where), where),
        rules=_rules(grid["rules"], _own(raw, "rules", where), rates, where),
        extend=extend,
        tuning=_seeds(seeds, "tuning", 1, where),
        confirming=_seeds(seeds, "confirming", 1, where),
        scoring=_seeds(seeds, "scoring", defaults.LEAST_SCORED, where),
        first=counted(seeds["first"], 0, f"{where}: seeds.first"),
    )


def _kind(raw: Mapping[str, Any], where: str) -> str:
    network = raw.get("network", {})
    return one_of(
        network.get("kind", "mlp") if isinstance(network, Mapping) else "mlp", KINDS, f"{where}: network.kind"
    )


def _own(raw: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    table = raw.get(name, {})
    if not isinstance(table, Mapping):
        raise ParameterError(f"{where}: [{name}] must hold a table for each name, got {table!r}")
    return table


def _seeds(table: Mapping[str, Any], key: str, low: int, where: str) -> int:
    value = int(table[key])
    most = min(defaults.MOST_SEEDS, SCORING_FROM)
    if not low <= value <= most:
        raise ParameterError(f"{where}: seeds.{key}: {value} is out of range; allowed {low} .. {most}")
    return value


def _known_rules(names: list[Any], tables: Mapping[str, Any], where: str) -> None:
    """Refuse an unknown rule before its rates are asked for."""
    for name in names:
        if not isinstance(name, str):
            raise ParameterError(f"{where}: grid.rules must hold texts, got {name!r}")
        _kind_of_rule(name, tables.get(name, {}), where)


def _kind_of_rule(name: str, table: Any, where: str) -> str:
    """A name that is none of the rules says in its table which rule it is."""
    given = table.get("rule", name) if isinstance(table, Mapping) else name
    return one_of(given, tuple(KNOWN_RULES), f"{where}: {f'rules.{name}' if table else 'grid.rules'}")


def _rates(raw: Mapping[str, Any], rules: list[Any], where: str) -> tuple[dict[str, tuple[float, ...]], int]:
    """Rates of each rule, rising, and how far they may be extended."""
    if not rules:
        raise ParameterError(f"{where}: grid.rules is empty; allowed: {', '.join(KNOWN_RULES)}")
    table = dict(_own(raw, "rates", where))
    extend = table.pop("extend", 2)
    if not isinstance(extend, int) or isinstance(extend, bool) or not 0 <= extend <= MOST_EXTENDED:
        raise ParameterError(f"{where}: rates.extend is {extend!r}; allowed 0 .. {MOST_EXTENDED}")
    known_keys(table, [str(rule) for rule in rules], where, "rates.")
    for rule in rules:
        if rule not in table:
            raise ParameterError(
                f"{where}: rates.{rule} is missing; list the rates to try, for example [0.01, 0.03, 0.1]"
            )
    return {rule: _list_of_rates(table[rule], f"{where}: rates.{rule}") for rule in rules}, extend


def _list_of_rates(given: Any, place: str) -> tuple[float, ...]:
    if not isinstance(given, list) or not given:
        raise ParameterError(f"{place} is empty or no list; list the rates to try, for example [0.01, 0.03, 0.1]")
    for rate in given:
        number = isinstance(rate, int | float) and not isinstance(rate, bool)
        if not number or not (math.isfinite(rate) and rate > 0):
            raise ParameterError(f"{place}: {rate!r} is no rate; allowed numbers above 0")
    if len(given) > defaults.MOST_RATES or len(set(given)) < len(given):
        raise ParameterError(f"{place}: allowed are up to {defaults.MOST_RATES} rates, each of them once")
    return tuple(sorted(float(rate) for rate in given))


def _rules(
    names: list[Any], tables: Mapping[str, Any], rates: Mapping[str, tuple[float, ...]], where: str
) -> tuple[RuleChoice, ...]:
    for name in tables:
        if name not in names:
            raise ParameterError(f"{where}: [rules.{name}] is no rule of grid.rules")
    if len(set(map(str, names))) < len(names):
        raise ParameterError(f"{where}: grid.rules names a rule twice; give it another name and a table [rules.NAME]")
    return tuple(_rule(name, tables.get(name, {}), rates[name], where) for name in names)


def _rule(name: str, table: Any, rates: tuple[float, ...], where: str) -> RuleChoice:
    """One rule with what its table says."""
    place = f"rules.{name}"
    rule = _kind_of_rule(name, table, where)
    base = {entry.name: entry.default for entry in fields(UpdateSpec) if entry.name != "rate"}
    settings = table_at({place: table}, place, {**base, "rule": rule, **defaults.RULES.get(rule, {})}, where)
    try:
        specs = [UpdateSpec(rate=rate, **settings) for rate in rates]
    except ParameterError as error:
        raise ParameterError(f"{where}: {place}: {error}") from None
    # What a rule makes of "auto" is written out.
    told = {key: value for key, value in asdict(specs[0]).items() if key != "rate"}
    return RuleChoice(name=name, settings=told, rates=rates)
