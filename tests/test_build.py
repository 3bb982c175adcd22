"""Building virtual chips: named by seed and index, and one non-ideality more changes no other draw."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spikecim.build import VirtualChip, build
from spikecim.chips import load_chip
from spikecim.errors import ParameterError, ShapeError
from spikecim.network import Network, network_from_array

SIZE = {"geometry.n_in": 30, "geometry.n_out": 6}
NETWORK = network_from_array(np.random.default_rng(0).integers(-4, 5, (30, 6)), limit=4)
DRAWN = ("charge", "threshold_up", "threshold_down", "reset_up", "reset_down")


def built(*, seed: int = 1, index: int = 0, chip: str = "spirit", **changes: Any) -> VirtualChip:
    overrides = SIZE | {key.replace("__", "."): value for key, value in changes.items()}
    return build(load_chip(chip, overrides), NETWORK, seed, index)


def same_program(one: VirtualChip, other: VirtualChip, *, but: tuple[str, ...] = ()) -> None:
    for name in vars(one.program):
        if name not in but:
            np.testing.assert_array_equal(getattr(one.program, name), getattr(other.program, name), err_msg=name)


def same_cells(one: VirtualChip, other: VirtualChip) -> None:
    for name in vars(one.cells):
        np.testing.assert_array_equal(getattr(one.cells, name), getattr(other.cells, name), err_msg=name)


def test_one_seed_and_index_is_one_chip() -> None:
    one, two = built(index=3), built(index=3)
    same_cells(one, two)
    same_program(one, two)


@pytest.mark.parametrize("other", [{"index": 1}, {"seed": 2}])
def test_chips_of_another_index_or_seed_differ_in_every_draw(other: dict[str, int]) -> None:
    one, two = built(), built(**other)
    for name in DRAWN:
        assert (getattr(one.program, name) != getattr(two.program, name)).any(), name
    assert (one.trim.gains != two.trim.gains).all()
    assert not np.isin(one.cells.resistance, two.cells.resistance).any()
    assert one.program.noise_seed != two.program.noise_seed


def test_draws_do_not_depend_on_how_many_chips_are_built() -> None:
    alone = built(index=5)
    last = [built(index=index) for index in range(6)][5]
    same_cells(alone, last)
    same_program(alone, last)


def test_read_noise_changes_no_cell_gain_or_neuron() -> None:
    quiet = built(cell__lrs__read_noise_rel=0.0, cell__hrs__read_noise_rel=0.0)
    noisy = built(cell__lrs__read_noise_rel=0.02, cell__hrs__read_noise_rel=0.1)
    assert not quiet.program.noisy and noisy.program.noisy
    same_cells(quiet, noisy)
    same_program(quiet, noisy, but=("read_noise",))


# Each non-ideality on its own: what it may move, everything else stays.
@pytest.mark.parametrize(
    ("change", "moves"),
    [
        ({"neuron__offset_sd": "20 mV"}, {"threshold_up", "threshold_down"}),
        ({"neuron__reset_error_rel": 0.2}, {"reset_up", "reset_down"}),
        ({"injectors__gain_mismatch_rel": 0.2}, {"charge", "read_noise"}),
        ({"neuron__leak_current": "1 pA"}, {"leak"}),
        ({"neuron__refractory": "9 us"}, {"refractory_ticks"}),
        ({"neuron__comparator": "on_event"}, {"comparator"}),
        ({"neuron__rail_voltage": "0.5 V"}, {"rail_high", "rail_low"}),
        ({"decision__delta_s": 3}, {"delta_s"}),
        ({"coding__window": "500 us"}, {"n_ticks"}),
    ],
)
def test_one_setting_moves_its_own_part_only(change: dict[str, Any], moves: set[str]) -> None:
    one, two = built(), built(**change)
    same_cells(one, two)
    moved = {
        name for name in vars(one.program) if not np.array_equal(getattr(one.program, name), getattr(two.program, name))
    }
    # Noise is scaled by the trimmed ratio alone: mismatch of the gains does not reach it.
    assert moved == moves - {"read_noise"}


def test_an_ideal_chip_has_the_networks_own_weights() -> None:
    chip = built(chip="spirit-ideal")
    np.testing.assert_array_equal(chip.effective_weights(), NETWORK.weights)
    np.testing.assert_array_equal(chip.program.charge[1], -chip.program.charge[0])
    assert not chip.program.noisy


def test_a_real_chip_has_about_the_networks_weights() -> None:
    error = built().effective_weights() - NETWORK.weights
    assert (error != 0).all()
    # Of 180 weights with cells of 13 % and gains of 5 % spread, half lie well within one unit.
    assert np.median(abs(error)) < 1.0


def test_a_program_carries_the_chips_times_and_sizes() -> None:
    chip = built(link__tick="2 us", coding__window="1 ms", decision__delta_s=7)
    program = chip.program
    assert (program.n_in, program.n_out, program.n_ticks, program.delta_s) == (30, 6, 500, 7)
    assert (program.tick_s, program.cells_per_row) == (2e-6, 6 * 8)
    assert chip.cells.resistance.shape == (30, 6, 8)
    assert program.check() is program


# By hand: one pulse for each of 30 x 6 x 8 ideal cells, LRS cells by SET.
def test_programming_energy_of_an_ideal_chip_by_hand() -> None:
    chip = built(chip="spirit-ideal", cell__programming__set_energy="30 pJ", cell__programming__reset_energy="70 pJ")
    n_set = int(abs(NETWORK.weights.astype(int)).sum())
    assert chip.programming_j == pytest.approx(n_set * 30e-12 + (30 * 6 * 8 - n_set) * 70e-12, rel=1e-12)


def test_cells_are_the_same_physical_array_whatever_the_weights() -> None:
    # Cell part only: every LRS cell of both networks has one resistance.
    changes = {"cell__cell_share": 1.0, "cell__lrs__tail_probability": 0.0}
    one = built(**changes)
    flipped = Network(weights=(-NETWORK.weights).astype(np.int8))
    overrides = SIZE | {key.replace("__", "."): value for key, value in changes.items()}
    two = build(load_chip("spirit", overrides), flipped, 1)
    both = one.cells.target & two.cells.target
    assert not both.any()
    again = ~one.cells.target & ~two.cells.target
    np.testing.assert_array_equal(one.cells.resistance[again], two.cells.resistance[again])


def test_a_network_that_does_not_fit_is_refused() -> None:
    chip = load_chip("spirit", SIZE)
    with pytest.raises(ShapeError, match=r"the chip takes \(30, 6\)"):
        build(chip, Network(weights=np.zeros((6, 30), np.int8)), 1)
    with pytest.raises(ShapeError, match=r"\[0, 0\] = 5 is outside -4..4"):
        build(chip, Network(weights=np.full((30, 6), 5, np.int8)), 1)


def test_a_chip_of_three_levels_refuses_weight_four() -> None:
    chip = load_chip("spirit", SIZE | {"synapse.levels": 3})
    with pytest.raises(ShapeError, match=r"outside -3\.\.3"):
        build(chip, Network(weights=np.full((30, 6), 4, np.int8)), 1)


def test_a_capacitor_too_large_for_the_engines_is_refused() -> None:
    with pytest.raises(ParameterError, match="electrons"):
        built(neuron__capacitance="500 pF")


# ---- a chip in time


def test_a_chip_can_be_aged_in_words_and_in_numbers() -> None:
    chip = built()
    later = chip.after("1 h", "85 degC", reads=1e8)
    same = chip.after(3600.0, 358.15, np.full(30, 1e8))
    same_program(later, same)
    assert later.past.seconds == 3600.0
    assert (later.program.charge != chip.program.charge).any()
    # Injectors, comparators and neurons do not age; the noise of a run is named as before.
    same_program(chip, later, but=("charge", "read_noise", "row_electrons"))
    np.testing.assert_array_equal(later.trim.gains, chip.trim.gains)


def test_ageing_in_steps_is_ageing_at_once() -> None:
    chip = built()
    same_program(chip.after(1800.0).after(1800.0, reads=5.0), chip.after(3600.0, reads=5.0))
    same_program(chip, chip.after())


@pytest.mark.parametrize("reads", [np.ones(7), np.ones((30, 6))])
def test_reads_of_another_shape_are_refused(reads: np.ndarray) -> None:
    with pytest.raises(ShapeError, match=r"reads: expected a number or shape \(30,\)"):
        built().after(reads=reads)


@pytest.mark.parametrize(("seconds", "temperature"), [("1 V", "300 K"), ("1 h", "5 s"), ("soon", "300 K")])
def test_a_time_or_temperature_in_another_unit_is_refused(seconds: str, temperature: str) -> None:
    with pytest.raises(ParameterError):
        built().after(seconds, temperature)


def test_a_measured_cell_map_is_that_chip() -> None:
    drawn = built()
    again = build(load_chip("spirit", SIZE), NETWORK, 1, resistance=drawn.cells.resistance)
    same_program(drawn, again)
    flat = np.full(drawn.cells.resistance.shape, 5e3)
    even = build(load_chip("spirit-ideal", SIZE), NETWORK, 1, resistance=flat)
    # As many cells in LRS on both sides: nothing is left of any weight.
    assert (even.program.charge == 0).all()


@pytest.mark.parametrize(
    ("resistance", "message"),
    [(np.ones((30, 6, 4)), "cell map: the chip has"), (np.full((30, 6, 8), np.nan), "finite number of ohms")],
)
def test_a_cell_map_that_does_not_fit_is_refused(resistance: np.ndarray, message: str) -> None:
    with pytest.raises((ShapeError, ParameterError), match=message):
        build(load_chip("spirit", SIZE), NETWORK, 1, resistance=resistance)
