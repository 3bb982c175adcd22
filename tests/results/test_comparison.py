"""`comparison.json` has the promised keys and nothing that strict JSON refuses; the CSV says the same."""

from __future__ import annotations

import base64
import csv
import json
from dataclasses import replace
from pathlib import Path

from spikecim.files import write_csv
from spikecim.results.comparison_data import KEYS, comparison_json, comparison_rows
from tests.results.comparisons import comparison, comparison_row

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
    for row in data["rows"]:
        assert list(row)[: len(ROW)] == ROW


def test_json_is_strict_and_keeps_every_digit() -> None:
    data = comparison_json(comparison())
    again = json.loads(json.dumps(data, allow_nan=False))
    assert again == data
    row = data["rows"][1]
    assert row["input_spikes_per_image"] == 101.25
    assert row["layers"][0]["correlation"] is None
    assert row["checkpoints"]["ticks_given"] == [1, 8, 65]
    assert row["margins"]["delta_s"] == [1, 2]
    assert row["accuracy_per_chip"] == [0.85, 0.9, 0.95]
    assert [step["accuracy"] for step in row["losses"]] == [0.96, 0.955, 0.95, 0.92, 0.9]
    assert data["refused"][0]["reason"] == "it has [relu]"


def test_pictures_are_bytes() -> None:
    image = comparison_json(comparison())["rows"][0]["disagreements"][0]
    assert image["image_shape"] == [2, 2, 1]
    assert list(base64.b64decode(image["image_bytes_base64"])) == [0, 85, 170, 255]
    assert (image["index"], image["label"], image["ann"], image["snn"]) == (7, 3, 3, 5)


def test_no_margin_is_null() -> None:
    found = replace(comparison(), rows=(replace(comparison_row(), margins=None),))
    assert comparison_json(found)["rows"][0]["margins"] is None


def test_csv_has_a_line_for_each_pair(tmp_path: Path) -> None:
    write_csv(tmp_path / "c.csv", comparison_rows(comparison()))
    with (tmp_path / "c.csv").open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 4
    assert lines[0]["chip"] == "spirit-multi-ideal"
    assert float(lines[1]["energy_chip_nj"]) == 99.5
    assert lines[1]["refused"] == ""
    assert lines[2]["refused"] == "it has [relu]"
    assert lines[2]["accuracy"] == ""
