"""TOML files that people write: read as plain data, every fault as one line."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from spikecim.errors import ParameterError, hint

MOST_COUNTED = 10_000_000
_KIND_NAMES: dict[type, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    dict: "table",
    list: "list",
    bool: "true or false",
}


def read_toml(file: Path | Traversable, where: str, give: str) -> dict[str, Any]:
    """Content of `file`; a byte order mark, as some editors write it, is no fault.

    Parameters
    ----------
    where : str
        What messages call the file.
    give : str
        What to give instead: ``"the path of a study file"``.

    Raises
    ------
    ParameterError
        If it cannot be read, or is not TOML.
    """
    try:
        return tomllib.loads(file.read_text(encoding="utf-8").removeprefix("\ufeff"))
    except OSError as error:
        raise ParameterError(f"{where}: cannot be read ({error.strerror}); give {give}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ParameterError(f"{where}: is not valid TOML ({error})") from None


def known_keys(table: Mapping[str, Any], known: Iterable[str], where: str, inside: str = "") -> None:
    """Refuse a key of `table` that is not in `known`, with the nearest name that is.

    Parameters
    ----------
    where : str
        What messages call the file.
    inside : str
        The table's own name with a dot behind, or nothing for the top of the file.

    Raises
    ------
    ParameterError
    """
    allowed = tuple(known)
    for key in table:
        if key not in allowed:
            near = hint(key, allowed, f"allowed: {', '.join(allowed)}")
            raise ParameterError(f"{where}: unknown key {inside + key!r}; {near}")


def table_at(raw: Mapping[str, Any], name: str, defaults: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The table `name` of a file, `defaults` filled in; its values must be of their kinds, else ParameterError."""
    table = raw.get(name, {})
    if not isinstance(table, Mapping):
        raise ParameterError(f"{where}: [{name}] must be a table, got {table!r}")
    known_keys(table, defaults, where, f"{name}.")
    for key, value in table.items():
        kind = type(defaults[key])
        allowed = (int, float) if kind is float else kind
        if not isinstance(value, allowed) or (isinstance(value, bool) and kind is not bool):
            raise ParameterError(f"{where}: {name}.{key} must be a {_KIND_NAMES[kind]}, got {value!r}")
    return {**defaults, **table}


def text_at(raw: Mapping[str, Any], key: str, where: str) -> str:
    """The name under `key`: one line, not empty; else ParameterError."""
    value = raw.get(key, "")
    if not isinstance(value, str) or not value.isprintable():
        raise ParameterError(f"{where}: {key} must be a text of one line, got {value!r}")
    if not value.strip():
        raise ParameterError(f"{where}: {key} is missing; give the study a short name")
    return value.strip()


def one_of(value: Any, allowed: tuple[str, ...], place: str) -> str:
    """`value` if it is among `allowed`; else ParameterError with the nearest name that is."""
    if value not in allowed:
        near = hint(str(value), allowed, f"allowed: {', '.join(allowed)}")
        raise ParameterError(f"{place}: {value!r} is unknown; {near}")
    return str(value)


def counted(value: int, low: int, place: str) -> int:
    """`value` if it lies within `low` .. MOST_COUNTED; else ParameterError."""
    if not low <= value <= MOST_COUNTED:
        raise ParameterError(f"{place}: {value} is out of range; allowed {low} .. {MOST_COUNTED}")
    return value


def shipped_toml(package: str) -> dict[str, Traversable]:
    """TOML files in the folder `ready` of `package`, by name."""
    entries = (files(package) / "ready").iterdir()
    return {
        entry.name.removesuffix(".toml"): entry
        for entry in sorted(entries, key=lambda entry: entry.name)
        if entry.name.endswith(".toml")
    }


def read_study_toml(name: str, package: str) -> dict[str, Any]:
    """Content of the study `name` shipped with `package`, or of the file of that path; errors as for `read_toml`."""
    known = shipped_toml(package)
    near = hint(Path(name).name, list(known), f"shipped: {', '.join(known)}", cutoff=0.6)
    return read_toml(known.get(name, Path(name)), name, f"the path of a study file, or a shipped study; {near}")


def shipped_titles(package: str) -> dict[str, str]:
    """Names of the studies shipped with `package`, and their titles."""
    return {name: read_toml(file, name, "")["title"] for name, file in shipped_toml(package).items()}
