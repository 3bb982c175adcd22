"""Device tables as TOML text: a certificate on one line, quantities as short as they read back exactly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from spikecim.errors import ParameterError
from spikecim.parameters import Parameter, Section, repr_quantity
from spikecim.units import format_quantity, parse_quantity

Certificate = dict[str, Any]
_A_LINE = 10  # numbers of a long list on one line


def plain_tables(section: Section) -> dict[str, Any]:
    """Parameters of `section` as plain tables; names, titles and sources left out."""
    found: dict[str, Any] = {}
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, Section):
            found[name] = plain_tables(value)
        elif isinstance(value, Parameter):
            found[name] = described(value)
    return found


def described(parameter: Parameter[Any]) -> Certificate:
    """A parameter as its file would write it, in short quantities."""
    value = parameter.value
    if isinstance(value, tuple):
        plain: Any = [short_quantity(number, parameter.unit) for number in value]
    else:
        plain = short_quantity(value, parameter.unit) if isinstance(value, float) else value
    return {**parameter.describe(), "value": plain}


def short_quantity(value: float, unit: str) -> str | float:
    """Short text that reads back to exactly `value`."""
    if unit == "dimensionless":
        return value
    try:
        short = format_quantity(value, unit, 12)
        return short if parse_quantity(short, unit) == value else repr_quantity(value, unit)
    except ParameterError:
        return repr_quantity(value, unit)


def toml_lines(tables: Mapping[str, Any], sources: Mapping[str, str]) -> list[str]:
    """Lines of a device file below its head."""
    lines = [f"{key} = {_inline(value)}" for key, value in tables.items() if "value" in value]
    lines += ["", "[sources]", *(f"{toml_string(short)} = {toml_string(full)}" for short, full in sources.items())]
    for key, value in tables.items():
        lines += _table(key, value)
    return [*lines, ""]


def toml_string(value: str) -> str:
    """`value` as a TOML basic string."""
    # A JSON string is a TOML basic string, but for DEL, which no source holds.
    return json.dumps(value, ensure_ascii=False)


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
        return toml_string(value) if isinstance(value, str) else repr(value)
    items = [_value(item) for item in value]
    if len(items) <= _A_LINE:
        return f"[{', '.join(items)}]"
    rows = [", ".join(items[start : start + _A_LINE]) for start in range(0, len(items), _A_LINE)]
    return "[\n    " + ",\n    ".join(rows) + ",\n]"
