"""The ideal twin of a chip: the same design without a single non-ideality, against which losses are measured."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from spikecim.chips.loader import load_chip, with_overrides
from spikecim.chips.multi_spec import MultiChipSpec
from spikecim.chips.spec import ChipSpec

EXACT = {
    "cell.device": "ideal",
    "injectors.gain_mismatch_rel": 0.0,
    "neuron.offset_sd": "0 V",
    "neuron.reset_error_rel": 0.0,
    "neuron.leak_current": "0 A",
}


C = TypeVar("C", ChipSpec, MultiChipSpec)


def ideal_twin(chip: str | Path | ChipSpec) -> ChipSpec:
    """The same chip with exact cells, equal injectors, exact comparators and packets, no leak, and no wires.

    Parameters
    ----------
    chip : str, Path or ChipSpec
        As in `load_chip`, or a chip that is loaded already, for example that of a saved run.
    """
    return with_overrides(without_wires(chip if isinstance(chip, ChipSpec) else load_chip(chip)), EXACT)


def without_wires(chip: C) -> C:
    """`chip` with nothing but cell and transistor between read voltage and clamp, and injectors trimmed to that."""
    injectors = chip.injectors.model_copy(update={"trim": None})
    return chip.model_copy(update={"wires": None, "injectors": injectors})
