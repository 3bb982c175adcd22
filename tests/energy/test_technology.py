"""Projections to other nodes: the authors' own example, the claim as it was made, and what lies between nodes."""

from __future__ import annotations

from itertools import pairwise

import pytest

from spikecim.energy.ledger import CHIP_PARTS, CORE_PARTS
from spikecim.energy.technology import AREA_FROM_130, ENERGY, energy_ratio, projections
from spikecim.errors import ParameterError


# Oracle: corrigendum of Stillmaker and Baas, equations 12 to 14: 0.4571 / 2.604 x 1 pJ = 0.1755 pJ.
def test_the_worked_example_of_the_authors() -> None:
    assert energy_ratio("65", 1.3, "32 HP", 0.9) == pytest.approx(0.1755, abs=1e-4)


def test_a_node_at_its_own_supply_is_one() -> None:
    for node in ENERGY:
        assert energy_ratio(node, 1.0, node, 1.0) == 1.0


def test_energy_falls_with_the_node_and_rises_with_the_supply() -> None:
    for device in ("HP", "LP"):
        chain = [name for name in ENERGY if name[-2:] == device or name.isdigit()]
        for larger, smaller in pairwise(chain):
            assert energy_ratio(larger, 1.0, smaller, 1.0) < 1.0, (larger, smaller)
    for node in ENERGY:
        assert energy_ratio(node, 0.9, node, 1.1) > 1.0
    areas = list(AREA_FROM_130.values())
    assert areas == sorted(areas, reverse=True)


def test_an_unknown_node_is_refused_with_the_nearest() -> None:
    with pytest.raises(ParameterError, match=r"technology node '32' is unknown; did you mean '32 [HL]P'"):
        energy_ratio("130", 1.2, "32", 0.9)


def test_the_claim_is_carried_as_it_was_made() -> None:
    claimed, *others = projections(1.2)
    assert (claimed.kind, claimed.energy, claimed.density) == ("as claimed", 0.1, 30.0)
    assert {claimed.factor(part) for part in CHIP_PARTS} == {0.1}
    assert {other.kind for other in others} == {"published polynomials"}
    assert all("polynomials" in other.label and other.source and other.note for other in others)


# By hand: 130 nm at 1.2 V is 5.17944, 32 nm HP at 0.9 V 0.45714, 20 nm HP 0.20079, 32 nm LP 0.54118, 20 nm LP 0.15560.
@pytest.mark.parametrize(
    ("label", "energy"),
    [("32 nm HP", 0.45714), ("20 nm HP", 0.20079), ("32 nm LP", 0.54118), ("20 nm LP", 0.15560)],
)
def test_polynomials_by_hand(label: str, energy: float) -> None:
    found = {other.label.removesuffix(", polynomials"): other for other in projections(1.2)}
    assert found[label].energy == pytest.approx(energy / 5.17944, rel=1e-4)


def test_28_nm_lies_between_its_neighbours_and_says_so() -> None:
    found = {other.label: other for other in projections(1.2)[1:]}
    for device in ("HP", "LP"):
        larger, here, smaller = (found[f"{nm} nm {device}, polynomials"] for nm in (32, 28, 20))
        assert larger.energy > here.energy > smaller.energy
        assert larger.density < here.density < smaller.density
        assert "power law between 32 and 20 nm" in here.note
        assert "power law" not in larger.note + smaller.note
    assert found["32 nm HP, polynomials"].density == pytest.approx(1 / 0.072, rel=1e-12)


def test_currents_of_the_core_are_no_gates() -> None:
    for other in projections(1.2)[1:]:
        assert {round(other.factor(part), 12) for part in CORE_PARTS} == {0.75}  # 0.9 V over 1.2 V
        assert {other.factor(part) for part in CHIP_PARTS if part not in CORE_PARTS} == {other.energy}
