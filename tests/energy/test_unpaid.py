"""What the ledger leaves out is said of the runs it is true of."""

from __future__ import annotations

from spikecim.conversion.registry import get_conversion
from spikecim.energy.unpaid import ANY, UNPAID, unpaid


def test_one_core_leaves_out_what_any_chip_leaves_out() -> None:
    assert {cost.chips for cost in unpaid(several_cores=False)} == {ANY}
    assert set(unpaid(several_cores=False)) < set(unpaid(several_cores=True))


def test_conversions_are_those_there_are() -> None:
    named = {cost.conversion for cost in UNPAID if cost.conversion is not None}
    assert named
    for name in named:
        assert get_conversion(name).name == name  # raises on an unknown one
        assert set(unpaid(several_cores=True, conversion=name)) > set(unpaid(several_cores=True))
