"""Study files of `spikecim mitigate`: TOML checked and read, defaults written out, every fault as one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spikecim.analog.schedule import schedule_from
from spikecim.arrays.analog.classes import CLASSES
from spikecim.errors import ParameterError
from spikecim.mitigate.defaults import CORRECTION, HARDWARE, RETRAINING, TABLES, UNITS
from spikecim.mitigate.spec import ALL, CURES, FOR, KINDS, RETRAIN, SCHEMA, Cure, MitigationStudy
from spikecim.toml import MOST_COUNTED, counted, known_keys, one_of, table_at, text_at
from spikecim.units import parse_quantity


def study_from(raw: Mapping[str, Any], where: str) -> MitigationStudy:
    """A study from plain data, as TOML gives it.

    Raises
    ------
    ParameterError
        Naming file, key, value and what is allowed.
    """
    kind = raw.get("kind", KINDS[0])
    one_of(kind, KINDS, f"{where}: kind")
    other = [name for name in HARDWARE if name != kind for name in HARDWARE[name] if name in raw]
    if other:
        mine = ", ".join(f"[{name}]" for name in HARDWARE[kind])
        raise ParameterError(f'{where}: [{other[0]}] has no place in a study of kind "{kind}"; it takes {mine}')
    known_keys(raw, ("schema", "name", "title", "kind", *HARDWARE[kind], *TABLES, "retraining"), where)
    if raw.get("schema") != SCHEMA:
        found = f"is {raw['schema']!r}" if "schema" in raw else "is missing"
        raise ParameterError(f"{where}: schema {found}; this spikecim reads schema = {SCHEMA}")
    tables = {name: table_at(raw, name, defaults, where) for name, defaults in TABLES.items()}
    network, chips, errors = tables["network"], tables["chips"], tables["errors"]
    if not network["name"]:
        raise ParameterError(f"{where}: network.name is missing; say which network")
    classes = _classes(errors["classes"], where)
    images = counted(network["images"], 2, f"{where}: network.images")
    return MitigationStudy(
        name=text_at(raw, "name", where),
        title=str(raw.get("title", raw.get("name", ""))),
        kind=kind,
        network=network["name"],
        images=images,
        blocks=min(images, counted(network["blocks"], 2, f"{where}: network.blocks")),
        hardware={name: _hardware(raw, name, defaults, where) for name, defaults in HARDWARE[kind].items()},
        classes=classes,
        together=errors["together"],
        why=_why(tables["why"], where),
        cures=_cures(tables["cures"], raw.get("cures", {}), _conditions(classes, together=errors["together"]), where),
        retraining=_retraining(raw, kind, where, _conditions(classes, together=errors["together"])),
        correction=_positive(tables["correction"], CORRECTION, f"{where}: correction"),
        chips=counted(chips["count"], 1, f"{where}: chips.count"),
        seed=counted(chips["seed"], 0, f"{where}: chips.seed"),
    )


def _hardware(raw: Mapping[str, Any], name: str, defaults: Mapping[str, Any], where: str) -> dict[str, Any]:
    """A table of the hardware, its quantities checked for their unit."""
    table = table_at(raw, name, defaults, where)
    for key, unit in UNITS.get(name, {}).items():
        try:
            value = parse_quantity(table[key], unit)
        except ParameterError as error:
            raise ParameterError(f"{where}: {name}.{key}: {error}") from None
        if value < 0:
            raise ParameterError(f"{where}: {name}.{key} is {table[key]!r}; it cannot be negative")
    for key, value in table.items():
        if isinstance(value, int) and not isinstance(value, bool):
            counted(value, 0 if defaults[key] == 0 else 1, f"{where}: {name}.{key}")
    return table


def _classes(raw: list[Any], where: str) -> tuple[str, ...]:
    if not raw:
        raise ParameterError(f"{where}: errors.classes is empty; allowed: {', '.join(CLASSES)}")
    for name in raw:
        one_of(name, CLASSES, f"{where}: errors.classes")
    return tuple(name for name in CLASSES if name in raw)


def _why(raw: Mapping[str, Any], where: str) -> dict[str, str]:
    """Why each class is as strong as it is, in words."""
    for name, text in raw.items():
        if not text.isprintable():
            raise ParameterError(f"{where}: why.{name} must be a text of one line, got {text!r}")
    return {name: text for name, text in raw.items() if text}


def _conditions(classes: tuple[str, ...], *, together: bool) -> tuple[str, ...]:
    return (*classes, ALL) if together and len(classes) > 1 else classes


def _cures(
    table: Mapping[str, Any], given: Mapping[str, Any], wanted: tuple[str, ...], where: str
) -> dict[str, tuple[Cure, ...]]:
    """Cures of the `wanted` conditions; those of the defaults for other conditions are left out."""
    for name, texts in given.items():
        if texts and name not in wanted:
            raise ParameterError(f"{where}: cures.{name} has cures, but the study has no errors {name!r}")
    if ALL not in given and "wires" not in wanted:
        table = {**table, ALL: [RETRAIN]}  # nothing for a map correction to work on
    return {name: _cures_of(table[name], f"{where}: cures.{name}") for name in wanted}


def _cures_of(texts: list[Any], place: str) -> tuple[Cure, ...]:
    found = []
    for text in texts:
        parts = [part.strip() for part in str(text).split("+")]
        for part in parts:
            one_of(part, CURES, place)
        if "spare-columns" in parts and "remap" not in parts:
            raise ParameterError(f"{place}: {text!r}: spare columns are used by 'remap'; write remap+spare-columns")
        found.append(Cure(parts=tuple(name for name in CURES if name in parts)))
    names = [cure.name for cure in found]
    for name in names:
        if names.count(name) > 1:
            raise ParameterError(f"{place}: {name!r} is there twice")
    return tuple(found)


def _positive(table: dict[str, Any], defaults: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Numbers of `table` are positive, or zero where zero is the default."""
    for key, value in table.items():
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            low = 0 if defaults[key] == 0 else None
            if not (value > 0 or value == low) or value > MOST_COUNTED:
                raise ParameterError(f"{place}.{key} is {value}; it must be {'0 or ' if low == 0 else ''}positive")
    return table


def _retraining(raw: Mapping[str, Any], kind: str, where: str, conditions: tuple[str, ...]) -> dict[str, Any]:
    """How networks are retrained: for all conditions, and in tables of their own for those that differ."""
    given = raw.get("retraining", {})
    own = given.get(FOR, {}) if kind == "analog" and isinstance(given, Mapping) else {}
    rest = {key: value for key, value in given.items() if key != FOR} if own else given
    common = _schedule(rest, RETRAINING[kind], kind, ("retraining", where))
    if not own:
        return common
    if not isinstance(own, Mapping):
        raise ParameterError(f"{where}: [retraining.{FOR}] must hold a table for each condition, got {own!r}")
    known_keys(own, conditions, where, f"retraining.{FOR}.")
    tables = {name: _schedule(own[name], common, kind, (f"retraining.{FOR}.{name}", where)) for name in own}
    return {**common, FOR: tables}


def _schedule(given: Any, defaults: Mapping[str, Any], kind: str, place: tuple[str, str]) -> dict[str, Any]:
    """One table of retraining; what is wrong with it is said before anything runs."""
    name, where = place
    table = _positive(table_at({name: given}, name, defaults, where), RETRAINING[kind], f"{where}: {name}")
    if kind == "analog":
        try:
            schedule_from({key: value for key, value in table.items() if key != "train_samples"})
        except ParameterError as error:
            raise ParameterError(f"{where}: [{name}] {error}") from None
    return table
