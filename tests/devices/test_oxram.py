"""The OxRAM cell: drawn cells have the statistics their file states, and the verify loop does what it says.

Tolerances are five standard errors of the estimate (one false alarm in about 2 million); seeds are fixed.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from scipy.special import ndtr

from spikecim.chips import device_names, load_chip
from spikecim.devices.oxram import Cells, SlcOxram, StateSpec

N = 1_000_000
SIGMAS = 5.0
ONE_PULSE = {"cell.programming.mode": "one-pulse", "cell.programming.max_pulses": 1}
BODY_ONLY = {
    **ONE_PULSE,
    "cell.stuck_lrs": 0.0,
    "cell.stuck_hrs": 0.0,
    "cell.lrs.tail_probability": 0.0,
    "cell.hrs.tail_probability": 0.0,
}


def device(name: str, changes: Mapping[str, object] | None = None) -> SlcOxram:
    return SlcOxram(spec=load_chip("spirit", {"cell.device": name, **(changes or {})}).cell)


def programmed(cell: SlcOxram, low: bool, *, n: int = N, cycle: int = 0, seed: int = 1) -> Cells:
    return cell.program(np.full(n, low), seed, "cells", cycle=cycle)


def state_of(cell: SlcOxram, low: bool) -> StateSpec:
    return cell.spec.lrs if low else cell.spec.hrs


BOTH_STATES = pytest.mark.parametrize("low", [True, False], ids=["lrs", "hrs"])
ALL_DEVICES = pytest.mark.parametrize("name", device_names())


@BOTH_STATES
@pytest.mark.parametrize("name", ["optimistic", "nominal", "pessimistic"])
def test_a_million_cells_have_the_stated_median_and_sigma(name: str, low: bool) -> None:
    cell = device(name, BODY_ONLY)
    log_r = np.log(programmed(cell, low).resistance)
    state = state_of(cell, low)
    sigma = state.sigma_ln.value
    # Standard errors of a normal sample: median 1.2533 sigma / sqrt(n), standard deviation sigma / sqrt(2 n).
    assert np.median(log_r) == pytest.approx(np.log(state.median.value), abs=SIGMAS * 1.2533 * sigma / np.sqrt(N))
    assert log_r.std() == pytest.approx(sigma, abs=SIGMAS * sigma / np.sqrt(2 * N))


@BOTH_STATES
def test_ideal_cells_are_exact(low: bool) -> None:
    cell = device("ideal")
    assert set(programmed(cell, low, n=1000).resistance) == {5e3 if low else 1e5}


def test_the_tail_has_its_share_and_its_factors() -> None:
    # A body of 1 % spread: every factor 2..6 stands clear of it.
    cell = device("nominal", BODY_ONLY | {"cell.lrs.sigma_ln": 0.01, "cell.lrs.tail_probability": 0.01})
    factor = programmed(cell, low=True).resistance / cell.spec.lrs.median.value
    tail = factor[factor > 1.5]
    assert len(tail) / N == pytest.approx(0.01, abs=SIGMAS * np.sqrt(0.01 * 0.99 / N))
    # ln(factor) is uniform on ln 2 .. ln 6: mean in the middle, variance width**2 / 12 (plus the body's).
    width = np.log(6 / 2)
    assert np.log(tail).mean() == pytest.approx(np.log(2) + width / 2, abs=SIGMAS * width / np.sqrt(12 * len(tail)))
    # Fourth central moment of a uniform is width**4 / 80: variance of the sample variance width**4 / 180 / n.
    assert np.log(tail).var() == pytest.approx(
        width**2 / 12 + 0.01**2, abs=SIGMAS * width**2 / np.sqrt(180 * len(tail))
    )


@BOTH_STATES
@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 1.0])
def test_cell_share_is_the_variance_that_stays_with_the_cell(share: float, low: bool) -> None:
    cell = device("nominal", BODY_ONLY | {"cell.cell_share": share})
    one, two = (np.log(programmed(cell, low, cycle=cycle).resistance) for cycle in (0, 1))
    # Two programmings of one cell correlate by the share; standard error of a correlation (1 - r**2) / sqrt(n).
    error = (1 - share**2) / np.sqrt(N)
    assert np.corrcoef(one, two)[0, 1] == pytest.approx(share, abs=SIGMAS * error + 1e-12)


def test_the_same_cycle_of_the_same_cells_repeats_itself() -> None:
    cell = device("nominal")
    one, two = (programmed(cell, True, n=1000, cycle=3) for _ in range(2))
    np.testing.assert_array_equal(one.resistance, two.resistance)
    np.testing.assert_array_equal(one.pulses, two.pulses)


def test_lrs_and_hrs_of_one_cell_are_independent() -> None:
    cell = device("nominal", BODY_ONLY | {"cell.cell_share": 1.0})
    low, high = (np.log(programmed(cell, low, cycle=cycle).resistance) for cycle, low in ((0, True), (1, False)))
    assert abs(np.corrcoef(low, high)[0, 1]) < SIGMAS / np.sqrt(N)


def test_which_cells_are_stuck_depends_neither_on_target_nor_on_cycle() -> None:
    cell = device("pessimistic")
    stuck = [programmed(cell, low, cycle=cycle, n=10_000).stuck for low, cycle in ((True, 0), (False, 0), (True, 7))]
    assert stuck[0].any()
    np.testing.assert_array_equal(stuck[0], stuck[1])
    np.testing.assert_array_equal(stuck[0], stuck[2])


# Two cells of one level shared one draw in an emulator we compared with.
def test_cells_of_one_level_differ_from_each_other() -> None:
    cells = device("nominal", BODY_ONLY).program(np.ones((30, 20, 8), bool), 1, "cells")
    assert len(np.unique(cells.resistance)) == 30 * 20 * 8


def test_other_seeds_and_other_arrays_have_other_cells() -> None:
    cell = device("nominal")
    target = np.ones(1000, bool)
    one, two, three = cell.program(target, 1, "a"), cell.program(target, 2, "a"), cell.program(target, 1, "b")
    assert not np.isin(one.resistance, np.concatenate([two.resistance, three.resistance])).any()


def test_stuck_cells_have_their_share_and_ignore_their_target() -> None:
    p_lrs, p_hrs = 0.01, 0.015
    cell = device("ideal", {"cell.stuck_lrs": p_lrs, "cell.stuck_hrs": p_hrs})
    middle = 2e4
    for low, p_wrong in ((True, p_hrs), (False, p_lrs)):
        cells = programmed(cell, low)
        both = p_lrs + p_hrs
        assert cells.stuck.mean() == pytest.approx(both, abs=SIGMAS * np.sqrt(both * (1 - both) / N))
        wrong = (cells.resistance < middle) != low
        assert wrong.mean() == pytest.approx(p_wrong, abs=SIGMAS * np.sqrt(p_wrong * (1 - p_wrong) / N))
        assert not (wrong & ~cells.stuck).any()


def inside(cell: SlcOxram, cells: Cells) -> np.ndarray:
    rules = cell.spec.programming
    return np.where(cells.target, cells.resistance <= rules.lrs_max.value, cells.resistance >= rules.hrs_min.value)


@ALL_DEVICES
@BOTH_STATES
def test_verified_says_exactly_which_cells_are_inside_the_window(name: str, low: bool) -> None:
    cell = device(name)
    cells = programmed(cell, low, n=100_000)
    np.testing.assert_array_equal(cells.verified, inside(cell, cells))
    assert (cells.pulses >= 1).all()
    limit = cell.spec.programming.max_pulses.value
    if cell.spec.programming.mode.value == "write-verify":
        # Whoever is outside has used up its pulses.
        assert (cells.pulses[~cells.verified] == limit).all()
        assert cells.pulses.max() <= limit


def test_write_verify_brings_every_good_cell_home_given_pulses_enough() -> None:
    cell = device("nominal", {"cell.programming.max_pulses": 10_000, "cell.stuck_lrs": 0.01, "cell.stuck_hrs": 0.01})
    for low in (True, False):
        cells = programmed(cell, low, n=20_000)
        assert (~cells.verified).any()
        assert cells.stuck[~cells.verified].all()


def test_one_pulse_leaves_good_cells_outside_and_says_so() -> None:
    cells = programmed(device("nominal", ONE_PULSE), low=False, n=20_000)
    assert (~cells.verified & ~cells.stuck).any()


# With 1,000 pulses the LRS tail of a stuck cell (above 20 kohm with p = 0.4 %) would pass for HRS in 97 of 100 cells.
def test_a_stuck_cell_answers_to_no_pulse() -> None:
    stuck_at_lrs = {"cell.stuck_lrs": 1.0, "cell.stuck_hrs": 0.0}
    patient = device("nominal", stuck_at_lrs | {"cell.programming.max_pulses": 1000})
    single = device("nominal", stuck_at_lrs | ONE_PULSE)
    cells = programmed(patient, low=False, n=1000)
    np.testing.assert_array_equal(cells.resistance, programmed(single, low=False, n=1000).resistance)
    np.testing.assert_array_equal(cells.pulses, np.where(cells.verified, 1, 1000))
    assert cells.verified.mean() < 0.02


@ALL_DEVICES
def test_one_pulse_means_one_pulse(name: str) -> None:
    cells = programmed(device(name, ONE_PULSE), low=False, n=100_000)
    assert (cells.pulses == 1).all()


@pytest.mark.parametrize("limit", [2, 5, 20])
def test_pulses_follow_a_cut_geometric_law(limit: int) -> None:
    # Without a cell part every pulse of every cell misses the window with one probability q.
    changes = {"cell.cell_share": 0.0, "cell.stuck_lrs": 0.0, "cell.stuck_hrs": 0.0}
    # HRS from 80 kohm on: the window lies well inside the distribution, so that many pulses are needed.
    changes |= {"cell.programming.hrs_min": "80 kohm", "cell.programming.max_pulses": limit}
    cell = device("nominal", changes)
    cells = programmed(cell, low=False)
    z = np.log(80e3 / cell.spec.hrs.median.value) / cell.spec.hrs.sigma_ln.value
    q = float(ndtr(z))
    counts = np.bincount(cells.pulses, minlength=limit + 1)[1:] / N
    # Closed form: (1 - q) q**(k - 1) for k < limit, the rest at the limit.
    law = (1 - q) * q ** np.arange(limit)
    law[-1] = q ** (limit - 1)
    np.testing.assert_array_less(abs(counts - law), SIGMAS * np.sqrt(law * (1 - law) / N) + 1e-15)
    mean = (1 - q**limit) / (1 - q)
    assert cells.pulses.mean() == pytest.approx(mean, abs=SIGMAS * cells.pulses.std() / np.sqrt(N))
    assert (~cells.verified).mean() == pytest.approx(q**limit, abs=SIGMAS * np.sqrt(q**limit / N))


def test_programming_energy_is_pulses_times_the_energy_of_a_pulse() -> None:
    cell = device("nominal", {"cell.programming.set_energy": "30 pJ", "cell.programming.reset_energy": "70 pJ"})
    shape = (2, 3)
    cells = Cells(
        resistance=np.full(shape, 5e3),
        target=np.array([[True, True, False], [False, True, False]]),
        stuck=np.zeros(shape, bool),
        verified=np.ones(shape, bool),
        pulses=np.array([[1, 4, 2], [7, 1, 1]], np.int32),
    )
    # By hand: SET 1 + 4 + 1 = 6 pulses, RESET 2 + 7 + 1 = 10 pulses.
    assert cell.programming_energy(cells) == pytest.approx(6 * 30e-12 + 10 * 70e-12, rel=1e-12)


@BOTH_STATES
@ALL_DEVICES
def test_mean_conductance_is_the_mean_of_a_million_cells(name: str, low: bool) -> None:
    cell = device(name)
    cells = programmed(cell, low)
    conductance = 1.0 / (cells.resistance[~cells.stuck] + 500.0)
    mean = cell.mean_conductance(500.0)[0 if low else 1]
    error = conductance.std() / np.sqrt(conductance.size)
    assert mean == pytest.approx(conductance.mean(), abs=SIGMAS * error, rel=1e-12)


# Oracle: mean of a log-normal conductance, exp(sigma**2 / 2) / median.
@pytest.mark.parametrize("share", [0.0, 0.6, 1.0])
def test_mean_conductance_has_the_closed_form_without_series_resistance(share: float) -> None:
    cell = device("pessimistic", BODY_ONLY | {"cell.cell_share": share})
    for state, mean in zip((cell.spec.lrs, cell.spec.hrs), cell.mean_conductance(0.0), strict=True):
        assert mean == pytest.approx(np.exp(state.sigma_ln.value**2 / 2) / state.median.value, rel=1e-9)


# Oracle: truncated log-normal; without a cell part the verify loop is a rejection sampler.
def test_mean_conductance_of_verified_cells_without_a_cell_part_is_a_truncated_mean() -> None:
    cell = device("nominal", {"cell.cell_share": 0.0, "cell.programming.max_pulses": 10_000})
    median, sigma = cell.spec.hrs.median.value, cell.spec.hrs.sigma_ln.value
    z = np.log(cell.spec.programming.hrs_min.value / median) / sigma
    truncated = np.exp(sigma**2 / 2) / median * ndtr(-z - sigma) / ndtr(-z)
    assert cell.mean_conductance(0.0)[1] == pytest.approx(truncated, rel=1e-9)


@BOTH_STATES
def test_read_noise_follows_the_state_a_cell_is_in(low: bool) -> None:
    cell = device("ideal", {"cell.lrs.read_noise_rel": 0.01, "cell.hrs.read_noise_rel": 0.2, "cell.stuck_lrs": 0.3})
    cells = programmed(cell, low, n=1000)
    in_lrs = low | cells.stuck
    np.testing.assert_array_equal(cell.read_noise_rel(cells), np.where(in_lrs, 0.01, 0.2))
