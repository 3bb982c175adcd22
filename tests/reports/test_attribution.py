"""An attribution as table, sentences, files and figures: everything shown is what was counted."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from spikecim.chips import load_chip
from spikecim.experiments.attribution import AttributionExperiment
from spikecim.explore.causes import CAUSES
from spikecim.reports.attribution import attribution
from spikecim.reports.attribution_plates import attribution_plates
from spikecim.reports.attribution_text import (
    attribution_sentences,
    attribution_summary,
    region_sentences,
    write_attribution,
)
from spikecim.reports.region import region as region_figure
from spikecim.reports.region import traded_pairs
from spikecim.results.attribution import CORRECT, SPIKES, Attribution
from spikecim.results.region import Region

EXPERIMENT = AttributionExperiment(dataset="digits", n_chips=3, limit=60, n_designs=128, n_checked=4)


@pytest.fixture(scope="module")
def found() -> Attribution:
    return EXPERIMENT.run()


@pytest.fixture(scope="module")
def searched() -> Region:
    return EXPERIMENT.region()


def text_of(*renderables: object, width: int = 100) -> str:
    console = Console(width=width, highlight=False)
    with console.capture() as capture:
        for renderable in renderables:
            console.print(renderable)
    return capture.get()


def test_the_table_names_every_cause_within_a_hundred_columns(found: Attribution) -> None:
    table = text_of(attribution_summary(found)[0])
    for cause in CAUSES:
        assert cause.title in table
    assert "…  " not in table.replace(" … ", "")  # nothing is cut off
    assert f"{float(found.total(CORRECT)):.2f}".replace("-", "−") in table
    assert max(map(len, table.splitlines())) <= 100


def test_sentences_hold_the_levels(found: Attribution) -> None:
    text = " ".join(attribution_sentences(found))
    for counts in (found.paper, found.ideal, found.full):
        assert f"{float(np.mean(found.per_image(counts, CORRECT))):.2f} %" in text
    assert "so exactly 0: leak." in text
    assert "of the real weights lie beyond" in text
    moved = f"{found.level(SPIKES, design=False).mean:.1f}".replace("-", "−")
    assert f"move the input spikes by {moved}" in text


def test_sentences_say_when_quantisation_is_left_out(found: Attribution) -> None:
    facts = {name: value for name, value in found.facts.items() if name != "clipped_weights"}
    short = replace(
        found,
        players=found.players[1:],
        design_shapley=found.design_shapley[1:],
        design_alone=found.design_alone[1:],
        facts=facts,
    )
    assert "quantisation is left out" in " ".join(attribution_sentences(short))


def test_region_sentences_follow_the_numbers(searched: Region) -> None:
    text = " ".join(region_sentences(searched))
    assert f"of {len(searched.designs)} plausible designs" in text
    weights = searched.weights()
    first, second = traded_pairs(searched, weights)[0]
    assert f"(correlation {searched.correlation(weights)[first, second]:.2f})".replace("-", "−") in text
    for axis in searched.axes:
        assert axis.title.lower() in text.lower()
    assert "4 chips drawn from that region" in text


def test_files_hold_exact_numbers_and_no_folder(found: Attribution, searched: Region, tmp_path: Path) -> None:
    written = write_attribution(found, searched, tmp_path)
    assert sorted(path.name for path in written) == [
        "attribution.csv",
        "attribution.json",
        "attribution.md",
        "attribution.png",
        "attribution.svg",
        "region.png",
        "region.svg",
    ]
    data = json.loads((tmp_path / "attribution.json").read_text())
    for change in data["change"].values():
        assert change["total_exact"] == change["sum_of_shares_exact"]
    assert [cause["name"] for cause in data["causes"]] == [cause.name for cause in CAUSES]
    assert data["images"] == 60 and data["virtual_chips"] == 3 and not data["interrupted"]
    assert len(data["region"]["designs_values"]) == 128
    rows = list(csv.DictReader((tmp_path / "attribution.csv").open()))
    assert len(rows) == 15
    shares = sum(float(row["accuracy_points_shapley_mean"]) for row in rows)
    assert shares == pytest.approx(float(found.total(CORRECT)))
    for path in written:
        assert str(tmp_path).encode() not in path.read_bytes()


def test_figures_are_the_same_every_time(found: Attribution, searched: Region, tmp_path: Path) -> None:
    one, two = (write_attribution(found, searched, tmp_path / name) for name in ("a", "b"))
    for first, second in zip(one, two, strict=True):
        assert first.read_bytes() == second.read_bytes(), first.name


def test_figures_show_every_cause_and_unknown(found: Attribution, searched: Region) -> None:
    labels = {tick.get_text() for axes in attribution(found).axes for tick in axes.get_yticklabels()}
    assert {cause.title for cause in CAUSES} <= labels
    shown = {
        tick.get_text()
        for part in region_figure(searched).subfigs
        for axes in part.axes
        for tick in axes.get_yticklabels()
    }
    assert {axis.title for axis in searched.axes} <= shown


def test_one_chip_is_drawn_without_intervals(tmp_path: Path) -> None:
    alone = AttributionExperiment(dataset="digits", n_chips=1, limit=20).run()
    write_attribution(alone, None, tmp_path)
    data = json.loads((tmp_path / "attribution.json").read_text())
    assert data["causes"][5]["accuracy_points"]["shapley"]["low"] is None
    assert data["region"] is None
    assert "±" not in text_of(attribution_summary(alone)[0]).split("± 90 %")[0]


def test_another_chip_file_is_named_without_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('schema = 1\nname = "mine"\ntitle = "t"\ninherit = "spirit"\n')
    facts = AttributionExperiment(chip=str(path), dataset="digits", n_chips=1, limit=5).run().facts
    assert facts["chip_file"] == "mine.toml"
    assert facts["chip_digest"] == load_chip("spirit").digest()


def test_the_page_holds_the_table_and_the_sentences(found: Attribution, searched: Region, tmp_path: Path) -> None:
    write_attribution(found, searched, tmp_path)
    lines = (tmp_path / "attribution.md").read_text().splitlines()
    assert [line.count("|") for line in lines[:18]] == [9] * 18
    assert [line.split("|")[1].strip() for line in lines[2:17]] == [cause.title for cause in CAUSES]
    for sentence in (*attribution_sentences(found), *region_sentences(searched)):
        assert f"- {sentence}" in lines


def test_every_plate_draws(found: Attribution, searched: Region) -> None:
    assert [plate.id for plate in attribution_plates(found)] == ["attribution"]
    first, second = attribution_plates(found, searched)
    assert first.group == second.group == "causes"
    assert first.draw().axes
    assert second.draw().subfigs
