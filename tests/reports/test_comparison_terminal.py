"""The terminal tables of a comparison: short, at most 100 columns, and true to the rows."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

from rich.console import Console

from spikecim.reports.comparison_terminal import comparison_summary, conversions_table, layers_table
from tests.results.comparisons import comparison, comparison_row


def text(*parts: Any) -> str:
    console = Console(width=100, file=io.StringIO(), highlight=False)
    for part in parts:
        console.print(part)
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def test_summary_says_what_was_found() -> None:
    shown = text(*comparison_summary(comparison()))
    for words in (
        "tiny on digits, first 60 of 300 test images: float ANN 96.00 %, 3,552 MACs",
        "90.00 (85.0–95.0)",
        "−6.00",
        "56.8 k",
        "1,234",
        "median and 5–95 % of 3 virtual chips",
        "95 % interval of the images",
    ):
        assert words in " ".join(shown.split()), words
    assert max(map(len, shown.splitlines())) <= 100
    assert len(shown.splitlines()) < 30


def test_chips_that_refuse_alike_share_a_line() -> None:
    shown = text(*comparison_summary(comparison()))
    assert "not run: qcfs on spirit-multi-ideal, spirit-multi: it has [relu]" in " ".join(shown.split())


def test_losses_are_differences() -> None:
    shown = text(*comparison_summary(comparison()))
    (line,) = [line for line in shown.splitlines() if "relu-max, spirit-multi " in line]
    assert line.split()[-4:] == ["−0.50", "−0.50", "−3.00", "−2.00"]


def test_an_exact_chip_has_no_loss_table_and_no_margin_a_dash() -> None:
    ideal = replace(comparison_row("ideal", 1), losses=comparison_row().losses[:3], margins=None)
    shown = text(*comparison_summary(replace(comparison(), rows=(ideal,), refused=())))
    assert "Points won or lost" not in shown
    (line,) = [line for line in shown.splitlines() if "relu-max" in line]
    assert line.split()[-1] == "–"


def test_other_tables() -> None:
    shown = text(conversions_table([("relu-max", "ReLU to IF", "relu, clipped-relu", "Diehl [2015]")]))
    assert "clipped-relu" in shown
    assert "Diehl [2015]" in shown
    row = dict.fromkeys(("neurons", "weights", "slices", "cells", "cores", "rows", "columns"), 1200)
    shown = text(
        layers_table([{"layer": "c", "shape": [4, 4, 2], **row, "threshold_units_low": 3, "threshold_units_high": 9}])
    )
    assert "4×4×2" in shown
    assert "3.00–9.00" in shown
