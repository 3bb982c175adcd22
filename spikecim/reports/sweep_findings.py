"""What a sweep says, in sentences, for the terminal and the page."""

from __future__ import annotations

import math

from spikecim.reports.sweep_maps import energy_of
from spikecim.reports.sweep_plates import changes_text
from spikecim.reports.sweep_wording import NOTHING, narrow, percent, short_names, stands_out, with_unit
from spikecim.reports.wording import several, without_folders
from spikecim.results.sweep_parts import Estimate
from spikecim.results.sweep_report import YIELD, DesignRow, SweepReport


def findings(report: SweepReport) -> list[str]:
    """The best design, what moves the metrics, how much is chance of the chips."""
    return [line for line in (_best(report), _factors(report), _chips(report), *_changes(report)) if line]


def best_designs(report: SweepReport) -> list[DesignRow]:
    """Designs in order of yield, then median accuracy, then energy; those without accuracy come last."""
    energy, accuracy = energy_of(report), report.yield_metric

    def order(row: DesignRow) -> tuple[float, ...]:
        middle = row.middle.get(accuracy)
        spent = row.middle[energy.name].value if energy else 0.0
        keys = (-row.share.value, -middle.value if middle else 0.0, spent)
        return tuple(key if math.isfinite(key) else math.inf for key in keys)

    return sorted(report.designs, key=order)


def troubles(report: SweepReport) -> list[str]:
    """What failed or is missing: counted, with the reasons."""
    n = report.n_designs * report.n_chips
    lines = []
    if report.n_missing:
        lines.append(f"Not finished: {report.n_missing:,} of {several(n, 'point')} have not been run.")
    if report.n_failed:
        touched = [row for row in report.designs if row.failed]
        lost = sum(row.done == 0 and row.missing == 0 for row in touched)
        lines.append(
            f"Failed: {several(report.n_failed, 'point')} of {several(len(touched), 'design')}, "
            f"{lost:,} of which have no chip left. What follows rests on the others."
        )
        lines += [f"{count:,} ×: {without_folders(error)}" for error, count in report.errors[:5]]
        more = report.errors[5:]
        if more:
            lines.append(f"{several(len(more), 'other error')} ({sum(count for _, count in more):,} points)")
    return lines


def refusals(report: SweepReport) -> list[str]:
    """Metrics whose variance could not be shared out, and why."""
    lines = [f"{report.metric(s.metric).label}: no shares, {s.refused}" for s in report.shares if s.refused]
    lines += [
        f"{report.metric(s.metric).label}: no pairs of factors, {s.pairs_refused}"
        for s in report.shares
        if not s.refused and s.pairs_refused
    ]
    return lines


def _best(report: SweepReport) -> str:
    rows = best_designs(report)
    if not report.yield_metric or not math.isfinite(rows[0].share.value):
        return ""
    best, accuracy = rows[0], report.metric(report.yield_metric)
    equal = sum(row.share.value == best.share.value for row in rows) - 1
    others = f" ({several(equal, 'other design')} too)" if equal else ""
    middle = best.middle[accuracy.name]
    return (
        f"Best yield{_among(report)}: design {best.number} ({_setting(report, best)}): {_share(best.picked)} of its "
        f"chips read {with_unit(accuracy, report.good_accuracy)} or more{others}; its median chip reads "
        f"{with_unit(accuracy, middle.value)}."
    )


def _among(report: SweepReport) -> str:
    """That the best of many flatters itself, and that its interval knows."""
    n = sum(math.isfinite(row.share.value) for row in report.designs)
    return f" of {n:,} designs (a pick that flatters; its interval allows for the choice)" if n > 1 else ""


def _setting(report: SweepReport, row: DesignRow) -> str:
    names = short_names(report).values()
    return ", ".join(f"{name} {text}" for name, text in zip(names, row.texts, strict=True))


def _share(share: Estimate) -> str:
    return f"{percent(share.value)} % ({percent(share.low)} to {percent(share.high)} %)"


def _factors(report: SweepReport) -> str:
    names = short_names(report)
    moved: dict[str, list[str]] = {}
    unclear = []
    for shares in report.shares:
        if shares.refused:
            continue
        label, path = narrow(report.metric(shares.metric).label), shares.leading[0]
        share = (shares.total or shares.first)[path]
        if not stands_out(share, len(shares.first)):
            unclear.append(label)
        else:
            moved.setdefault(names[path], []).append(f"{label} ({percent(share.value)} %)")
    told = [f"{name} moves {', '.join(labels)}" for name, labels in moved.items()]
    told += [f"too few designs or chips to say for {', '.join(unclear)}"] if unclear else []
    return f"Of the variance between designs, most comes from: {'; '.join(told)}." if moved else ""


def _chips(report: SweepReport) -> str:
    told = [s for s in report.spreads if not s.refused and s.chip.value + s.both.value >= NOTHING]
    if not told:
        return ""
    parts = [
        f"{narrow(report.metric(s.metric).label)} {percent(s.chip.value + s.both.value)} % "
        f"(± {with_unit(report.metric(s.metric), s.chip_sd.value)})"
        for s in told
    ]
    return f"Chips of one design differ too. Their share of all variance, and standard deviation: {', '.join(parts)}."


def _changes(report: SweepReport) -> list[str]:
    changes = changes_text(report, YIELD.name)
    return [f"Yield is moved by {changes}."] if changes else []
