"""A calibration as plain data: everything for JSON, flat rows for CSV, nothing rounded."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from spikecim.results.calibration import CalibrationFound, Trial


def calibration_json(found: CalibrationFound) -> dict[str, Any]:
    """Everything found, as plain data that strict JSON takes; the posterior's points are left to the CSV."""
    paths = [parameter.path for parameter in found.parameters]
    return {
        "facts": found.facts,
        "settings": found.settings,
        "parameters": [_plain(asdict(parameter)) for parameter in found.parameters],
        "figures": [_plain(asdict(figure)) for figure in found.figures],
        "misfit_squared": found.misfit,
        "misfit_p": found.misfit_p,
        "contradicts": found.contradicts,
        "correlation": {"paths": paths, "matrix": found.correlation.tolist()},
        "directions": [{**asdict(direction), "determined": direction.determined} for direction in found.directions],
        "sets": [asdict(entry) for entry in found.sets],
        "further": [asdict(entry) for entry in found.further],
        "trial": None if found.trial is None else _trial(found.trial),
    }


def calibration_rows(found: CalibrationFound) -> list[dict[str, Any]]:
    """One flat row a parameter."""
    return [
        {
            "parameter": parameter.path,
            "unit": parameter.unit,
            "verdict": parameter.verdict,
            "low_bound": parameter.low,
            "high_bound": parameter.high,
            "p5": parameter.interval[0],
            "p50": parameter.interval[1],
            "p95": parameter.interval[2],
            "fitted": parameter.fitted,
            "width_kept": parameter.kept,
            "width_kept_others_known": parameter.kept_without[parameter.path],
        }
        for parameter in found.parameters
    ]


def posterior_rows(found: CalibrationFound) -> list[dict[str, float]]:
    """Points of the posterior in SI, with their weights."""
    columns: dict[str, Any] = {"weight": found.weights}
    for number, parameter in enumerate(found.parameters):
        share = found.points[:, number]
        if parameter.log:
            columns[parameter.path] = parameter.low * (parameter.high / parameter.low) ** share
        else:
            columns[parameter.path] = parameter.low + share * (parameter.high - parameter.low)
    return [{name: float(column[row]) for name, column in columns.items()} for row in range(len(found.weights))]


def _trial(trial: Trial) -> dict[str, Any]:
    return {
        "chips": trial.n_chips,
        "sets": [asdict(row) for row in trial.rows],
        "truth_in_bounds": trial.truth.tolist(),
        "low_in_bounds": trial.low.tolist(),
        "high_in_bounds": trial.high.tolist(),
    }


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    return {key: value.tolist() if isinstance(value, np.ndarray) else value for key, value in data.items()}
