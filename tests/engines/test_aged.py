"""Chips that have aged, with white, 1/f and telegraph read noise, run alike on every engine."""

from __future__ import annotations

import numpy as np
import pytest

from spikecim.build import build
from spikecim.chips import load_chip
from spikecim.coding.renewal import RateCode
from spikecim.engines import ENGINES, get_engine
from spikecim.network import network_from_array
from spikecim.results.compare import first_difference

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated")
SIZE = {"geometry.n_in": 25, "geometry.n_out": 5, "coding.window": "300 us"}
NOISE = {"cell.flicker.switch": "on", "cell.telegraph.switch": "on"}


@pytest.mark.parametrize("engine", sorted(set(ENGINES) - {"stepper"}))
@pytest.mark.parametrize("device", ["nominal", "pessimistic"])
def test_engines_agree_on_aged_chips(engine: str, device: str) -> None:
    chip = load_chip("spirit", {"cell.device": device, **SIZE, **NOISE})
    draws = np.random.default_rng(4)
    network = network_from_array(draws.integers(-4, 5, (25, 5)), limit=4)
    aged = build(chip, network, seed=0).after("30 days", "60 degC", reads=draws.integers(0, 10**9, 25))
    code: RateCode = chip.rate_code()
    trains = code.encode(draws.random((12, 25)), seed=0)
    one, other = (get_engine(name).run(aged.program, trains) for name in ("stepper", engine))
    assert aged.program.noisy
    assert one.n_spikes > 100
    assert first_difference(one, other) is None
