"""The energy page: every number of it stands in energy.json, in a browser and in the file; escaped, self-contained."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from spikecim.chips import load_chip
from spikecim.explore.energy import energy_report
from spikecim.reports.energy_files import write_energy
from spikecim.reports.energy_latex import energy_latex
from spikecim.reports.energy_plates import run_plates, runs_plates
from spikecim.reports.energy_terminal import energy_summary
from spikecim.reports.energy_wording import as_html, as_latex, cited, percent, plain, printed
from spikecim.reports.style import svg_of
from spikecim.results.energy_report import EnergyReport
from tests.explore.energies import report, reports
from tests.reports.test_browser import browser  # noqa: F401
from tests.results.runs import SMALL, small_run

NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?")
KINDS = {"one": report, "several": reports}


@pytest.fixture(scope="module", params=list(KINDS))
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[EnergyReport, Path]:
    """A report and the folder it was written to."""
    made, folder = KINDS[request.param](), tmp_path_factory.mktemp(request.param)
    write_energy(made, folder)
    return made, folder


def leaves(value: Any) -> Iterator[Any]:
    """Numbers and texts of plain data, however deep; keys of mappings too."""
    if isinstance(value, dict):
        yield from value
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    else:
        yield value


def known(folder: Path) -> tuple[set[float], set[str]]:
    """Numbers of energy.json, and the numbers that its texts hold."""
    found = list(leaves(json.loads((folder / "energy.json").read_text())))
    numbers = {float(value) for value in found if isinstance(value, (int, float)) and not isinstance(value, bool)}
    return numbers, {token for value in found if isinstance(value, str) for token in NUMBER.findall(value)}


def is_rounding(text: str, value: float) -> bool:
    """Whether `text` is `value` to the digits it shows, and it shows some."""
    shown = Decimal(text.replace(",", "").replace("−", "-"))
    half = Decimal(5).scaleb(int(shown.as_tuple().exponent) - 1)
    return abs(shown - Decimal(repr(value))) <= half * Decimal("1.000001") and (value == 0 or shown != 0)


CONTENT = """() => {
  document.querySelectorAll('details').forEach(d => d.open = true);
  const data = [...document.querySelectorAll('data')].map(d => [d.value, d.innerText]);
  const drawn = [...document.querySelectorAll('figure.plate > svg')].map(
    s => [s.getAttribute('aria-label'), [...s.querySelectorAll('text')].map(t => t.textContent.trim())]);
  document.querySelectorAll('data, svg, style').forEach(e => e.remove());
  return {data, drawn, rest: document.body.innerText};
}"""


@pytest.mark.browser
def test_every_number_of_the_page_stands_in_the_json(written: tuple[EnergyReport, Path], browser: Any) -> None:  # noqa: F811
    made, folder = written
    numbers, texts = known(folder)
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto((folder / "energy.html").as_uri())
    found = page.evaluate(CONTENT)
    page.close()
    # A number with its exact value behind it: that value is in the JSON, and what is shown is its rounding.
    assert len(found["data"]) > 200
    for value, text in found["data"]:
        assert float(value) in numbers, (value, text)
        assert is_rounding(text, float(value)), (value, text)
    # What is left are names, sources, and the ranks of percentiles.
    ranks = {"5", "95", "1"}
    assert {"5", "95", "1"} == {f"{value:g}" for value in (*made.percentiles, made.break_even)}
    rest = set(NUMBER.findall(found["rest"])) - texts - ranks
    assert rest == set(), rest
    # Figures: every text but the scales of the axes.
    scales = scales_of(made)
    for title, labels in found["drawn"]:
        for label in labels:
            if label in scales:
                continue
            for token in set(NUMBER.findall(label)) - texts - ranks:
                assert any(is_rounding(token, sign * value) for value in numbers for sign in (1, -1)), (title, label)


def scales_of(made: EnergyReport) -> set[str]:
    """Texts at the ticks of all axes of all figures."""
    found: set[str] = set()
    plates = [plate for run in made.runs for plate in run_plates(run, made, "")]
    for plate in [*plates, *runs_plates(made)]:
        figure = plate.draw()
        svg_of(figure)  # lays it out as on the page
        for axes in figure.axes:
            found |= {tick.get_text() for tick in (*axes.get_xticklabels(), *axes.get_yticklabels())}
    return {text for text in found if NUMBER.fullmatch(text.replace("−", "").replace(" k", "").replace(" M", ""))}


def test_the_test_of_numbers_sees_a_wrong_one() -> None:
    assert is_rounding("4.91", 4.9056) and is_rounding("1,738", 1737.86) and is_rounding("0", 0.0)
    assert is_rounding("1.92e-07", 1.9226e-07) and is_rounding("17.0", 17.04)
    assert not is_rounding("4.92", 4.9056) and not is_rounding("0", 0.4) and not is_rounding("4.9", 4.96)


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_in_a_browser(
    written: tuple[EnergyReport, Path],
    browser: Any,  # noqa: F811
    scheme: str,
    width: int,
) -> None:
    made, folder = written
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on(
        "request",
        lambda request: troubles.extend({request.url} if not request.url.startswith(("file:", "data:")) else ()),
    )
    page.goto((folder / "energy.html").as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    sizes = page.eval_on_selector_all(
        "figure.plate > svg", "all => all.map(s => [s.getBoundingClientRect().width, s.getBoundingClientRect().height])"
    )
    expected = sum(len(run_plates(run, made, "")) for run in made.runs)
    assert len(sizes) == expected + (len(runs_plates(made)) if len(made.runs) > 1 else 0)
    assert all(w > 250 and h > 100 for w, h in sizes)
    scroll, client = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert scroll <= client <= width
    ids = page.eval_on_selector_all("[id]", "all => all.map(e => e.id)")
    assert len(ids) == len(set(ids))
    targets = page.eval_on_selector_all("nav a", "all => all.map(a => a.getAttribute('href').slice(1))")
    assert targets and set(targets) <= set(ids)
    assert troubles == []
    page.close()


def test_the_page_asks_for_nothing_outside_and_names_are_escaped(written: tuple[EnergyReport, Path]) -> None:
    _, folder = written
    html = (folder / "energy.html").read_text()
    assert all(address.startswith(("data:", "#")) for address in re.findall(r'(?:src|href)="([^"]+)"', html))
    assert "<script" not in html and "<b>50" not in html and "<i>only" not in html
    assert "\ue000" not in html and ">nan<" not in html and ">None<" not in html


def test_the_first_screen_says_what_is_counted_fitted_and_assumed(written: tuple[EnergyReport, Path]) -> None:
    made, folder = written
    html = (folder / "energy.html").read_text()
    assert "Nothing here was measured on silicon" in html
    for run in made.runs:
        assert all(f">{row.status}</td>" in html for row in run.basis)
    assert html.count("projected: ") == sum(len(run.projection) for run in made.runs)


def test_all_files_are_there(written: tuple[EnergyReport, Path]) -> None:
    made, folder = written
    several = len(made.runs) > 1
    images = {f"images-{k + 1}.csv" for k in range(len(made.runs))} if several else {"images.csv"}
    expected = {"energy.html", "energy.json", "energy.tex", "parts.csv", "layers.csv", "classes.csv"} | images
    assert {path.name for path in folder.iterdir()} == expected


def test_a_second_writing_changes_no_byte(tmp_path: Path) -> None:
    pairs = zip(*(sorted(write_energy(report(), tmp_path / name).items()) for name in ("a", "b")), strict=True)
    assert all(first.read_bytes() == second.read_bytes() for (_, first), (_, second) in pairs)


def test_a_run_without_spikes_and_one_without_any_energy_have_pages(tmp_path: Path) -> None:
    silent = small_run(3, scale=0.0)
    free = replace(silent, chip=load_chip("spirit", {**SMALL, "energy.static_power": "0 W"}))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_energy(energy_report({"silent": silent, "free": free}, draws=100), tmp_path)
    html = (tmp_path / "energy.html").read_text()
    assert 'id="figure-r1-parts"' in html and "-gains" not in html
    assert ">nan<" not in html and ">inf<" not in html


def test_figures_as_files_are_those_of_the_page(tmp_path: Path) -> None:
    names = set(write_energy(report(), tmp_path, figures=True))
    plates = {plate.id for plate in run_plates(report().runs[0], report(), "")}
    assert {f"figures/{plate}.{kind}" for plate in plates for kind in ("svg", "png")} <= names
    assert all((tmp_path / name).stat().st_size > 100 for name in names)


def test_latex_is_balanced_and_escaped() -> None:
    text = energy_latex(report())
    assert text.count("\\begin{table}") == text.count("\\end{table}") == 3
    assert text.count("\\toprule") == text.count("\\midrule") - 2 == text.count("\\bottomrule") == 3
    body = [line for line in text.splitlines() if not line.startswith("%")]
    assert "one \\& \\textless{}i\\textgreater{}only" in text
    for line in body:
        # No character that LaTeX would obey is left bare.
        assert not re.search(
            r"(?<!\\)[%#_$]", line.replace("$-$", "").replace("$\\times$", "").replace("$\\delta$", "")
        )
    for table in re.findall(r"\\begin{tabular}{(\w+)}(.*?)\\end{tabular}", text, re.DOTALL):
        rows = [line for line in table[1].splitlines() if line.endswith("\\\\")]
        assert {len(re.findall(r"(?<!\\)&", row)) for row in rows} == {len(table[0]) - 1}


def test_special_characters_in_every_output() -> None:
    assert as_latex("a_b & 5 % {x} ~ ^ \\ − δ") == (
        r"a\_b \& 5 \% \{x\} \textasciitilde{} \textasciicircum{} \textbackslash{} $-$ $\delta$"
    )
    assert str(as_html(f"<x> {cited(4.9056)} nJ")) == '&lt;x&gt; <data value="4.9056">4.91</data>\u00a0nJ'
    assert plain(f"{cited(1000)} and {percent(0.0)}, {printed(12.7)}, {cited(None)}") == "1,000 and 0, 12.7, –"


def test_the_terminal_tells_the_answer() -> None:
    from rich.console import Console

    console = Console(width=100, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    for part in energy_summary(reports()):
        console.print(part)
    text = console.export_text()
    for word in (
        "spirit: An inference takes",
        "if every entry may",
        "different images",
        "Against int8 MACs and memory",
    ):
        assert word in " ".join(text.split())
