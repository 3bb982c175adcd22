"""Mitigation studies that are shipped, by name; a study file of the user's by its path."""

from __future__ import annotations

from spikecim.mitigate.reading import study_from
from spikecim.mitigate.spec import MitigationStudy
from spikecim.toml import read_study_toml, shipped_titles

_PACKAGE = "spikecim.mitigate"


def shipped_studies() -> dict[str, str]:
    """Names of the shipped studies, and what each is of."""
    return shipped_titles(_PACKAGE)


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
    raw = read_study_toml(name, _PACKAGE)
    for table, key, value in (("chips", "count", chips), ("network", "images", images)):
        if value is not None and isinstance(raw.get(table, {}), dict):
            raw[table] = {**raw.get(table, {}), key: value}
    return study_from(raw, name)
