"""The page of a study of limits: sentences computed, tables whole, files beside it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spikecim.reports.limits_page import FILES, limits_html, limits_summary, write_limits
from spikecim.reports.limits_text import array_table, assumptions, findings, largest_table
from spikecim.results.limits import LimitStudy
from tests.results.limit_studies import study

FOUND = study()


def test_sentences_say_what_was_found() -> None:
    said = findings(FOUND)
    assert "Without wires the median of 5 virtual chips reads 86.00 %" in said[0]
    assert said[1] == (
        "A passive array of 144 × 80 cells keeps to 1 point up to 0.5 Ω a segment; at 2 Ω the median chip loses "
        "1.60 points."
    )
    assert said[2] == "A gated array of 144 × 80 cells loses nothing in the median with 2 Ω a segment."
    assert said[3] == "Passive, 0.5 Ω: the largest side is 153 at an on/off ratio of 10 and 204 at 20."
    assert said[4] == "Gated arrays: the on/off ratio changes nothing; the largest side is above 576."


def test_a_gain_is_told() -> None:
    better = [
        replace(p, accuracy=p.accuracy + 0.01, input_spikes=np.full(5, 120.0)) if p.setting.kind == "passive" else p
        for p in FOUND.points
    ]
    told = findings(replace(FOUND, points=tuple(better)))
    assert any(
        "at 0.5 Ω the passive array gains 0.60 points and takes 120.0 input spikes instead of 130.0" in s for s in told
    )


def test_assumptions_name_the_trim() -> None:
    assert "reads of the whole fresh array" in assumptions(FOUND)[0]
    assert "lone cells" in assumptions(replace(FOUND, trim="cells"))[0]


def test_tables_hold_every_array() -> None:
    table = largest_table(FOUND, "passive")
    assert [row["cells"] for row in table["rows"]] == [["10", "153", "below 144"], ["20", "204", "below 144"]]
    # Without wires at two ratios; then two kinds, two resistances, the network's own array and three sides.
    assert len(array_table(FOUND)["rows"]) == 2 + 2 * 2 * 4


def test_files(tmp_path: Path) -> None:
    written = write_limits(FOUND, tmp_path)
    assert set(FILES) < set(written)
    assert all(path.stat().st_size for path in written.values())
    assert {path.suffix for path in (tmp_path / "figures").iterdir()} == {".png", ".svg"}
    page = written["limits.html"].read_text(encoding="utf-8")
    assert page.count("<figure") == 3
    assert "204" in page and "http://" not in page.replace("http://www.w3.org", "")


@pytest.mark.parametrize("kinds", [("passive",), ("gated",)])
def test_one_kind_alone_has_a_page(kinds: tuple[str, ...]) -> None:
    points = tuple(p for p in FOUND.points if p.setting.kind in (*kinds, "none"))
    alone: LimitStudy = replace(FOUND, kinds=kinds, points=points)
    assert kinds[0] in limits_html(alone, [])
    assert len(limits_summary(alone)) == 2 + len(findings(alone))


def test_an_interrupted_study_says_so() -> None:
    assert "Interrupted: 5 of 20 virtual chips." in limits_html(study(20), [])
