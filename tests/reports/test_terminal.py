"""Terminal output: complete at 80 and 100 columns, returned and not printed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.console import Console

from spikecim.reports.terminal import chip_table, reproduction_summary, rows_table, run_summary
from spikecim.results.reproduction import EngineCheck, Reproduction
from tests.results.runs import small_run


def text(*renderables: object, width: int) -> str:
    console = Console(width=width, highlight=False, color_system=None)
    with console.capture() as caught:
        for renderable in renderables:
            console.print(renderable)
    return caught.get()


@pytest.mark.parametrize("width", [80, 100])
def test_every_row_and_parameter_is_whole(rep: Reproduction, width: int) -> None:
    table = text(rows_table(rep.rows), width=width)
    chip = text(chip_table(rep.median.chip), width=width)
    for shown in (table, chip):
        assert "…" not in shown
        assert max(map(len, shown.splitlines())) <= width
    assert table.count("not comparable") == sum(row.verdict == "not comparable" for row in rep.rows)
    for path, parameter in rep.median.chip.parameters():
        assert path.rpartition(".")[2] in chip
        # A list may run over several lines.
        assert all(word in chip for word in parameter.text().replace(",", " ").split())
    assert rep.median.chip.digest() in chip
    for name, citation in rep.median.chip.sources.items():
        assert f" {name} " in chip
        # A long address is folded: its parts stand one under the other.
        assert all(word[:40] in chip for word in citation.split())


def test_summary_of_a_reproduction(rep: Reproduction, capsys: pytest.CaptureFixture[str]) -> None:
    check = EngineCheck(engines=("event", "brian2"), samples=5, spikes=1234, differing=0, identical=True, seconds=1.0)
    shown = text(*reproduction_summary(replace(rep, check=check)), width=100)
    assert rep.banner is not None
    assert rep.banner.split(",")[0] in shown
    assert "brian2 against event: 1,234 output spikes compared, 0 differing, identical" in shown
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("scale", [1.0, 0.0])
def test_summary_of_a_run(scale: float) -> None:
    run = small_run(3, scale=scale)
    shown = text(run_summary(run), width=80)
    assert "Accuracy" in shown and "whole chip" in shown
    assert "nan" not in shown
    assert ("–" in shown) == (scale == 0)
