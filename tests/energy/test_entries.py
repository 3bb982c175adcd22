"""The numbers of a report and their ranges: which there are, and what stands in where a file gives no range."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikecim.chips import load_chip, load_multi_chip
from spikecim.energy.entries import Entry, entries_of, half_unit, pulse_entry
from spikecim.energy.terms import READING, Term, reading_factor, values_of, with_pulse
from spikecim.errors import ParameterError

SPIRIT, MULTI = load_chip("spirit"), load_multi_chip("spirit_multi")
LINK = {"link.input_bits", "link.output_bits", "link.tick"}


def by_path(entries: tuple[Entry, ...]) -> dict[str, Entry]:
    return {entry.path: entry for entry in entries}


def test_there_is_an_entry_for_every_number_of_the_table_and_the_link() -> None:
    found = by_path(entries_of(SPIRIT.energy, SPIRIT.link, n_out=10))
    assert set(found) == {f"energy.{name}" for name in type(SPIRIT.energy).model_fields} | LINK
    several = by_path(entries_of(MULTI.energy, MULTI.link))
    assert set(several) == {f"energy.{name}" for name in type(MULTI.energy).model_fields if name != "reading"} | LINK


@pytest.mark.parametrize("n_out", [10, None])
def test_values_of_entries_are_those_that_the_ledger_takes(n_out: int | None) -> None:
    found = entries_of(SPIRIT.energy, SPIRIT.link, n_out=n_out)
    assert {entry.path: entry.value for entry in found} == values_of(SPIRIT.energy, SPIRIT.link, n_out=n_out)


def test_an_entry_takes_range_and_certificate_from_the_chip_file() -> None:
    entry, given_ = by_path(entries_of(SPIRIT.energy, SPIRIT.link))["energy.link_bit"], SPIRIT.energy.link_bit
    assert given_.range == (entry.low, entry.high)
    assert (entry.status, entry.source, entry.fitted_to) == ("calibrated", given_.source, "energy_chip_per_event_pj")
    assert (entry.name, entry.moves, entry.default_range) == ("link_bit", True, False)
    assert entry.text(entry.low) == "3 pJ"


def test_the_reading_is_an_entry_of_a_chip_of_one_core() -> None:
    entry = by_path(entries_of(SPIRIT.energy, SPIRIT.link, n_out=10))[READING]
    assert (entry.low, entry.value, entry.high) == (0.1, 1.0, 1.0)
    assert (entry.text(entry.low), entry.text(entry.value)) == ("per-input-spike", "per-synaptic-event")
    other = by_path(entries_of(SPIRIT.energy, SPIRIT.link, n_out=10, reading="per-input-spike"))[READING]
    assert (other.low, other.value, other.high) == (0.1, 0.1, 1.0)
    with pytest.raises(ParameterError, match="energy reading 'per-spike' is not one of"):
        reading_factor("per-spike", 10)


def overridden(path: str, value: object) -> Entry:
    chip = load_chip("spirit", {path: value})
    return by_path(entries_of(chip.energy, chip.link))[path]


def test_without_a_range_a_number_may_be_half_or_twice_as_large() -> None:
    entry = overridden("energy.comparator", "60 fJ")
    assert entry.default_range
    assert (entry.low, entry.high) == pytest.approx((30e-15, 120e-15), rel=1e-15)


@pytest.mark.parametrize(("bits", "low", "high"), [(16, 8.0, 32.0), (5, 2.0, 10.0), (1, 1.0, 2.0)])
def test_without_a_range_bits_stay_whole_and_above_zero(bits: int, low: float, high: float) -> None:
    entry = overridden("link.input_bits", bits)
    assert (entry.low, entry.value, entry.high) == (low, float(bits), high)
    assert entry.text(entry.high) == f"{high:g}"


def test_without_a_range_zero_has_none_and_says_so() -> None:
    entry = overridden("energy.comparator", "0 J")
    assert (entry.low, entry.high, entry.moves) == (0.0, 0.0, False)


# By hand: half of the last printed digit.
@pytest.mark.parametrize(
    ("value", "half"),
    [(3.6, 0.05), (1.2, 0.05), (0.1, 0.05), (1.25e-12, 5e-15), (180.0, 5.0), (136.0, 0.5), (0.0, 0.0)],
)
def test_half_of_the_last_printed_digit(value: float, half: float) -> None:
    assert half_unit(value) == pytest.approx(half, rel=1e-12)


@given(value=st.floats(1e-15, 1e6))
def test_half_a_unit_is_never_more_than_half_of_the_number(value: float) -> None:
    assert 0 < half_unit(value) <= value / 2 * (1 + 1e-12)


def test_the_read_pulse_is_relative_to_itself_and_moves_only_the_cells() -> None:
    entry = pulse_entry(SPIRIT.array.pulse_width)
    assert (entry.path, entry.value, entry.status) == ("array.pulse_width", 1.0, "assumed")
    assert (entry.low, entry.high) == pytest.approx((0.3, 3.0))
    assert (entry.text(1.0), entry.text(entry.low), entry.si(entry.high)) == ("10 ns", "3 ns", pytest.approx(3e-8))
    counts = np.ones((1, 1))
    cell, word = (Term(part=part, factors=("energy.supply",), counts=counts) for part in ("cell_read", "logic"))
    values = {"energy.supply": 1.2, entry.path: 3.0}
    moved = with_pulse((cell, word))
    assert moved[0].pj(values) == pytest.approx(3.0 * cell.pj(values))
    assert moved[1] is word
