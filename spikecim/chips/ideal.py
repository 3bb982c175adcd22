"""The ideal twin of a chip: the same design without a single non-ideality, against which losses are measured."""

from __future__ import annotations

from pathlib import Path

from spikecim.chips.loader import load_chip, with_overrides
from spikecim.chips.spec import ChipSpec

EXACT = {
    "cell.device": "ideal",
    "injectors.gain_mismatch_rel": 0.0,
    "neuron.offset_sd": "0 V",
    "neuron.reset_error_rel": 0.0,
    "neuron.leak_current": "0 A",
}


def ideal_twin(chip: str | Path | ChipSpec) -> ChipSpec:
    """The same chip with exact cells, equal injectors, exact comparators and packets, and no leak.

    Parameters
    ----------
    chip : str, Path or ChipSpec
        As in `load_chip`, or a chip that is loaded already, for example that of a saved run.
    """
    return with_overrides(chip, EXACT) if isinstance(chip, ChipSpec) else load_chip(chip, EXACT)
