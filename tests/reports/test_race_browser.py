"""The race in headless Chromium: what it shows is what Python computes, by mouse, by keyboard, on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spikecim.neurons.dual_threshold import unit_electrons
from spikecim.reports.html import write_run_report
from spikecim.reports.race import race_fragment, write_race
from spikecim.results.decision_trace import ImageTrace, trace_image
from spikecim.results.run import RunResult
from spikecim.spikes import trains_from_lists
from tests.engines.strategies import ideal_program
from tests.reports.test_browser import browser as browser
from tests.results.runs import run_of, small_run

pytestmark = pytest.mark.browser
ROOT = ".race[data-steps]"
WATCH_FRAMES = """() => {
  window.frames_ = [];
  let last = 0;
  const look = (now) => { if (last) window.frames_.push(now - last); last = now; requestAnimationFrame(look); };
  requestAnimationFrame(look);
}"""


@pytest.fixture(scope="module")
def run() -> RunResult:
    return small_run(40)


@pytest.fixture(scope="module")
def path(run: RunResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("race") / "race.html"
    write_race(run, path, 30)
    return path


@contextmanager
def opened(browser: Any, path: Path, **how: Any) -> Iterator[Any]:
    """A page with the race ready; no error, message or request may have come from it in the end."""
    how = {"viewport": {"width": 1280, "height": 900}, **how}
    page = browser.new_page(**how)
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    inside = ("file:", "data:", "blob:")
    page.on("request", lambda request: request.url.startswith(inside) or troubles.append(request.url))
    page.goto(path.as_uri())
    page.wait_for_selector(ROOT)
    yield page
    assert troubles == []
    page.close()


def state(page: Any) -> dict[str, str]:
    return dict(page.eval_on_selector(ROOT, "root => ({...root.dataset})"))


def choose(page: Any, sample: int) -> None:
    page.select_option(".race-list", str(sample))
    page.wait_for_selector(f'.race[data-image="{sample}"]')


def samples(page: Any) -> list[int]:
    return [int(value) for value in page.eval_on_selector_all(".race-list option", "all => all.map(o => o.value)")]


def agrees(page: Any, run: RunResult, trace: ImageTrace, step: int) -> None:
    """Everything on the page at `step` (0: before the first spike) against the trace."""
    shown, unit = state(page), unit_electrons(run.chip.neuron, run.chip.injectors.full_weight.value)
    lead = int(trace.lead[step - 1]) if step else 0
    tick = int(trace.ticks[step - 1]) if step else -1
    assert (shown["step"], shown["tick"], shown["margin"]) == (str(step), str(tick) if step else "", str(lead))
    assert (shown["winner"], shown["label"]) == (str(trace.winner), str(trace.label))
    rows = page.eval_on_selector_all(
        ".race-row",
        "all => all.map(r => [r.dataset.charge, r.dataset.refractory, ...['positive', 'negative', 'score']"
        ".map(k => r.querySelector('.' + k).textContent)])",
    )
    past = trace.outputs[trace.outputs[:, 0] <= tick]
    for j, (charge, refractory, *counts) in enumerate(rows):
        exact = trace.charge[step - 1, j] / unit if step else 0.0
        assert abs(float(charge) - exact) <= 0.00501
        signs = past[past[:, 1] == j, 2]
        score = str(int(signs.sum())).replace("-", "−")
        assert counts == [str(int((signs > 0).sum())), str(int((signs < 0).sum())), score]
        last = past[past[:, 1] == j, 0]
        resting = len(last) > 0 and tick - int(last[-1]) < max(run.program.refractory_ticks, 1)
        assert refractory == str(resting).lower()
    now = trace.inputs[trace.inputs[:, 0] == tick, 1]
    assert page.get_attribute(".race-input", "data-pixels") == " ".join(map(str, now))
    delivered = trace.inputs[trace.inputs[:, 0] <= tick]
    given = run.program.charge[(delivered[:, 2] < 0).astype(int), delivered[:, 1]].astype(np.int64).sum(0) / unit
    second = trace.winner if trace.second is None else trace.second
    for name, exact in (
        ("winner", given[trace.winner]), ("second", given[second]), ("lack", given[trace.winner] - given[second])
    ):  # fmt: skip
        assert abs(float(page.get_attribute(f".race-map.race-{name}", "data-units")) - exact) <= 0.00501


def test_choose_step_and_read(browser: Any, path: Path, run: RunResult) -> None:
    with opened(browser, path) as page:
        first, *_, last = samples(page)
        assert state(page)["image"] == str(first)
        for sample in (first, last):
            choose(page, sample)
            trace = trace_image(run, sample)
            steps = len(trace.ticks)
            assert state(page)["steps"] == str(steps)
            agrees(page, run, trace, steps)
            page.click("[data-go=home]")
            agrees(page, run, trace, 0)
            for step in (1, 2, 3):
                page.click("[data-go=on]")
                agrees(page, run, trace, step)
            page.click("[data-go=back]")
            agrees(page, run, trace, 2)
            page.eval_on_selector(
                ".race-slider", "(s, k) => { s.value = k; s.dispatchEvent(new Event('input')); }", steps // 2
            )
            agrees(page, run, trace, steps // 2)
            page.click("[data-go=end]")
            agrees(page, run, trace, steps)


def test_keyboard_alone(browser: Any, path: Path, run: RunResult) -> None:
    with opened(browser, path) as page:
        first, second, *_ = samples(page)
        for _ in range(30):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.classList.contains('race-stage')"):
                break
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert (page.evaluate("document.activeElement.className"), outline) == ("race-stage", "solid")
        trace = trace_image(run, first)
        page.keyboard.press("Home")
        agrees(page, run, trace, 0)
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        agrees(page, run, trace, 2)
        page.keyboard.press("ArrowLeft")
        agrees(page, run, trace, 1)
        page.keyboard.press("Shift+ArrowRight")
        agrees(page, run, trace, 11)
        page.keyboard.press("End")
        agrees(page, run, trace, len(trace.ticks))
        page.keyboard.press("PageDown")
        page.wait_for_selector(f'.race[data-image="{second}"]')
        agrees(page, run, trace_image(run, second), len(trace_image(run, second).ticks))
        page.keyboard.press("PageUp")
        page.wait_for_selector(f'.race[data-image="{first}"]')
        page.keyboard.press("Space")
        page.wait_for_selector('.race[data-playing="true"]')
        assert page.get_attribute(".race-state", "aria-live") == "off"
        page.keyboard.press("Space")
        page.wait_for_selector('.race[data-playing="false"]')
        assert page.get_attribute(".race-state", "aria-live") == "polite"
        agrees(page, run, trace, int(state(page)["step"]))


def test_every_control_has_a_name_and_shows_focus(browser: Any, path: Path) -> None:
    with opened(browser, path) as page:
        unnamed = page.eval_on_selector_all(
            ".race button, .race select, .race input",
            "all => all.filter(e => !(e.ariaLabel || e.textContent.trim() && e.tagName === 'BUTTON' ||"
            " e.closest('label'))).length",
        )
        assert unnamed == 0
        page.focus(".race-slider")
        page.keyboard.press("Home")
        page.keyboard.press("ArrowRight")
        assert page.get_attribute(".race-slider", "aria-valuetext").startswith("step 1 of ")
        assert page.inner_text(".race-state").startswith("Step 1 of ")


def test_playing_reaches_the_decision_and_says_so(browser: Any, path: Path, run: RunResult) -> None:
    with opened(browser, path) as page:
        trace = trace_image(run, samples(page)[0])
        page.evaluate(WATCH_FRAMES)
        page.select_option(".race-speed select", "240")
        page.click("[data-go=play]")
        page.wait_for_selector(f'.race[data-playing="false"][data-step="{len(trace.ticks)}"]')
        agrees(page, run, trace, len(trace.ticks))
        text = page.inner_text(".race-state")
        assert (f"Decided: {trace.winner}." if trace.reached else f"Time-out: {trace.winner} wins") in text
        frames = page.evaluate("window.frames_")
        print(f"\n{len(frames)} frames while playing, median {np.median(frames):.1f} ms, longest {max(frames):.1f} ms")


def test_filter_and_search(browser: Any, path: Path, run: RunResult) -> None:
    with opened(browser, path) as page:
        shown = samples(page)
        label = str(run.labels[shown[0]])
        page.select_option(".race-filter", label)
        assert samples(page) == [sample for sample in shown if str(run.labels[sample]) == label]
        page.fill(".race-find input", str(shown[-1]))
        page.press(".race-find input", "Enter")
        page.wait_for_selector(f'.race[data-image="{shown[-1]}"]')
        assert samples(page) == shown
        missing = next(sample for sample in range(40) if sample not in shown)
        page.fill(".race-find input", str(missing))
        page.click(".race-find button")
        assert f"Image {missing} is not on this page" in page.inner_text(".race-message")
        assert state(page)["image"] == str(shown[-1])


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_wider_than_the_screen(browser: Any, path: Path, width: int, scheme: str) -> None:
    with opened(browser, path, viewport={"width": width, "height": 800}, color_scheme=scheme) as page:
        for sample in samples(page)[:3]:
            choose(page, sample)
            scroll, client = page.eval_on_selector("html", "html => [html.scrollWidth, html.clientWidth]")
            assert scroll <= client <= width
            wide = page.eval_on_selector_all(
                ".race *", "all => all.filter(e => e.getBoundingClientRect().right > innerWidth + 1).length"
            )
            assert wide == 0
        heights = page.eval_on_selector_all(".race-map", "all => all.map(s => s.getBoundingClientRect().height)")
        assert len(heights) == 4 and min(heights) > 80


def test_calm_where_motion_is_unwanted(browser: Any, path: Path) -> None:
    with opened(browser, path, reduced_motion="reduce") as page:
        assert page.input_value(".race-speed select") == "4"
        assert state(page).get("playing", "false") == "false"


@pytest.mark.parametrize("n_out", [1, 2, 14])
def test_other_shapes(browser: Any, tmp_path: Path, n_out: int) -> None:
    weights = np.random.default_rng(n_out).integers(-4, 5, (6, n_out))
    spikes = [(tick, tick % 6, 1 if tick % 4 else -1) for tick in range(30)]
    program = ideal_program(weights, delta_s=3, refractory_ticks=4)
    run = run_of(program, trains_from_lists([spikes, []], n_in=6, n_ticks=40))
    write_race(run, tmp_path / "race.html")
    with opened(browser, tmp_path / "race.html", viewport={"width": 360, "height": 800}) as page:
        assert page.locator(".race-row").count() == n_out
        for sample in (0, 1):
            choose(page, sample)
            trace = trace_image(run, sample)
            page.click("[data-go=home]")
            for step in range(len(trace.ticks) + 1):
                if n_out > 1:
                    agrees(page, run, trace, step)
                page.click("[data-go=on]")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_inside_a_report_it_is_alone_with_its_names(browser: Any, tmp_path: Path, run: RunResult) -> None:
    write_run_report(run, tmp_path / "report.html")
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    if 'class="race"' not in html:
        html = html.replace("</main>", f"<section>{race_fragment(run, 5)}</section></main>")
        (tmp_path / "report.html").write_text(html, encoding="utf-8")
    with opened(browser, tmp_path / "report.html") as page:
        ids = page.eval_on_selector_all("[id]", "all => all.map(e => e.id)")
        assert len(ids) == len(set(ids))
        page.click("[data-go=home]")
        assert state(page)["step"] == "0"
