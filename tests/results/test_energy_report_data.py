"""JSON and CSV of an energy report: strict, complete, and one row for each thing."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from spikecim.explore.energy import energy_report
from spikecim.results import energy_report_data as data
from tests.explore.energies import report, reports
from tests.results.runs import small_run


def test_json_is_strict_and_holds_the_answer() -> None:
    found = json.loads(json.dumps(data.energy_json(report()), allow_nan=False))
    (run,) = found["runs"]
    core = next(one for one in run["scopes"] if (one["scope"], one["reading"]) == ("core", "per-synaptic-event"))
    assert core["nj"]["mean"] == report().runs[0].scope("core").nj.mean
    assert {"free", "anchored"} <= set(core)
    assert [row["entry"] for row in run["tornado"] if row["scope"] == "chip"]
    assert found["citations"] and found["published"] and run["constants"]
    assert (found["draws"], found["seed"]) == (400, 1)
    # Single images are in a file of their own.
    assert "per_image" not in run and run["images_csv"] == "images.csv"


def test_a_number_that_is_none_becomes_null() -> None:
    assert data._plain({"a": math.nan, "b": (math.inf, 1.0)}) == {"a": None, "b": [None, 1.0]}


def test_images_of_every_run_have_rows_that_sum_to_its_energy() -> None:
    for run in reports().runs:
        rows = data.image_rows(run)
        assert [row["image"] for row in rows] == list(range(run.images))
        assert sum(row["core_nj"] for row in rows) / run.images == pytest.approx(run.scope("core").nj.mean)
        assert {row["correct"] for row in rows} <= {0, 1}
    assert [data.csv_name(reports(), run, "images") for run in reports().runs] == [f"images-{k}.csv" for k in (1, 2, 3)]


def test_tables_have_a_row_for_each_part_layer_and_class() -> None:
    parts, layers, classes = data.part_rows(reports()), data.layer_rows(reports()), data.class_rows(reports())
    for run in reports().runs:
        own = [row for row in parts if row["run"] == run.name]
        assert sum(row["nj"] for row in own) == pytest.approx(run.scope("chip").nj.mean)
        assert [row["layer"] for row in layers if row["run"] == run.name] == [row.layer for row in run.layers]
        assert sum(row["images"] for row in classes if row["run"] == run.name) == run.images
    # Flat tables only: a spread has a column for each of its numbers.
    assert all(not isinstance(value, (dict, list)) for row in (*parts, *layers, *classes) for value in row.values())


def test_settings_name_no_folder() -> None:
    settings = {**small_run(2).settings, "data": "mnist test (/some/one/else/t10k.gz)"}
    found = data.energy_json(energy_report({"x": replace(small_run(2), settings=settings)}, draws=100))
    assert found["runs"][0]["settings"]["data"] == "mnist test (t10k.gz)"
