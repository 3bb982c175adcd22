"""The page, the figures and the words of a design search: complete, escaped, honest about what was lost."""

from __future__ import annotations

import io
import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from spikecim.reports import search_figures as figures
from spikecim.reports.search_page import search_plates, write_search_page
from spikecim.reports.search_text import findings, interval_text, reading, search_summary
from spikecim.reports.style import png_of
from spikecim.results.search_data import front_rows, search_json, trial_rows
from spikecim.results.search_result import FRESH, JUDGED, SEARCHED, Estimate, FrontPoint, SearchResult
from tests.reports.test_browser import browser  # noqa: F401
from tests.results.searches import ACCURACY, CELLS, ENERGY, point, search_result, spread


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("search")
    write_search_page(search_result(), folder)
    return folder


def printed(found: SearchResult, width: int = 100) -> str:
    console = Console(width=width, file=io.StringIO(), highlight=False)
    for part in search_summary(found):
        console.print(part)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return text


def test_every_design_figure_and_failure_is_on_the_page(folder: Path) -> None:
    html = (folder / "search.html").read_text(encoding="utf-8")
    for text in ("A &lt;small&gt; search", "&lt;signed&gt;", "&lt;too hot&gt;", "81.0 (79.0–83.0)", "10,000 test"):
        assert text in html, text
    assert len(re.findall(r'<figure class="plate"', html)) == len(search_plates(search_result())) == 4
    assert "<signed>" not in html
    assert "<too hot>" not in html


def test_the_page_asks_for_nothing_outside(folder: Path) -> None:
    html = (folder / "search.html").read_text(encoding="utf-8")
    addresses = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert all(address.startswith(("data:", "#")) for address in addresses)
    assert "<script" not in html


def test_figures_lie_beside_the_page(folder: Path) -> None:
    names = sorted(path.name for path in (folder / "figures").iterdir())
    assert names == sorted(f"{p.id}.{kind}" for p in search_plates(search_result()) for kind in ("png", "svg"))


def test_the_same_search_gives_the_same_page(folder: Path, tmp_path: Path) -> None:
    write_search_page(search_result(), tmp_path)
    assert (tmp_path / "search.html").read_bytes() == (folder / "search.html").read_bytes()


def test_findings_tell_the_best_the_optimism_and_what_was_lost() -> None:
    said = " ".join(findings(search_result()))
    assert "9 designs tried in 3 generations; 8 keep all constraints; 1 failed; the front has 3 designs." in said
    assert "Best accuracy: 81.0 (79.0–83.0) % with decision.delta_s = 7" in said
    assert "fresh chips are 1.00 points worse than the search's, and test images 2.00 points worse than that." in said
    assert "Core energy, mean over the front: fresh chips are as good as the search's, and test images 0.383 nJ" in said
    assert "1 front point of 3 is beaten" in said
    assert "On fresh chips and test images 1 front point breaks a constraint." in said
    assert "RRAM cells, mean over the front" not in said


def test_the_terminal_shows_value_and_interval_at_100_characters() -> None:
    text = printed(search_result())
    for part in ("81.0 (79.0–83.0)", "8.25 (8.15–8.35)", "8,000", "Keeps", "Pareto front"):
        assert part in text
    assert "…" not in text


def test_two_objectives_are_shown_as_searched_and_as_judged() -> None:
    found = search_result()
    front = tuple(replace(p, estimates={s: of[:2] for s, of in p.estimates.items()}) for p in found.front)
    text = printed(replace(found, goals=found.goals[:2], front=front))
    for part in ("search", "judged", "84.0", "81.0 (79.0–83.0)"):
        assert part in text


def test_a_long_front_is_cut_and_says_so() -> None:
    found = search_result(front=tuple(point(n, 0.8, 1.0 + n, 10.0) for n in range(30)))
    assert "and 6 more; all are in front.csv" in printed(found)


def test_cells_have_no_interval() -> None:
    assert interval_text(CELLS, spread(11_520.0, 0.0)) == "11,520"
    assert interval_text(ACCURACY, Estimate(value=0.5, low=0.4, high=0.6)) == "50.0 (40.0–60.0)"
    assert interval_text(ENERGY, Estimate(value=math.nan, low=math.nan, high=math.nan)) == "–"


def opened(front_point: FrontPoint) -> FrontPoint:
    """With the intervals that few chips give: accuracy open below, energy above, on fresh chips both ways."""
    accuracy, energy, cells = front_point.estimates[JUDGED]
    few = (replace(accuracy, low=-math.inf), replace(energy, high=math.inf), cells)
    none = (replace(accuracy, low=-math.inf, high=math.inf), few[1], cells)
    return replace(front_point, estimates={**front_point.estimates, JUDGED: few, FRESH: none})


def test_an_open_end_is_told_on_page_terminal_and_data(tmp_path: Path) -> None:
    goals = (replace(ACCURACY, bounded_from=72), ENERGY, CELLS)
    found = search_result(front=tuple(map(opened, search_result().front)), goals=goals)
    write_search_page(found, tmp_path)
    html = (tmp_path / "search.html").read_text(encoding="utf-8")
    for text in ("81.0 (at most 83.0)", "81.0 (unbounded)", "8.25 (at least 8.15)"):
        assert text in html, text
    assert "that of accuracy has an open end with fewer than 72 chips" in html
    said = " ".join(printed(found).split())
    assert "at most" in said
    assert "fewer than 72 chips" in said
    assert not re.search(r"\binf\b|–inf|∞", html + said)
    told = json.loads(json.dumps(search_json(found), allow_nan=False))["front"][0]["estimates"]["test"]
    assert (told[0]["low"], told[0]["low_open"], told[0]["high_open"]) == (None, True, False)
    assert told[0]["high"] == pytest.approx(0.83)
    assert (told[1]["high"], told[1]["low_open"], told[1]["high_open"]) == (None, False, True)
    row = front_rows(found)[0]
    assert (row["accuracy_median_test_low"], row["core_nj_median_test_high"]) == ("", "")


def test_an_open_end_is_an_arrow() -> None:
    found = search_result(front=tuple(map(opened, search_result().front)))
    for draw in (figures.front, figures.optimism):
        before, after = ([t for axes in draw(one).axes for t in axes.texts] for one in (search_result(), found))
        assert len(after) > len(before) == 0
    assert len(figures.optimism(found).axes[0].texts) == 3 * len(found.front)


def test_what_it_rests_on_is_told() -> None:
    assert "4 virtual chips a design, 100 validation images" in reading(search_result())
    assert "10,000 test images that took no part in any choice" in reading(search_result())


@pytest.mark.parametrize("n_goals", [1, 2, 3])
def test_figures_of_one_to_three_objectives(n_goals: int) -> None:
    found = search_result()
    cut = replace(
        found,
        goals=found.goals[:n_goals],
        trials=tuple(replace(trial, objectives=trial.objectives[:n_goals]) for trial in found.trials),
        front=tuple(
            replace(p, estimates={stage: of[:n_goals] for stage, of in p.estimates.items()}) for p in found.front
        ),
    )
    for draw in (figures.front, figures.factors, figures.optimism):
        assert png_of(draw(cut)).startswith(b"\x89PNG")


def test_a_design_that_fails_on_fresh_chips_is_a_dash_not_a_crash(tmp_path: Path) -> None:
    nothing = Estimate(value=math.nan, low=math.nan, high=math.nan)
    first = search_result().front[0]
    estimates = {SEARCHED: first.estimates[SEARCHED], FRESH: (nothing,) * 3, JUDGED: (nothing,) * 3}
    lost = replace(first, estimates=estimates, keeps=0.0, violated=("virtual chip 1000000: too hot",))
    found = search_result(front=(lost, *search_result().front[1:]))
    write_search_page(found, tmp_path)
    assert "virtual chip 1000000: too hot" in (tmp_path / "search.html").read_text(encoding="utf-8")
    data = json.loads(json.dumps(search_json(found), allow_nan=False))
    assert data["front"][0]["estimates"]["test"][0]["value"] is None
    assert "–" in printed(found)


def test_rows_have_one_header() -> None:
    found = search_result()
    assert len({tuple(row) for row in front_rows(found)}) == 1
    assert len({tuple(row) for row in trial_rows(found)}) == 1
    assert trial_rows(found)[8]["error"] == "virtual chip 0: <too hot>"


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1280])
def test_in_a_browser(browser: Any, folder: Path, width: int) -> None:  # noqa: F811
    page = browser.new_page(viewport={"width": width, "height": 800})
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text))
    page.on("request", lambda request: request.url.startswith(("file:", "data:")) or troubles.append(request.url))
    page.goto((folder / "search.html").as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.locator("figure.plate > svg").count() == 4
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert troubles == []
    page.close()
