"""A study of training on the chip as data: network, data, reads, devices, rules, rates, seeds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SCHEMA = 1
KINDS = ("mlp", "deep")
TUNING, SCORING = "tuning", "scoring"
# Scoring seeds start here, counted from the first tuning seed: no seed is in both phases.
SCORING_FROM = 1000
# Rates that a study may add beyond each end of a list, at most.
MOST_EXTENDED = 10


@dataclass(frozen=True, kw_only=True)
class DeviceChoice:
    """One device of the grid.

    Attributes
    ----------
    name : str
        What the study calls it: ``"+-4"``, ``"ag-a-si"``, or the name of one of its own tables.
    settings : mapping
        What it is made from: ``preset`` and ``set``, or ``ltp``, ``ltd`` and further keys of an assumed device.
    """

    name: str
    settings: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class RuleChoice:
    """One update rule of the grid.

    Attributes
    ----------
    name : str
        What the study calls it.
    settings : mapping
        Of the rule, without the rate.
    rates : tuple of float
        Tried on the validation images, rising, evenly spaced on a logarithmic scale where they may be extended.
    """

    name: str
    settings: Mapping[str, Any]
    rates: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class InsituStudy:
    """What to train. Two studies with one `digest` give one table.

    Attributes
    ----------
    name, title : str
    kind : str
        One of `KINDS`: who trains.
    network, data, training, reads : mapping
        Tables of the file, defaults written out.
    devices : tuple of DeviceChoice
    rules : tuple of RuleChoice
    extend : int
        Rates that may be added beyond each end while the best one stands at that end.
    tuning, confirming, scoring : int
        Seeds of every rate that is tried; of a rate before it is taken; of the scoring.
    first : int
        First tuning seed; the first scoring seed is `SCORING_FROM` later.
    """

    name: str
    title: str
    kind: str
    network: Mapping[str, Any]
    data: Mapping[str, Any]
    training: Mapping[str, Any]
    reads: Mapping[str, Any]
    devices: tuple[DeviceChoice, ...]
    rules: tuple[RuleChoice, ...]
    extend: int
    tuning: int
    confirming: int
    scoring: int
    first: int

    @property
    def reference(self) -> str:
        """The rule that the others are compared with: plain SGD if the study has it, else its first."""
        names = [rule.name for rule in self.rules]
        return "sgd" if "sgd" in names else names[0]

    def describe(self) -> dict[str, Any]:
        """Plain data with every value that a result depends on, defaults written out."""
        return {
            "schema": SCHEMA,
            "name": self.name,
            "title": self.title,
            "network": {"kind": self.kind, **self.network},
            "data": dict(self.data),
            "training": dict(self.training),
            "reads": dict(self.reads),
            "devices": {device.name: dict(device.settings) for device in self.devices},
            "rules": {rule.name: dict(rule.settings) for rule in self.rules},
            "rates": {**{rule.name: list(rule.rates) for rule in self.rules}, "extend": self.extend},
            "seeds": {
                "tuning": self.tuning,
                "confirming": self.confirming,
                "scoring": self.scoring,
                "first": self.first,
            },
        }

    def digest(self) -> str:
        """Short hash of `counted_on`."""
        return hashlib.sha256(json.dumps(counted_on(self.describe()), sort_keys=True).encode()).hexdigest()[:16]


def counted_on(described: Mapping[str, Any]) -> dict[str, Any]:
    """What a single training depends on: no title, not how many seeds or added rates there may be."""
    kept = {key: value for key, value in described.items() if key != "title"}
    for table, loose in (("seeds", ("tuning", "confirming", "scoring")), ("rates", ("extend",))):
        if isinstance(kept.get(table), Mapping):
            kept[table] = {key: value for key, value in kept[table].items() if key not in loose}
    return kept
