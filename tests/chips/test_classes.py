"""The five error classes of a spiking chip: each alone, none is the ideal twin, one without effect is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spikecim.build import build
from spikecim.chips import load_chip, load_multi_chip
from spikecim.chips.classes import CLASSES, acting_classes, with_classes
from spikecim.chips.ideal import ideal_twin
from spikecim.errors import ParameterError
from spikecim.explore.classes import build_with_classes
from spikecim.network import network_from_array

EVERYTHING = {
    "geometry.n_in": 16,
    "geometry.n_out": 3,
    "geometry.image_side": 4,
    "wires.row_segment": "20 ohm",
    "wires.column_segment": "30 ohm",
    "cell.iv.v0": "0.1 V",
    "cell.iv.voltage": "0.2 V",
    "neuron.leak_current": "1 fA",
}
CHIP = load_chip("spirit", EVERYTHING)
IN_CHIP = frozenset(CLASSES) - {"quantisation"}
REAL = np.random.default_rng(0).normal(0, 2, (16, 3))
NETWORK = replace(network_from_array(np.clip(np.rint(REAL), -4, 4), limit=4), real=REAL.astype(np.float32))


def test_a_chip_with_everything_has_four_classes_and_a_nominal_one_two() -> None:
    assert acting_classes(CHIP) == IN_CHIP
    assert acting_classes(load_chip("spirit")) == {"fluctuation", "stuck"}
    assert acting_classes(load_chip("spirit-ideal")) == frozenset()
    assert acting_classes(load_multi_chip("spirit_multi", {"wires.row_segment": "1 ohm"})) == IN_CHIP - {"nonlinearity"}
    # Tables that say nothing are nothing.
    assert "wires" not in acting_classes(load_chip("spirit", {"wires.kind": "gated"}))
    assert "nonlinearity" not in acting_classes(load_chip("spirit", {"cell.iv.switch": "off"}))


def test_all_classes_are_the_chip_and_none_is_its_ideal_twin() -> None:
    assert with_classes(CHIP, IN_CHIP).digest() == CHIP.digest()
    none, twin = (build(chip, NETWORK, 1).program for chip in (with_classes(CHIP, frozenset()), ideal_twin(CHIP)))
    for name, value in vars(none).items():
        if name != "row_electrons":  # the twin's HRS has another median
            np.testing.assert_array_equal(value, getattr(twin, name), err_msg=name)


@pytest.mark.parametrize("name", sorted(IN_CHIP))
def test_each_class_alone_moves_charges_and_is_the_only_one_left(name: str) -> None:
    alone = with_classes(CHIP, {name})
    assert acting_classes(alone) == {name}
    charge, ideal = (build(chip, NETWORK, 3).program.charge for chip in (alone, with_classes(CHIP, frozenset())))
    if name == "stuck":
        alone = with_classes(load_chip("spirit", {**EVERYTHING, "cell.stuck_hrs": 0.2}), {name})
        charge = build(alone, NETWORK, 3).program.charge
    assert (charge != ideal).any()


def test_draws_of_the_classes_left_stay_as_they_were() -> None:
    whole, alone = (build(chip, NETWORK, 3).cells for chip in (CHIP, with_classes(CHIP, {"stuck", "fluctuation"})))
    np.testing.assert_array_equal(whole.resistance, alone.resistance)


@pytest.mark.parametrize("name", sorted(IN_CHIP))
def test_a_class_without_effect_is_refused(name: str) -> None:
    with pytest.raises(ParameterError, match=f"error class {name}: without effect on chip spirit-ideal; set"):
        with_classes(load_chip("spirit-ideal"), {name})


def test_an_unknown_class_is_refused() -> None:
    with pytest.raises(ParameterError, match="did you mean 'wires'"):
        with_classes(CHIP, {"wire"})


def test_a_trim_by_reads_goes_with_what_it_makes_good() -> None:
    chip = load_chip("spirit", {**EVERYTHING, "injectors.trim": "reads"})
    assert with_classes(chip, {"wires"}).injectors.by_reads
    assert not with_classes(chip, {"stuck"}).injectors.by_reads


def test_without_quantisation_an_ideal_chip_has_the_real_weights() -> None:
    exact = build_with_classes(CHIP, NETWORK, frozenset(), 1)
    # Whole electrons twice, of the whole weight and of the remainder; the real weight is kept to 24 bits.
    np.testing.assert_allclose(exact.effective_weights(), NETWORK.real, rtol=0, atol=1.1 / exact.unit)
    np.testing.assert_array_equal(exact.program.charge[1], -exact.program.charge[0])
    whole = build_with_classes(CHIP, NETWORK, {"quantisation"}, 1)
    np.testing.assert_array_equal(whole.effective_weights(), NETWORK.weights)


def test_with_all_classes_a_chip_is_as_built() -> None:
    made, plain = build_with_classes(CHIP, NETWORK, set(CLASSES), 1, 2, after_s=60.0), build(CHIP, NETWORK, 1, 2)
    np.testing.assert_array_equal(made.program.charge, plain.after(60.0).program.charge)
    # Time belongs to fluctuation.
    timeless = build_with_classes(CHIP, NETWORK, {"quantisation", "stuck"}, 1, after_s=60.0)
    assert timeless.past.fresh


@pytest.mark.parametrize(
    ("network", "errors", "words"),
    [
        (replace(NETWORK, real=None), set(), "does not know its real weights"),
        (replace(NETWORK, real=NETWORK.weights.astype(np.float32)), {"quantisation"}, "without effect on network"),
    ],
)
def test_networks_that_quantisation_has_no_part_in(network: object, errors: set[str], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        build_with_classes(CHIP, network, errors, 1)  # type: ignore[arg-type]
