"""Largest arrays from losses by hand, and the study as plain data."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from spikecim.results.limits import crossing
from spikecim.results.limits_data import largest_rows, limit_rows, limits_json, side_text
from tests.results.limit_studies import study


def test_a_loss_is_counted_chip_by_chip() -> None:
    found = study()
    np.testing.assert_allclose(found.loss(found.at("passive", 0.5, 20.0, 288)), 0.016, atol=1e-12)
    assert not found.loss(found.bare(10.0)).any()


def test_crossings_by_hand() -> None:
    sides = (100, 200, 400)
    # Half way between 0 and 2 points: half an octave.
    assert crossing(sides, np.array([0.0, 0.0, 0.02]), 0.01) == pytest.approx(200 * math.sqrt(2))
    assert crossing(sides, np.array([0.0, 0.02, 0.0]), 0.01) == pytest.approx(100 * math.sqrt(2))
    assert crossing(sides, np.array([0.011, 0.0, 0.0]), 0.01) == 0.0
    assert crossing(sides, np.array([0.0, 0.01, 0.01]), 0.01) == math.inf


def test_the_largest_array_by_hand() -> None:
    found = study()
    # 0.4 points at 144 and 1.6 at 288: 0.6 of 1.2 points further is half an octave.
    assert found.largest("passive", 0.5, 20.0).side == pytest.approx((144 * math.sqrt(2),) * 3)
    # Twice the leakage: 0.8 and 3.2 points, a twelfth of an octave.
    assert found.largest("passive", 0.5, 10.0).side[1] == pytest.approx(144 * 2 ** (1 / 12))
    assert found.largest("passive", 2.0, 20.0).side == (0.0, 0.0, 0.0)
    assert found.largest("gated", 2.0, 10.0).side == (math.inf,) * 3
    assert len(found.all_largest()) == 8


def test_plain_data_is_strict_and_whole() -> None:
    found = study()
    data = json.loads(json.dumps(limits_json(found), allow_nan=False))
    assert len(data["arrays"]) == len(found.points) == len(limit_rows(found))
    assert len({tuple(row) for row in limit_rows(found)}) == 1
    first = data["largest"][0]
    assert first["side"]["median"] == pytest.approx(144 * 2 ** (1 / 12))
    assert data["largest"][-1]["side"] == {"p5": None, "median": None, "p95": None}
    assert data["largest"][-1]["text"]["median"] == "above 576"
    assert len(data["arrays"][0]["per_chip"]["accuracy_percent"]) == 5
    assert [row["side_median"] for row in largest_rows(found)][2:4] == ["below 144"] * 2
    assert side_text(found, 203.6) == "204"
