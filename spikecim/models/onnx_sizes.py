"""ONNX operators that compute the shape of a flatten: followed with numbers, but for the batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spikecim.models.onnx_walk import BATCH, Op, Walk


def _shape_of(walk: Walk, op: Op) -> Any:
    if op.inputs[0] not in walk.shapes:
        raise walk.chain.error(op.label, "shape of a value that is not on the line of layers")
    return [BATCH, *walk.shapes[op.inputs[0]]][slice(op.values.get("start", 0), op.values.get("end"))]


def _gathered(walk: Walk, op: Op) -> Any:
    values, places = walk.size(op, 0), walk.constant(op, 1, "the place")
    if not isinstance(values, list) or places.size != 1 or not -len(values) <= int(places.reshape(-1)[0]) < len(values):
        raise walk.chain.error(op.label, "only single entries of a shape are supported")
    chosen = values[int(places.reshape(-1)[0])]
    return [chosen] if places.ndim else chosen


def _joined(walk: Walk, op: Op) -> Any:
    parts = [walk.size(op, place) for place in range(len(op.inputs))]
    return [entry for part in parts for entry in (part if isinstance(part, list) else [part])]


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


SIZES: dict[str, Callable[[Walk, Op], Any]] = {
    "Shape": _shape_of,
    "Gather": _gathered,
    "Unsqueeze": lambda walk, op: [_first(walk.size(op, 0))],
    "Squeeze": lambda walk, op: _first(walk.size(op, 0)),
    "Concat": _joined,
    "Cast": lambda walk, op: walk.size(op, 0),
    "Identity": lambda walk, op: walk.size(op, 0),
}
