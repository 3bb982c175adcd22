"""A study of training on the chip as plain data: JSON with everything the page prints, and rows for CSV."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from spikecim.errors import ResultFileError
from spikecim.results.insitu_table import (
    ArrayRow,
    CellResult,
    CurveRow,
    DeviceRow,
    GainRow,
    InsituTable,
    MeanInterval,
    RateRow,
    SeedRow,
)

FORMAT, SCHEMA, FILE = "spikecim-train-insitu-result", 1, "insitu.json"

UNITS = {
    "accuracies": "percent; test: of images that neither training nor tuning saw",
    "intervals": "Student's t over seeds; gains are paired seed by seed",
    "pulses": "programming pulses for each cell of all layers in the whole training, mean over seeds",
}


def insitu_json(found: InsituTable) -> dict[str, Any]:
    """The whole table."""
    plain = asdict(found)
    study, version = plain.pop("study"), plain.pop("version")
    devices = [{**asdict(device), "strength": device.strength} for device in found.devices]
    return {
        "format": FORMAT,
        "schema": SCHEMA,
        "spikecim": version,
        "study": study,
        "units": UNITS,
        **plain,
        "devices": devices,
    }


def cell_rows(found: InsituTable) -> list[dict[str, Any]]:
    """One row for each device and rule: the table."""
    gains = {(gain.device, gain.rule): gain for gain in found.gains}
    return [_cell_row(found, cell, gains.get((cell.device, cell.rule))) for cell in found.cells]


def _cell_row(found: InsituTable, cell: CellResult, gain: GainRow | None) -> dict[str, Any]:
    device = next(device for device in found.devices if device.name == cell.device)
    return {
        "device": cell.device,
        "ltp": _or_empty(device.ltp),
        "ltd": _or_empty(device.ltd),
        "rule": cell.rule,
        "rate": _or_empty(cell.best),
        "edge": cell.edge,
        **_ends("validation", cell.validation),
        **_ends("test", cell.test),
        "seeds": 0 if cell.test is None else cell.test.n,
        **_ends("gain", None if gain is None else gain.gain),
        "pulses_per_cell": _or_empty(cell.pulses),
        "largest_writes": max((seed.largest_writes or 0 for seed in cell.seeds), default=""),
        "trouble": cell.trouble,
    }


def _ends(name: str, found: MeanInterval | None) -> dict[str, Any]:
    values = (None, None, None) if found is None else (found.value, found.low, found.high)
    names = (name, f"{name}_low", f"{name}_high")
    return {key: _or_empty(value) for key, value in zip(names, values, strict=True)}


def _or_empty(value: Any) -> Any:
    return "" if value is None else value


def seed_rows(found: InsituTable) -> list[dict[str, Any]]:
    """One row for each training: tuning and scoring."""
    rows = []
    for cell in found.cells:
        head = {"device": cell.device, "rule": cell.rule}
        first = found.study["seeds"]["first"]
        for rate in cell.rates:
            rows += [
                _training(head, "tuning", rate.rate, {"seed": first + place, "validation": value, "error": rate.error})
                for place, value in enumerate(rate.seeds)
            ]
        rows += [_training(head, "scoring", cell.best, asdict(seed)) for seed in cell.seeds]
    return rows


def _training(head: dict[str, Any], phase: str, rate: float | None, found: dict[str, Any]) -> dict[str, Any]:
    failed = found["validation"] is None
    return {
        **head,
        "phase": phase,
        "rate": _or_empty(rate),
        "seed": found["seed"],
        **{name: _or_empty(found.get(name)) for name in ("validation", "test", "train", "pulses", "largest_writes")},
        "error": found["error"] if failed else "",
    }


def curve_rows(found: InsituTable) -> list[dict[str, Any]]:
    """One row for each epoch of the scored trainings, means over seeds."""
    return [
        {
            "device": cell.device,
            "rule": cell.rule,
            "epoch": row.epoch,
            **_ends("validation", row.validation),
            **_ends("train", row.train),
        }
        for cell in found.cells
        for row in cell.curve
    ]


def array_rows(found: InsituTable) -> list[dict[str, Any]]:
    """One row for each layer of each device and rule."""
    return [
        {"device": cell.device, "rule": cell.rule, **asdict(array)} for cell in found.cells for array in cell.arrays
    ]


def read_insitu(folder: Path) -> InsituTable:
    """The table of a finished study in `folder`.

    Raises
    ------
    ResultFileError
        If there is none, the study is not finished, or the file is damaged or of another schema.
    """
    path = Path(folder) / FILE
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ResultFileError(
            f"{path}: cannot be read ({error.strerror}); give the folder of a finished `spikecim train-insitu`"
        ) from None
    except ValueError as error:
        raise ResultFileError(f"{path}: is damaged ({error}); run the study again in its folder") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT or data.get("schema") != SCHEMA:
        raise ResultFileError(f"{path}: is no result of `spikecim train-insitu` of schema {SCHEMA}")
    try:
        return _table(data)
    except (KeyError, TypeError, ValueError) as error:
        raise ResultFileError(f"{path}: is damaged ({error}); run the study again in its folder") from None


def _table(data: dict[str, Any]) -> InsituTable:
    devices = [{key: value for key, value in row.items() if key != "strength"} for row in data["devices"]]
    return InsituTable(
        study=data["study"],
        version=data["spikecim"],
        reference=data["reference"],
        devices=tuple(DeviceRow(**row) for row in devices),
        cells=tuple(_cell(row) for row in data["cells"]),
        gains=tuple(GainRow(**{**row, "gain": _mean(row["gain"])}) for row in data["gains"]),
        confidence_percent=data["confidence_percent"],
        trainings=data["trainings"],
        failed=data["failed"],
    )


def _cell(data: dict[str, Any]) -> CellResult:
    made: dict[str, Any] = {
        "rates": tuple(RateRow(**{**row, "seeds": tuple(row["seeds"])}) for row in data["rates"]),
        "seeds": tuple(SeedRow(**row) for row in data["seeds"]),
        "curve": tuple(
            CurveRow(epoch=row["epoch"], validation=MeanInterval(**row["validation"]), train=_mean(row["train"]))
            for row in data["curve"]
        ),
        "arrays": tuple(ArrayRow(**row) for row in data["arrays"]),
        "test": _mean(data["test"]),
        "validation": _mean(data["validation"]),
    }
    plain = {entry.name: data[entry.name] for entry in fields(CellResult) if entry.name not in made}
    return CellResult(**plain, **made)


def _mean(data: dict[str, Any] | None) -> MeanInterval | None:
    return None if data is None else MeanInterval(**data)
