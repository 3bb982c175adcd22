"""The page of a mitigation study: every number of it stands in mitigation.json, in a browser and in the file."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from spikecim.mitigate.run import run_mitigation
from spikecim.reports.mitigation_files import write_mitigation
from spikecim.reports.mitigation_plates import mitigation_plates
from spikecim.reports.mitigation_terminal import mitigation_summary
from spikecim.reports.mitigation_wording import findings
from spikecim.reports.style import svg_of
from spikecim.results.mitigation import Interval, Mitigation
from tests.mitigate.fake import FakeSubject, fake_study
from tests.reports.test_browser import browser  # noqa: F401
from tests.reports.test_energy_page import CONTENT, NUMBER, is_rounding, leaves

Written = tuple[Mitigation, Path]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """A result and the folder it was written to."""
    folder = tmp_path_factory.mktemp("mitigation")
    found = run_mitigation(fake_study(), FakeSubject(fake_study()), folder)
    write_mitigation(found, folder)
    return found, folder


def known(folder: Path) -> tuple[set[float], set[str]]:
    """Numbers of mitigation.json, and the numbers that its texts hold."""
    import json

    found = list(leaves(json.loads((folder / "mitigation.json").read_text())))
    numbers = {float(value) for value in found if isinstance(value, (int, float)) and not isinstance(value, bool)}
    return numbers, {token for value in found if isinstance(value, str) for token in NUMBER.findall(value)}


def scales_of(found: Mitigation) -> set[str]:
    """Texts at the ticks of the axes of numbers."""
    texts: set[str] = set()
    for plate in mitigation_plates(found):
        figure = plate.draw()
        svg_of(figure)  # lays it out as on the page
        texts |= {tick.get_text() for axes in figure.axes for tick in axes.get_xticklabels()}
    return texts


@pytest.mark.browser
def test_every_number_of_the_page_stands_in_the_json(written: Written, browser: Any) -> None:  # noqa: F811
    found, folder = written
    numbers, texts = known(folder)
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto((folder / "mitigation.html").as_uri())
    content = page.evaluate(CONTENT)
    page.close()
    assert len(content["data"]) > 150
    for value, text in content["data"]:
        assert any(float(value) == number or -float(value) == number for number in numbers), (value, text)
        assert is_rounding(text, float(value)), (value, text)
    assert set(NUMBER.findall(content["rest"])) - texts == set()
    scales = scales_of(found)
    for title, labels in content["drawn"]:
        for token in {token for label in labels if label not in scales for token in NUMBER.findall(label)} - texts:
            assert any(is_rounding(token, abs(value)) for value in numbers), (title, token)


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_in_a_browser(written: Written, browser: Any, scheme: str, width: int) -> None:  # noqa: F811
    found, folder = written
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda request: request.url.startswith(("file:", "data:")) or troubles.append(request.url))
    page.goto((folder / "mitigation.html").as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    sizes = page.eval_on_selector_all(
        "figure.plate > svg", "all => all.map(s => [s.getBoundingClientRect().width, s.getBoundingClientRect().height])"
    )
    assert len(sizes) == len(mitigation_plates(found)) == 2 and all(w > 250 and h > 100 for w, h in sizes)
    scroll, client = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert scroll <= client <= width
    ids = page.eval_on_selector_all("[id]", "all => all.map(e => e.id)")
    assert len(ids) == len(set(ids))
    targets = page.eval_on_selector_all("nav a", "all => all.map(a => a.getAttribute('href').slice(1))")
    assert targets and set(targets) <= set(ids)
    assert troubles == []
    page.close()


def test_the_page_asks_for_nothing_outside_and_names_are_escaped(written: Written) -> None:
    html = (written[1] / "mitigation.html").read_text()
    assert all(address.startswith(("data:", "#")) for address in re.findall(r'(?:src|href)="([^"]+)"', html))
    assert "<script" not in html and "<i>&" not in html and "<b>bold" not in html and "&lt;b&gt;bold" in html
    assert "\ue000" not in html and ">nan<" not in html and ">None<" not in html
    assert "nothing to recover" in html


def test_all_files_are_there_and_a_second_writing_changes_no_byte(written: Written, tmp_path: Path) -> None:
    found, folder = written
    again = write_mitigation(found, tmp_path)
    figures = {f"figures/{name}.{kind}" for name in ("accuracies", "recovered") for kind in ("png", "svg")}
    tables = {"scores.csv", "chips.csv", "layers.csv"}
    assert set(again) == {"mitigation.html", "mitigation.json"} | tables | figures
    for name, path in again.items():
        assert path.read_bytes() == (folder / name).read_bytes(), name


def test_the_terminal_tells_both_scores(written: Written) -> None:
    from io import StringIO

    from rich.console import Console

    console = Console(width=100, file=StringIO())
    for part in mitigation_summary(written[0]):
        console.print(part)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    for word in ("Wire drop", "none to recover", "95 (", "wire ohms", "Recovered: (mean after - mean before)"):
        assert word in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 100 and "…" not in text


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ((-14.0, -35.0, 6.0), "nothing that stands out of its noise comes back, recovered is"),
        ((-14.0, -35.0, -3.0), "it gets worse, recovered is"),
        ((14.0, -3.0, 35.0), "% of it comes back"),
    ],
)
def test_a_cure_that_gives_nothing_back_says_so(written: Written, ends: tuple[float, ...], words: str) -> None:
    stuck = next(condition for condition in written[0].conditions if condition.name == "stuck")
    interval = Interval(value=ends[0], low=ends[1], high=ends[2])
    only = replace(stuck, cures=(replace(stuck.cures[0], recovered=interval),))
    assert words in findings(replace(written[0], conditions=(only,)))[0]
