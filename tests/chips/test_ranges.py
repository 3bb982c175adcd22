"""Ranges in chip files: every number of the energy table has one, with a reason, and the chip is the same without."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from spikecim.chips import (
    ChipSpec,
    MultiChipSpec,
    chip_from_description,
    chip_names,
    load_chip,
    load_multi_chip,
    multi_chip_names,
)
from spikecim.energy.entries import entries_of
from spikecim.errors import ParameterError

ALL = [*map(load_chip, chip_names()), *map(load_multi_chip, multi_chip_names())]


@pytest.mark.parametrize("chip", ALL, ids=lambda chip: chip.name)
def test_every_energy_number_of_a_shipped_chip_has_a_range_and_a_reason(chip: ChipSpec | MultiChipSpec) -> None:
    for entry in entries_of(chip.energy, chip.link):
        assert not entry.default_range, entry.path
        assert entry.low < entry.high, entry.path
        assert "range" in entry.source, entry.path


def bare(raw: Any) -> Any:
    """The description as it was written before there were ranges."""
    if isinstance(raw, dict):
        return {key: bare(value) for key, value in raw.items() if not (key == "range" and "value" in raw)}
    return raw


def test_a_chip_saved_before_there_were_ranges_is_the_same_chip() -> None:
    chip = load_chip("spirit")
    old = chip_from_description(bare(chip.describe()), "old run")
    assert all(parameter.range is None for _, parameter in old.parameters())
    assert old.digest() == chip.digest()
    assert all(entry.default_range for entry in entries_of(old.energy, old.link))


def test_the_digest_does_not_follow_a_range() -> None:
    chip = load_chip("spirit")
    described = copy.deepcopy(chip.describe())
    described["energy"]["comparator"]["range"] = ["0 J", "1 pJ"]
    other = chip_from_description(described, "x")
    assert other.energy.comparator.range == (0.0, 1e-12)
    assert other.digest() == chip.digest()


def test_an_override_has_no_range() -> None:
    chip = load_chip("spirit", {"energy.comparator": "900 fJ"})
    assert chip.energy.comparator.range is None
    assert chip.energy.reset_packet.range is not None


def write(folder: Path, line: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(f'inherit = "spirit"\nname = "mine"\n[energy]\n{line}\n', encoding="utf-8")
    return path


def test_a_file_may_give_an_inherited_value_another_range(tmp_path: Path) -> None:
    mine = load_chip(write(tmp_path, 'comparator = { range = ["20 fJ", "90 fJ"], source = "our simulation" }'))
    theirs = load_chip("spirit").energy.comparator
    assert mine.energy.comparator.range == (20e-15, 90e-15)
    assert (mine.energy.comparator.value, mine.energy.comparator.status) == (theirs.value, theirs.status)
    assert mine.energy.comparator.source == "our simulation"
    assert mine.digest() == load_chip("spirit").digest()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('comparator = { range = ["90 fJ", "100 fJ"] }', "does not hold the value '50 fJ'"),
        ('comparator = { range = ["20 fJ", "90 fJ"], status = "measured" }', "has no value"),
        ('reading = { range = ["per-input-spike", "per-synaptic-event"] }', "range goes with a single quantity"),
    ],
)
def test_a_range_that_cannot_be_is_refused_with_its_path(tmp_path: Path, line: str, words: str) -> None:
    with pytest.raises(ParameterError, match=f"mine.toml: energy.{line.partition(' ')[0]}: .*{words}"):
        load_chip(write(tmp_path, line))


def test_several_cores_state_their_own_range_of_the_injector() -> None:
    one, several = load_chip("spirit").energy.clamp_injector, load_multi_chip("spirit_multi").energy.clamp_injector
    assert (one.value, one.fitted_to) == (several.value, several.fitted_to)
    assert one.range is not None
    assert several.range is not None
    assert several.range[0] < one.range[0] < one.range[1] < several.range[1]
