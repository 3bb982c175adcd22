"""Mitigation studies that are shipped, by name; a study file of the user's by its path."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from spikecim.errors import hint
from spikecim.mitigate.reading import study_from
from spikecim.mitigate.spec import MitigationStudy
from spikecim.toml import read_toml

_SUFFIX = ".toml"


def shipped_studies() -> dict[str, str]:
    """Names of the shipped studies, and what each is of."""
    return {name: read_toml(_shipped(name), name, "")["title"] for name in _names()}


def find_study(name: str, *, chips: int | None = None, images: int | None = None) -> MitigationStudy:
    """Read the shipped study `name`, or the file of that path.

    Parameters
    ----------
    chips, images : int, optional
        Instead of the numbers of the study.

    Raises
    ------
    ParameterError
        If there is no such study, or it cannot be.
    """
    known = _names()
    near = hint(Path(name).name, known, f"shipped: {', '.join(known)}", cutoff=0.6)
    file = _shipped(name) if name in known else Path(name)
    raw = read_toml(file, name, f"the path of a study file, or a shipped study; {near}")
    for table, key, value in (("chips", "count", chips), ("network", "images", images)):
        if value is not None and isinstance(raw.get(table, {}), dict):
            raw[table] = {**raw.get(table, {}), key: value}
    return study_from(raw, name)


def _names() -> list[str]:
    folder = files("spikecim.mitigate") / "ready"
    return sorted(entry.name.removesuffix(_SUFFIX) for entry in folder.iterdir() if entry.name.endswith(_SUFFIX))


def _shipped(name: str) -> Traversable:
    return files("spikecim.mitigate") / "ready" / f"{name}{_SUFFIX}"
