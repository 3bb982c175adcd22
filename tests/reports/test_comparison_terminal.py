"""The terminal tables of a comparison: short, at most 100 columns, and true to the rows."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from spikecim.reports.comparison_terminal import comparison_summary, conversions_table, layers_table
from tests.results.comparisons import IDEAL, REAL, comparison, row


def text(*parts: Any, width: int = 100) -> str:
    console = Console(width=width, file=io.StringIO(), highlight=False)
    for part in parts:
        console.print(part)
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def test_summary_says_what_was_found() -> None:
    shown = text(*comparison_summary(comparison()))
    for words in (
        "tiny & small on digits, first 50 of 500 test images: float ANN 98.00 %, 12,345 MACs",
        "90.00 (88.0–92.0)",
        "−8.00",
        "56.8 k",
        "1,234",
        "median and 5–95 % of 3 virtual chips",
        "95 % interval of the images",
    ):
        assert words in " ".join(shown.split()), words
    assert max(map(len, shown.splitlines())) <= 100
    assert len(shown.splitlines()) < 30


def test_a_narrow_terminal_loses_no_number() -> None:
    rows = (row("relu-percentile-hard", "spirit-multi-ideal", 1.0, n_chips=1), row("threshold-balancing", REAL, 0.9))
    counts = {
        "neurons": 25_088,
        "weights": 1_152,
        "slices": 2,
        "cells": 18_432,
        "cores": 1,
        "rows": 789,
        "columns": 256,
    }
    ends = {"threshold_units_low": 326.0, "threshold_units_high": 9732.0}
    layers = layers_table([{"layer": "depthwise12", "shape": [14, 14, 128], **counts, **ends}])
    for width in (80, 100, 140):
        shown = text(*comparison_summary(comparison(rows=rows)), layers, width=width)
        assert max(map(len, shown.splitlines())) <= width
        assert "…" not in shown
        for words in ("100.00 (98.0–100.0)", "1,001", "1,234", "56.8 k", "5,000", "14×14×128", "18,432", "326–9,732"):
            assert words in shown, (width, words)


def test_chips_that_refuse_alike_share_a_line() -> None:
    shown = text(*comparison_summary(comparison()))
    assert f"not run: qcfs on {IDEAL}, {REAL}: takes [quantised-clip] only" in " ".join(shown.split())


def test_losses_are_differences() -> None:
    shown = text(*comparison_summary(comparison()))
    (line,) = [line for line in shown.splitlines() if f"first-spike, {REAL}" in line]
    assert line.split()[-4:] == ["−2.00"] * 4


def test_an_exact_chip_has_no_loss_table_and_no_margin_a_dash() -> None:
    ideal = row("relu-max", IDEAL, 0.98, n_chips=1, losses=row("relu-max", REAL, 0.9).losses[:3], margins=None)
    shown = text(*comparison_summary(comparison(rows=(ideal,), refused=())))
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
