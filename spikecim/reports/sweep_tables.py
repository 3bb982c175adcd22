"""Tables of a sweep's page: the best designs, those with failed chips, shares, effects, the study itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spikecim.reports.sweep_findings import best_designs
from spikecim.reports.sweep_wording import headed, interval_text, is_share, percent, short_names, value_text
from spikecim.reports.wording import several, without_folders
from spikecim.results.sweep_parts import Effect, Estimate
from spikecim.results.sweep_report import DesignRow, MetricInfo, SweepReport

SHOWN = 20  # designs; all are in designs.csv
_YIELD_HEAD = "Yield, % (90 % interval)"


def design_table(report: SweepReport) -> dict[str, Any]:
    """The designs with the highest yield, or accuracy."""
    rows = best_designs(report)[:SHOWN]
    whole = len(report.designs) <= SHOWN
    order = "by yield, then median accuracy, then energy" if report.yield_metric else "in the order of the study"
    which = "all designs" if whole else f"the first {SHOWN} of {len(report.designs):,}"
    return {
        "caption": f"{which}, {order}; medians over chips, intervals of each design by itself".capitalize(),
        **_designs(report, rows),
    }


def trouble_table(report: SweepReport) -> dict[str, Any] | None:
    """Designs with failed or missing chips."""
    rows = report.incomplete
    if not rows:
        return None
    which = (
        "" if len(rows) <= SHOWN else f"The first {SHOWN} of {several(len(rows), 'design')}; all are in designs.csv."
    )
    return {"caption": which, **_designs(report, rows[:SHOWN])}


def _designs(report: SweepReport, rows: list[DesignRow] | tuple[DesignRow, ...]) -> dict[str, Any]:
    yields = (_YIELD_HEAD,) if report.yield_metric else ()
    head = (
        "Design",
        *short_names(report).values(),
        *(headed(metric) for metric in report.metrics),
        *yields,
        "Chips",
    )
    return {"head": head, "rows": [{"cells": _design(report, row), "total": False} for row in rows]}


def _design(report: SweepReport, row: DesignRow) -> list[str]:
    middles = [_middle(metric, row.middle[metric.name]) for metric in report.metrics]
    share = row.share
    yields = [f"{percent(share.value)} ({percent(share.low)} to {percent(share.high)})"] if report.yield_metric else []
    return [str(row.number), *row.texts, *middles, *yields, chips_text(row)]


def chips_text(row: DesignRow) -> str:
    """How many chips a design's numbers rest on, and what became of the others."""
    lost = [f"{n} {what}" for n, what in ((row.failed, "failed"), (row.missing, "not run")) if n]
    return ", ".join([str(row.done), *lost])


def _middle(metric: MetricInfo, found: Estimate) -> str:
    text = value_text(metric, found.value)
    return f"{text} ({interval_text(metric, found)})" if is_share(metric) and text != "–" else text


def share_tables(report: SweepReport) -> list[dict[str, Any]]:
    """Per metric the shares of factors and pairs, with intervals."""
    names, tables = short_names(report), []
    for shares in report.shares:
        if shares.refused:
            continue
        rows = [
            [names[path], _share(shares.first[path]), _share(shares.total[path]) if path in shares.total else "–"]
            for path in shares.first
        ]
        rows += [[f"{names[pair.first]} × {names[pair.second]}", _share(pair.share), ""] for pair in shares.pairs]
        fit = f" Polynomial: Q² {shares.q2:.2f}." if shares.q2 == shares.q2 else ""
        pairs = f" Pairs: {shares.pairs_method}." if shares.pairs else ""
        size = f"{several(shares.n_designs, 'design')}, {several(shares.n_chips, 'chip')}"
        tables.append(
            {
                "title": report.metric(shares.metric).label,
                "caption": f"{shares.method}. {size}.{pairs}{fit}",
                "head": ("Factor", "Alone, or as a pair, %", "Total, %"),
                "rows": [{"cells": cells, "total": False} for cells in rows],
            }
        )
    return tables


def _share(share: Estimate) -> str:
    ends = "" if share.low != share.low else f" ({100 * share.low:.1f} to {100 * share.high:.1f})"
    return f"{100 * share.value:.1f}{ends}".replace("-", "−")


def effect_tables(report: SweepReport) -> list[dict[str, Any]]:
    """Per metric a table for each factor with the mean at each level."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for effect in report.effects:
        groups.setdefault(report.metric(effect.metric).label, []).append(_effect_table(report, effect))
    return [{"title": label, "tables": tables} for label, tables in groups.items()]


def _effect_table(report: SweepReport, effect: Effect) -> dict[str, Any]:
    metric, name = report.metric(effect.metric), short_names(report)[effect.factor]
    rows = [
        [
            level.name,
            value_text(metric, level.mean.value),
            interval_text(metric, level.mean),
            f"{value_text(metric, level.p5)} to {value_text(metric, level.p95)}" if metric.name != "yield" else "",
            f"{level.n_designs:,}",
            f"{level.n_points:,}",
        ]
        for level in effect.levels
    ]
    return {
        "title": f"{metric.label} against {name}",
        "head": (name, headed(metric), "90 % interval", "90 % of chips", "Designs", "Points"),
        "rows": [{"cells": cells, "total": False} for cells in rows],
    }


def settings(report: SweepReport) -> list[tuple[str, str]]:
    """The study, key by key."""
    told = [("name", report.name)]
    for table in ("base", "design", "metrics"):
        entries = report.study.get(table, {})
        if isinstance(entries, Mapping):
            told += [(f"{table}.{key}", _text(value)) for key, value in entries.items()]
    factors = report.study.get("factors", {})
    if isinstance(factors, Mapping):
        told += [(path, _text(entry)) for path, entry in factors.items()]
    return [(name, without_folders(text)) for name, text in told]


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(entry)}" for key, entry in value.items()) or "–"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "–"
    return str(value) or "–"
