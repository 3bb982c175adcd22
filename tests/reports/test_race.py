"""The race's data: chosen by rule, packed without loss, the trace to the last hundredth, never too heavy."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikecim.errors import ParameterError
from spikecim.reports import race_data
from spikecim.reports.pixels import grid_of, place_of
from spikecim.reports.race import race_fragment, race_page, write_race
from spikecim.reports.race_data import CLOSE, OTHER, PER_UNIT, WRONG, choose_images, packed, unpacked
from spikecim.results.decision_trace import trace_image
from spikecim.results.run import RunResult
from spikecim.spikes import trains_from_lists
from tests.engines.strategies import ideal_program
from tests.results.runs import run_of, small_run


@pytest.fixture(scope="module")
def run() -> RunResult:
    return small_run(60)


def data_of(html: str) -> Any:
    found = re.search(r'<script type="application/json" class="race-data">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


@given(st.lists(st.integers(-(2**31), 2**31 - 1)))
def test_packing_loses_nothing(numbers: list[int]) -> None:
    array = np.array(numbers, np.int32)
    np.testing.assert_array_equal(unpacked(packed(array)), array)


def test_the_packed_image_is_its_trace(run: RunResult) -> None:
    data = race_data.race_data(run, 60)
    np.testing.assert_array_equal(unpacked(data["weights"]), run.program.charge.ravel())
    assert sorted(image["sample"] for image in data["images"]) == list(range(60))
    for image in data["images"][::7]:
        trace, numbers = trace_image(run, image["sample"]), unpacked(image["data"])
        steps, n_inputs, n_outputs = image["sizes"]
        cuts = np.cumsum([9, steps, steps, steps, n_inputs, n_outputs])
        values, gaps, n_in, n_out, inputs, outputs, charge = np.split(numbers, cuts)
        np.testing.assert_array_equal(values, np.rint(255 * run.values[trace.sample]))
        np.testing.assert_array_equal(np.cumsum(gaps), trace.ticks)
        np.testing.assert_array_equal(np.repeat(trace.ticks, n_in), trace.inputs[:, 0])
        np.testing.assert_array_equal(np.repeat(trace.ticks, n_out), trace.outputs[:, 0])
        np.testing.assert_array_equal(inputs >> 1, trace.inputs[:, 1])
        np.testing.assert_array_equal(1 - 2 * (outputs & 1), trace.outputs[:, 2])
        exact = trace.charge * PER_UNIT / data["unit"]
        assert np.abs(charge.reshape(exact.shape) - exact).max() <= 0.5
        assert (image["winner"], image["second"], image["lead"]) == (trace.winner, trace.second, trace.final_lead)


def test_misread_first_then_close_then_others(run: RunResult) -> None:
    chosen = choose_images(run, 20)
    kinds = [kind for _, kind in chosen]
    assert kinds == sorted(kinds) and len({sample for sample, _ in chosen}) == 20
    right, n_wrong = run.correct(), int((~run.correct()).sum())
    assert n_wrong > 10
    assert [kinds.count(kind) for kind in (WRONG, CLOSE, OTHER)] == [10, 5, 5]
    assert all(right[sample] == (kind != WRONG) for sample, kind in chosen)


def test_within_a_group_the_closest_race_is_first(run: RunResult) -> None:
    def key(sample: int) -> tuple[int, int]:
        trace = trace_image(run, sample)
        return min(trace.final_lead, run.program.delta_s or 0), -trace.duration

    chosen = choose_images(run, 20)
    for kind in (WRONG, CLOSE):
        keys = [key(sample) for sample, own in chosen if own == kind]
        assert keys == sorted(keys)
    # No image left out, of those read right, is closer than the close ones.
    left = set(np.flatnonzero(run.correct())) - {sample for sample, kind in chosen if kind == CLOSE}
    assert max(key(sample) for sample, kind in chosen if kind == CLOSE) <= min(key(int(sample)) for sample in left)


@pytest.mark.parametrize("n_images", [1, 2, 3, 59, 60, 500])
def test_as_many_as_asked_for_or_all(run: RunResult, n_images: int) -> None:
    chosen = [sample for sample, _ in choose_images(run, n_images)]
    assert len(chosen) == len(set(chosen)) == min(n_images, 60)


@pytest.mark.parametrize("change", ["all right", "all wrong"])
def test_empty_groups_leave_their_places(run: RunResult, change: str) -> None:
    winners = run.record.winners
    labels = winners if change == "all right" else (winners + 1) % 3
    kinds = [kind for _, kind in choose_images(replace(run, labels=labels.astype(np.int16)), 12)]
    assert kinds == ([CLOSE] * 3 + [OTHER] * 9 if change == "all right" else [WRONG] * 12)


def test_a_wished_image_comes_first(run: RunResult) -> None:
    others = [sample for sample, _ in choose_images(run, 10)]
    wished = next(sample for sample in range(60) if sample not in others)
    chosen = choose_images(run, 10, wished)
    assert len(chosen) == 10
    assert chosen[0] == (wished, OTHER if run.correct()[wished] else WRONG)
    assert [image["sample"] for image in race_data.race_data(run, 1, wished)["images"]] == [wished]


def test_too_heavy_a_race_is_cut_at_the_end(run: RunResult, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = race_data.race_data(run, 60)["images"]
    sizes = np.cumsum([len(image["data"]) for image in whole])
    monkeypatch.setattr(race_data, "MOST_BYTES", int(sizes[20]))
    assert race_data.race_data(run, 60)["images"] == whole[:21]
    monkeypatch.setattr(race_data, "MOST_BYTES", 1)
    assert len(race_data.race_data(run, 60)["images"]) == 1


def test_the_fragment_needs_nothing_from_outside_and_starts_no_second_script(run: RunResult) -> None:
    html = str(race_fragment(run, 8))
    assert not re.findall(r"(?:src|href)=|https?://(?!www\.w3\.org/2000/svg)|@import|url\((?!#)", html)
    assert html.count("<script") == html.count("</script>") == 2
    assert len(data_of(html)["images"]) == 8
    assert "8 images of 60 are here" in html


def test_a_page_of_its_own(run: RunResult, tmp_path: Path) -> None:
    write_race(run, tmp_path / "race.html", 5, first=17)
    html = (tmp_path / "race.html").read_text(encoding="utf-8")
    assert html == race_page(run, 5, first=17)
    assert html.startswith("<!doctype html>") and html.count('class="race"') == 1
    assert data_of(html)["images"][0]["sample"] == 17


def test_other_shapes() -> None:
    # Six inputs are no square; one neuron has no rival.
    trains = trains_from_lists([[(1, 0, 1), (3, 5, -1)], []], n_in=6, n_ticks=40)
    data = data_of(race_page(run_of(ideal_program(np.full((6, 1), 4)), trains)))
    assert (data["rows"], data["columns"], data["n_out"]) == (1, 6, 1)
    assert {image["second"] for image in data["images"]} == {None}
    assert [grid_of(n) for n in (1, 2, 9, 144, 145)] == [(1, 1), (1, 2), (3, 3), (12, 12), (1, 145)]
    assert [place_of(line, 144) for line in (0, 13, 143)] == [(1, 1), (2, 2), (12, 12)]


def test_no_images_and_no_such_image(run: RunResult) -> None:
    empty = run_of(ideal_program(np.eye(3, dtype=int)), trains_from_lists([], n_in=3, n_ticks=40))
    with pytest.raises(ParameterError, match="no images"):
        race_page(empty)
    with pytest.raises(ParameterError, match="image 60 is not in this run"):
        race_page(run, first=60)
