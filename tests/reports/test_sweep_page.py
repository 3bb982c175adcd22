"""The page of a sweep: complete, escaped, self-contained, honest about failures, and fit for a browser and a phone."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from spikecim.errors import OutputError
from spikecim.reports.style import png_of
from spikecim.reports.sweep_findings import best_designs, findings, refusals, troubles
from spikecim.reports.sweep_maps import accuracy_energy, drawn_rows, energy_of, front_of
from spikecim.reports.sweep_page import sweep_html, write_sweep
from spikecim.reports.sweep_plates import sweep_plates
from spikecim.reports.sweep_tables import chips_text
from spikecim.reports.sweep_terminal import sweep_summary
from spikecim.reports.sweep_wording import headed, percent, short_names
from spikecim.results.sweep_report import SweepReport
from spikecim.study.factors import Factor
from spikecim.study.report import report_of
from spikecim.study.spec import Study
from tests.reports.test_browser import browser  # noqa: F401
from tests.study.tables import made_study, made_table

FACTORS = (
    Factor(path="synapse.code", unit="choice", values=("unary-bipolar", "sign-magnitude", "triplicated-average")),
    Factor(path="coding.window", unit="second", low=5e-4, high=2e-3, scale="log"),
    Factor(path="cell.hrs.sigma_ln", unit="dimensionless", low=0.2, high=1.5),
    Factor(path="decision.delta_s", unit="count", low=2, high=14, step=1),
)
METRICS = ("accuracy", "core_nj", "chip_nj", "cells")


def accuracy(values: Any, chip: int) -> float:
    code, _, sigma, margin = values
    return float(0.80 + 0.03 * (code != "unary-bipolar") - 0.03 * sigma + 0.005 * margin - 0.004 * chip)


def energy(values: Any, chip: int) -> float:
    return float(4 + 0.5 * values[3] * (values[1] / 1e-3) + 0.1 * chip)


def lost(design: int, chip: int) -> str:
    """One design without any chip, one without some."""
    return "weights <of> 64 cells do not fit" if design == 3 or (design == 5 and chip < 2) else ""


def study(kind: str = "saltelli", points: int = 16, chips: int = 5) -> Study:
    return replace(made_study(FACTORS, kind, points, chips, METRICS), title="Small & made", good_accuracy=0.82)


@cache
def report(made: Study | None = None, fails: Any = lost) -> SweepReport:
    made = made or study()
    laws = {
        "accuracy": accuracy,
        "core_nj": energy,
        "chip_nj": lambda v, c: 9 * energy(v, c),
        "cells": lambda v, c: 7.0,
    }
    return report_of(made, made_table(made, laws, fails))


@pytest.fixture(scope="module")
def html() -> str:
    return sweep_html(report())


def text_of(found: SweepReport) -> str:
    from rich.console import Console

    console = Console(width=100, highlight=False, file=io.StringIO())
    for renderable in sweep_summary(found):
        console.print(renderable)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def test_everything_is_on_the_page(html: str) -> None:
    for text in (
        "Small &amp; made",
        "unary-bipolar",
        "weights &lt;of&gt; 64 cells",
        "sigma_ln",
        "5 failed",
        "2 failed",
    ):
        assert text in html
    ids = re.findall(r'<figure class="plate" id="figure-([^"]+)"', html)
    assert ids == [plate.id for plate in sweep_plates(report())]
    assert {"yield", "yield-map", "accuracy-energy", "spread", "indices", "pairs", "effects-chip-nj"} <= set(ids)
    assert "effects-cells" not in ids  # it does not vary
    assert ">nan<" not in html
    assert not re.search(r"\bnan\b", re.sub(r"<[^>]*>", " ", html))


def test_the_page_asks_for_nothing_outside(html: str) -> None:
    addresses = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert all(address.startswith(("data:", "#")) for address in addresses)
    assert "<script" not in html


def test_failures_are_the_first_thing_said(html: str) -> None:
    said = troubles(report())
    assert said[0].startswith("Failed: 7 points of 2 designs, 1 of which have no chip left.")
    assert said[1] == "7 ×: weights <of> 64 cells do not fit"
    assert "Failed: 7" in html[: html.index("<nav")]
    assert "Failed: 7 points" in text_of(report())
    assert "Failed" not in text_of(report(fails=lambda design, chip: ""))


def test_a_design_says_how_many_chips_it_rests_on() -> None:
    rows = report().designs
    assert [chips_text(rows[k]) for k in (0, 3, 5)] == ["5", "0, 5 failed", "3, 2 failed"]


def test_a_metric_that_does_not_vary_is_said_to() -> None:
    assert any(line == "RRAM cells: no shares, it is the same in all designs" for line in refusals(report()))


def test_best_designs_come_first_and_lost_ones_last() -> None:
    rows = best_designs(report())
    assert rows[0].share.value == max(row.share.value for row in rows if row.done)
    assert rows[-1].number == 3


def test_findings_name_factors_and_chips() -> None:
    text = " ".join(findings(report()))
    assert "Best yield of 95 designs (a pick that flatters" in text
    assert "chips read 82.0 % or more" in text
    assert "Yield is moved by" in text
    assert "Chips of one design differ too" in text


def test_the_front_is_beaten_by_none() -> None:
    found = report()
    (spent,) = [metric for metric in found.metrics if metric.name == "chip_nj"]
    assert energy_of(found) == spent
    rows = drawn_rows(found, spent)
    front = front_of(rows, "accuracy", "chip_nj")
    for row in front:
        own = row.middle
        assert not any(
            other.middle["accuracy"].value > own["accuracy"].value
            and other.middle["chip_nj"].value < own["chip_nj"].value
            for other in rows
        )


def test_files_hold_what_the_page_says(tmp_path: Path) -> None:
    found = report()
    written = write_sweep(found, tmp_path / "new" / "folder")
    assert all(path.stat().st_size > 100 for path in written.values())
    assert {"sweep.html", "sweep.json", "designs.csv", "effects.csv", "shares.csv"} <= set(written)
    told = json.loads(written["sweep.json"].read_text(encoding="utf-8"))
    assert told["n_failed"] == 7
    with written["designs.csv"].open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == found.n_designs
    assert (rows[3]["failed"], rows[3]["yield"]) == ("5", "")
    for plate in sweep_plates(found):
        assert {f"figures/{plate.id}.png", f"figures/{plate.id}.svg"} <= set(written)


def test_the_same_report_gives_the_same_bytes(tmp_path: Path) -> None:
    made = replace(study("grid", 1, 2), factors=FACTORS[:2], levels=2, metrics=("accuracy",))
    law = {"accuracy": lambda v, c: len(str(v[0])) / 20 + 0.01 * c}
    one, two = (write_sweep(report_of(made, made_table(made, law)), tmp_path / name) for name in ("one", "two"))
    assert all(one[name].read_bytes() == two[name].read_bytes() for name in one)


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(OutputError, match="is a file, not a folder"):
        write_sweep(report(), tmp_path / "taken")


@pytest.mark.parametrize(
    ("kind", "points", "chips"), [("grid", 1, 2), ("sobol", 40, 3), ("latin-hypercube", 8, 1), ("saltelli", 4, 1)]
)
def test_other_studies_have_a_page(kind: str, points: int, chips: int) -> None:
    made = study(kind, points, chips)
    made = replace(made, factors=FACTORS[:2], levels=3) if kind == "grid" else made
    laws = {name: (lambda v, c: len(str(v[0])) / 40 + 0.01 * c + 100 * v[1]) for name in METRICS}
    found = report_of(made, made_table(made, laws))
    assert "<figure" in sweep_html(found)
    assert made.title in text_of(found)


def test_no_accuracy_no_yield_no_scatter() -> None:
    made = made_study(FACTORS, "sobol", 32, 3, ("core_nj",))
    found = report_of(made, made_table(made, {"core_nj": energy}))
    ids = {plate.id for plate in sweep_plates(found)}
    assert ids - {"pairs"} == {"spread", "indices", "effects-core-nj"}
    assert "Yield" not in sweep_html(found)


def test_designs_of_a_scatter_are_told_apart_by_mark_and_colour() -> None:
    found = report()
    spent = energy_of(found)
    assert spent is not None
    figure = accuracy_energy(found, spent)
    lines = [line for line in figure.axes[0].lines if line.get_marker() not in ("None", "", None)]
    looks = {(line.get_marker(), line.get_color()) for line in lines}
    assert len(looks) == len(lines) == 3
    assert sum(len(line.get_xdata()) for line in lines) == found.n_designs - 1
    assert len(png_of(figure)) > 1000


def test_short_names_tell_factors_apart() -> None:
    made = study()
    twins = (*FACTORS[:2], replace(FACTORS[2], path="cell.lrs.sigma_ln"), FACTORS[2])
    names = short_names(report(replace(made, factors=twins), lambda design, chip: "lost" if design else ""))
    assert list(names.values()) == ["code", "window", "lrs.sigma_ln", "hrs.sigma_ln"]


def test_wording() -> None:
    found = report()
    assert headed(found.metric("chip_nj")) == "Chip energy per inference (nJ)"
    assert headed(found.metric("accuracy")) == "Accuracy (%)"
    assert headed(found.metric("cells")) == "RRAM cells"
    assert (percent(0.456), percent(-0.03), percent(float("nan"))) == ("46", "−3", "–")


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_in_a_browser(browser: Any, html: str, tmp_path: Path, scheme: str, width: int) -> None:  # noqa: F811
    path = tmp_path / "sweep.html"
    path.write_text(html, encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: request.url.startswith(("file:", "data:")) or wrong.append(request.url))
    page.goto(path.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    sizes = page.eval_on_selector_all(
        "figure.plate > svg", "all => all.map(s => [s.getBoundingClientRect().width, s.getBoundingClientRect().height])"
    )
    assert len(sizes) == len(sweep_plates(report()))
    assert all(w > 250 and h > 80 for w, h in sizes)
    # Nothing that is written in a figure lies outside of it.
    outside = page.evaluate(
        """[...document.querySelectorAll('figure.plate > svg')].flatMap(svg => {
          const box = svg.getBoundingClientRect();
          return [...svg.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect()])
            .filter(([, r]) => r.left < box.left - 3 || r.right > box.right + 3).map(([text]) => text) })"""
    )
    assert outside == []
    scroll, client = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert scroll <= client <= width
    assert wrong == []
