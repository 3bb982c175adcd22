"""A learning study as plain data: JSON with everything the page prints, and one row per condition or chip for CSV."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from spikecim.results.learning import BUDGET_SOURCE, BUDGETS, ConditionResult, Learning, spread

SPREAD_METRICS = (
    "after_old", "after_new", "after_all", "forgetting", "gain", "writes_mean", "writes_largest", "pulses_mean",
    "pulses_largest", "set_writes", "reset_writes", "changed_weights", "presented", "given_up",
)  # fmt: skip


def learning_json(found: Learning) -> dict[str, Any]:
    """The whole result; percent, points, pJ."""
    return {
        "format": "spikecim-learning-result",
        "schema": 1,
        "spikecim": found.version,
        "title": found.title,
        "task": found.task,
        "what": found.what,
        "study": dict(found.study),
        "virtual_chips": found.n_chips,
        "tuning_chips": found.n_tuning_chips,
        "cells_per_chip": found.n_cells,
        "test_images": {"old": found.n_old, "new": found.n_new},
        "validation_images": found.n_validation,
        "interval": "95 % interval of the mean over virtual chips, Student's t",
        "perceptrons_percent": {"start": asdict(found.start), "taught": asdict(found.taught)},
        "before_percent": {what: asdict(spread(values)) for what, values in found.before.items()},
        "before_percent_by_chip": {what: list(values) for what, values in found.before.items()},
        "conditions": [_condition(condition) for condition in found.conditions],
        "endurance": {"budget_cycles": list(BUDGETS), "source": BUDGET_SOURCE},
        "write_energy_table": [dict(entry) for entry in found.table],
    }


def _condition(one: ConditionResult) -> dict[str, Any]:
    curve = None if one.curve is None else asdict(one.curve)
    return {
        "name": one.name,
        "rule": one.rule,
        "updates": one.updates,
        "rehearsal_per_class": "all" if one.rehearsal < 0 else one.rehearsal,
        "needs": one.needs,
        "rate": one.rate,
        "tuning": [{"rate": rate, "validation_percent": accuracy} for rate, accuracy in one.tuning],
        "spread": {name: asdict(one.spread(name)) for name in SPREAD_METRICS},
        "chips": {name: list(values) for name, values in one.chips.items()},
        "cells_by_writes": list(one.histogram),
        "curve": curve,
        "energy_pj": {
            "writes": {end: {**parts, "total": one.written_pj(end)} for end, parts in one.write_pj.items()},
            "presentations": {**one.read_pj, "total": one.presented_pj},
            "total": one.total_pj,
        },
        "learnings_in_a_life": {f"{budget:g}": _lives(one, budget) for budget in BUDGETS},
    }


def _lives(one: ConditionResult, budget: float) -> dict[str, float | None]:
    """None where nothing is written, and no number is large enough."""
    worst, even = (value if math.isfinite(value) else None for value in one.lives(budget))
    return {"worst_cell_always_the_same": worst, "wear_even": even}


def condition_rows(found: Learning) -> list[dict[str, Any]]:
    """One row for each condition, with means and intervals."""
    before = {f"before_{what}": spread(values).mean for what, values in found.before.items()}
    rows = []
    for one in found.conditions:
        row: dict[str, Any] = {
            "condition": one.name,
            "rule": one.rule,
            "updates": one.updates,
            "rehearsal_per_class": "all" if one.rehearsal < 0 else one.rehearsal,
            "rate": "" if one.rate is None else one.rate,
            **before,
        }
        for name in SPREAD_METRICS:
            over = one.spread(name)
            row |= {name: over.mean, f"{name}_low": over.low, f"{name}_high": over.high}
        row |= {f"write_pj_{end}": one.written_pj(end) for end in one.write_pj}
        rows.append({**row, "presentations_pj": one.presented_pj, "total_pj": one.total_pj})
    return rows


def chip_rows(found: Learning) -> list[dict[str, Any]]:
    """One row for each condition and virtual chip."""
    return [
        {"condition": one.name, "chip": chip, **{name: values[chip] for name, values in one.chips.items()}}
        for one in found.conditions
        for chip in range(found.n_chips)
    ]


def ledger_rows(found: Learning) -> list[dict[str, Any]]:
    """One row for each condition and part of its ledger, pJ; parts sum to the totals."""
    rows = []
    for one in found.conditions:
        for part in one.write_pj["typical"]:
            ends = {end: parts[part] for end, parts in one.write_pj.items()}
            rows.append({"condition": one.name, "of": "writes", "part": part, **ends})
        rows += [
            {"condition": one.name, "of": "presentations", "part": part, "low": "", "typical": value, "high": ""}
            for part, value in one.read_pj.items()
        ]
    return rows


def write_count_rows(found: Learning) -> list[dict[str, Any]]:
    """One row for each condition and number of writes: how many cells of a chip had as many, in the mean."""
    last = len(found.conditions[0].histogram) - 1
    return [
        {"condition": one.name, "writes": f"{times}+" if times == last else str(times), "cells": cells}
        for one in found.conditions
        for times, cells in enumerate(one.histogram)
    ]
