"""`comparison.json` has the promised keys and nothing that strict JSON refuses; the CSV says the same."""

from __future__ import annotations

import base64
import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from spikecim.files import write_csv
from spikecim.results.comparison_data import KEYS, comparison_json, comparison_rows
from tests.results.comparisons import IDEAL, REAL, comparison, layer, row

# As the issue states them.
TOP = ("network", "dataset", "n_samples", "ann_accuracy", "rows")
ROW = [
    "conversion",
    "chip",
    "accuracy",
    "accuracy_low",
    "accuracy_high",
    "input_spikes_per_image",
    "spikes_per_image",
    "synaptic_events_per_image",
    "energy_core_nj",
    "energy_chip_nj",
    "latency_ticks",
    "loss_vs_ann_pp",
]


def test_json_begins_with_the_keys_of_the_issue() -> None:
    data = comparison_json(comparison())
    assert tuple(data)[:5] == TOP
    assert list(KEYS) == ROW
    for found in data["rows"]:
        assert list(found)[: len(ROW)] == ROW


def test_json_is_strict_and_keeps_every_digit() -> None:
    constant = replace(layer(0), correlation=float("nan"))
    data = comparison_json(comparison(rows=(row("relu-max", REAL, 0.9, layers=(constant,)),)))
    again = json.loads(json.dumps(data, allow_nan=False))
    assert again == data
    (found,) = data["rows"]
    assert found["input_spikes_per_image"] == 1001.25
    assert found["layers"][0]["correlation"] is None
    assert found["checkpoints"]["ticks_given"] == [50, 100, 200, 300]
    assert found["margins"]["delta_s"] == [1, 2, 3]
    assert found["accuracy_per_chip"] == [0.9 - 0.02, 0.9, 0.9 + 0.02]
    assert [step["accuracy"] for step in found["losses"]] == pytest.approx([0.98, 0.96, 0.94, 0.92, 0.9])
    assert data["refused"][0]["reason"] == "takes [quantised-clip] only"


def test_pictures_are_bytes() -> None:
    image = comparison_json(comparison())["rows"][0]["disagreements"][0]
    assert image["image_shape"] == [2, 2, 1]
    assert list(base64.b64decode(image["image_bytes_base64"])) == [0, 85, 170, 255]
    assert (image["index"], image["label"], image["ann"], image["snn"]) == (7, 3, 3, 5)


def test_no_margin_is_null() -> None:
    assert comparison_json(comparison())["rows"][1]["margins"] is None


def test_csv_has_a_line_for_each_pair(tmp_path: Path) -> None:
    write_csv(tmp_path / "c.csv", comparison_rows(comparison()))
    with (tmp_path / "c.csv").open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert [line["chip"] for line in lines] == [IDEAL, IDEAL, REAL, REAL, IDEAL, REAL]
    assert float(lines[1]["energy_chip_nj"]) == 5000.5
    assert lines[3]["refused"] == ""
    assert lines[4]["refused"] == "takes [quantised-clip] only"
    assert lines[4]["accuracy"] == ""
