"""Figures, tables and files of a comparison of weight codes, whole, interrupted and with one chip."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from spikecim.reports.codes_plates import code_plates
from spikecim.reports.codes_tables import codes_summary, write_codes
from spikecim.results.codes import CellSetting, CodeStudy
from spikecim.results.sign_bit import sign_bit_argument
from tests.reports.test_figures import check
from tests.results.codes import made_up


def accuracy(code: str, setting: CellSetting) -> float:
    return 0.86 - setting.stuck * (1 + len(code) / 10) - 0.01 * setting.hrs_sigma


STUDIES = {
    "whole": made_up(accuracy),
    "one chip": made_up(accuracy, n_chips=1),
    "one point": made_up(accuracy, points=1, groups=0),
    "first settings": made_up(accuracy, points=12, groups=0),
}
WHOLE = sign_bit_argument(STUDIES["whole"])


@pytest.mark.parametrize("name", STUDIES)
def test_every_figure_draws(name: str) -> None:
    for plate in code_plates(STUDIES[name], sign_bit_argument(STUDIES[name])):
        check(plate)


def test_plates_of_a_whole_study() -> None:
    ids = [plate.id for plate in code_plates(STUDIES["whole"], WHOLE)]
    assert ids == ["codes-stuck", "codes-yield", "codes-spread", "codes-costs", "sign-bit", "codes-groups"]
    assert {plate.group for plate in code_plates(STUDIES["whole"], WHOLE, group="devices")} == {"devices"}


def test_captions_hold_the_numbers() -> None:
    captions = {plate.id: plate.caption for plate in code_plates(STUDIES["whole"], WHOLE)}
    # By hand: 0 to 5 % stuck costs 100 * 0.05 * (1 + length of the name / 10) points.
    assert f"{5 * (1 + len('unary-bipolar') / 10):.1f} points with 4 + 4" in captions["codes-stuck"]
    assert "1.5 to 1.5 points" in captions["codes-spread"]
    assert "83.0 % at 3 cells" in captions["codes-groups"]


@pytest.mark.parametrize("name", STUDIES)
def test_terminal_table_fits(name: str) -> None:
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(*codes_summary(STUDIES[name]))
    text = console.export_text()
    assert "4 + 4" in text
    assert "\u2026" not in text


@pytest.mark.parametrize("name", STUDIES)
def test_files(name: str, tmp_path: Path) -> None:
    study: CodeStudy = STUDIES[name]
    written = write_codes(study, tmp_path / "new")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(path.name for path in written)
    data = json.loads((tmp_path / "new" / "codes.json").read_text())
    assert len(data["points"]) == len(study.points)
    with open(tmp_path / "new" / "codes.csv", newline="") as file:
        assert len(list(csv.DictReader(file))) == len(study.points) + len(study.groups)
    # The same study gives the same bytes.
    before = {path.name: path.read_bytes() for path in written}
    assert {path.name: path.read_bytes() for path in write_codes(study, tmp_path / "new")} == before
