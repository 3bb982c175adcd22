"""What the keys of a mitigation study are when they are left out; the tables of each kind of hardware."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from spikecim.analog.schedule import AwareSchedule
from spikecim.arrays.analog.classes import CLASSES
from spikecim.mitigate.spec import ALL

# Keys of [retraining]: the hardware-aware schedule, or SPIRIT's own recipe; `train_samples` 0 means all.
RETRAINING: dict[str, dict[str, Any]] = {
    "analog": {**asdict(AwareSchedule(epochs=2, rate=2e-4)), "train_samples": 0},
    "spirit": {"steps": 3000, "batch": 250, "rate": 0.05, "checks": 10, "chips": 16, "images": 4000},
}
CORRECTION: dict[str, Any] = {"steps": 3, "lost_share": 0.0, "spare_columns": 0}
TABLES: dict[str, dict[str, Any]] = {
    "network": {"name": "", "images": 1000, "blocks": 20},
    "errors": {"classes": list(CLASSES), "together": True},
    "why": dict.fromkeys((*CLASSES, ALL), ""),
    "cures": {
        "quantisation": ["retrain"],
        "fluctuation": ["retrain"],
        "stuck": ["retrain"],
        "nonlinearity": ["retrain"],
        "wires": ["map-correction"],
        ALL: ["retrain+map-correction"],
    },
    "correction": CORRECTION,
    "chips": {"count": 20, "seed": 0},
}
# Tables of the hardware, by the kind of study. Words: see `ArrayPlan` and `Wires`.
HARDWARE: dict[str, dict[str, dict[str, Any]]] = {
    "analog": {
        "device": {"name": "hfo2-rram", "set": {}},
        "array": {
            "rows": 128,
            "columns": 128,
            "weight_bits": 8,
            "cell_bits": 0,
            "input_bits": 8,
            "adc_bits": 8,
            "trim": "array",
            "age": "0 s",
        },
        "wires": {
            "kind": "passive",
            "row_segment": "1 ohm",
            "source_segment": "0 ohm",
            "column_segment": "1 ohm",
            "driver": "0 ohm",
            "sense": "0 ohm",
            "access": "0 ohm",
            "leak": "0 S",
            "drive_end": "left",
            "sense_end": "bottom",
        },
    },
    "spirit": {"chip": {"name": "spirit", "data": "mnist", "age": "0 s", "set": {}}},
}
UNITS: dict[str, dict[str, str]] = {
    "array": {"age": "second"},
    "chip": {"age": "second"},
    "wires": {
        "row_segment": "ohm",
        "source_segment": "ohm",
        "column_segment": "ohm",
        "driver": "ohm",
        "sense": "ohm",
        "access": "ohm",
        "leak": "siemens",
    },
}
