"""Values that a chip file may leave out, and a single override may set all the same: wires, bent cells, the trim.

An override changes a value that is there; so the value, or the whole table with what it stands for when left out, is
first put where it belongs.
"""

from __future__ import annotations

from typing import Any

from spikecim.arrays.wires_spec import PASSIVE, WiresSpec
from spikecim.devices.iv import IvSpec
from spikecim.parameters import Parameter, Section

_SOURCE = "stands for a table that the chip file leaves out"
# Straight up to volts, and stated at the read voltage of SPIRIT: the table alone changes next to nothing.
_PLAIN_WIRES = {"kind": PASSIVE}
_PLAIN_IV = {"switch": "on", "v0": "1000 V", "voltage": "100 mV"}
_TABLES: dict[tuple[str, ...], tuple[type[Section], dict[str, str]]] = {
    ("wires",): (WiresSpec, _PLAIN_WIRES),
    ("cell", "iv"): (IvSpec, _PLAIN_IV),
}
_SINGLE = ("injectors.trim",)


def make_room(raw: dict[str, Any], path: str) -> None:
    """Put what `path` names into the description `raw` if it is optional, known and not there."""
    *parents, last = path.split(".")
    if tuple(parents) in _TABLES:
        section, plain = _TABLES[tuple(parents)]
        inner = _inner(raw, parents)
        for key, value in {**_defaults(section), **plain}.items():
            inner.setdefault(key, _assumed(value))
        if last in section.model_fields:
            inner.setdefault(last, _assumed(None))
    elif path in _SINGLE and isinstance(raw.get(parents[0]), dict):
        raw[parents[0]].setdefault(last, _assumed(None))


def _inner(raw: dict[str, Any], parents: list[str]) -> dict[str, Any]:
    for part in parents:
        raw = raw.setdefault(part, {})
    return raw


def _defaults(section: type[Section]) -> dict[str, Any]:
    """Values that the table takes when a file leaves them out, as a file writes them."""
    own = {name: field.default for name, field in section.model_fields.items()}
    return {name: value.describe()["value"] for name, value in own.items() if isinstance(value, Parameter)}


def _assumed(value: object) -> dict[str, object]:
    return {"value": value, "status": "assumed", "source": _SOURCE}
