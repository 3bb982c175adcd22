"""Cell groups: resistances, gains and a pulse become whole electrons, as one would work them out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spikecim.arrays.codes import CODES
from spikecim.arrays.groups import Reads, Trim, injector_ratio, read_groups, reference_units, trim_injectors
from spikecim.chips import ChipSpec, load_chip
from spikecim.devices.oxram import Cells, SlcOxram
from spikecim.errors import ParameterError
from spikecim.streams import NOISE_SD

E = 1.602176634e-19  # exact in the SI since 2019
UNIT = 93_627  # electrons: 200 fF x 0.3 V / 4, but any whole number would do
ALL_CODES = pytest.mark.parametrize("name", CODES)


def chip(**changes: Any) -> ChipSpec:
    return load_chip("spirit-ideal", {key.replace("__", "."): value for key, value in changes.items()})


def trimmed(spec: ChipSpec, n_out: int = 3, unit: int = UNIT, seed: int = 1) -> Trim:
    return trim_injectors(SlcOxram(spec=spec.cell), spec.array, spec.injectors, unit, n_out, seed=seed)


def read(spec: ChipSpec, cells: Cells, unit: int = UNIT, seed: int = 1) -> Reads:
    noise_rel = SlcOxram(spec=spec.cell).read_noise_rel(cells)
    trim = trimmed(spec, cells.resistance.shape[1], unit, seed)
    return read_groups(cells, noise_rel, spec.synapse.weight_code(), spec.array, trim)


def programmed(spec: ChipSpec, weights: np.ndarray) -> Cells:
    targets = spec.synapse.weight_code().targets(np.asarray(weights, np.int8))
    return SlcOxram(spec=spec.cell).program(targets, 1, "cells")


def cells_of(resistance: np.ndarray) -> Cells:
    true = np.ones(resistance.shape, bool)
    return Cells(
        resistance=resistance, target=true, stuck=~true, verified=true, pulses=np.ones(resistance.shape, np.int32)
    )


WEIGHTS = np.random.default_rng(5).integers(-4, 5, (7, 3)).astype(np.int8)


@ALL_CODES
@pytest.mark.parametrize("hrs", ["20 kohm", "100 kohm", "1 Mohm"])
@pytest.mark.parametrize("access", ["0 ohm", "500 ohm", "3 kohm"])
def test_ideal_cells_inject_exactly_the_weight_in_units(name: str, hrs: str, access: str) -> None:
    # The HRS value may be anything: leakage cancels between the sides, and the ratio is trimmed to the step.
    spec = chip(synapse__code=name, cell__hrs__median=hrs, array__access_resistance=access)
    reads = read(spec, programmed(spec, WEIGHTS))
    np.testing.assert_array_equal(reads.charge[0], WEIGHTS.astype(int) * UNIT)


@ALL_CODES
def test_a_negative_spike_drives_the_opposite_injectors(name: str) -> None:
    spec = chip(synapse__code=name)
    reads = read(spec, programmed(spec, WEIGHTS))
    np.testing.assert_array_equal(reads.charge[1], -reads.charge[0])
    assert reads.charge.shape == (2, 7, 3)
    assert reads.charge.dtype == np.int32


def test_without_mismatch_both_signs_mirror_each_other_on_real_cells_too() -> None:
    spec = chip(cell__device="nominal")
    reads = read(spec, programmed(spec, WEIGHTS))
    np.testing.assert_array_equal(reads.charge[1], -reads.charge[0])
    assert (reads.charge[0] != WEIGHTS.astype(int) * UNIT).any()


def test_a_weight_of_zero_injects_nothing() -> None:
    spec = chip()
    assert (read(spec, programmed(spec, np.zeros((4, 2)))).charge == 0).all()


# By hand: 2 lines, 3 neurons, 1 + 1 cells of given resistances, 100 mV for 10 ns, 500 ohm in series, mean cells of
# 5 kohm and 100 kohm, hence k = u e / ((1/5500 - 1/100500) 0.1 10e-9).
def test_one_read_by_hand() -> None:
    spec = chip(synapse__levels=1, injectors__gain_mismatch_rel=0.1)
    resistance = np.array([[[4e3, 90e3], [120e3, 6e3], [5e3, 5e3]], [[80e3, 200e3], [1e6, 4.5e3], [7e3, 30e3]]])
    reads = read(spec, cells_of(resistance))
    ratio = UNIT * E / ((1 / 5500 - 1 / 100_500) * 0.1 * 10e-9)
    trim = trimmed(spec)
    assert trim.ratio == pytest.approx(ratio, rel=1e-12)
    up, down = trim.gains
    assert trim.gains.shape == (2, 3)
    assert len(np.unique(trim.gains)) == 6
    for i in range(2):
        for j in range(3):
            excitatory, inhibitory = 1 / (resistance[i, j] + 500)
            charge = ratio * 0.1 * 10e-9 / E
            assert reads.charge[0, i, j] == round(charge * (up[j] * excitatory - down[j] * inhibitory))
            assert reads.charge[1, i, j] == round(charge * (up[j] * inhibitory - down[j] * excitatory))


# By hand: the current through all cells of a row, unscaled by the injector: V t sum(1 / (R + Rs)) / e.
def test_row_electrons_by_hand() -> None:
    spec = chip(synapse__levels=1, injectors__gain_mismatch_rel=0.1)
    resistance = np.array([[[4e3, 90e3], [120e3, 6e3], [5e3, 5e3]], [[80e3, 200e3], [1e6, 4.5e3], [7e3, 30e3]]])
    reads = read(spec, cells_of(resistance))
    by_hand = [round(sum(0.1 * 10e-9 / (r + 500) for r in row.ravel()) / E) for row in resistance]
    assert reads.row_electrons.tolist() == by_hand
    assert reads.row_electrons.dtype == np.int64


def test_access_resistance_alone_limits_a_short_circuit() -> None:
    # Cells of (almost) no resistance: only the 1 kohm transistor is left, so 8 cells take 8 x 0.1 V / 1 kohm.
    spec = chip(array__access_resistance="1 kohm")
    reads = read(spec, cells_of(np.full((1, 1, 8), 1e-9)))
    assert reads.row_electrons[0] == round(8 * 0.1 / 1000 * 10e-9 / E)


def test_gains_scale_their_own_side_of_their_own_neuron_only() -> None:
    exact, skewed = chip(), chip(injectors__gain_mismatch_rel=0.05)
    weights = np.array([[4, -4, 0], [1, -1, 2]])
    one, two = (read(spec, programmed(spec, weights)) for spec in (exact, skewed))
    units = reference_units(SlcOxram(spec=exact.cell), exact.array)
    leak = units.hrs / (units.lrs - units.hrs)  # of one HRS cell, in steps
    excitatory, inhibitory = trimmed(skewed).gains
    e, i = np.maximum(weights, 0) + 4 * leak, np.maximum(-weights, 0) + 4 * leak
    np.testing.assert_allclose(two.charge[0] / UNIT, excitatory * e - inhibitory * i, atol=1 / UNIT)
    np.testing.assert_allclose(two.charge[1] / UNIT, excitatory * i - inhibitory * e, atol=1 / UNIT)
    np.testing.assert_array_equal(trimmed(exact).gains, 1.0)
    np.testing.assert_array_equal(one.row_electrons, two.row_electrons)


def test_gain_mismatch_has_its_stated_spread() -> None:
    spec = chip(synapse__levels=1, injectors__gain_mismatch_rel=0.05)
    gains = trimmed(spec, 20_000).gains
    # Five standard errors of mean and standard deviation of 20,000 normal draws per side, and of their correlation.
    for side in gains:
        assert side.mean() == pytest.approx(1.0, abs=5 * 0.05 / np.sqrt(20_000))
        assert side.std() == pytest.approx(0.05, abs=5 * 0.05 / np.sqrt(40_000))
    assert abs(np.corrcoef(*gains)[0, 1]) < 5 / np.sqrt(20_000)


# By hand: independent relative noise of each analog cell adds in squares; NOISE_SD and 16 bits are the kernel's scale.
@pytest.mark.parametrize(
    ("name", "cells", "gain"),
    [
        ("unary-bipolar", slice(0, 8), 1.0),
        ("sign-magnitude", slice(0, 4), 1.0),
        ("triplicated-average", slice(0, 24), 1 / 3),
        ("triplicated-majority", slice(0, 0), 1.0),
    ],
)
def test_read_noise_adds_in_squares_over_the_analog_cells(name: str, cells: slice, gain: float) -> None:
    spec = chip(synapse__code=name, cell__lrs__read_noise_rel=0.02, cell__hrs__read_noise_rel=0.1)
    reads = read(spec, programmed(spec, [[3]]))
    low = spec.synapse.weight_code().targets(np.array([[3]], np.int8))[0, 0, cells]
    sd = np.sqrt(((np.where(low, 0.02 / 5500, 0.1 / 100_500)) ** 2).sum())
    electrons = gain * sd / (1 / 5500 - 1 / 100_500) * UNIT
    assert reads.read_noise[0, 0] == round(electrons * 2**16 / NOISE_SD)


def test_the_ratio_undoes_voltage_pulse_and_step() -> None:
    spec = chip()
    units = reference_units(SlcOxram(spec=spec.cell), spec.array)
    ratio = injector_ratio(units, spec.array, UNIT)
    assert ratio * (units.lrs - units.hrs) * 0.1 * 10e-9 / E == pytest.approx(UNIT, rel=1e-12)
    longer = chip(array__pulse_width="20 ns", array__read_voltage="50 mV")
    assert injector_ratio(units, longer.array, UNIT) == pytest.approx(ratio, rel=1e-12)


def test_a_cell_without_a_window_is_refused() -> None:
    # The medians are apart, but a wide HRS conducts better in the mean: exp(sigma^2 / 2) = 1.6 times its median.
    spec = chip(cell__hrs__median="6 kohm", cell__hrs__sigma_ln=1.0)
    with pytest.raises(ParameterError, match="LRS must conduct better than HRS"):
        read(spec, programmed(spec, [[1]]))


def test_more_electrons_than_32_bits_hold_are_refused() -> None:
    spec = chip()
    assert read(spec, programmed(spec, [[4]]), unit=2**29 - 1).charge[0, 0, 0] == 4 * (2**29 - 1)
    with pytest.raises(ParameterError, match=r"one read injects 2\.15e\+09 electrons"):
        read(spec, programmed(spec, [[4]]), unit=2**29)


def test_the_two_parts_of_the_mismatch_add_up_to_the_whole() -> None:
    parts = ("independent", "between-neurons", "between-sides")
    gains = {
        part: trimmed(chip(injectors__gain_mismatch_rel=0.05, injectors__mismatch_part=part), 400).gains
        for part in parts
    }
    both = gains["between-neurons"] + gains["between-sides"] - 1.0
    np.testing.assert_allclose(both, gains["independent"], rtol=0, atol=1e-12)
    assert (gains["between-neurons"][0] == gains["between-neurons"][1]).all()
    np.testing.assert_allclose(gains["between-sides"].sum(0), 2.0, atol=1e-12)
    # Half of the variance each: 5 % / sqrt(2), sampling error of a standard deviation 1 / sqrt(2 n).
    for part in parts[1:]:
        assert gains[part][0].std() == pytest.approx(0.05 / np.sqrt(2), rel=4 / np.sqrt(800))
