"""Bit slices: the weight felt, the noise added and the charge drawn, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.constants import elementary_charge

from spikecim.arrays.slices import draw_columns, noise_scale, read_columns, whole_charge
from spikecim.chips import load_multi_chip
from spikecim.devices.oxram import SlcOxram
from spikecim.errors import ParameterError, ShapeError
from spikecim.layered.network import largest_weight, slice_base, to_slices
from spikecim.streams import NOISE_SD


@given(levels=st.integers(1, 7), slices=st.integers(1, 3), data=st.data())
def test_slices_are_digits(levels: int, slices: int, data: st.DataObject) -> None:
    limit = largest_weight(levels, slices)
    weights = np.array(data.draw(st.lists(st.integers(-limit, limit), min_size=1, max_size=20)))
    digits = to_slices(weights, levels, slices)
    assert np.abs(digits).max() <= levels
    assert np.array_equal(digits.astype(int) @ slice_base(levels) ** np.arange(slices), weights)


def test_a_weight_beyond_all_slices_is_refused() -> None:
    with pytest.raises(ShapeError, match="weight 41 does not fit 2 slices"):
        to_slices(np.array([-41]), 4, 2)


def reads(chip_name: str, weights: np.ndarray, unit: np.ndarray, slices: int = 2):
    chip = load_multi_chip(chip_name)
    cell, code = SlcOxram(spec=chip.cell), chip.synapse.weight_code()
    cells = cell.program(code.targets(to_slices(weights, 4, slices)), 0, "weights")
    bases = 9.0 ** np.arange(slices)
    columns = draw_columns(cell, chip.array, chip.injectors, unit, bases, seed=0)
    return chip, cells, columns, read_columns(cells, cell.read_noise_rel(cells), code, chip.array, columns)


def test_ideal_cells_inject_the_weight_in_units() -> None:
    weights = np.random.default_rng(0).integers(-40, 41, (7, 3))
    unit = np.array([100.0, 2000.0, 37.5])
    *_, found = reads("spirit_multi_ideal", weights, unit)
    assert np.allclose(found.charge[0], weights * unit)
    assert np.allclose(found.charge[1], -weights * unit)
    assert not found.noise.any()


def test_all_cells_of_all_slices_draw_current() -> None:
    weights = np.array([[40, 0]])
    chip, cells, _, found = reads("spirit_multi_ideal", weights, np.ones(2))
    siemens = 1.0 / (cells.resistance + chip.array.access_resistance.value)
    per_siemens = chip.array.read_voltage.value * chip.array.pulse_width.value / elementary_charge
    assert found.electrons[0, 0] == pytest.approx(siemens[0, 0].sum() * per_siemens)
    # Eight cells in LRS and eight in HRS against sixteen in HRS.
    assert found.electrons[0, 0] > 5 * found.electrons[0, 1]


def test_read_noise_is_the_root_of_the_sum_over_slices() -> None:
    weights = np.array([[13, -2]])
    chip, cells, columns, found = reads("spirit_multi", weights, np.full(2, 50.0))
    cell = SlcOxram(spec=chip.cell)
    siemens = 1.0 / (cells.resistance + chip.array.access_resistance.value)
    rel = cell.read_noise_rel(cells)
    per_siemens = chip.array.read_voltage.value * chip.array.pulse_width.value / elementary_charge
    scale = columns.ratio * 50.0 * per_siemens
    gains = columns.gains.mean(0)
    expected = scale * np.sqrt((((rel * siemens) ** 2).sum(-1) * gains**2).sum(-1))
    assert np.allclose(found.noise, expected)
    assert np.allclose(noise_scale(found.noise) * NOISE_SD / 65536.0, expected, atol=1.0)


def test_the_upper_slice_carries_the_spread_of_its_cells() -> None:
    """The relative error of a full weight is that of one cell group, however many slices: digits weigh by the base."""
    weights = np.full((4000, 1), 40)
    *_, two = reads("spirit_multi", weights, np.ones(1))
    *_, one = reads("spirit_multi", np.full((4000, 1), 4), np.ones(1), slices=1)
    spread = [found.charge[0].std() / np.abs(found.charge[0].mean()) for found in (two, one)]
    # sqrt(81 + 1) / 10 of one group's relative spread.
    assert spread[0] / spread[1] == pytest.approx(np.sqrt(82) / 10, rel=0.1)


def test_charges_beyond_the_engines_are_refused() -> None:
    with pytest.raises(ParameterError, match="layer x: one read injects 3e\\+09 electrons"):
        whole_charge(np.array([3e9]), "layer x")
