"""Multi-level cells: drawn cells have the statistics their file states, at programming and in time.

Tolerances are five standard errors of the estimate (one false alarm in about 2 million); seeds are fixed.
"""

from __future__ import annotations

import numpy as np
import pytest

from spikecim.devices.level_ageing import relaxed_shift, relaxed_spread
from spikecim.devices.library import load_device
from spikecim.devices.multilevel import MultiLevelCell
from spikecim.devices.rectified import rectified_mean, rectified_sd
from spikecim.devices.stuck_cells import draw_stuck
from spikecim.errors import ParameterError, ShapeError

N = 200_000
SIGMAS = 5.0
STATES = (0.0, 0.1, 0.3, 0.5, 0.8, 1.0)


def cell_of(name: str = "pcm", **changes: object) -> MultiLevelCell:
    cell = load_device(name, {path.replace("__", "."): value for path, value in changes.items()})
    assert isinstance(cell, MultiLevelCell)
    return cell


def at_state(cell: MultiLevelCell, state: float, n: int = N) -> np.ndarray:
    return np.full(n, cell.g_min + state * (cell.g_max - cell.g_min))


def close(found: np.ndarray, mean: float, sd: float) -> None:
    """Mean and standard deviation of a near-normal sample; the error of the latter is sd sqrt((kurtosis - 1) / 4n)."""
    kurtosis = ((found - found.mean()) ** 4).mean() / found.var() ** 2 if found.var() else 3.0
    assert abs(found.mean() - mean) <= SIGMAS * sd / np.sqrt(len(found)) + 1e-18
    assert abs(found.std() - sd) <= SIGMAS * sd * np.sqrt((kurtosis - 1.0) / 4.0 / len(found)) + 1e-18


@pytest.mark.parametrize("name", ["nor-flash", "hfo2-rram", "pcm", "stt-mram"])
@pytest.mark.parametrize("state", STATES)
def test_programming_has_the_stated_mean_and_spread(name: str, state: float) -> None:
    cell = cell_of(name)
    target = at_state(cell, state)
    found = cell.program(target, 1, "p", stuck=False).conductance
    mean, sd = (float(part) for part in cell.programmed(target[0]))
    close(found, mean, sd)
    assert found.min() >= 0.0


def test_the_spread_follows_the_published_formula_of_pcm() -> None:
    cell = cell_of("pcm")
    for state in (0.0, 0.125, 0.25, 0.5, 0.75, 1.0):
        published = -1.1731 * state**2 + 1.9650 * state + 0.2635
        assert cell.program_sd(state * 25e-6) == pytest.approx(published * 1e-6, rel=1e-3)


def test_the_spread_follows_the_published_fit_of_hfo2_in_its_own_window() -> None:
    cell = cell_of("hfo2-rram")
    second = np.poly1d([-16.815, 45.393, -43.853, 16.030, 0.348])
    day = np.poly1d([-16.458, 47.095, -50.773, 22.086, 0.701])
    law = cell.spec.relaxation
    assert law is not None
    for state in (0.0, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 1.0):
        conductance = 1e-6 + state * 39e-6
        assert cell.program_sd(conductance) == pytest.approx(second(conductance / 40e-6) * 1e-6, rel=4e-3)
        gained = 39.0 * relaxed_spread(law, 86_400.0) * np.interp(state, law.states.value, law.profile.value)
        published = day(conductance / 40e-6) ** 2 - second(conductance / 40e-6) ** 2
        assert gained == pytest.approx(np.sqrt(published), rel=0.02)


def test_a_share_of_the_spread_stays_with_the_cell() -> None:
    cell = cell_of("hfo2-rram")
    target = at_state(cell, 0.5)
    first, again, other = (
        cell.program(target, seed, "p", cycle=cycle, stuck=False).conductance - target
        for seed, cycle in ((1, 0), (1, 1), (2, 0))
    )
    share = cell.spec.programming.cell_share.value
    # Error of a correlation coefficient r of n pairs: (1 - r^2) / sqrt(n).
    assert abs(np.corrcoef(first, again)[0, 1] - share) < SIGMAS * (1 - share**2) / np.sqrt(N)
    assert abs(np.corrcoef(first, other)[0, 1]) < SIGMAS / np.sqrt(N)


def test_two_cells_of_one_level_differ_and_the_same_name_gives_the_same_cells() -> None:
    cell = cell_of("nor-flash")
    target = at_state(cell, 0.7, 1000)
    found = cell.program(target, 3, "x", stuck=False).conductance
    assert len(np.unique(found)) == 1000
    assert np.array_equal(found, cell.program(target, 3, "x", stuck=False).conductance)


def test_the_cells_do_not_depend_on_their_targets() -> None:
    cell = cell_of("hfo2-rram")
    low, high = (cell.program(at_state(cell, state, 1000), 3, "x") for state in (0.5, 0.8))
    assert np.array_equal(low.stuck, high.stuck)
    scores = [((one.conductance - one.target) / cell.program_sd(one.target))[one.stuck == 0] for one in (low, high)]
    assert np.allclose(*scores)


def test_classes_can_be_left_out() -> None:
    cell = cell_of("hfo2-rram")
    target = at_state(cell, 0.4, 1000)
    exact = cell.program(target, 1, fluctuation=False, stuck=False)
    assert np.array_equal(exact.conductance, target)
    stuck = cell.program(target, 1, fluctuation=False)
    assert set(np.unique(stuck.conductance)) <= {target[0], *cell.rails}
    assert np.array_equal(stuck.conductance[stuck.stuck == 1], np.full((stuck.stuck == 1).sum(), cell.rails[1]))
    assert np.array_equal(stuck.conductance[stuck.stuck == -1], np.full((stuck.stuck == -1).sum(), cell.rails[0]))


def test_stuck_shares() -> None:
    low, high = 0.03, 0.01
    fate = draw_stuck((N,), (low, high), 5, "m")
    for state, share in ((-1, low), (1, high)):
        assert abs((fate == state).mean() - share) < SIGMAS * np.sqrt(share * (1 - share) / N)


@pytest.mark.parametrize("state", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("seconds", [3600.0, 86_400.0 * 30])
def test_drift_has_its_power_law(state: float, seconds: float) -> None:
    cell = cell_of("pcm", **{"programming.spread": [0.0] * 6})
    fresh = cell.program(at_state(cell, state), 1, "p", stuck=False)
    aged = cell.at(fresh, seconds, 1, "p")
    law = cell.spec.drift
    assert law is not None
    exponent = -np.log(aged.conductance / fresh.conductance) / np.log1p(seconds / law.reference_time.value)
    mean = np.interp(state, law.states.value, law.exponent.value)
    sd = np.interp(state, law.states.value, law.exponent_spread.value)
    close(exponent, float(rectified_mean(mean, sd)), float(rectified_sd(mean, sd)))


@pytest.mark.parametrize("name", ["nor-flash", "hfo2-rram"])
@pytest.mark.parametrize("seconds", [0.5, 3600.0, 100_000.0, 86_400.0 * 4, 86_400.0 * 100])
def test_relaxation_has_the_stated_shift_and_spread(name: str, seconds: float) -> None:
    cell = cell_of(name)
    law = cell.spec.relaxation
    assert law is not None
    fresh = cell.program(at_state(cell, 0.7), 1, "p", fluctuation=False, stuck=False)
    change = (cell.at(fresh, seconds, 1, "p").conductance - fresh.conductance) / (cell.g_max - cell.g_min)
    profile = float(np.interp(0.7, law.states.value, law.profile.value))
    close(change, profile * relaxed_shift(law, seconds), profile * relaxed_spread(law, seconds))


def test_a_cell_walks_on_from_where_it_was() -> None:
    """Brownian from listed time to listed time: what happens later is independent of what happened before."""
    cell = cell_of("nor-flash")
    fresh = cell.program(at_state(cell, 0.5), 1, "p", fluctuation=False, stuck=False)
    early, late = (cell.at(fresh, 86_400.0 * day, 1, "p").conductance - fresh.conductance for day in (1, 5))
    assert abs(np.corrcoef(early, late - early)[0, 1]) < SIGMAS / np.sqrt(N)
    assert np.corrcoef(early, late)[0, 1] == pytest.approx(early.std() / late.std(), abs=SIGMAS / np.sqrt(N))


def test_a_stuck_cell_does_not_age() -> None:
    cell = cell_of("pcm")
    fresh = cell.program(at_state(cell, 0.9, 2000), 1, stuck_map=np.ones(2000, np.int8))
    assert np.array_equal(cell.at(fresh, 1e6, 1).conductance, np.full(2000, cell.rails[1]))


def test_read_noise_is_a_share_of_the_conductance() -> None:
    cell = cell_of("nor-flash")
    assert cell.read_sd(cell.g_max) == pytest.approx(0.0079 * 16e-6)
    assert cell.read_sd(0.0) == 0.0


def test_rectified_moments_against_quadrature() -> None:
    for mean, sd in ((1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.5, 1.0), (-0.5, 1.0), (5.0, 0.1)):
        z = np.linspace(-12.0, 12.0, 200_001)
        mass = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * (z[1] - z[0])
        value = np.maximum(0.0, mean + sd * z)
        first, second = (mass * value).sum(), (mass * value**2).sum()
        assert rectified_mean(np.array(mean), np.array(sd)) == pytest.approx(first, abs=1e-8)
        assert rectified_sd(np.array(mean), np.array(sd)) ** 2 == pytest.approx(second - first**2, abs=1e-7)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda c: c.program([30e-6], 1), "outside the window"),
        (lambda c: c.program([np.nan], 1), "outside the window"),
        (lambda c: c.program([1e-6], 1, cycle=10**9), "endurance"),
        (lambda c: c.at(c.program([1e-6], 1), -1.0, 1), "not below 0"),
        (lambda c: c.at(c.program([1e-6], 1), 1e10, 1), "drift is stated for"),
        (lambda c: c.program([1e-6], 1, stuck=False, stuck_map=np.zeros(1, np.int8)), "stuck is off"),
    ],
)
def test_bad_calls_say_what_is_wrong(call: object, text: str) -> None:
    with pytest.raises(ParameterError, match=text):
        call(cell_of("pcm"))  # type: ignore[operator]


def test_a_map_of_another_shape_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"\(2,\)"):
        cell_of("pcm").program([1e-6], 1, stuck_map=np.zeros(2, np.int8))


def test_time_without_a_law_of_time_is_refused() -> None:
    cell = cell_of("stt-mram")
    with pytest.raises(ParameterError, match="without effect"):
        cell.at(cell.program([1e-4], 1), 10.0, 1)
