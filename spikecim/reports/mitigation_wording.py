"""Names and sentences of a mitigation report, the same on page, figure and terminal; every number carries its value."""

from __future__ import annotations

from spikecim.reports.energy_wording import DASH, cited
from spikecim.results.mitigation import ConditionResult, CureResult, Interval, Mitigation

TITLES = {
    "quantisation": "Quantisation",
    "fluctuation": "Fluctuation",
    "stuck": "Stuck cells",
    "nonlinearity": "Nonlinearity",
    "wires": "Wire drop",
    "all": "All together",
}
_CURES = {
    "retrain": "retrained",
    "chip-retrain": "retrained by chip",
    "map-correction": "map corrected",
    "remap": "remapped",
    "polarity": "flipped",
    "cell-choice": "cell choice",
    "spare-columns": "spare columns",
}
_SHORT = {**_CURES, "map-correction": "map", "polarity": "flip", "cell-choice": "cells", "spare-columns": "spares"}
_SHORTEST = {"map-correction": "map", "polarity": "flip", "cell-choice": "cells", "spare-columns": "spares"}
_NEEDS = {
    "retrain": "images",
    "chip-retrain": "images, chip measured",
    "map-correction": "wire ohms",
    "remap": "stuck map",
    "polarity": "stuck map",
    "cell-choice": "stuck map",
    "spare-columns": "stuck map",
}
UNDEFINED = "nothing to recover"


def cure_name(cure: str) -> str:
    """``"retrained + map"``."""
    parts = cure.split("+")
    return " + ".join((_CURES if len(parts) == 1 else _SHORT).get(part, part) for part in parts)


def cure_short(cure: str) -> str:
    """``"retrain, map"``, for a terminal, whose columns break at spaces."""
    return ", ".join(_SHORTEST.get(part, part) for part in cure.split("+"))


def needs_short(cure: str, kind: str) -> str:
    """What a cure must know, in two words each; `kind` of study."""
    known = {**_NEEDS, "cell-choice": "cell reads"} if kind == "spirit" else _NEEDS
    return ", ".join(dict.fromkeys(known.get(part, part) for part in cure.split("+")))


def points(value: float) -> str:
    """Percent or points, two decimals."""
    return cited(value, "%")


def with_interval(found: Interval | None) -> str:
    """``97.3 (96.8 to 97.9)``."""
    return DASH if found is None else f"{points(found.value)} ({points(found.low)} to {points(found.high)})"


def lede(found: Mitigation) -> str:
    """What was done, in one sentence."""
    together = " and all together" if found.conditions[-1].name == "all" else ""
    return (
        f"Hardware errors on {found.study['network']['name']}, each class alone{together}: {cited(found.chips)} "
        f"virtual chips, before and after a cure, on {cited(found.images)} test samples."
    )


def findings(found: Mitigation) -> list[str]:
    """A sentence for each set of errors, worst loss first."""
    order = sorted(found.conditions, key=lambda condition: -condition.lost.value)
    return [_finding(condition) for condition in order]


def _finding(condition: ConditionResult) -> str:
    title = TITLES[condition.name]
    if condition.lost.low <= 0:
        return (
            f"{title}: no loss that stands out of its noise ({points(condition.lost.value)} points, interval "
            f"{points(condition.lost.low)} to {points(condition.lost.high)}); so there is nothing to recover."
        )
    start = f"{title}: {points(condition.lost.value)} points are lost in the mean"
    if not condition.cures:
        return f"{start}; the study has no cure for it."
    return f"{start}. {' '.join(_cured(cure) for cure in condition.cures)}"


def _cured(cure: CureResult) -> str:
    name = cure_name(cure.name)
    back = f"{with_interval(cure.recovered)} % of it comes back"
    if cure.recovered is not None and cure.recovered.value < 0:
        worse = "it gets worse" if cure.recovered.high < 0 else "nothing that stands out of its noise comes back"
        back = f"{worse}, recovered is {with_interval(cure.recovered)} %"
    return f"{name[0].upper()}{name[1:]}: {back}."
