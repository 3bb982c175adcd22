"""An energy report as plain data: `energy.json` and flat rows for CSV; units in the keys, nothing rounded, no NaN."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from spikecim.results.energy_report import EnergyReport, PerImage, RunEnergy
from spikecim.results.energy_rows import Spread

Rows = list[dict[str, Any]]


def energy_json(report: EnergyReport) -> dict[str, Any]:
    """Everything that the page shows; single images are in their CSV."""
    found: dict[str, Any] = _plain(report)
    for run, value in zip(found["runs"], report.runs, strict=True):
        del run["per_image"]
        run["images_csv"] = csv_name(report, value, "images")
    return found


def _plain(value: Any) -> Any:
    """Python's own types throughout; a number that is not finite becomes None."""
    if isinstance(value, PerImage):
        return None
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def csv_name(report: EnergyReport, run: RunEnergy, kind: str) -> str:
    """Name of a CSV file; with the run in it if there are several."""
    return f"{kind}.csv" if len(report.runs) == 1 else f"{kind}-{report.runs.index(run) + 1}.csv"


def part_rows(report: EnergyReport) -> Rows:
    """One row for each run and product of the ledger."""
    return [{"run": run.name, **_plain(row)} for run in report.runs for row in run.parts]


def layer_rows(report: EnergyReport) -> Rows:
    """One row for each run and layer."""
    rows = []
    for run in report.runs:
        for row in run.layers:
            flat = {"run": run.name, "layer": row.layer, "macs": row.macs, "events": row.events}
            flat |= _flat("core_nj", row.core_nj) | _flat("chip_nj", row.chip_nj)
            rows.append({**flat, "chip_percent": row.chip_percent})
    return rows


def class_rows(report: EnergyReport) -> Rows:
    """One row for each run and label."""
    rows = []
    for run in report.runs:
        for row in run.classes:
            flat = {"run": run.name, "label": row.label, "images": row.images}
            flat |= {"accuracy_percent": row.accuracy_percent, "words": row.words}
            rows.append(flat | _flat("core_nj", row.core_nj) | _flat("chip_nj", row.chip_nj))
    return rows


def image_rows(run: RunEnergy) -> Rows:
    """One row for each image of a run."""
    columns = {field.name: getattr(run.per_image, field.name).tolist() for field in fields(PerImage)}
    flags = {name: [int(value) for value in columns[name]] for name in ("correct", "late")}
    columns |= flags
    return [
        {"image": image, **dict(zip(columns, row, strict=True))}
        for image, row in enumerate(zip(*columns.values(), strict=True))
    ]


def _flat(name: str, spread: Spread) -> dict[str, float]:
    return {f"{name}_{field.name}": getattr(spread, field.name) for field in fields(Spread)}
