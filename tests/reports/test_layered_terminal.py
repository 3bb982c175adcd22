"""The summary of a run through several layers: whole at any width, honest about what is missing."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from spikecim.reports.layered_tables import layered_run_json
from spikecim.reports.layered_terminal import layered_run_summary
from spikecim.results.layered_run import LayeredRun
from tests.reports.test_terminal import text
from tests.results.layered_runs import deep_run


def silent() -> LayeredRun:
    """No spike anywhere and no row that a timer reads."""
    run = deep_run()
    layers = tuple(replace(layer, pulses=()) for layer in run.layers)
    return replace(run, layers=layers, tallies=np.zeros_like(run.tallies), settings={})


@pytest.mark.parametrize("width", [80, 100])
@pytest.mark.parametrize("how", [{}, {"delta_s": 0}, {"conversion": "first-spike"}], ids=["margin", "none", "latency"])
def test_whole_at_any_width(how: dict[str, Any], width: int) -> None:
    run = deep_run(**how)
    shown = text(layered_run_summary(run), width=width)
    assert "…" not in shown and "nan" not in shown
    assert max(map(len, shown.splitlines())) <= width
    for layer in run.layers:
        assert layer.name in shown
    assert ("no decision margin" in shown) == (how == {"delta_s": 0})
    assert f"{100 * run.accuracy():.2f} %" in shown


def test_shares_of_layers_make_a_whole() -> None:
    shown = text(layered_run_summary(deep_run()), width=100)
    rows = [line for line in shown.splitlines() if line.strip().startswith(("hidden", "output"))]
    shares = [float(line.split()[-2]) for line in rows]
    assert len(shares) == 2
    assert sum(shares) == pytest.approx(100, abs=0.11)


def test_silence_has_no_energy_per_event() -> None:
    run = silent()
    shown = text(layered_run_summary(run), width=80)
    assert "nan" not in shown and "–" in shown
    said = json.loads(json.dumps(layered_run_json(run), allow_nan=False))
    assert said["energy"]["core"]["pj_per_synaptic_event"] is None
    assert {part["part"] for part in said["energy"]["parts"] if part["nj_per_image"]} == {"static"}


def test_json_takes_no_folder_along() -> None:
    run = replace(deep_run(), settings={"data": "digits (/home/someone/data/digits.gz)"})
    assert "someone" not in json.dumps(layered_run_json(run))
