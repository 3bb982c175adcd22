"""Weight codes: what is written is read back, and what one bad cell costs under each code."""

from __future__ import annotations

import numpy as np
import pytest

from spikecim.arrays.codes import CODES, Units
from spikecim.arrays.codes.base import majority, thermometer
from spikecim.chips import load_chip

UNITS = Units(lrs=200e-6, hrs=10e-6, reference=np.sqrt(2.0) * 1e-4 / np.sqrt(10.0))
ALL_CODES = pytest.mark.parametrize("name", CODES)


def ladder(levels: int) -> np.ndarray:
    return np.arange(-levels, levels + 1, dtype=np.int8)


@ALL_CODES
@pytest.mark.parametrize("levels", range(1, 9))
def test_every_weight_reads_back(name: str, levels: int) -> None:
    code = CODES[name](levels=levels)
    weights = ladder(levels)
    targets = code.targets(weights)
    assert targets.shape == (2 * levels + 1, code.cells_per_weight)
    assert targets.dtype == bool
    assert code.decode(targets).tolist() == weights.tolist()


@ALL_CODES
def test_arrays_of_weights_keep_their_axes(name: str) -> None:
    code = CODES[name](levels=4)
    weights = np.random.default_rng(0).integers(-4, 5, (5, 3)).astype(np.int8)
    assert code.targets(weights).shape == (5, 3, code.cells_per_weight)
    np.testing.assert_array_equal(code.decode(code.targets(weights)), weights)


# Oracle: 4 + 4; 4 + 3 (EMB; spirit.md 2.6); three times 4 + 4.
@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("unary-bipolar", 8),
        ("sign-magnitude", 7),
        ("sign-magnitude-single", 5),
        ("triplicated-majority", 24),
        ("triplicated-average", 24),
    ],
)
def test_cells_per_weight(name: str, cells: int) -> None:
    assert CODES[name](levels=4).cells_per_weight == cells


# Oracle: 144 x 10 x 8, quoted as 11,500 cells (EEN).
def test_spirit_has_11520_cells() -> None:
    assert load_chip("spirit").n_cells == 11_520


# Oracle: the worked example of the paper's figure (spirit.md 1): +2 = 2 LRS + 2 HRS / 4 HRS.
def test_plus_two_in_unary_bipolar() -> None:
    targets = CODES["unary-bipolar"](levels=4).targets(np.array([2, -2], np.int8))
    assert targets.astype(int).tolist() == [[1, 1, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 1, 1, 0, 0]]


@ALL_CODES
@pytest.mark.parametrize("levels", [1, 4, 8])
def test_exact_cells_conduct_their_weight_in_steps(name: str, levels: int) -> None:
    code = CODES[name](levels=levels)
    conductance = np.where(code.targets(ladder(levels)), UNITS.lrs, UNITS.hrs)
    excitatory, inhibitory = code.sides(conductance, UNITS)
    steps = (excitatory - inhibitory) / (UNITS.lrs - UNITS.hrs)
    np.testing.assert_allclose(steps, ladder(levels), atol=1e-12)


# Oracle: the change of the injected current, in steps between real LRS and HRS cells, as each cell is flipped.
@ALL_CODES
def test_the_fault_table_is_what_a_flip_of_each_cell_does(name: str) -> None:
    code = CODES[name](levels=4)
    table = code.fault_table()
    assert table.shape == (9, code.cells_per_weight)
    assert table.dtype == np.float64
    for row, weight in enumerate(ladder(4)):
        for cell in range(code.cells_per_weight):
            states = code.targets(np.array([weight]))
            states[:, cell] ^= True
            excitatory, inhibitory = code.sides(np.where(states, UNITS.lrs, UNITS.hrs), UNITS)
            step = (excitatory - inhibitory)[0] / (UNITS.lrs - UNITS.hrs)
            assert table[row, cell] == pytest.approx(step - weight, abs=1e-12)


# Oracles below: spirit.md 2.6. One bad cell of 4 + 4 is worth one unit, whichever it is.
def test_unary_bipolar_loses_one_unit_per_bad_cell() -> None:
    assert (abs(CODES["unary-bipolar"](levels=4).fault_table()) == 1).all()


def test_sign_magnitude_loses_one_unit_per_bad_magnitude_cell_and_none_per_sign_cell() -> None:
    table = CODES["sign-magnitude"](levels=4).fault_table()
    # Row of weight 0 included: its sign cells read positive, so a bad magnitude cell makes it +1.
    assert (abs(table[:, :4]) == 1).all()
    assert (table[:, 4:] == 0).all()


# Why the designers asked for redundancy: one bad cell turns w into -w.
def test_a_bad_single_sign_cell_flips_the_weight() -> None:
    table = CODES["sign-magnitude-single"](levels=4).fault_table()
    assert (abs(table[:, :4]) == 1).all()
    np.testing.assert_array_equal(table[:, 4], -2 * ladder(4).astype(int))


@pytest.mark.parametrize("pair", [(4, 5), (4, 6), (5, 6)])
def test_two_bad_sign_cells_flip_the_weight(pair: tuple[int, int]) -> None:
    code = CODES["sign-magnitude"](levels=4)
    states = code.targets(ladder(4))
    states[:, pair] = ~states[:, pair]
    assert code.decode(states).tolist() == (-ladder(4).astype(int)).tolist()


def test_the_majority_forgives_any_single_cell() -> None:
    assert (CODES["triplicated-majority"](levels=4).fault_table() == 0).all()


def test_the_average_pays_a_third_of_a_unit_per_bad_cell() -> None:
    np.testing.assert_allclose(abs(CODES["triplicated-average"](levels=4).fault_table()), 1 / 3, atol=1e-12)


def test_majority_does_not_forgive_two_cells_of_one_triple() -> None:
    code = CODES["triplicated-majority"](levels=4)
    states = code.targets(ladder(4))
    states[:, :2] = ~states[:, :2]
    assert (abs(code.decode(states) - ladder(4)) == 1).all()


# The analog half of the code must agree with its digital reading: no single bad cell moves the injected current.
def test_majority_shields_the_injected_current_from_any_single_cell() -> None:
    code = CODES["triplicated-majority"](levels=4)
    states = code.targets(ladder(4))
    flips = states[:, None, :] ^ np.eye(24, dtype=bool)
    for one, other in zip(
        code.sides(np.where(flips, UNITS.lrs, UNITS.hrs), UNITS),
        code.sides(np.where(states, UNITS.lrs, UNITS.hrs), UNITS),
        strict=True,
    ):
        np.testing.assert_array_equal(one, np.broadcast_to(other[:, None], one.shape))


# Oracle: von Neumann 1956, a majority of three parts with fault probability p fails as 3 p^2 - 2 p^3.
@pytest.mark.parametrize("p", [0.01, 0.1, 0.3])
def test_a_majority_of_three_fails_as_von_neumann_says(p: float) -> None:
    n = 300_000
    code = CODES["triplicated-majority"](levels=1)
    # Weight 0: one excitatory and one inhibitory triple, both HRS; +1 means that only the first one failed.
    faults = np.random.default_rng(3).random((n, code.cells_per_weight)) < p
    weights = code.decode(code.targets(np.zeros(n, np.int8)) ^ faults)
    law = 3 * p**2 - 2 * p**3
    for wrong, expected in ((majority(faults[:, :3]).mean(), law), ((weights == 1).mean(), law * (1 - law))):
        # Five standard errors of a binomial share.
        assert wrong == pytest.approx(expected, abs=5 * np.sqrt(expected * (1 - expected) / n))


# Every cell of a code feeds an injector, or is only compared with a reference: a small change of conductance tells.
@ALL_CODES
def test_analog_cells_are_those_whose_conductance_reaches_the_injectors(name: str) -> None:
    code = CODES[name](levels=4)
    conductance = np.where(code.targets(np.array([3], np.int8)), UNITS.lrs, UNITS.hrs)
    before = np.subtract(*code.sides(conductance, UNITS))
    moved = []
    for cell in range(code.cells_per_weight):
        nudged = conductance.copy()
        nudged[0, cell] += 1e-6
        moved.append(abs(np.subtract(*code.sides(nudged, UNITS)) - before)[0])
    np.testing.assert_array_equal(code.analog_cells(), np.array(moved) > 1e-12)
    np.testing.assert_allclose(np.array(moved)[code.analog_cells()], code.noise_gain() * 1e-6, rtol=1e-6)


def test_thermometer_and_majority() -> None:
    assert thermometer(np.array([0, 2, 3]), 3).astype(int).tolist() == [[0, 0, 0], [1, 1, 0], [1, 1, 1]]
    bits = np.array([[0, 0, 1], [0, 1, 1], [1, 1, 1]], bool)
    assert majority(bits).tolist() == [False, True, True]
