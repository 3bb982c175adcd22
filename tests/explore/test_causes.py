"""Causes: taking one away changes what it names and nothing else; coalitions are the chips that `build` makes."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import combinations

import numpy as np
import pytest

from spikecim.build import build
from spikecim.chips import load_chip
from spikecim.chips.ideal import ideal_twin
from spikecim.engines import get_engine
from spikecim.engines.event import EventEngine
from spikecim.errors import ParameterError
from spikecim.experiments.material import material, network_for
from spikecim.explore.causes import CAUSES, DESIGN_CAUSES, HARDWARE_CAUSES, active_causes, chip_with, set_values
from spikecim.explore.coalitions import ChipCoalitions
from spikecim.program import Program

CHIP = load_chip("spirit")
NETWORK = network_for(CHIP, "mnist")
NAMES = frozenset(cause.name for cause in HARDWARE_CAUSES)
HOUR = 3600.0


def bench(**changes: object) -> ChipCoalitions:
    settings = {"chip": CHIP, "network": NETWORK, "seed": 5, "index": 2, "age": HOUR, **changes}
    return ChipCoalitions(**settings)  # type: ignore[arg-type]


def assert_same(one: Program, two: Program, *, but: tuple[str, ...] = ()) -> None:
    for field in fields(Program):
        if field.name not in but:
            np.testing.assert_array_equal(getattr(one, field.name), getattr(two, field.name), err_msg=field.name)


def test_there_are_fifteen_of_two_groups_with_names_of_their_own() -> None:
    assert (len(CAUSES), len(DESIGN_CAUSES), len(HARDWARE_CAUSES)) == (15, 5, 10)
    assert len({cause.name for cause in CAUSES}) == len({cause.title for cause in CAUSES}) == 15


def test_with_everything_present_the_chip_is_itself() -> None:
    assert chip_with(CHIP, NAMES).digest() == CHIP.digest()


def test_leak_is_a_dummy_on_spirit_and_ageing_on_a_fresh_chip() -> None:
    assert NAMES - active_causes(CHIP, HOUR) == {"leak"}
    assert NAMES - active_causes(CHIP, 0.0) == {"leak", "relaxation"}
    leaky = load_chip("spirit", {"neuron.leak_current": "1 pA", "neuron.offset_sd": "0 V"})
    assert NAMES - active_causes(leaky, HOUR) == {"offset"}


@pytest.mark.parametrize("part", ["between-neurons", "between-sides"])
def test_a_chip_with_half_of_the_mismatch_has_half_of_its_causes(part: str) -> None:
    chip = load_chip("spirit", {"injectors.mismatch_part": part})
    gone = {"between-neurons": "gain_sides", "between-sides": "gain_neurons"}[part]
    assert NAMES - active_causes(chip, HOUR) == {"leak", gone}


def test_the_whole_coalition_is_the_aged_chip() -> None:
    assert_same(bench().program(NAMES), build(CHIP, NETWORK, 5, 2).after("1 h").program)


def test_the_empty_coalition_is_the_ideal_twin_charge_for_charge() -> None:
    twin = build(ideal_twin("spirit"), NETWORK, 5, 2).program
    # Cells of another device draw another read current; it is energy only.
    assert_same(bench().program(()), twin, but=("row_electrons",))


@pytest.mark.parametrize("size", [1, 4, 9])
def test_any_coalition_is_what_build_makes_of_the_same_chip(size: int) -> None:
    shared = bench()
    for present in list(combinations(sorted(NAMES), size))[::17]:
        virtual = build(chip_with(CHIP, present), NETWORK, 5, 2)
        virtual = virtual.after(HOUR) if "relaxation" in present else virtual
        assert_same(shared.program(present), virtual.program)


def test_slow_noise_goes_with_read_noise() -> None:
    chip = set_values(CHIP, {"cell.flicker.switch": "on", "cell.telegraph.switch": "on"})
    noisy = bench(chip=chip)
    virtual = build(chip, NETWORK, 5, 2).after(HOUR)
    assert_same(noisy.program(NAMES), virtual.program)
    assert_same(noisy.program(NAMES - {"read_noise"}), bench().program(NAMES - {"read_noise"}))
    assert_same(noisy.program(()), bench().program(()))


@pytest.mark.parametrize(
    ("cause", "touched"),
    [
        ("offset", {"threshold_up", "threshold_down"}),
        ("reset", {"reset_up", "reset_down"}),
        ("read_noise", {"read_noise"}),
        ("gain_neurons", {"charge"}),
        ("gain_sides", {"charge"}),
        ("leak", set()),
        ("stuck", {"charge", "read_noise", "row_electrons"}),
    ],
)
def test_a_cause_touches_its_own_fields_only(cause: str, touched: set[str]) -> None:
    whole, without = (bench().program(NAMES - gone) for gone in (set(), {cause}))
    changed = {
        field.name
        for field in fields(Program)
        if not np.array_equal(getattr(whole, field.name), getattr(without, field.name))
    }
    assert changed == touched


def test_gains_without_one_part_keep_the_other() -> None:
    """On exact cells charge is unit * gain * weight: without the side part both signs weigh alike, by neuron."""
    program = bench().program({"gain_neurons"})
    unit = build(CHIP, NETWORK, 5, 2).unit
    for neuron in range(10):
        used = NETWORK.weights[:, neuron] != 0
        gains = program.charge[0, used, neuron] / (float(unit) * NETWORK.weights[used, neuron])
        assert np.ptp(gains) < 1e-4
    apart = bench().program({"gain_sides"}).charge[0] / unit
    sums = [
        apart[NETWORK.weights[:, n] == 4, n].mean() - apart[NETWORK.weights[:, n] == -4, n].mean() for n in range(10)
    ]
    # One side gains what the other loses; HRS leakage of both sides cancels in the difference.
    np.testing.assert_allclose(sums, 8.0, rtol=1e-4)


def test_design_choices_are_taken_from_a_program() -> None:
    one, whole = bench(), bench().program(NAMES)
    assert one.without_design(whole, {"refractory"}).refractory_ticks == 0
    assert one.without_design(whole, {"early_stop"}).delta_s is None
    far = one.without_design(whole, {"rails"})
    assert min(far.rail_high.min(), far.rail_low.min()) > 1000 * whole.threshold_up.max()
    assert_same(one.without_design(whole, ()), whole)


def test_without_quantisation_the_ideal_chip_has_the_real_weights() -> None:
    one, unit = bench(), build(CHIP, NETWORK, 5, 2).unit
    assert NETWORK.real is not None
    real = one.without_design(one.program(()), {"quantisation"})
    np.testing.assert_array_equal(real.charge[0], np.rint(unit * NETWORK.real.astype(np.float64)))
    np.testing.assert_array_equal(real.charge[1], -real.charge[0])


def test_a_network_without_real_weights_says_what_to_do() -> None:
    one = bench(network=replace(NETWORK, real=None))
    with pytest.raises(ParameterError, match="does not know its real weights; train it again"):
        one.without_design(one.program(()), {"quantisation"})


@pytest.mark.parametrize("absent", [frozenset(), frozenset({"rails", "quantisation"}), frozenset({"early_stop"})])
def test_engines_agree_on_the_aged_chip_with_read_noise(absent: frozenset[str]) -> None:
    test = material(CHIP, "digits", "test", limit=20)
    one = bench()
    program = one.without_design(one.program(NAMES), absent)
    trains = CHIP.rate_code().encode(test.values, 0)
    event, stepper = EventEngine().run(program, trains), get_engine("stepper").run(program, trains)
    for name in ("ticks", "neurons", "signs", "residual"):
        np.testing.assert_array_equal(getattr(event, name), getattr(stepper, name))
    np.testing.assert_array_equal(event.decisions.winners, stepper.decisions.winners)
