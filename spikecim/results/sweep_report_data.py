"""A sweep's report as plain data: `sweep.json` and rows for CSV; SI units or the metric's own, nothing rounded, no NaN.

Shares and accuracies are shares of 1. Designs stand in `designs.csv` only, for there may be many.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from spikecim.results.sweep_parts import Estimate, Level, Shares
from spikecim.results.sweep_report import YIELD, DesignRow, SweepReport

FORMAT = "spikecim-sweep-report"


def report_json(report: SweepReport) -> dict[str, Any]:
    """All but the designs, as plain data that strict JSON takes."""
    told = {item.name: getattr(report, item.name) for item in fields(report) if item.name != "designs"}
    incomplete = [row.number for row in report.incomplete]
    return {"format": FORMAT, **_plain(told), "incomplete_designs": incomplete, "designs": "designs.csv"}


def design_csv(report: SweepReport) -> list[dict[str, Any]]:
    """One row a design: factors, chips counted, medians and 5 to 95 % over chips, yield and its 90 % interval."""
    return [_design(report, row) for row in report.designs]


def effect_csv(report: SweepReport) -> list[dict[str, Any]]:
    """One row for each metric, factor and level."""
    return [
        {"metric": effect.metric, "factor": effect.factor, **_level(level, single=effect.metric != YIELD.name)}
        for effect in report.effects
        for level in effect.levels
    ]


def share_csv(report: SweepReport) -> list[dict[str, Any]]:
    """One row for each share of variance; a metric without shares has its reason."""
    return [row for shares in report.shares for row in _shares(shares)]


def _design(report: SweepReport, row: DesignRow) -> dict[str, Any]:
    factors = zip((factor.path for factor in report.factors), row.values, strict=True)
    flat: dict[str, Any] = {"design": row.number, **dict(factors)}
    flat |= {"done": row.done, "failed": row.failed, "missing": row.missing}
    for name, middle in row.middle.items():
        flat |= {f"{name}_median": middle.value, f"{name}_p5": middle.low, f"{name}_p95": middle.high}
    flat |= {"good": row.good, "yield": row.share.value, "yield_low": row.share.low, "yield_high": row.share.high}
    return {key: _blank(value) for key, value in flat.items()}


def _level(level: Level, *, single: bool) -> dict[str, Any]:
    """`single`: a single chip has the metric; it has no yield."""
    row: dict[str, Any] = {
        "level": level.name,
        "at": level.at,
        "low": level.low,
        "high": level.high,
        "designs": level.n_designs,
        "points": level.n_points,
        "mean": level.mean.value,
        "mean_low": level.mean.low,
        "mean_high": level.mean.high,
        "p5": level.p5 if single else "",
        "median": level.median if single else "",
        "p95": level.p95 if single else "",
    }
    return {key: _blank(value) for key, value in row.items()}


def _shares(shares: Shares) -> Iterator[dict[str, Any]]:
    def row(kind: str, factor: str, other: str, share: Estimate | None, refused: str = "") -> dict[str, Any]:
        ends = (share.value, share.low, share.high) if share else ("", "", "")
        value, low, high = (_blank(end) for end in ends)
        head = {"metric": shares.metric, "kind": kind, "factor": factor, "other": other}
        return {**head, "share": value, "share_low": low, "share_high": high, "refused": refused}

    if shares.refused:
        yield row("", "", "", None, shares.refused)
        return
    for kind, known in (("first", shares.first), ("total", shares.total)):
        for factor, share in known.items():
            yield row(kind, factor, "", share)
    for pair in shares.pairs:
        yield row("pair", pair.first, pair.second, pair.share)
    if shares.pairs_refused:
        yield row("pair", "", "", None, shares.pairs_refused)


def _blank(value: object) -> object:
    """A number that is none is an empty field."""
    return "" if isinstance(value, float) and not math.isfinite(value) else value


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
