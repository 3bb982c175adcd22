"""A mitigation study as plain data: JSON with everything the page prints, and one row per cure or chip for CSV."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from spikecim.results.mitigation import ConditionResult, CureResult, Interval, Mitigation

SCORES = {
    "accuracy_ratio_percent": "accuracy of the hardware / accuracy of the algorithm; median over virtual chips",
    "recovered_percent": "(mean after - mean before) / (ideal - mean before), over all virtual chips; never clipped",
}


def mitigation_json(found: Mitigation) -> dict[str, Any]:
    """The whole result; percent and points of percent."""
    plain = asdict(found)
    study = plain.pop("study")
    version = plain.pop("version")
    return {
        "format": "spikecim-mitigation-result",
        "schema": 1,
        "spikecim": version,
        "study": study,
        "scores": SCORES,
        **plain,
        "conditions": [_condition(item) for item in found.conditions],
    }


def _condition(found: ConditionResult) -> dict[str, Any]:
    cures = [{**asdict(cure), "chips_spread": _spread(cure.chips)} for cure in found.cures]
    return {**asdict(found), "chips_spread": _spread(found.chips), "cures": cures}


def _spread(chips: tuple[float, ...]) -> dict[str, float]:
    return {"lowest": min(chips), "highest": max(chips)}


def score_rows(found: Mitigation) -> list[dict[str, Any]]:
    """One row for each condition and cure; a condition without cure has one too."""
    return [
        _score_row(found, condition, cure) for condition in found.conditions for cure in (condition.cures or (None,))
    ]


def _score_row(found: Mitigation, condition: ConditionResult, cure: CureResult | None) -> dict[str, Any]:
    after = None if cure is None else cure.after
    return {
        "errors": condition.name,
        "algorithm": found.algorithm,
        "ideal": found.ideal,
        **_ends("before", condition.before),
        **_ends("after", after),
        **_ends("ratio_before", condition.ratio),
        **_ends("ratio_after", None if cure is None else cure.ratio),
        **_ends("recovered", None if cure is None else cure.recovered),
        "undefined": "" if cure is None else cure.undefined,
        "cure": "" if cure is None else cure.name,
        "needs": "" if cure is None else cure.needs,
    }


def _ends(name: str, found: Interval | None) -> dict[str, float | str]:
    values = ("", "", "") if found is None else (found.value, found.low, found.high)
    return dict(zip((name, f"{name}_low", f"{name}_high"), values, strict=True))


def chip_rows(found: Mitigation) -> list[dict[str, Any]]:
    """One row for each virtual chip, condition and cure; before any cure the cure is empty."""
    rows = []
    for condition in found.conditions:
        for cure in (None, *condition.cures):
            chips = condition.chips if cure is None else cure.chips
            name = "" if cure is None else cure.name
            rows += [
                {"errors": condition.name, "cure": name, "chip": chip, "accuracy": accuracy}
                for chip, accuracy in enumerate(chips)
            ]
    return rows


def layer_rows(found: Mitigation) -> list[dict[str, Any]]:
    """One row for each layer, condition and cure, of the first virtual chip."""
    return [
        {"errors": condition.name, "cure": "" if cure is None else cure.name, **asdict(row)}
        for condition in found.conditions
        for cure in (None, *condition.cures)
        for row in (condition.layers if cure is None else cure.layers)
    ]
