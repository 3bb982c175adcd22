"""Studies that are shipped, by name; a study file of the user's by its path."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from spikecim.errors import ParameterError, hint
from spikecim.study.spec import Study, study_from

_SUFFIX = ".toml"


def ready_studies() -> dict[str, str]:
    """Names of the shipped studies, and what each asks."""
    return {name: tomllib.loads(_text(name))["title"] for name in _names()}


def find_study(name: str, changes: Mapping[str, object] | None = None) -> Study:
    """Read the shipped study `name`, or the file of that path.

    Parameters
    ----------
    changes : mapping of str to value, optional
        Values of the base chip to set for all designs, over those of the study.

    Raises
    ------
    ParameterError
        If there is no such study, or it cannot be.
    """
    path = Path(name)
    if name in _names():
        text, where = _text(name), name
    else:
        text, where = _file(path), str(path)
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ParameterError(f"{where}: is not valid TOML ({error})") from None
    base = raw.get("base", {})
    if changes and isinstance(base, dict) and isinstance(base.get("set", {}), dict):
        raw["base"] = {**base, "set": {**base.get("set", {}), **changes}}
    return study_from(raw, where)


def _names() -> list[str]:
    folder = files("spikecim.study") / "ready"
    return sorted(entry.name.removesuffix(_SUFFIX) for entry in folder.iterdir() if entry.name.endswith(_SUFFIX))


def _text(name: str) -> str:
    return (files("spikecim.study") / "ready" / f"{name}{_SUFFIX}").read_text(encoding="utf-8")


def _file(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ParameterError(f"{path}: is not valid TOML ({error})") from None
    except OSError as error:
        known = _names()
        near = hint(path.name, known, f"shipped: {', '.join(known)}", cutoff=0.6)
        raise ParameterError(f"{path}: cannot be read ({error.strerror}), and is no shipped study; {near}") from None
