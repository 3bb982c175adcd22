"""The portrait of a device agrees with its programmed cells and with the law of relaxation."""

from __future__ import annotations

import numpy as np
import pytest

from spikecim.chips import load_device
from spikecim.devices.portrait import portrait

N = 20_000
SIGMAS = 5.0


def test_cells_outside_their_window_are_the_stuck_ones() -> None:
    found = portrait(load_device("nominal"), n_cells=N)
    # A cell is stuck with 0.2 % for each state; stuck on the wrong side it ends outside, and an HRS-stuck cell may
    # start below the limit (5 % of HRS pulses do), where it still reads as a LRS that verify accepts.
    expected = 0.002
    error = SIGMAS * np.sqrt(expected / (N / 2))
    assert found.outside(low=True) == pytest.approx(expected, abs=error)
    assert found.outside(low=False) == pytest.approx(expected, abs=error)
    assert found.window_ratio == pytest.approx(20.0)


def test_mean_conductance_is_that_of_the_cells() -> None:
    found = portrait(load_device("optimistic"), n_cells=N)
    for mean, low in zip(found.mean_us, (True, False), strict=True):
        moving = ~found.cells.stuck[found.cells.target == low]
        us = 1e6 / found.resistance(low=low)[moving]
        assert mean == pytest.approx(us.mean(), abs=SIGMAS * us.std() / np.sqrt(us.size))


def test_spread_follows_the_table() -> None:
    device = load_device("nominal")
    found = portrait(device, n_cells=N)
    assert found.spread is not None
    assert device.relaxation is not None
    law = device.relaxation.hrs
    expected = np.sqrt([law.variance_at(float(time)) for time in found.spread.times])
    # HRS has no restless tail: the standard error of a standard deviation is sd / sqrt(2 n).
    np.testing.assert_allclose(found.spread.hrs, expected, rtol=SIGMAS / np.sqrt(N))
    assert (np.diff(found.spread.lrs) > 0).all()


def test_a_device_without_relaxation_has_no_spread() -> None:
    assert portrait(load_device("ideal"), n_cells=100).spread is None
