"""Results as data: exact keys, strict JSON, parts that sum, and the page's numbers taken from the data."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spikecim.files import write_csv
from spikecim.reports.energy_tables import formal_json
from spikecim.reports.tables import plain, reproduction_json, run_json
from spikecim.reports.wording import number, published, significant, without_folders
from spikecim.results.reproduction import Reproduction
from tests.results.runs import small_run

ROW_KEYS = ["id", "quantity", "published", "emulated", "low", "high", "unit", "verdict", "status", "source", "relation"]


@pytest.fixture(scope="module")
def data(rep: Reproduction) -> dict[str, Any]:
    return reproduction_json(rep)


def test_rows_have_exactly_the_documented_keys(data: dict[str, Any]) -> None:
    assert data["rows"]
    for row in data["rows"]:
        assert list(row) == ROW_KEYS


def test_all_parts_are_there(data: dict[str, Any]) -> None:
    parts = "rows banner facts engine_check variants margins population energy confusion assumptions sources"
    assert set(parts.split()) <= set(data)
    assert data["banner"]
    assert data["engine_check"] is None
    assert data["population"]["chips"] == 3 == len(data["population"]["per_chip"]["accuracy_percent"])


def test_json_is_strict_and_survives_the_round_trip(data: dict[str, Any]) -> None:
    text = json.dumps(data, allow_nan=False)
    assert json.loads(text) == data


def test_not_finite_numbers_become_null() -> None:
    given = {
        "a": float("nan"),
        "b": [np.float64("inf"), np.int64(3)],
        "c": np.array([1.5, np.nan]),
        4: (True, None, "x"),
    }
    assert plain(given) == {"a": None, "b": [None, 3], "c": [1.5, None], "4": [True, None, "x"]}


def test_written_files_hold_the_same_rows(report: dict[str, Path], data: dict[str, Any]) -> None:
    assert json.loads(report["reproduction.json"].read_text())["rows"] == data["rows"]
    with open(report["rows.csv"], newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ROW_KEYS
    assert [float(row["emulated"]) for row in rows] == [row["emulated"] for row in data["rows"]]


def test_csv_survives_commas_and_quotes(rep: Reproduction, tmp_path: Path) -> None:
    write_csv(tmp_path / "rows.csv", [row.as_dict() for row in rep.rows])
    with open(tmp_path / "rows.csv", newline="") as file:
        assert [row["source"] for row in csv.DictReader(file)] == [row.source for row in rep.rows]


def test_every_number_of_the_main_table_is_in_the_json(report: dict[str, Path], data: dict[str, Any]) -> None:
    html = report["report.html"].read_text()
    for row in data["rows"]:
        found = re.search(rf'<tr id="row-{row["id"]}">.*?</tr>', html, re.DOTALL)
        assert found, row["id"]
        shown = re.findall(r'<data value="([^"]*)">([^<]*)</data>', found[0])
        expected = [row["published"], row["emulated"], row["low"], row["high"]]
        assert [float(value) for value, _ in shown] == expected
        texts = [published(row["published"]), *(number(value, row["unit"]) for value in expected[1:])]
        assert [text for _, text in shown] == texts


@pytest.mark.parametrize("reading", ["per-synaptic-event", "per-input-spike"])
def test_energy_parts_sum_to_their_scope(data: dict[str, Any], reading: str) -> None:
    found = data["energy"]["readings"][reading]
    core = sum(part["nj_per_image"] for part in found["parts"] if part["scope"] == "core")
    chip = sum(part["nj_per_image"] for part in found["parts"])
    assert core == pytest.approx(found["core"]["nj_per_image"]["mean"], rel=1e-12)
    assert chip == pytest.approx(found["chip"]["nj_per_image"]["mean"], rel=1e-12)
    events = data["energy"]["per_image"]["synaptic_events"]
    assert found["core"]["pj_per_synaptic_event"] == pytest.approx(1000 * core / events, rel=1e-12)


def test_second_reading_is_one_neurons_share_of_the_first(data: dict[str, Any]) -> None:
    one, other = data["energy"]["readings"].values()
    ratio = one["chip"]["nj_per_image"]["mean"] / other["chip"]["nj_per_image"]["mean"]
    assert ratio == pytest.approx(10.0, rel=1e-12)


def test_formal_gain_agrees_with_the_published_table(rep: Reproduction) -> None:
    rows = {row.id: row for row in rep.rows}
    for entry, row in zip(
        formal_json(rep.median, rep.population, rep.mac), ("energy_gain_bare_mac", "energy_gain_formal"), strict=True
    ):
        span = entry["gain"]["per-synaptic-event"]["core"]
        assert span == pytest.approx([rows[row].low, rows[row].high], rel=1e-12)


def test_classes_and_confusion_count_every_image(data: dict[str, Any], rep: Reproduction) -> None:
    assert sum(entry["images"] for entry in data["energy"]["per_class"]) == rep.median.n_samples
    counts = np.array(data["confusion"]["counts"])
    assert counts.sum() == rep.median.n_samples
    assert counts.trace() == rep.median.correct().sum()


def test_every_parameter_is_listed_with_status_and_source(data: dict[str, Any], rep: Reproduction) -> None:
    assert [row["path"] for row in data["assumptions"]] == [path for path, _ in rep.median.chip.parameters()]
    assert all(row["value"] and row["status"] and row["source"] for row in data["assumptions"])
    assert data["sources"] == rep.median.chip.sources


@pytest.mark.parametrize("scale", [1.0, 0.0])
def test_a_run_alone_is_strict_json_even_when_silent(scale: float) -> None:
    found = run_json(small_run(3, scale=scale))
    json.dumps(found, allow_nan=False)
    assert (found["energy"]["readings"]["per-synaptic-event"]["core"]["pj_per_synaptic_event"] is None) == (scale == 0)


def test_folders_of_the_reader_stay_private() -> None:
    assert without_folders("mnist test (/home/me/my data/t10k.gz)") == "mnist test (t10k.gz)"
    assert without_folders("/srv/x/t10k.gz") == "t10k.gz"
    assert without_folders(r"C:\Users\me\t10k.gz") == "t10k.gz"
    for harmless in ("downloaded from https://host/a/b.gz", "12/144 inputs", "scikit-learn digits"):
        assert without_folders(harmless) == harmless


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (87.97, "%", "87.97"),
        (85.38499999999999, "%", "85.39"),
        (11520.0, "cells", "11,520"),
        (138.66, "spikes", "138.7"),
        (3.597, "pJ", "3.60"),
        (179.8, "pJ", "180"),
        (0.4349, "x", "0.435"),
        (0.0, "pJ", "0"),
        (None, "pJ", "–"),
        (float("nan"), "pJ", "–"),
    ],
)
def test_numbers_show_the_digits_that_mean_something(value: float | None, unit: str, text: str) -> None:
    assert number(value, unit) == text


def test_significant_digits() -> None:
    assert [significant(x) for x in (1780.6, 24.81, 9.9996, 0.0263)] == ["1,781", "24.8", "10.0", "0.0263"]
