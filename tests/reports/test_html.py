"""The page: one file that loads nothing, unique ids, honest about what cannot be compared."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from spikecim.errors import OutputError
from spikecim.reports.html import write_reproduction, write_run_report
from spikecim.reports.sentences import VERDICTS
from spikecim.results.reproduction import EngineCheck, Reproduction
from tests.results.runs import small_run

LOADING = {"src", "href", "xlink:href", "srcset", "data", "action", "poster"}


class Page(HTMLParser):
    """Collects ids, everything that could load something, and tags left open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.loads: list[str] = []
        self.tags: Counter[str] = Counter()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in LOADING:
                self.loads.append(value or "")


@pytest.fixture(scope="module")
def html(report: dict[str, Path]) -> str:
    return report["report.html"].read_text(encoding="utf-8")


def test_the_page_loads_nothing(html: str) -> None:
    page = Page(html)
    assert page.loads
    assert all(target.startswith(("#", "data:")) for target in page.loads)
    # The interactive race alone: its data, and its code, both inside the page.
    assert page.tags["script"] == 2
    assert not re.search(r"<script[^>]*\bsrc=", html)
    assert not re.search(r"@import|url\((?!#)|<link[^>]+stylesheet", html)


def test_ids_are_unique_and_every_anchor_has_a_target(html: str) -> None:
    page = Page(html)
    assert [name for name, count in Counter(page.ids).items() if count > 1] == []
    assert {target[1:] for target in page.loads if target.startswith("#")} <= set(page.ids)


def test_size_and_figures(html: str, report: dict[str, Path]) -> None:
    assert len(html.encode()) < 4_000_000
    names = {Path(name).stem for name in report if name.startswith("figures/")}
    assert len(names) >= 10
    for name in names:
        assert f'id="figure-{name}"' in html
        assert report[f"figures/{name}.png"].stat().st_size > 5_000
        assert report[f"figures/{name}.svg"].stat().st_size > 5_000


def test_banner_and_verdicts_are_shown(html: str, rep: Reproduction) -> None:
    assert rep.banner is not None
    assert 'class="banner"' in html
    assert "no row can be compared" in html
    for verdict in {row.verdict for row in rep.rows}:
        assert f">{verdict}</span>" in html
        assert VERDICTS[verdict].split(",")[0] in html


def test_without_banner_there_is_no_banner(rep: Reproduction, tmp_path: Path) -> None:
    written = write_reproduction(replace(rep, banner=None), tmp_path / "plain", figures=False)
    html = written["report.html"].read_text()
    assert 'class="banner"' not in html
    assert "<svg xmlns" not in html
    assert set(written) == {"report.html", "reproduction.json", "rows.csv"}
    assert not (tmp_path / "plain" / "figures").exists()


def test_every_parameter_and_the_replay_command_are_on_the_page(html: str, rep: Reproduction) -> None:
    for path, parameter in rep.median.chip.parameters():
        assert f"<code>{path}</code>" in html
        assert parameter.status in html
    for name, citation in rep.median.chip.sources.items():
        assert f"<dt>{name}</dt><dd>{citation}</dd>" in html
    assert "spikecim replay run.h5" in html
    assert "Not run: the images were run on one engine only." in html


def test_engine_check_is_told_either_way(rep: Reproduction, tmp_path: Path) -> None:
    for differing, words in ((0, "0 differing. Decisions"), (7, "7 differing. The engines do not agree")):
        check = EngineCheck(
            engines=("event", "brian2"),
            samples=500,
            spikes=1234,
            differing=differing,
            identical=not differing,
            seconds=1.0,
        )
        html = write_reproduction(replace(rep, check=check), tmp_path, figures=False)["report.html"].read_text()
        assert "1,234 output spikes compared" in html
        assert words in html


def test_text_from_outside_is_escaped(rep: Reproduction, tmp_path: Path) -> None:
    nasty = "<script>alert(1)</script>"
    rows = [replace(rep.rows[0], source=nasty), *rep.rows[1:]]
    html = write_reproduction(replace(rep, rows=rows, banner=nasty), tmp_path, figures=False)["report.html"].read_text()
    assert nasty not in html
    assert "&lt;script&gt;" in html


def test_no_folder_of_this_machine_is_written(rep: Reproduction, tmp_path: Path) -> None:
    secret = "/home/somebody/data/t10k-images.gz"
    median = replace(rep.median, settings={**rep.median.settings, "data": f"mnist test ({secret})"})
    found = replace(rep, median=median, facts={**rep.facts, "origin": secret})
    for path in write_reproduction(found, tmp_path, figures=False).values():
        assert "somebody" not in path.read_text()


def test_a_run_alone_has_its_own_page(tmp_path: Path) -> None:
    target = tmp_path / "run.html"
    write_run_report(small_run(4), target)
    html = target.read_text()
    page = Page(html)
    assert len(page.ids) == len(set(page.ids))
    assert "Run report" in html and 'id="figure-cells"' in html
    assert 'id="table"' not in html and 'id="figure-population"' not in html
    assert [path.name for path in tmp_path.iterdir()] == ["run.html"]


def test_a_silent_run_has_a_page_too(tmp_path: Path) -> None:
    write_run_report(small_run(2, scale=0.0), tmp_path / "run.html")
    page = re.sub(r"<script.*?</script>", "", (tmp_path / "run.html").read_text(), flags=re.DOTALL)
    assert not re.search(r"\bnan\b", page, re.IGNORECASE)


def test_a_missing_folder_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot write"):
        write_run_report(small_run(1), tmp_path / "nowhere" / "run.html")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        write_reproduction(None, tmp_path / "file" / "out")  # type: ignore[arg-type]


def test_numbers_keep_their_units(html: str) -> None:
    findings = re.search(r'<ol class="findings">.*?</ol>', html, re.DOTALL)
    assert findings
    assert re.search("\\d\u00a0%", findings[0])
    assert not re.search(r"\d (%|nJ)", findings[0])


def test_an_interrupted_population_is_told(rep: Reproduction, tmp_path: Path) -> None:
    found = replace(rep, population=replace(rep.population, requested=100))
    assert (
        "3 of 100 virtual chips (interrupted)"
        in write_reproduction(found, tmp_path, figures=False)["report.html"].read_text()
    )


def test_heavy_libraries_wait_until_something_is_drawn() -> None:
    rooms = ", ".join(f"spikecim.reports.{room}" for room in ("html", "tables", "terminal", "catalogue"))
    code = f"import sys, {rooms}; sys.exit(' '.join({{'matplotlib', 'jinja2', 'rich'}} & set(sys.modules)) or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_the_whole_report_takes_seconds(rep: Reproduction, tmp_path: Path) -> None:
    start = time.process_time()
    write_reproduction(rep, tmp_path)
    assert time.process_time() - start < 20  # seconds; about 6 on the development machine
