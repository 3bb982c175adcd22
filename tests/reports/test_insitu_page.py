"""The page of a study of training on the chip, in a browser and in the file: every number stands in insitu.json."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from spikecim.insitu.study.run import run_study
from spikecim.reports.insitu_files import write_insitu, write_insitu_data
from spikecim.reports.insitu_live import LIVE, LiveFigure, live
from spikecim.reports.insitu_plates import insitu_plates
from spikecim.reports.insitu_terminal import insitu_summary
from spikecim.reports.insitu_wording import findings, lede
from spikecim.reports.style import svg_of
from spikecim.reports.svg import standalone
from spikecim.results.insitu_live import LiveRun
from spikecim.results.insitu_run import EpochPoint
from spikecim.results.insitu_table import InsituTable, MeanInterval
from tests.insitu.study.fake import FakeRunner, fake_study
from tests.reports.test_browser import browser  # noqa: F401 - a fixture
from tests.reports.test_energy_page import CONTENT, NUMBER, is_rounding, leaves

Written = tuple[InsituTable, Path]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """A result and the folder it was written to; one rate failed, one device stands by its name."""
    folder = tmp_path_factory.mktemp("insitu")
    devices = {"devices": ["0", "+-4", "+-6"], "rules": ["sgd", "momentum"]}
    runner = FakeRunner(fails=(("sgd", 1.0),))
    found = run_study(fake_study(grid=devices), runner, folder, jobs=1)
    named = replace(found.devices[2], name="ag-a-si", ltd=-4.88)
    cells = tuple(replace(cell, device="ag-a-si") if cell.device == "+-6" else cell for cell in found.cells)
    gains = tuple(replace(gain, device="ag-a-si") if gain.device == "+-6" else gain for gain in found.gains)
    found = replace(found, devices=(*found.devices[:2], named), cells=cells, gains=gains)
    (folder / LIVE).write_bytes(b"")
    write_insitu(found, folder)
    return found, folder


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
def test_page_in_a_browser(written: Written, browser: Any, width: int, scheme: str) -> None:  # noqa: F811
    found, folder = written
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda request: troubles.extend([request.url][request.url.startswith(("file:", "data:")) :]))
    page.goto((folder / "insitu.html").as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    sizes = page.eval_on_selector_all(
        "figure.plate > svg", "all => all.map(s => [s.getBoundingClientRect().width, s.getBoundingClientRect().height])"
    )
    assert len(sizes) == len(insitu_plates(found)) == 5 and all(w > 250 and h > 100 for w, h in sizes)
    scroll, client = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert scroll <= client <= width
    ids = page.eval_on_selector_all("[id]", "all => all.map(e => e.id)")
    assert len(ids) == len(set(ids))
    targets = page.eval_on_selector_all("nav a", "all => all.map(a => a.getAttribute('href').slice(1))")
    assert targets and set(targets) <= set(ids)
    assert troubles == []
    content = page.evaluate(CONTENT)  # takes the page apart
    page.close()
    numbers_stand_in_the_json(content, folder)


def numbers_stand_in_the_json(content: dict[str, Any], folder: Path) -> None:
    """Every number of the page is one of the result, rounded as it is shown."""
    told = list(leaves(json.loads((folder / "insitu.json").read_text())))
    numbers = {float(value) for value in told if isinstance(value, (int, float)) and not isinstance(value, bool)}
    texts = {token for value in told if isinstance(value, str) for token in NUMBER.findall(value)}
    # Counts of the tables themselves.
    numbers |= {3.0, 2.0}
    assert len(content["data"]) > 200
    for value, text in content["data"]:
        assert any(abs(float(value)) == abs(number) for number in numbers), (value, text)
        assert is_rounding(text, float(value)), (value, text)
    written_out = {text for number in numbers for text in (f"{number:g}", repr(number))}
    assert set(NUMBER.findall(content["rest"])) - texts - written_out == set()


def test_the_page_asks_for_nothing_outside_and_names_are_escaped(written: Written) -> None:
    html = (written[1] / "insitu.html").read_text()
    assert all(address.startswith(("data:", "#")) for address in re.findall(r'(?:src|href)="([^"]+)"', html))
    assert "<script" not in html and "<b>bold" not in html and "&lt;b&gt;bold" in html
    assert "\ue000" not in html and ">nan<" not in html and ">None<" not in html
    assert "rate 1 failed: the loss is not a finite number" in html


def test_all_files_are_there_and_a_second_writing_changes_no_byte(written: Written, tmp_path: Path) -> None:
    found, folder = written
    names = ("accuracy", "gains", "rates", "curves", "writes")
    figures = {f"figures/{name}.{kind}" for name in names for kind in ("png", "svg")}
    tables = {"table.csv", "trainings.csv", "curves.csv", "arrays.csv"}
    for name in {"insitu.html", "insitu.json"} | tables | figures:
        assert (folder / name).stat().st_size > 100, name
    assert not (folder / LIVE).exists()
    for name, path in write_insitu_data(found, tmp_path).items():
        assert path.read_bytes() == (folder / name).read_bytes(), name
    drawn = svg_of(insitu_plates(found)[0].draw())
    assert standalone(drawn) == (folder / "figures" / "accuracy.svg").read_text(encoding="utf-8")


def test_the_terminal_tells_the_table(written: Written) -> None:
    from io import StringIO

    from rich.console import Console

    console = Console(width=100, file=StringIO())
    for part in insitu_summary(written[0]):
        console.print(part)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    for word in ("ag-a-si", "Gain, points", "momentum", "a gain of", "5.00 times fewer pulses"):
        assert word in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 100 and "…" not in text


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ((0.5, -0.2, 1.2), "which do not stand out of their noise"),
        ((-0.5, -0.8, -0.2), "a loss of"),
        ((0.5, 0.2, 0.8), "a gain of"),
    ],
)
def test_a_gain_is_worded_by_its_interval(written: Written, ends: tuple[float, ...], words: str) -> None:
    gain = MeanInterval(value=ends[0], low=ends[1], high=ends[2], n=5)
    changed = replace(written[0], gains=(replace(written[0].gains[0], gain=gain),))
    assert words in findings(changed)[0]


def test_a_best_rate_at_the_edge_is_told(written: Written) -> None:
    cells = (replace(written[0].cells[0], edge="lowest"), *written[0].cells[1:])
    assert any("stands at an end of what was tried for 0, SGD (lowest" in text for text in findings(
        replace(written[0], cells=cells)
    ))  # fmt: skip


def test_a_live_figure_is_drawn_but_not_too_often(tmp_path: Path) -> None:
    points = tuple(EpochPoint(epoch=k, train=0.1 * k, validation=0.1 * k, loss=1.0) for k in (1, 2))
    curves = tuple(
        LiveRun(phase="tuning", device="+-4", rule="sgd", rate=0.1, seed=seed, points=points) for seed in range(10)
    )
    draw = LiveFigure(tmp_path)
    draw(curves)
    first = (tmp_path / LIVE).read_bytes()
    assert first.startswith(b"\x89PNG")
    draw(curves[:1])
    assert (tmp_path / LIVE).read_bytes() == first
    LiveFigure(tmp_path)(curves[:1])
    assert (tmp_path / LIVE).read_bytes() != first


def test_one_of_each_is_said_in_the_singular(tmp_path: Path) -> None:
    grid: dict[str, Any] = {"devices": ["0"], "rules": ["sgd"]}
    study = fake_study(grid=grid, rates={"sgd": [0.1]}, seeds={"tuning": 1, "confirming": 1})
    told = lede(run_study(study, FakeRunner(), tmp_path, jobs=1))
    assert "1 device, 1 update rule." in told and "with 1 seed and" in told


def test_an_axis_of_one_epoch_has_one_tick() -> None:
    point = EpochPoint(epoch=1, train=0.9, validation=0.9, loss=0.1)
    run = LiveRun(phase="tuning", device="0", rule="sgd", rate=0.1, seed=0, points=(point,))
    axes = live((run,)).axes[0]
    low, high = axes.get_xlim()
    assert [tick for tick in axes.get_xticks() if low <= tick <= high] == [1.0]
