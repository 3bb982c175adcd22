"""The page of a comparison: complete, escaped, self-contained, and fit for a browser and a phone."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spikecim.reports.comparison_figures import layer_errors, overview
from spikecim.reports.comparison_page import comparison_html, png_of_pixels
from spikecim.reports.comparison_plates import best_row, comparison_plates, findings
from spikecim.reports.style import png_of
from tests.reports.test_browser import browser  # noqa: F401
from tests.results.comparisons import comparison, layer, row


@pytest.fixture(scope="module")
def html() -> str:
    return comparison_html(comparison())


def test_every_row_figure_and_refusal_is_on_the_page(html: str) -> None:
    for text in ("relu-max", "first-spike", "real &lt;chip&gt;", "tiny &amp; small", "takes [quantised-clip] only"):
        assert text in html
    assert len(re.findall(r'<figure class="plate"', html)) == len(comparison_plates(comparison())) == 7
    assert "<chip>" not in html


def test_the_page_asks_for_nothing_outside(html: str) -> None:
    addresses = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert all(address.startswith(("data:", "#")) for address in addresses)
    assert "<script" not in html


def test_an_interrupted_comparison_says_so_and_an_empty_one_has_a_page() -> None:
    text = comparison_html(comparison(rows=(), interrupted=True))
    assert "Interrupted" in text
    assert "<figure" not in text


def test_the_best_row_is_the_thriftier_of_two_equals() -> None:
    rows = (row("relu-max", "c", 0.95), row("qcfs", "c", 0.95))
    assert best_row(comparison(rows=rows), "c").conversion == "qcfs"


def test_findings_name_what_is_best_and_what_is_thrifty() -> None:
    rows = (row("relu-percentile", "c", 0.955), row("qcfs", "c", 0.95))
    found = findings(comparison(rows=rows))
    assert found[0].startswith("c: relu-percentile reads best: 95.50 %")
    assert "qcfs takes the least energy: 500 nJ, 3.2 times less, at 95.00 %" in found[1]


def test_captions_tell_bars_of_chips_from_bars_of_images() -> None:
    captions = [plate.caption for plate in comparison_plates(comparison()) if plate.id == "overview"]
    assert "5–95 % of 3 virtual chips, for an exact chip the 95 % interval over images" in captions[0]


def test_one_hidden_layer_is_not_told_twice() -> None:
    rows = (row("relu-max", "c", 0.9, layers=(layer(0), layer(1))),)
    (caption,) = [plate.caption for plate in comparison_plates(comparison(rows=rows)) if plate.id == "layers"]
    assert caption.endswith("c 10 % in the hidden layer.")


def test_small_energies_keep_their_digits() -> None:
    assert "8.50 nJ in the core" in findings(comparison(rows=(row("qcfs", "c", 0.9, energy_core_nj=8.5),)))[0]


def test_a_layer_without_correlation_has_a_dash() -> None:
    constant = replace(layer(0), correlation=float("nan"), error_rel=float("nan"))
    text = comparison_html(comparison(rows=(row("relu-max", "c", 0.9, layers=(constant,)),), refused=()))
    assert ">nan<" not in text
    assert text.count(">–<") >= 2


def test_no_layer_lies_outside_its_figure() -> None:
    worse = tuple(replace(layer(0), error_rel=error) for error in (3.0, 4.5, 1.0))
    rows = (row("relu-max", "a", 0.9, layers=(layer(0),)), row("relu-max", "b", 0.9, layers=worse))
    for axes in layer_errors(comparison(rows=rows)).axes:
        assert axes.get_ylim()[1] > 450
        assert all(tick == round(tick) for tick in axes.get_xticks())


def test_energies_close_together_have_labels_of_their_own() -> None:
    rows = [row(name, "c", 0.9, energy_core_nj=energy) for name, energy in (("a", 5.8), ("b", 8.6))]
    figure = overview(comparison(rows=tuple(rows)))
    figure.canvas.draw()
    labels = [label.get_text() for label in figure.axes[0].get_xticklabels() if label.get_text()]
    assert len(set(labels)) == len(labels)


def test_figures_without_data_are_left_out() -> None:
    bare = row("relu-max", "c", 0.9, margins=None)
    plates = {plate.id for plate in comparison_plates(comparison(rows=(bare,)))}
    assert "margins" not in plates
    assert "overview" in plates


@pytest.mark.parametrize("accuracy", [0.0, 1.0])
def test_figures_stand_nothing_right_and_nothing_wrong(accuracy: float) -> None:
    for plate in comparison_plates(comparison(rows=(row("relu-max", "c", accuracy),))):
        assert len(png_of(plate.draw())) > 1000


def test_images_survive_as_png() -> None:
    from matplotlib.image import imread

    grey = np.arange(24, dtype=np.uint8).reshape(6, 4, 1) * 10
    read = np.rint(imread(io.BytesIO(png_of_pixels(grey)))[..., 0] * 255)
    # Ink is drawn dark on paper.
    assert np.array_equal(read, 255 - grey[..., 0])
    colour = np.random.default_rng(0).integers(0, 256, (5, 3, 3)).astype(np.uint8)
    assert np.array_equal(np.rint(imread(io.BytesIO(png_of_pixels(colour)))[..., :3] * 255), colour)


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_in_a_browser(browser: Any, html: str, tmp_path: Path, scheme: str, width: int) -> None:  # noqa: F811
    path = tmp_path / "comparison.html"
    path.write_text(html, encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda request: request.url.startswith(("file:", "data:")) or troubles.append(request.url))
    page.goto(path.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    sizes = page.eval_on_selector_all(
        "figure.plate > svg", "all => all.map(s => [s.getBoundingClientRect().width, s.getBoundingClientRect().height])"
    )
    assert len(sizes) == 7
    assert all(w > 250 and h > 100 for w, h in sizes)
    assert page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
    scroll, client = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert scroll <= client <= width
    assert troubles == []
