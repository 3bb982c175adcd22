"""A small calibration on the embedded digits, as plain data."""

from __future__ import annotations

from typing import Any

from spikecim.calibration.spec import Calibration, calibration_from


def told(**changes: Any) -> dict[str, Any]:
    """What a small file says, with `changes` of whole tables."""
    return {
        "schema": 1,
        "name": "small",
        "base": {"chip": "spirit", "data": "digits", "images": 150},
        "parameters": {
            "cell.hrs.sigma_ln": {"low": 0.4, "high": 1.4},
            "injectors.gain_mismatch_rel": {"low": "2 %", "high": "15 %"},
            "coding.window": {"low": "400 us", "high": "1600 us"},
        },
        "figures": {
            "accuracy": {"value": "80 %", "half_unit": "0.5 %", "source": "a test"},
            "input_spikes": {"value": 240, "half_unit": 0.5, "source": "a test"},
            "programming_nj": {"value": 500, "sd": 1.0, "source": "a test"},
        },
        "measured": {"chips": 1, "same_images": True},
        "design": {"points": 64, "chips": 3},
        "sets": {"A": ["accuracy", "input_spikes"]},
        "further": ["output_spikes"],
        **changes,
    }


def small(**changes: Any) -> Calibration:
    """The small calibration."""
    return calibration_from(told(**changes), "small.toml")
