"""Single values of a chip in memory replaced without a chip file being read again: microseconds, not milliseconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from spikecim.parameters import Parameter, Section

S = TypeVar("S", bound=Section)


def set_values(chip: S, changes: Mapping[str, Any]) -> S:
    """Return `chip` with bare SI values in place of those at dotted paths; None takes a whole table away."""
    tree: dict[str, Any] = {}
    for path, value in changes.items():
        *parents, last = path.split(".")
        table = tree
        for part in parents:
            table = table.setdefault(part, {})
        table[last] = value
    return _updated(chip, tree)


def _updated(section: S, tree: Mapping[str, Any]) -> S:
    fresh: dict[str, Any] = {}
    for name, value in tree.items():
        old = getattr(section, name)
        if isinstance(value, dict):
            fresh[name] = _updated(old, value)
        elif isinstance(old, Parameter):
            fresh[name] = replace(old, value=value)
        else:
            fresh[name] = value
    return section.model_copy(update=fresh)
