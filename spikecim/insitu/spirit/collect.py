"""Puts what all chips of a learning study did together: spreads over chips, curves, histograms, ledgers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from spikecim.chips.spec import ChipSpec
from spikecim.energy.ledger import CHIP_PARTS
from spikecim.insitu.spirit.lessons import Task
from spikecim.insitu.spirit.measure import CURVE_POINTS, WRITTEN, Examiner
from spikecim.insitu.spirit.spec import OFFLINE, TUNING_CHIPS, Condition, LearnStudy
from spikecim.insitu.spirit.write_energy import ENDS, WriteCounts, WriteTable, account_writes, write_file
from spikecim.parameters import Parameter, walk
from spikecim.results.learning import ConditionResult, Curve, Ideal, Learning, Spread, spread
from spikecim.version import __version__

Row = Mapping[str, float]
_PERCENT = ("before_old", "before_new", "before_all", "after_old", "after_new", "after_all")


@dataclass(frozen=True, kw_only=True)
class Scored:
    """One condition with what every chip did."""

    condition: Condition
    rate: float | None
    tuning: tuple[tuple[float, float], ...]
    rows: tuple[Row, ...]


def learning_of(
    study: LearnStudy, chip: ChipSpec, task: Task, examiner: Examiner, scored: tuple[Scored, ...]
) -> Learning:
    """The finished study."""
    table = write_file().table
    first = scored[0].rows
    percent = {
        name: Ideal(**dict(zip(("old", "new", "both"), (100.0 * share for share in shares), strict=True)))
        for name, shares in vars(task.perceptrons).items()
    }
    return Learning(
        study=study.describe(),
        version=__version__,
        title=study.title,
        task=task.name,
        what=task.what,
        n_chips=study.chips,
        n_tuning_chips=TUNING_CHIPS,
        n_cells=chip.n_cells,
        n_old=len(examiner.old),
        n_new=len(examiner.new),
        n_validation=min(study.validation, len(task.validation.old) + len(task.validation.new)),
        before={what: tuple(100.0 * row[f"before_{what}"] for row in first) for what in ("old", "new", "all")},
        start=percent["start"],
        taught=percent["taught"],
        conditions=tuple(_condition(one, study, chip, task, table) for one in scored),
        table=tuple(_entry(path, parameter) for path, parameter in walk(table)),
    )


def _condition(one: Scored, study: LearnStudy, chip: ChipSpec, task: Task, table: WriteTable) -> ConditionResult:
    condition, n = one.condition, len(one.rows)
    n_old = len(set(task.old.labels.tolist()))
    metrics = [_metrics(row, chip.n_cells) for row in one.rows]
    ledgers = {end: [account_writes(_pulses(row), table, end).parts for row in one.rows] for end in ENDS}
    return ConditionResult(
        name=condition.name,
        rule=condition.rule,
        updates=condition.updates,
        rehearsal=condition.rehearsal,
        needs=condition.needs(n_old),
        rate=one.rate,
        tuning=one.tuning,
        chips={name: tuple(row[name] for row in metrics) for name in metrics[0]},
        histogram=tuple(sum(row[name] for row in one.rows) / n for name in WRITTEN),
        curve=None if condition.rule == OFFLINE else _curve(one.rows, study),
        write_pj={
            end: {part: sum(parts[part] for parts in found) / n for part in found[0]} for end, found in ledgers.items()
        },
        read_pj={part: sum(row[f"read_{part}"] for row in one.rows) / n for part in CHIP_PARTS},
    )


def _metrics(row: Row, n_cells: int) -> dict[str, float]:
    """By name, of one chip: accuracies in percent, differences in points."""
    percent = {name: 100.0 * row[name] for name in _PERCENT}
    writes, pulses = row["set_writes"] + row["reset_writes"], row["set_pulses"] + row["reset_pulses"]
    return {
        **percent,
        "forgetting": percent["before_old"] - percent["after_old"],
        "gain": percent["after_new"] - percent["before_new"],
        "presented": row["presented"],
        "set_writes": row["set_writes"],
        "reset_writes": row["reset_writes"],
        "set_pulses": row["set_pulses"],
        "reset_pulses": row["reset_pulses"],
        "verify_reads": row["verify_reads"],
        "given_up": row["given_up"],
        "changed_weights": row["changed_weights"],
        "writes_mean": writes / n_cells,
        "writes_largest": row["writes_largest"],
        "pulses_mean": pulses / n_cells,
        "pulses_largest": row["pulses_largest"],
    }


def _pulses(row: Row) -> WriteCounts:
    return WriteCounts(**{name: row[name] for name in ("set_pulses", "reset_pulses", "verify_reads")})


def _curve(rows: tuple[Row, ...], study: LearnStudy) -> Curve:
    def over_chips(what: str) -> tuple[Spread, ...]:
        return tuple(
            spread([100.0 * row[f"curve_{what}_{point}"] for row in rows]) for point in range(CURVE_POINTS + 1)
        )

    presented = tuple(round(study.batches * point / CURVE_POINTS) * study.batch for point in range(CURVE_POINTS + 1))
    return Curve(presented=presented, old=over_chips("old"), new=over_chips("new"))


def _entry(path: str, found: Parameter[Any]) -> dict[str, str]:
    return {
        "name": path,
        "value": found.text(),
        "range": found.range_text(),
        "status": found.status,
        "source": found.source,
    }
