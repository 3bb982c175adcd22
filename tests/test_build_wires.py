"""Virtual chips with wires: nothing at zero ohm, the crossbar's currents otherwise, one program for all engines."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.constants import elementary_charge

from spikecim.arrays.crossbar.transfer import transfer_matrix
from spikecim.arrays.crossbar.wires import Wires
from spikecim.arrays.physical.of_chip import reading_of
from spikecim.build import VirtualChip, build, rewired
from spikecim.chips import load_chip
from spikecim.engines import get_engine
from spikecim.errors import ParameterError
from spikecim.explore.coalitions import ChipCoalitions
from spikecim.network import network_from_array

SIZE = {"geometry.n_in": 16, "geometry.n_out": 3, "geometry.image_side": 4}
NETWORK = network_from_array(np.random.default_rng(0).integers(-4, 5, (16, 3)), limit=4)
PASSIVE = {"wires.row_segment": "20 ohm", "wires.column_segment": "30 ohm", "wires.driver": "100 ohm"}
GATED = {
    "wires.kind": "gated",
    "wires.source_segment": "20 ohm",
    "wires.column_segment": "30 ohm",
    "wires.leak": "1 uS",
}
LARGER = {**PASSIVE, "wires.rows": 20, "wires.columns": 40}
BENT = {"cell.iv.v0": "0.1 V", "cell.iv.voltage": "0.2 V"}
ALL = pytest.mark.parametrize("wires", [PASSIVE, GATED, LARGER, BENT], ids=["passive", "gated", "larger", "bent"])


def built(changes: dict[str, Any], index: int = 0) -> VirtualChip:
    return build(load_chip("spirit", {**SIZE, **changes}), NETWORK, 1, index)


def differing(one: VirtualChip, other: VirtualChip) -> set[str]:
    return {
        name for name, value in vars(one.program).items() if not np.array_equal(value, getattr(other.program, name))
    }


@pytest.mark.parametrize("kind", ["passive", "gated"])
@pytest.mark.parametrize("trim", ["cells", "reads"])
def test_wires_without_resistance_change_nothing_to_the_last_electron(kind: str, trim: str) -> None:
    assert differing(built({}), built({"wires.kind": kind, "injectors.trim": trim})) == set()


def test_a_chip_without_the_table_keeps_its_digest() -> None:
    # Of the shipped file, before there were wires.
    assert load_chip("spirit").digest() == "ffe35e20822784ff"
    assert load_chip("spirit-ideal").digest() == "ff0a30e67fb6d121"


@ALL
def test_wires_move_charge_noise_and_energy_only(wires: dict[str, Any]) -> None:
    plain, wired = built({}), built(wires)
    assert differing(plain, wired) == {"charge", "read_noise", "row_electrons"}
    np.testing.assert_array_equal(plain.cells.resistance, wired.cells.resistance)
    np.testing.assert_array_equal(plain.trim.gains, wired.trim.gains)


@pytest.mark.parametrize(
    ("changes", "wires"),
    [
        (PASSIVE, Wires(row_segment=20, column_segment=30, driver=100, access=500)),
        (GATED, Wires(kind="gated", source_segment=20, column_segment=30, leak=1e-6, access=500)),
    ],
    ids=["passive", "gated"],
)
def test_charge_is_what_the_crossbar_sends_to_the_clamps(changes: dict[str, Any], wires: Wires) -> None:
    chip = built(changes)
    currents = transfer_matrix(1 / chip.cells.resistance.reshape(16, 24), wires).reshape(16, 3, 8)
    excitatory, inhibitory = currents[..., :4].sum(-1), currents[..., 4:].sum(-1)
    up, down = chip.trim.gains
    electrons = chip.trim.ratio * 0.1 * 10e-9 / elementary_charge
    expected = [up * excitatory - down * inhibitory, up * inhibitory - down * excitatory]
    assert np.abs(chip.program.charge - electrons * np.array(expected)).max() <= 0.5 + 1e-4


def test_energy_pays_for_every_way_out_of_a_driver() -> None:
    plain, own, larger = built({}), built(PASSIVE), built(LARGER)
    per_siemens = 0.1 * 10e-9 / elementary_charge
    received = transfer_matrix(
        1 / own.cells.resistance.reshape(16, 24), Wires(row_segment=20, column_segment=30, driver=100, access=500)
    ).sum(1)
    # Idle rows take their part too; yet resistance leaves less than cells alone would take.
    assert (own.program.row_electrons > per_siemens * received).all()
    assert own.program.row_electrons.sum() < plain.program.row_electrons.sum()
    # Columns that nothing is stored in are clamped, and draw through their HRS cells, also without any resistance.
    bare = built({"wires.kind": "passive", "wires.rows": 20, "wires.columns": 40})
    leak = reading_of(bare.chip.array, bare.chip.cell, bare.chip.wires).unused
    spare = 16 * per_siemens / (1 / leak + 500)
    np.testing.assert_allclose(bare.program.row_electrons - plain.program.row_electrons, spare, atol=1)
    assert larger.program.row_electrons.sum() != own.program.row_electrons.sum()


@ALL
def test_engines_agree_to_the_last_spike(wires: dict[str, Any]) -> None:
    chip = built(wires)
    trains = chip.chip.rate_code().encode(np.random.default_rng(3).random((3, 16)), 0)
    one, other = (get_engine(name).run(chip.program, trains) for name in ("event", "stepper"))
    for name, values in vars(one.decisions).items():
        np.testing.assert_array_equal(values, getattr(other.decisions, name), err_msg=name)


@ALL
def test_an_aged_chip_is_read_through_its_wires_again(wires: dict[str, Any]) -> None:
    fresh = built(wires)
    old = fresh.after("1 h")
    assert differing(fresh, old) == {"charge", "read_noise", "row_electrons"}
    found = reading_of(old.chip.array, old.chip.cell, old.chip.wires).read(old.cells.resistance.reshape(16, 24))
    electrons = 0.1 * 10e-9 / elementary_charge * found.drawn
    np.testing.assert_array_equal(old.program.row_electrons, np.rint(electrons))
    assert old.trim is fresh.trim


@ALL
def test_a_trim_by_reads_makes_the_mean_step_good(wires: dict[str, Any]) -> None:
    chip = built({**wires, "injectors.trim": "reads", "injectors.gain_mismatch_rel": 0.0})
    plain = built({"injectors.gain_mismatch_rel": 0.0})
    # Clamps are summed over all cells in LRS less all in HRS, each by its own mean.
    low = chip.cells.target
    lone = 1 / (chip.cells.resistance + 500.0)
    found = reading_of(chip.chip.array, chip.chip.cell, chip.chip.wires)
    sensed = found.read(chip.cells.resistance.reshape(16, 24)).sensed.reshape(low.shape)
    step, left = (values[low].mean() - values[~low].mean() for values in (lone, sensed))
    assert chip.trim.ratio * left == pytest.approx(plain.trim.ratio * step, rel=1e-12)


def test_a_rewired_chip_is_the_chip_that_build_makes() -> None:
    fresh, wired = built({}), built({**LARGER, "injectors.trim": "reads"})
    reads = reading_of(wired.chip.array, wired.chip.cell, wired.chip.wires).read(fresh.cells.resistance.reshape(16, 24))
    again = rewired(fresh, wired.chip, reads)
    assert differing(again, wired) == set()
    assert again.trim.ratio == wired.trim.ratio


def test_a_network_of_one_state_cannot_be_trimmed_by_reads() -> None:
    chip = load_chip("spirit", {**SIZE, **PASSIVE, "injectors.trim": "reads"})
    with pytest.raises(ParameterError, match="one state only"):
        build(chip, network_from_array(np.zeros((16, 3)), limit=4), 1)


@pytest.mark.parametrize(("changes", "table"), [(PASSIVE, "wires"), (BENT, r"cell\.iv")])
def test_an_attribution_that_would_leave_them_out_is_refused(changes: dict[str, Any], table: str) -> None:
    with pytest.raises(ParameterError, match=f"its {table} table is none of the causes"):
        ChipCoalitions(chip=load_chip("spirit", {**SIZE, **changes}), network=NETWORK, seed=1, index=0, age=0.0)
