"""A calibration in words, tables and on a page: what is said follows from what was found."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spikecim.reports.calibration_page import calibration_plates, write_calibration
from spikecim.reports.calibration_text import calibration_summary, findings, span
from spikecim.results.calibration import (
    BELOW,
    DETERMINED,
    OPEN,
    CalibrationFound,
    Direction,
    FigureFound,
    Further,
    ParameterFound,
    SetFound,
    Trial,
    TrialRow,
)

HRS, WINDOW = "cell.hrs.sigma_ln", "coding.window"
GRID = np.linspace(0.0, 1.0, 33)


def parameter(path: str, verdict: str, kept: float) -> ParameterFound:
    low, high, unit = (0.5, 1.25, "dimensionless") if path == HRS else (4e-4, 1.44e-3, "second")
    middle, half = (low + high) / 2, (high - low) / 2
    fall = np.zeros(33) if verdict == OPEN else 8 * (GRID - 0.5) ** 2 * 4
    return ParameterFound(
        path=path,
        unit=unit,
        log=False,
        low=low,
        high=high,
        interval=(middle - 0.9 * kept * half, middle, middle + 0.9 * kept * half),
        kept=kept,
        verdict=verdict,
        fitted=middle,
        grid=low + GRID * (high - low),
        profile=fall,
        alone=fall,
        kept_without={HRS: kept, WINDOW: kept},
        toml=f"# {path}",
    )


@pytest.fixture
def found() -> CalibrationFound:
    parameters = (parameter(HRS, OPEN, 0.98), parameter(WINDOW, DETERMINED, 0.2))
    figure = FigureFound(
        name="accuracy",
        label="accuracy",
        unit="",
        value=0.84,
        sd=0.003,
        image_sd=0.004,
        spread=None,
        chip_sd=0.02,
        surrogate_sd=0.001,
        explained=0.99,
        fitted=0.835,
        checked=0.836,
        checked_sd=0.021,
        source="a test",
    )
    points = np.random.default_rng(0).random((200, 2))
    intervals = {p.path: p.interval for p in parameters}
    verdicts = {HRS: OPEN, WINDOW: DETERMINED}
    return CalibrationFound(
        parameters=parameters,
        figures=(figure,),
        correlation=np.array([[1.0, -0.61], [-0.61, 1.0]]),
        points=points,
        weights=np.full(200, 1 / 200),
        directions=(Direction(kept=0.2, loadings={HRS: 0.1, WINDOW: 0.99}),),
        sets=(
            SetFound(
                name="few",
                figures=("accuracy",),
                verdicts={HRS: OPEN, WINDOW: OPEN},
                kept={HRS: 1.0, WINDOW: 0.8},
                intervals=intervals,
            ),
            SetFound(
                name="all", figures=("accuracy",), verdicts=verdicts, kept={HRS: 1.0, WINDOW: 0.2}, intervals=intervals
            ),
        ),
        further=(
            Further(name="programming_nj", label="programming energy", bits=1.5, kept={HRS: 0.3, WINDOW: 0.2}),
            Further(name="chips", label="more chips", bits=0.5, kept={HRS: 0.9, WINDOW: 0.15}),
        ),
        misfit=0.4,
        misfit_p=0.5,
        trial=Trial(
            n_chips=100,
            rows=(
                TrialRow(
                    set_name="all",
                    covered={HRS: 91, WINDOW: 88},
                    kept={HRS: 0.99, WINDOW: 0.2},
                    verdicts={HRS: {OPEN: 97, BELOW: 3}, WINDOW: {DETERMINED: 100}},
                ),
            ),
            truth=points[:100],
            low=points[None, :100] - 0.1,
            high=points[None, :100] + 0.1,
        ),
        settings={"study": {"title": "A chip <b>of mine</b>"}},
        facts={"chip": "spirit"},
    )


def test_findings_say_what_is_told_and_what_is_not(found: CalibrationFound) -> None:
    said = " ".join(findings(found))
    assert f"Determined, with 90 % intervals: {WINDOW} {span(found.parameters[1])}" in said
    assert f"Not determined by these figures: {HRS} keeps 98 % of its range" in said
    assert f"Even with every other parameter known they would allow {HRS} the whole range." in said
    assert f"few alone (accuracy) would not determine {WINDOW} (80 % of its range kept)" in said
    assert f"{WINDOW} falls as {HRS} rises (−0.61)" in said
    assert f"{HRS} would be told best by programming energy: from 98 to 30 % of its range" in said
    # 179 of 200, and the error of one share of 100: 1.645 * 3 points.
    assert "in 89.5 % with all of the cases (one parameter: ± 4.9 points by chance)" in said


def test_one_sided_intervals_are_limits(found: CalibrationFound) -> None:
    own = replace(found.parameters[1], verdict=BELOW)
    assert span(own) == "below 1.01 ms"
    assert "Bounded on one side only: coding.window below 1.01 ms." in findings(replace(found, parameters=(own,)))


def test_figures_that_contradict_each_other_are_called_so(found: CalibrationFound, tmp_path: Path) -> None:
    worse = replace(found, misfit_p=1e-5)
    assert findings(worse)[0].startswith("No values within the bounds give all figures together (chance 1e-05)")
    write_calibration(worse, tmp_path, "spikecim calibrate x.toml")
    assert 'class="banner"' in (tmp_path / "report.html").read_text()


def test_the_page_is_whole_and_its_files_agree(found: CalibrationFound, tmp_path: Path) -> None:
    write_calibration(found, tmp_path, "spikecim calibrate x.toml --out out")
    page = (tmp_path / "report.html").read_text()
    assert "A chip &lt;b&gt;of mine&lt;/b&gt;" in page
    assert page.count("<svg") == len(calibration_plates(found)) == 4
    assert 'class="banner"' not in page
    assert not re.findall(r"(?:src|href)=\"(?!data:|#)", page)
    data = json.loads((tmp_path / "calibration.json").read_text())
    assert data["parameters"][1]["interval"] == list(found.parameters[1].interval)
    assert data["trial"]["sets"][0]["covered"] == {HRS: 91, WINDOW: 88}
    assert len((tmp_path / "posterior.csv").read_text().splitlines()) == 201


def test_without_trial_further_figures_and_a_second_parameter(found: CalibrationFound, tmp_path: Path) -> None:
    alone = replace(found.parameters[0], kept_without={HRS: 1.0})
    single = replace(
        found, parameters=(alone,), points=found.points[:, :1], correlation=np.eye(1), trial=None, further=()
    )
    write_calibration(single, tmp_path, "spikecim calibrate x.toml")
    assert (tmp_path / "report.html").read_text().count("<svg") == 2
    assert len(calibration_summary(single)) == 2 + len(findings(single))
