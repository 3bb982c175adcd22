"""A comparison as plain data: `comparison.json` and flat rows for CSV; keys with a unit, nothing rounded, no NaN.

Accuracies are shares of 1; `loss_vs_ann_pp` is in percentage points.
"""

from __future__ import annotations

import base64
import math
from dataclasses import fields
from typing import Any

import numpy as np

from spikecim.results.comparison import Comparison, ComparisonRow, Curve, Disagreement

# The keys every row has, in this order, in JSON and in CSV.
KEYS = (
    "conversion",
    "chip",
    "accuracy",
    "accuracy_low",
    "accuracy_high",
    "input_spikes_per_image",
    "spikes_per_image",
    "synaptic_events_per_image",
    "energy_core_nj",
    "energy_chip_nj",
    "latency_ticks",
    "loss_vs_ann_pp",
)
MORE = (
    "interval",
    "n_chips",
    "quantised_accuracy",
    "latency_s",
    "time_out",
    "steps",
    "ticks_per_step",
    "slices",
    "n_cells",
    "n_cores",
)


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """The whole comparison as plain data that strict JSON takes; pixels of disagreements included."""
    return {
        "network": comparison.network,
        "dataset": comparison.dataset,
        "n_samples": comparison.n_samples,
        "ann_accuracy": comparison.ann_accuracy,
        "rows": [_row(row) for row in comparison.rows],
        "refused": [vars(refusal).copy() for refusal in comparison.refused],
        "origin": comparison.origin,
        "macs": comparison.macs,
        "interrupted": comparison.interrupted,
        "facts": dict(comparison.facts),
    }


def comparison_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """One flat row for each conversion and chip; a refused pair has its reason and no numbers."""
    head = {
        "network": comparison.network,
        "dataset": comparison.dataset,
        "n_samples": comparison.n_samples,
        "ann_accuracy": comparison.ann_accuracy,
    }
    rows = [{**head, **_flat(row), "refused": ""} for row in comparison.rows]
    empty = dict.fromkeys((*KEYS, *MORE), "")
    for refusal in comparison.refused:
        named = {"conversion": refusal.conversion, "chip": refusal.chip}
        rows.append({**head, **empty, **named, "refused": refusal.reason})
    return rows


def _flat(row: ComparisonRow) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in (*KEYS, *MORE)}


def _row(row: ComparisonRow) -> dict[str, Any]:
    return {
        **_flat(row),
        "accuracy_per_chip": list(row.accuracy_per_chip),
        "checkpoints": _curve(row.checkpoints, "ticks_given"),
        "margins": _curve(row.margins, "delta_s"),
        "layers": [{name: _plain(value) for name, value in vars(layer).items()} for layer in row.layers],
        "losses": [{"name": step.name, "accuracy": step.accuracy} for step in row.losses],
        "disagreements": [_disagreement(image) for image in row.disagreements],
        "notes": dict(row.notes),
    }


def _curve(curve: Curve | None, axis: str) -> dict[str, Any] | None:
    """Columns; the axis under its own name."""
    if curve is None:
        return None
    return {axis if item.name == "axis" else item.name: _plain(getattr(curve, item.name)) for item in fields(curve)}


def _disagreement(image: Disagreement) -> dict[str, Any]:
    classes = {name: value for name, value in vars(image).items() if name != "image"}
    return {**classes, "image_shape": list(image.image.shape), "image_bytes_base64": _pixels(image)}


def _pixels(image: Disagreement) -> str:
    """Base64 of one byte for each value, in C order."""
    return base64.b64encode(np.rint(np.clip(image.image, 0.0, 1.0) * 255).astype(np.uint8).tobytes()).decode("ascii")


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return [_plain(item) for item in value.tolist()]
    return None if isinstance(value, float) and not math.isfinite(value) else value
