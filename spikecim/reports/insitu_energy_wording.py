"""Names and units in the report of training energy, the same in tables, sentences and figures."""

from __future__ import annotations

PART_WORDS = {
    "array": "cells and drivers",
    "adc": "converters",
    "accumulation": "shift-add",
    "gradient_engine": "gradient engine",
    "arithmetic": "other arithmetic",
    "cell_write": "cell writes",
    "interconnect": "interconnect",
    "buffer": "buffers",
    "dram": "DRAM",
    "static": "static",
}
PHASE_WORDS = {
    "forward": "forward",
    "error": "error",
    "weight_gradient": "weight gradient",
    "weight_update": "weight update",
    "momentum": "momentum",
}
SITE_WORDS = {
    "dram": "each image's gradient to DRAM",
    "buffer": "summed in a buffer",
    "engine": "summed in the engine",
}
UNITS = {"x": "×", "points": "", "MOP": "M operations"}


def micro(attojoules: int) -> float:
    """Microjoules."""
    return attojoules / 1e12
