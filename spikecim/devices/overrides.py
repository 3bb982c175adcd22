"""Values of a device file replaced by dotted path, each recorded as assumed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spikecim.errors import ParameterError, hint


def overridden(raw: dict[str, Any], changes: Mapping[str, object], where: str) -> dict[str, Any]:
    """Put bare values into the tables of `raw`, in place: ``{"stuck.share_low": "5 %"}``.

    Parameters
    ----------
    where : str
        What messages call the file.

    Raises
    ------
    ParameterError
        If a path names no value of the file.
    """
    for path, value in changes.items():
        *parents, last = path.split(".")
        table: Any = raw
        for part in (*parents, last):
            known = list(table) if isinstance(table, dict) and "value" not in table else []
            if part not in known:
                help_ = hint(part, known, f"allowed: {', '.join(known) or 'nothing below a value'}")
                raise ParameterError(f"{where}: override {path!r}: unknown key {part!r}; {help_}")
            table, parent = table[part], table
        if not isinstance(table, dict) or "value" not in table:
            raise ParameterError(f"{where}: override {path!r}: names a table, not a value; go one level deeper")
        parent[last] = {"value": value, "status": "assumed", "source": "override on the command line or in a call"}
    return raw
