"""Studies that are shipped, by name; a study file of the user's by its path."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from spikecim.errors import hint
from spikecim.study.reading import study_from
from spikecim.study.spec import Study
from spikecim.toml import read_toml

_SUFFIX = ".toml"


def ready_studies() -> dict[str, str]:
    """Names of the shipped studies, and what each asks."""
    return {name: read_toml(_shipped(name), name, "")["title"] for name in _names()}


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
    known = _names()
    near = hint(Path(name).name, known, f"shipped: {', '.join(known)}", cutoff=0.6)
    file = _shipped(name) if name in known else Path(name)
    raw = read_toml(file, name, f"the path of a study file, or a shipped study; {near}")
    base = raw.get("base", {})
    if changes and isinstance(base, dict) and isinstance(base.get("set", {}), dict):
        raw["base"] = {**base, "set": {**base.get("set", {}), **changes}}
    return study_from(raw, name)


def _names() -> list[str]:
    folder = files("spikecim.study") / "ready"
    return sorted(entry.name.removesuffix(_SUFFIX) for entry in folder.iterdir() if entry.name.endswith(_SUFFIX))


def _shipped(name: str) -> Traversable:
    return files("spikecim.study") / "ready" / f"{name}{_SUFFIX}"
