"""Reading the ``[search]`` table of a study file; every fault is one line."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from spikecim.errors import ParameterError, hint
from spikecim.study.metrics import METRICS, check_metric, metric_of
from spikecim.study.search_goals import SAMPLERS, STATISTICS, YIELD, Constraint, Objective, Search, Target
from spikecim.study.spec import Study

MOST_OBJECTIVES = 4
_DEFAULTS: dict[str, Any] = {
    "objectives": [],
    "constraints": [],
    "statistic": "median",
    "sampler": "nsga2",
    "trials": 200,
    "population": 20,
    "final_chips": 40,
    "final_images": 0,
}
_MOST = 1_000_000
_LIMIT = re.compile(r"^\s*(\S+)\s*(>=|<=)\s*(\S+)\s*$")


def read_search(study: Study) -> Search:
    """Read the ``[search]`` table of `study`.

    Raises
    ------
    ParameterError
        No such table; an unknown key, metric, statistic or sampler; constraints that contradict each other; a study
        of test images.
    """
    where, raw = f"study {study.name!r}", json.loads(study.search)
    if study.split == "test":
        raise ParameterError(
            f'{where}: base.split is "test"; a search would be tuned on the test set, so give "validation": the front '
            "is judged on the test set afterwards"
        )
    if not isinstance(raw, Mapping) or not raw:
        raise ParameterError(f'{where}: [search] is missing; give at least objectives = ["accuracy", "core_nj"]')
    _known(raw, _DEFAULTS, f"{where}: search")
    table = {**_DEFAULTS, **raw}
    statistic = _one_of(table["statistic"], STATISTICS, f"{where}: search.statistic")
    reader = _Reader(where=where, statistic=statistic, margins=study.base_chip().decision.delta_s.value)
    search = Search(
        objectives=reader.objectives(table["objectives"]),
        constraints=reader.constraints(table["constraints"]),
        sampler=_one_of(table["sampler"], SAMPLERS, f"{where}: search.sampler"),
        trials=_count(table, "trials", 2, where),
        population=_count(table, "population", 2, where),
        final_chips=_count(table, "final_chips", 1, where),
        final_images=_count(table, "final_images", 0, where),
    )
    if search.population > search.trials:
        raise ParameterError(
            f"{where}: search.population is {search.population}, more than search.trials ({search.trials})"
        )
    return search


@dataclass(frozen=True, kw_only=True)
class _Reader:
    where: str
    statistic: str
    margins: int

    def objectives(self, raw: object) -> tuple[Objective, ...]:
        place = f"{self.where}: search.objectives"
        if not isinstance(raw, list) or not 1 <= len(raw) <= MOST_OBJECTIVES:
            raise ParameterError(f"{place}: expected a list of 1 to {MOST_OBJECTIVES} metrics, got {raw!r}")
        found = tuple(self._objective(entry, place) for entry in raw)
        targets = [(objective.metric, objective.statistic) for objective in found]
        if len(set(targets)) < len(targets):
            raise ParameterError(f"{place}: names an objective twice: {raw!r}")
        return found

    def _objective(self, raw: object, place: str) -> Objective:
        table = {"metric": raw} if isinstance(raw, str) else raw
        if not isinstance(table, Mapping):
            raise ParameterError(f"{place}: expected a metric or {{ metric = ..., direction = ... }}, got {raw!r}")
        _known(table, ("metric", "statistic", "direction"), place)
        target = self._target(table, place)
        better = metric_of(target.source).better
        direction = table.get("direction", {"high": "maximise", "low": "minimise"}.get(better))
        if direction is None:
            raise ParameterError(f"{place}: {target.metric!r} is neither good nor bad; give a direction")
        return Objective(
            **vars(target), maximise=_one_of(direction, ("maximise", "minimise"), f"{place}: direction") == "maximise"
        )

    def constraints(self, raw: object) -> tuple[Constraint, ...]:
        place = f"{self.where}: search.constraints"
        if not isinstance(raw, list):
            raise ParameterError(f'{place}: expected a list like ["accuracy >= 0.8"], got {raw!r}')
        merged: dict[tuple[str, str], Constraint] = {}
        for entry in raw:
            new = self._constraint(entry, place)
            key = (new.metric, new.statistic)
            old = merged.get(key, new)
            both = replace(new, at_least=max(new.at_least, old.at_least), at_most=min(new.at_most, old.at_most))
            _possible(both, place)
            merged[key] = both
        return tuple(merged.values())

    def _constraint(self, raw: object, place: str) -> Constraint:
        table = _split(raw, place) if isinstance(raw, str) else raw
        if not isinstance(table, Mapping):
            raise ParameterError(f'{place}: expected "accuracy >= 0.8" or a table with at_least, got {raw!r}')
        _known(table, ("metric", "statistic", "at_least", "at_most"), place)
        if "at_least" not in table and "at_most" not in table:
            raise ParameterError(f"{place}: {raw!r} has no limit; give at_least, at_most or both")
        return Constraint(
            **vars(self._target(table, place)),
            at_least=_number(table.get("at_least", -math.inf), place),
            at_most=_number(table.get("at_most", math.inf), place),
        )

    def _target(self, table: Mapping[str, Any], place: str) -> Target:
        metric = table.get("metric")
        if not isinstance(metric, str):
            raise ParameterError(f"{place}: metric is missing; give one of {YIELD}, {', '.join(METRICS)}")
        plain, at, margin = metric.partition("@")
        if plain == YIELD:
            if "statistic" in table:
                raise ParameterError(f"{place}: the yield is a share of chips already; leave its statistic out")
            check_metric(f"accuracy{at}{margin}", self.margins, place)
            return Target(metric=metric, statistic="share")
        if plain not in METRICS:
            near = hint(plain, (*METRICS, YIELD), f"allowed: {', '.join((YIELD, *METRICS))}")
            raise ParameterError(f"{place}: {metric!r} is no metric; {near}")
        check_metric(metric, self.margins, place)
        statistic = _one_of(table.get("statistic", self.statistic), STATISTICS, f"{place}: statistic")
        return Target(metric=metric, statistic=statistic)


def _split(text: str, place: str) -> dict[str, Any]:
    """``"accuracy >= 0.8"`` as a table."""
    found = _LIMIT.match(text)
    if not found:
        raise ParameterError(f'{place}: {text!r} is no constraint; write it as "accuracy >= 0.8"')
    metric, sign, limit = found.groups()
    try:
        return {"metric": metric, "at_least" if sign == ">=" else "at_most": float(limit)}
    except ValueError:
        raise ParameterError(f"{place}: {text!r}: {limit!r} is no number") from None


def _possible(limit: Constraint, place: str) -> None:
    if limit.at_least > limit.at_most:
        raise ParameterError(
            f"{place}: {limit.metric} >= {limit.at_least:g} and <= {limit.at_most:g} contradict each other"
        )
    if limit.share and not (limit.at_least <= 1.0 and limit.at_most >= 0.0):
        raise ParameterError(f"{place}: {limit.metric} is a share between 0 and 1; no design can keep {limit.text!r}")


def _known(table: Mapping[str, Any], known: Iterable[str], place: str) -> None:
    for key in table:
        if key not in known:
            raise ParameterError(f"{place}: unknown key {key!r}; {_near(key, known)}")


def _one_of(value: object, allowed: tuple[str, ...], place: str) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise ParameterError(f"{place}: {value!r} is unknown; {_near(str(value), allowed)}")
    return value


def _near(name: str, known: Iterable[str]) -> str:
    return hint(name, known, f"allowed: {', '.join(known)}")


def _number(value: object, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or math.isnan(value):
        raise ParameterError(f"{place}: expected a number, got {value!r}")
    return float(value)


def _count(table: Mapping[str, Any], key: str, low: int, where: str) -> int:
    value = table[key]
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= _MOST:
        raise ParameterError(f"{where}: search.{key} is {value!r}; allowed {low} .. {_MOST}")
    return value
