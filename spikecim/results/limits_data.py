"""A study of limits as plain data: flat rows for CSV, everything for JSON, nothing rounded."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from spikecim.results.limits import ALLOWED, Largest, LimitPoint, LimitStudy, Span, span

Row = dict[str, str | int | float]
_SCALES = {"accuracy": ("accuracy_percent", 100.0), "input_spikes": ("input_spikes", 1.0)}
_ENERGIES = {"cell_pj": ("cell_current_pj", 1.0), "core_pj": ("core_pj", 1.0)}


def limit_rows(study: LimitStudy) -> list[Row]:
    """One flat row for each array; all rows have the same keys."""
    return [_row(study, point) for point in study.points]


def largest_rows(study: LimitStudy) -> list[Row]:
    """One flat row for each kind, resistance and ratio; a side beyond what was run reads ``below`` or ``above``."""
    return [
        {
            "kind": found.kind,
            "segment_ohm": found.ohm,
            "on_off_ratio": found.ratio,
            **{
                f"side_{name}": side_text(study, value)
                for name, value in zip(("p5", "median", "p95"), found.side, strict=True)
            },
        }
        for found in study.all_largest()
    ]


def limits_json(study: LimitStudy) -> dict[str, Any]:
    """The whole study, single chips included, as plain data that strict JSON takes."""
    return {
        "facts": study.facts,
        "images": study.n_images,
        "virtual_chips": study.n_chips,
        "seed": study.seed,
        "interrupted": study.interrupted,
        "ideal_accuracy_percent": 100 * study.ideal_accuracy,
        "allowed_loss_points": 100 * ALLOWED,
        "trim": study.trim,
        "network_rows": study.shape[0],
        "network_columns": study.shape[1],
        "own_on_off_ratio": study.own_ratio,
        "kinds": list(study.kinds),
        "segment_ohms": list(study.ohms),
        "on_off_ratios": list(study.ratios),
        "sides": list(study.sides),
        "arrays": [{**_row(study, point), "per_chip": _per_chip(study, point)} for point in study.points],
        "largest": [_largest(study, found) for found in study.all_largest()],
    }


def side_text(study: LimitStudy, side: float) -> str:
    """A side as it is known: a whole number, ``below 144`` or ``above 1024``."""
    if math.isinf(side):
        return f"above {study.sides[-1]}"
    return f"below {study.sides[0]}" if side == 0 else f"{side:.0f}"


def _row(study: LimitStudy, point: LimitPoint) -> Row:
    setting = point.setting
    rows, columns = (setting.side, setting.side) if setting.side else study.shape
    found: Row = {
        "kind": setting.kind,
        "segment_ohm": setting.ohm,
        "on_off_ratio": setting.ratio,
        "rows": rows,
        "columns": columns,
        "chips": study.n_chips,
    }
    found |= _spans("loss_points", span(100 * study.loss(point)))
    for name, (head, scale) in {**_SCALES, **_ENERGIES}.items():
        found |= _spans(head, span(scale * getattr(point, name)))
    return found


def _spans(head: str, values: Span) -> Row:
    return {f"{head}_{name}": value for name, value in zip(("p5", "median", "p95"), values, strict=True)}


def _per_chip(study: LimitStudy, point: LimitPoint) -> dict[str, list[float]]:
    scaled = {head: scale * getattr(point, name) for name, (head, scale) in {**_SCALES, **_ENERGIES}.items()}
    return {head: np.asarray(values).tolist() for head, values in scaled.items()}


def _largest(study: LimitStudy, found: Largest) -> dict[str, Any]:
    """Sides as numbers where they are known, null where they lie beyond what was run; `text` says on which side."""
    named = dict(zip(("p5", "median", "p95"), found.side, strict=True))
    return {
        "kind": found.kind,
        "segment_ohm": found.ohm,
        "on_off_ratio": found.ratio,
        "side": {name: side if side and math.isfinite(side) else None for name, side in named.items()},
        "text": {name: side_text(study, side) for name, side in named.items()},
    }
