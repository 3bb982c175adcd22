"""A design search as plain data: `search.json`, flat rows of the front and of all trials for CSV; nothing rounded."""

from __future__ import annotations

import math
from typing import Any

from spikecim.results.search_result import STAGES, Estimate, FrontPoint, SearchResult, Trial

_SHORT = dict(zip(STAGES, ("search", "fresh", "test"), strict=True))


def search_json(found: SearchResult) -> dict[str, Any]:
    """The whole search as plain data that strict JSON takes; shares of 1, other numbers in the unit given."""
    return {
        "name": found.name,
        "title": found.title,
        "objectives": [vars(goal).copy() for goal in found.goals],
        "factors": [{"path": setting.path, "unit": setting.unit} for setting in found.settings],
        "constraints": list(found.constraints),
        "n_trials": len(found.trials),
        "n_feasible": found.n_feasible,
        "n_failed": found.n_failed,
        "exhausted": found.exhausted,
        "n_chips": found.n_chips,
        "n_images": found.n_images,
        "final_chips": found.final_chips,
        "final_images": found.final_images,
        "front": [_point(found, point) for point in found.front],
        "hypervolume": list(found.growth),
        "hypervolume_reference": list(found.reference),
        "trials": [_trial(found, trial) for trial in found.trials],
        "facts": dict(found.facts),
    }


def front_rows(found: SearchResult) -> list[dict[str, Any]]:
    """One flat row a front point: factors, then each objective at each stage with its interval, an open end empty."""
    rows = []
    for point in found.front:
        row: dict[str, Any] = {"design": point.design, **_factors(found, point.values)}
        for stage, short in _SHORT.items():
            for goal, estimate in zip(found.goals, point.estimates[stage], strict=True):
                name = f"{goal.metric}_{goal.statistic}_{short}"
                low, high = "" if estimate.low_open else estimate.low, "" if estimate.high_open else estimate.high
                row |= {name: estimate.value, f"{name}_low": low, f"{name}_high": high}
        rows.append({**row, "keeps": point.keeps, "violated": "; ".join(point.violated)})
    return rows


def trial_rows(found: SearchResult) -> list[dict[str, Any]]:
    """One flat row a trial."""
    names = [f"{goal.metric}_{goal.statistic}" for goal in found.goals]
    rows = []
    for trial in found.trials:
        values = dict(zip(names, trial.objectives or [""] * len(names), strict=True))
        head = {"design": trial.number, "generation": trial.generation, **_factors(found, trial.values)}
        rows.append({**head, **values, "feasible": trial.feasible, "error": trial.error})
    return rows


def _factors(found: SearchResult, values: tuple[Any, ...]) -> dict[str, Any]:
    return {setting.path: value for setting, value in zip(found.settings, values, strict=True)}


def _point(found: SearchResult, point: FrontPoint) -> dict[str, Any]:
    return {
        "design": point.design,
        "factors": _factors(found, point.values),
        "shown": list(point.shown),
        "estimates": {short: [_estimate(e) for e in point.estimates[stage]] for stage, short in _SHORT.items()},
        "keeps": point.keeps,
        "violated": list(point.violated),
    }


def _estimate(estimate: Estimate) -> dict[str, float | bool | None]:
    """Null is a number that is not there; the flags tell an open end from a design that failed."""
    finite = {key: value if math.isfinite(value) else None for key, value in vars(estimate).items()}
    return {**finite, "low_open": estimate.low_open, "high_open": estimate.high_open}


def _trial(found: SearchResult, trial: Trial) -> dict[str, Any]:
    return {
        "design": trial.number,
        "generation": trial.generation,
        "factors": _factors(found, trial.values),
        "objectives": list(trial.objectives),
        "violations": list(trial.violations),
        "error": trial.error,
    }
