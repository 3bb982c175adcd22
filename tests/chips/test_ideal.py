"""The ideal twin of a loaded chip is that of its file, and keeps everything that is no fault."""

from __future__ import annotations

import pytest

from spikecim.chips import load_chip
from spikecim.chips.ideal import ideal_twin
from spikecim.chips.loader import with_overrides
from spikecim.errors import ParameterError


def test_a_loaded_chip_has_the_twin_of_its_file() -> None:
    assert ideal_twin(load_chip("spirit")).digest() == ideal_twin("spirit").digest()
    assert ideal_twin("spirit").digest() == load_chip("spirit-ideal").digest()


def test_a_twin_keeps_what_is_no_fault() -> None:
    chip = load_chip("spirit", {"neuron.refractory": "5 us", "decision.delta_s": 4})
    twin = ideal_twin(chip)
    assert twin.neuron.refractory.value == chip.neuron.refractory.value
    assert (twin.decision.delta_s.value, twin.name) == (4, "spirit")
    assert twin.digest() == load_chip("spirit-ideal", {"neuron.refractory": "5 us", "decision.delta_s": 4}).digest()


@pytest.mark.parametrize(
    "changes", [{}, {"cell.device": "optimistic"}, {"cell.device": "nominal", "neuron.offset_sd": "3 mV"}]
)
def test_overrides_of_a_loaded_chip_are_those_of_its_file(changes: dict[str, object]) -> None:
    chip = load_chip("spirit")
    before = chip.digest()
    changed, loaded = with_overrides(chip, changes), load_chip("spirit", changes)
    assert list(changed.parameters()) == list(loaded.parameters())
    # Sources of the cell that was replaced may stay; those of the new one are there.
    assert loaded.sources.items() <= changed.sources.items()
    assert chip.digest() == before


def test_an_unknown_override_is_named() -> None:
    with pytest.raises(ParameterError, match=r"'refractroy'.*did you mean 'refractory'"):
        with_overrides(load_chip("spirit"), {"neuron.refractroy": "5 us"})
