"""Studies that are shipped, by name; a study file of the user's by its path."""

from __future__ import annotations

from collections.abc import Mapping

from spikecim.study.reading import study_from
from spikecim.study.spec import Study
from spikecim.toml import read_study_toml, shipped_titles

_PACKAGE = "spikecim.study"


def ready_studies() -> dict[str, str]:
    """Names of the shipped studies, and what each asks."""
    return shipped_titles(_PACKAGE)


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
    raw = read_study_toml(name, _PACKAGE)
    base = raw.get("base", {})
    if changes and isinstance(base, dict) and isinstance(base.get("set", {}), dict):
        raw["base"] = {**base, "set": {**base.get("set", {}), **changes}}
    return study_from(raw, name)
