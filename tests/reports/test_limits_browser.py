"""The page of a study of limits in headless Chromium: no error, every figure visible, nothing wider than a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spikecim.reports.limits_page import write_limits
from tests.reports.test_browser import browser  # noqa: F401 - a fixture
from tests.results.limit_studies import study

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_limits(study(), tmp_path_factory.mktemp("limits"))["limits.html"]


@pytest.mark.parametrize("width", [360, 1280])
def test_page(browser: Any, page_file: Path, width: int) -> None:  # noqa: F811
    page = browser.new_page(viewport={"width": width, "height": 800})
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda request: request.url.startswith(("file:", "data:")) or troubles.append(request.url))
    page.goto(page_file.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    sizes = page.eval_on_selector_all(
        "figure.plate > svg", "all => all.map(s => [s.getBoundingClientRect().width, s.getBoundingClientRect().height])"
    )
    assert len(sizes) == 3
    assert all(w > 250 and h > 150 for w, h in sizes)
    scroll, client = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert scroll <= client <= width
    assert troubles == []
    page.close()
