"""Tables of a mitigation report, for the page and the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spikecim.reports.energy_table import TAB, Table, table
from spikecim.reports.energy_wording import DASH, cited
from spikecim.reports.mitigation_wording import (
    TITLES,
    UNDEFINED,
    cure_name,
    cure_short,
    needs_short,
    points,
    with_interval,
)
from spikecim.results.mitigation import ConditionResult, CureResult, LayerRow, Mitigation

_SHADE = {"all": TAB}


def scores_table(found: Mitigation) -> Table:
    """One row for each set of errors and cure: both scores; what is recovered with its interval."""
    head = (
        "Errors",
        f"{TAB}Cure",
        "Algo­rithm, %",
        "Ideal, %",
        "Before, %",
        "After, %",
        "Ratio before, %",
        "Ratio after, %",
        "Recovered, %",
        f"{TAB}It needs",
    )
    return table("Before and after", head, [_scores(found, *pair) for pair in _pairs(found)])


def _pairs(found: Mitigation) -> list[tuple[ConditionResult, CureResult | None]]:
    return [(condition, cure) for condition in found.conditions for cure in (condition.cures or (None,))]


def _scores(found: Mitigation, condition: ConditionResult, cure: CureResult | None) -> tuple[str, ...]:
    recovered = DASH
    if cure is not None:
        recovered = with_interval(cure.recovered) if cure.recovered is not None else UNDEFINED
    return (
        f"{_SHADE.get(condition.name, '')}{TITLES[condition.name]}",
        cure_name(cure.name) if cure else DASH,
        points(found.algorithm),
        points(found.ideal),
        points(condition.before.value),
        points(cure.after.value) if cure else DASH,
        points(condition.ratio.value),
        points(cure.ratio.value) if cure else DASH,
        recovered,
        needs_short(cure.name, found.study["kind"]) if cure else DASH,
    )


def intervals_table(found: Mitigation) -> Table:
    """The same accuracies and ratios with their intervals."""
    head = ("Errors", f"{TAB}Cure", "Before, %", "After, %", "Lost, points", "Ratio before, %", "Ratio after, %")
    rows = [
        (
            TITLES[condition.name],
            cure_name(cure.name) if cure else DASH,
            with_interval(condition.before),
            with_interval(cure.after if cure else None),
            with_interval(condition.lost),
            with_interval(condition.ratio),
            with_interval(cure.ratio if cure else None),
        )
        for condition, cure in _pairs(found)
    ]
    return table("All intervals", head, rows, folded=True)


def cures_table(found: Mitigation) -> Table:
    """What each cure must know, and what retraining saw."""
    rows = [
        (
            TITLES[condition.name],
            cure_name(cure.name),
            ", ".join(TITLES[name].lower() for name in cure.trained_against) or DASH,
            cure.needs,
        )
        for condition, cure in _pairs(found)
        if cure is not None
    ]
    head = ("Errors", f"{TAB}Cure", f"{TAB}Retrained against", f"{TAB}What one must know")
    return table("What each cure must know", head, rows, folded=True)


def short_rows(found: Mitigation) -> list[tuple[str, ...]]:
    """The same for a terminal: medians, and what is recovered with its interval."""
    return [
        (
            TITLES[condition.name],
            _one(found.algorithm),
            _one(found.ideal),
            _one(condition.before.value),
            _one(cure.after.value) if cure else DASH,
            f"{_one(condition.ratio.value)} → {_one(cure.ratio.value) if cure else DASH}",
            _recovered_short(cure),
            cure_short(cure.name) if cure else DASH,
            needs_short(cure.name, found.study["kind"]) if cure else DASH,
        )
        for condition, cure in _pairs(found)
    ]


def _one(value: float) -> str:
    return f"{value:.1f}".replace("-", "−")


def _recovered_short(cure: CureResult | None) -> str:
    if cure is None:
        return DASH
    if cure.recovered is None:
        return "none to recover"
    value, low, high = (
        f"{round(end) + 0:d}".replace("-", "−")
        for end in (cure.recovered.value, cure.recovered.low, cure.recovered.high)
    )
    return f"{value} ({low}..{high})"


def why_table(found: Mitigation) -> Table:
    """How strong each class is, and why; what chips differ by."""
    rows = [
        (
            TITLES[condition.name],
            condition.why or DASH,
            points(min(condition.chips)),
            points(max(condition.chips)),
            "yes" if condition.alike else "no",
        )
        for condition in found.conditions
    ]
    head = ("Errors", f"{TAB}How strong, and why", "Worst chip before, %", "Best chip before, %", f"{TAB}Chips alike")
    return table("How strong the errors are", head, rows)


def layers_tables(found: Mitigation) -> list[Table]:
    """The arrays of each layer, for each set of errors that tells of them."""
    tables = []
    for condition in found.conditions:
        for cure in (None, *condition.cures):
            layers = condition.layers if cure is None else cure.layers
            if layers:
                how = "before" if cure is None else cure_name(cure.name)
                tables.append(_layers(f"{TITLES[condition.name]}, {how}", layers))
    return tables


def _layers(title: str, layers: tuple[LayerRow, ...]) -> Table:
    head = (
        "Layer",
        f"{TAB}Kind",
        "Tiles",
        "Cells used, %",
        "Worst drop, %",
        "Error of weights, %",
        "Out of range, %",
    )
    rows = [
        (
            row.name,
            row.kind or DASH,
            cited(row.tiles),
            *(cited(value) for value in (row.utilisation, row.worst_drop, row.residual, row.lost_range)),
        )
        for row in layers
    ]
    return table(title, head, rows, folded=True)


def settings_rows(study: Mapping[str, Any]) -> list[dict[str, str]]:
    """Every setting of the study but words, as name and text."""
    return [{"name": path, "text": text} for path, text in _flat(study, "") if not path.startswith(("why.", "title"))]


def _flat(value: object, path: str) -> list[tuple[str, str]]:
    if isinstance(value, Mapping):
        return [pair for key, inner in value.items() for pair in _flat(inner, f"{path}.{key}".lstrip("."))]
    if isinstance(value, bool):
        return [(path, "yes" if value else "no")]
    if isinstance(value, (int, float)):
        return [(path, cited(value) if isinstance(value, int) else f"\ue000{value!r}\ue001{value!r}\ue002")]
    if isinstance(value, list):
        return [(path, ", ".join(map(str, value)))]
    return [(path, str(value))]
