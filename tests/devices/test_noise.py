"""Noise in time: 1/f from a sum over decades, a Lorentzian from a trap, and what of both a run can see."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import welch

from spikecim.chips import load_chip
from spikecim.devices.ageing import Future, Past
from spikecim.devices.flicker import FlickerSpec, flicker_trace
from spikecim.devices.oxram import SlcOxram
from spikecim.devices.telegraph import TelegraphSpec, Traps, draw_traps
from spikecim.errors import ParameterError

ON = {"cell.flicker.switch": "on", "cell.telegraph.switch": "on"}


def flicker(**changes: object) -> FlickerSpec:
    spec = load_chip("spirit", {f"cell.flicker.{key}": value for key, value in changes.items()}).cell.flicker
    assert spec is not None
    return spec


def telegraph() -> TelegraphSpec:
    spec = load_chip("spirit", ON).cell.telegraph
    assert spec is not None
    return spec


def test_the_spectrum_of_flicker_noise_falls_as_one_over_f() -> None:
    spec = flicker(fastest="100 us", slowest="10 ks")
    rate, n = 1000.0, 2**18
    slopes = []
    for seed in range(12):
        f, power = welch(flicker_trace(spec, np.arange(n) / rate, seed), rate, nperseg=2**15)
        inside = (f > 0.1) & (f < 50.0)
        slopes.append(np.polyfit(np.log10(f[inside]), np.log10(power[inside]), 1)[0])
    # Twelve traces: the mean slope is known to a few hundredths; a sum over decades ripples by less than 0.1.
    assert np.mean(slopes) == pytest.approx(-1.0, abs=0.1)


def test_every_decade_holds_the_same_variance() -> None:
    spec = flicker()
    for corner, decades in ((1e-3, 12), (1.0, 9), (1e3, 6)):
        moment = spec.moment(12.3, corner, (40_000,), 0, "cells")
        # 10 years are 8.5 decades of seconds: the last one is begun.
        assert len(spec.slow_constants(corner)) == decades
        assert moment.var() == pytest.approx(decades, rel=5 * np.sqrt(2 / 40_000))
    assert spec.fast_decades(1e-3) == pytest.approx(3.0)


def test_a_trap_has_an_exponential_memory_and_its_occupancy() -> None:
    n = 20_000
    traps = Traps(amplitude=np.ones(n), occupancy=np.full(n, 0.3), constant=np.full(n, 2.0), key=7)
    first = traps.occupied(100.0)
    assert first.mean() == pytest.approx(0.3, abs=4 * np.sqrt(0.21 / n))
    for wait in (0.2, 1.0, 2.0, 5.0):
        later = traps.occupied(100.0 + wait)
        correlation = ((first - 0.3) * (later - 0.3)).mean() / 0.21
        # Machlup 1954: the state is drawn anew at rate 1 / tau, so it is remembered with exp(-t / tau).
        assert correlation == pytest.approx(np.exp(-wait / 2.0), abs=5 / np.sqrt(n))


def test_the_spectrum_of_a_trap_is_lorentzian() -> None:
    rate, n, tau = 200.0, 2**14, 0.5
    times = np.arange(n) / rate
    traps = Traps(amplitude=np.ones(8), occupancy=np.full(8, 0.5), constant=np.full(8, tau), key=3)
    traces = np.array([traps.occupied(float(t)) for t in times]).T
    f, power = welch(traces.astype(float), rate, nperseg=2**11)
    mean = power.mean(0)
    inside = (f > 2.0) & (f < 20.0)
    assert np.polyfit(np.log10(f[inside]), np.log10(mean[inside]), 1)[0] == pytest.approx(-2.0, abs=0.15)
    # S(f) = 4 p (1 - p) tau / (1 + (2 pi f tau)^2), one-sided.
    lorentz = 4 * 0.25 * tau / (1 + (2 * np.pi * f[1:] * tau) ** 2)
    low = f[1:] < 5.0
    np.testing.assert_allclose(np.log(mean[1:][low] / lorentz[low]).mean(), 0.0, atol=0.15)


def test_traps_sit_in_their_share_of_the_cells() -> None:
    low = np.arange(100_000) % 2 == 0
    traps = draw_traps(telegraph(), low, 0, "cells")
    has = traps.amplitude > 0
    assert has.mean() == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / 100_000))
    assert set(traps.amplitude[has & low]) == {0.03}
    assert set(traps.amplitude[has & ~low]) == {0.2}
    assert traps.constant.min() >= 1e-3 and traps.constant.max() <= 3600


def test_fast_noise_is_white_and_slow_noise_is_frozen() -> None:
    quiet, noisy = (load_chip("spirit", changes).cell for changes in ({}, ON))
    targets = np.ones(50_000, bool)
    futures = []
    for spec in (quiet, noisy):
        cell = SlcOxram(spec=spec)
        fresh = cell.program(targets, 0, "cells")
        futures.append(Future(cell=cell, fresh=fresh, seed=0, path=("cells",), corner=1e-3))
    still, alive = (future.at(Past()) for future in futures)
    free = ~still.stuck
    moved = np.log(alive.resistance / still.resistance)[free]
    # Twelve slow decades of 0.09 %, and traps: 5 % of the cells, 3 % deep, occupancy even over 0.1-0.9.
    expected = np.sqrt(12 * 0.0009**2 + 0.05 * 0.03**2 * (0.25 - 0.8**2 / 12))
    assert moved.std() == pytest.approx(expected, rel=0.05)
    white = futures[1].read_noise_rel(alive)[free] ** 2 - futures[0].read_noise_rel(still)[free] ** 2
    assert np.median(white) == pytest.approx(3 * 0.0009**2, rel=1e-6)


def test_the_noise_of_a_moment_is_that_of_its_time() -> None:
    cell = SlcOxram(spec=load_chip("spirit", {**ON, "cell.relaxation.switch": "off"}).cell)
    fresh = cell.program(np.ones(2000, bool), 0, "cells")
    future = Future(cell=cell, fresh=fresh, seed=0, path=("cells",), corner=1e-3)
    first, again, later = (future.at(Past().then(t, 298.15, 0.0)).resistance for t in (60.0, 60.0, 61.0))
    np.testing.assert_array_equal(first, again)
    assert (first != later).any()


@pytest.mark.parametrize("table", ["flicker", "telegraph"])
def test_swapped_time_constants_are_refused(table: str) -> None:
    with pytest.raises(ParameterError, match="must be below slowest"):
        load_chip("spirit", {f"cell.{table}.fastest": "100 years"})
