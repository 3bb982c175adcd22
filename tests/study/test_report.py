"""The whole report of a made table: everything is counted, nothing is dropped in silence."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from spikecim.errors import ParameterError
from spikecim.results.sweep_report import SweepReport
from spikecim.results.sweep_report_data import design_csv, effect_csv, report_json, share_csv
from spikecim.results.sweep_table import SweepTable
from spikecim.study.factors import Factor
from spikecim.study.report import report_of
from spikecim.study.spec import Study
from tests.study.tables import made_study, made_table, unit_factors


def small(kind: str = "grid", chips: int = 4, metrics: tuple[str, ...] = ("accuracy", "chip_nj")) -> Study:
    factors = (
        Factor(path="code", unit="choice", values=("a", "b")),
        Factor(path="time", unit="second", low=1e-6, high=4e-6, step=1e-6),
    )
    return made_study(factors, kind, 64, chips, metrics)


def law(values: object, chip: int) -> float:
    code, time = values  # type: ignore[misc]
    return 0.80 + 0.02 * (code == "b") + 1e4 * float(time) - 0.005 * chip


def spent(values: object, chip: int) -> float:
    return 100.0 + 10 * chip + law(values, chip)


def table(made: Study, lost: dict[tuple[int, int], str] | None = None) -> SweepTable:
    lost = lost or {}
    laws = {name: law if name.startswith("accuracy") else spent for name in made.metrics}
    return made_table(made, laws, lambda design, chip: lost.get((design, chip), ""))


def whole() -> SweepReport:
    return report_of(small(), table(small()))


def test_designs_have_their_chips_counted() -> None:
    lost = {(1, 0): "too small", (3, 0): "too large", (3, 1): "too large", (3, 2): "too large", (3, 3): "too large"}
    report = report_of(small(), table(small(), lost))
    assert (report.n_done, report.n_failed, report.n_missing) == (27, 5, 0)
    assert report.errors == (("too large", 4), ("too small", 1))
    assert [row.number for row in report.incomplete] == [1, 3]
    assert (report.designs[1].done, report.designs[1].failed) == (3, 1)
    assert math.isnan(report.designs[3].middle["accuracy"].value)
    assert math.isnan(report.designs[3].share.value)
    assert report_json(report)["incomplete_designs"] == [1, 3]


def test_points_that_were_not_run_are_missing() -> None:
    made = small()
    full = table(made)
    part = replace(
        full,
        design=full.design[:10],
        chip=full.chip[:10],
        factors={name: column[:10] for name, column in full.factors.items()},
        metrics={name: column[:10] for name, column in full.metrics.items()},
        error=full.error[:10],
    )
    report = report_of(made, part)
    assert report.n_missing == 22
    assert (report.designs[2].done, report.designs[2].missing) == (2, 2)


def test_yield_is_the_share_of_good_chips() -> None:
    report = whole()
    # Design 0: a, 1 us: 0.81 - 0.005 chip. The studies' good accuracy is 0.84.
    assert report.designs[0].good == 0
    # Design 7: b, 4 us: 0.86 to 0.845.
    assert (report.designs[7].good, report.designs[7].share.value) == (4, 1.0)
    # Design 6: b, 3 us: 0.85, 0.845, 0.84 and 0.835.
    assert report.designs[6].good in (2, 3)
    assert report.yield_metric == "accuracy"
    (by_code, by_time) = report.effects_on("yield")
    assert by_code.highest == "b"
    assert [level.at for level in by_time.levels] == pytest.approx([1e-6, 2e-6, 3e-6, 4e-6])
    assert report.yield_map is not None
    assert sum(n for row in report.yield_map.points for n in row) == 32


def test_yield_map_has_the_leading_factor_across() -> None:
    report = whole()
    assert report.yield_map is not None
    # Variance of code 1e-4, of time 1.25e-4.
    assert (report.yield_map.row_factor, report.yield_map.column_factor) == ("code", "time")
    assert report.yield_map.share[1][3] == 1.0


def test_no_accuracy_no_yield() -> None:
    made = small(metrics=("chip_nj",))
    report = report_of(made, table(made))
    assert report.yield_metric == ""
    assert report.effects_on("yield") == ()
    assert report.yield_map is None
    assert math.isnan(report.designs[0].share.value)


def test_the_same_table_gives_the_same_report() -> None:
    assert json.dumps(report_json(whole())) == json.dumps(report_json(whole()))


@pytest.mark.parametrize("kind", ["saltelli", "sobol", "latin-hypercube"])
def test_other_designs_of_experiments(kind: str) -> None:
    made = small(kind)
    report = report_of(made, table(made))
    shares = report.shares_of("accuracy")
    assert shares.refused == ""
    for path, true in (("code", 1 / 2.25), ("time", 1.25 / 2.25)):
        share = shares.first[path]
        assert abs(share.value - true) < 4 * (share.high - share.low) / (2 * 1.645)
    assert all(effect.levels for effect in report.effects)


def test_json_is_strict_and_names_no_design_twice() -> None:
    found = json.loads(json.dumps(report_json(whole()), allow_nan=False))
    assert found["designs"] == "designs.csv"
    assert found["shares"][0]["first"]["time"]["value"] == pytest.approx(1.25 / 2.25)


def test_rows_for_csv() -> None:
    report = whole()
    rows = design_csv(report)
    assert len(rows) == 8
    assert list(rows[0])[:6] == ["design", "code", "time", "done", "failed", "missing"]
    assert rows[7]["yield"] == 1.0
    assert rows[0]["accuracy_median"] == pytest.approx(0.81 - 0.0075)
    assert len(effect_csv(report)) == 3 * (2 + 4)
    kinds = [row["kind"] for row in share_csv(report) if row["metric"] == "accuracy"]
    assert kinds == ["first", "first", "total", "total", "pair"]
    assert all(len({tuple(row) for row in rows}) == 1 for rows in (design_csv(report), share_csv(report)))


def test_a_refused_metric_has_its_reason_in_csv() -> None:
    made = small(metrics=("accuracy", "cells"))
    full = made_table(made, {"accuracy": law, "cells": lambda values, chip: 11_520.0})
    rows = [row for row in share_csv(report_of(made, full)) if row["metric"] == "cells"]
    assert [row["refused"] for row in rows] == ["it is the same in all designs"]


def test_an_empty_or_foreign_table_is_refused() -> None:
    made = small()
    lost = {(design, chip): "no" for design in range(8) for chip in range(4)}
    with pytest.raises(ParameterError, match="no point is done"):
        report_of(made, table(made, lost))
    with pytest.raises(ParameterError, match="of another study"):
        report_of(replace(made, n_chips=2), table(made))
    with pytest.raises(ParameterError, match="of another study"):
        report_of(replace(made, metrics=("time_us",)), table(made))


def test_one_factor_one_chip() -> None:
    made = made_study(unit_factors(1), "sobol", 32, 1)
    report = report_of(made, made_table(made, {"accuracy": lambda x, c: float(x[0])}))
    assert report.yield_map is None
    assert report.spreads[0].refused
    assert report.shares[0].first["x1"].value == pytest.approx(1.0, abs=0.1)
    assert np.isfinite(report.effects[0].levels[0].mean.low)
