"""The page in headless Chromium: no error, every figure visible, nothing wider than a phone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spikecim.reports.html import write_run_report
from tests.results.runs import small_run

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
pytestmark = pytest.mark.browser


def missing(reason: str) -> None:
    if os.environ.get("SPIKECIM_REQUIRE_BROWSER") == "1":
        pytest.fail(f"{reason}, and SPIKECIM_REQUIRE_BROWSER=1")
    pytest.skip(reason)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        missing(f"no browser: none of {', '.join(BROWSERS)} is installed")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("the Python package playwright is not installed")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=OPTIONS)
        yield running
        running.close()


@pytest.fixture(scope="module")
def run_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run") / "run.html"
    write_run_report(small_run(4), path)
    return path


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("which", ["reproduction", "run"])
def test_page(browser: Any, report: dict[str, Path], run_page: Path, which: str, scheme: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda request: request.url.startswith(("file:", "data:")) or troubles.append(request.url))
    page.goto((report["report.html"] if which == "reproduction" else run_page).as_uri())
    # Folded tables must not overflow either.
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")

    sizes = page.eval_on_selector_all(
        "figure.plate > svg", "all => all.map(s => [s.getBoundingClientRect().width, s.getBoundingClientRect().height])"
    )
    assert len(sizes) == (12 if which == "reproduction" else page.locator("figure.plate").count())
    assert all(w > 250 and h > 150 for w, h in sizes)
    scroll, client = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert scroll <= client <= width
    wide = page.eval_on_selector_all(
        "main > section > :not(.scroll)",
        "all => all.filter(e => e.getBoundingClientRect().right > innerWidth + 1).length",
    )
    assert wide == 0
    assert troubles == []
    page.close()
