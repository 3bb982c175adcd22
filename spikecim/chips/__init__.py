"""Chip descriptions as data."""

from spikecim.chips.loader import chip_from_description, chip_names, device_names, load_chip, load_device
from spikecim.chips.spec import ChipSpec

__all__ = ["ChipSpec", "chip_from_description", "chip_names", "device_names", "load_chip", "load_device"]
