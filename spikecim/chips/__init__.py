"""Chip descriptions as data."""

from spikecim.chips.loader import (
    chip_from_description,
    chip_names,
    device_names,
    load_chip,
    load_device,
    load_multi_chip,
    multi_chip_names,
)
from spikecim.chips.multi_spec import MultiChipSpec
from spikecim.chips.spec import ChipSpec

__all__ = [
    "ChipSpec",
    "MultiChipSpec",
    "chip_from_description",
    "chip_names",
    "device_names",
    "load_chip",
    "load_device",
    "load_multi_chip",
    "multi_chip_names",
]
