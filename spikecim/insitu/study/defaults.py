"""What the keys of a study of training on the chip are when they are left out, by the kind of network."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from spikecim.insitu.array_spec import ArrayReads

# 0 switches an effect of the reads off: TOML has no word for nothing.
READS: dict[str, Any] = {key: 0 if value is None else value for key, value in asdict(ArrayReads()).items()}
READS["on_off"] = 0.0
TABLES: dict[str, dict[str, dict[str, Any]]] = {
    "mlp": {
        # Empty gains: those of `insitu.mlp.job.default_gains`.
        "network": {"kind": "mlp", "sizes": [400, 100, 10], "pairing": "single", "gains": [], "spread": 0.5},
        # 0 images: as many as the data set keeps for validation, or has for training.
        "data": {"name": "mnist", "binary": True, "validation": 0, "train": 0},
        "training": {"epochs": 3, "batch": 100, "rate_drops": [[0.6, 0.25]]},
        "reads": {**READS, "input_bits": 0, "error_bits": 0},
    },
    "deep": {
        "network": {"kind": "deep", "name": "vgg8", "width": 0.25, "pairing": "pair", "spread": 0.5},
        "data": {"name": "cifar10", "validation": 5000, "train": 0, "crop": 4, "flip": True},
        "training": {"epochs": 4, "batch": 64, "norm_rate": 0.02, "rising": 0.05},
        "reads": READS,
    },
}
SEEDS = {"tuning": 2, "confirming": 6, "scoring": 5, "first": 0}
LEAST_SCORED, MOST_SEEDS = 5, 500
MOST_RATES = 20
# Of each rule, beyond `UpdateSpec`'s own defaults.
RULES: dict[str, dict[str, Any]] = {"momentum": {"gamma": 0.9}, "v2.1": {"gamma": 0.9}}
