"""A mitigation study as data: network, hardware, error classes, cures, virtual chips."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SCHEMA = 1
KINDS = ("analog", "spirit")
ALL = "all"
RETRAIN = "retrain"
FOR = "for"  # key of [retraining] that holds a table for each condition that differs
# What a correction before programming may do; each is computed anew for each chip.
CORRECTIONS = ("map-correction", "remap", "polarity", "cell-choice", "spare-columns")
# Retraining for each single chip, known by measurement; of a spiking chip only.
CHIP_RETRAIN = "chip-retrain"
CURES = (RETRAIN, CHIP_RETRAIN, *CORRECTIONS)
NEEDS = {
    RETRAIN: "training images and the statistics of the errors; nothing of the single chip",
    CHIP_RETRAIN: "training images, and of each chip its stuck cells, the part of each cell that every programming "
    "gives again, gains, offsets and packets",
    "map-correction": "the wire resistances of the arrays; nothing of the single cell",
    "remap": "the map of stuck cells of each chip",
    "polarity": "the map of stuck cells of each chip",
    "cell-choice": "the map of stuck cells of each chip",
    "spare-columns": "the map of stuck cells of each chip, and columns left free",
}


@dataclass(frozen=True, kw_only=True)
class Condition:
    """Error classes that are on together.

    Attributes
    ----------
    name : str
        One of `CLASSES`, or ``"all"``.
    errors : frozenset of str
    """

    name: str
    errors: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Cure:
    """One cure or several at once.

    Attributes
    ----------
    parts : tuple of str
        From `CURES`, in their order there.
    """

    parts: tuple[str, ...]

    @property
    def name(self) -> str:
        """As a study file writes it: ``"retrain+remap"``."""
        return "+".join(self.parts)

    @property
    def retrains(self) -> bool:
        return RETRAIN in self.parts

    @property
    def corrections(self) -> tuple[str, ...]:
        """What is done to each chip before programming."""
        return tuple(part for part in self.parts if part in CORRECTIONS)

    @property
    def needs(self) -> str:
        """What one has to know, as text."""
        return "; ".join(dict.fromkeys(NEEDS[part] for part in self.parts))


@dataclass(frozen=True, kw_only=True)
class MitigationStudy:
    """What to run. Two studies with one `digest` give one result.

    Attributes
    ----------
    name, title : str
    kind : str
        ``"analog"``: a multiply array under a torch network; ``"spirit"``: the spiking chip.
    network : str
        Name of the network, as the kind knows it.
    images : int
        The first so many of the test split.
    blocks : int
        Equal parts of the images; how the parts differ tells what other images would give.
    hardware : mapping of str to mapping
        Tables ``device``, ``array``, ``wires`` (analog) or ``chip`` (spirit), defaults written out, units as text.
    classes : tuple of str
        Error classes, each run alone.
    together : bool
        Whether all of them are run together too.
    why : mapping of str to str
        For each class how strong it is and why, with a source where there is one.
    cures : mapping of str to tuple of Cure
        By name of the condition.
    retraining, correction : mapping of str to value
        Tables as the file gives them, defaults written out.
    chips, seed : int
    """

    name: str
    title: str
    kind: str
    network: str
    images: int
    blocks: int
    hardware: Mapping[str, Mapping[str, Any]]
    classes: tuple[str, ...]
    together: bool
    why: Mapping[str, str]
    cures: Mapping[str, tuple[Cure, ...]]
    retraining: Mapping[str, Any]
    correction: Mapping[str, Any]
    chips: int
    seed: int

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Each class alone, then all together."""
        alone = tuple(Condition(name=name, errors=frozenset({name})) for name in self.classes)
        if not self.together or len(self.classes) < 2:
            return alone
        return (*alone, Condition(name=ALL, errors=frozenset(self.classes)))

    def describe(self) -> dict[str, Any]:
        """Plain data with every value that a result depends on, defaults written out."""
        return {
            "schema": SCHEMA,
            "name": self.name,
            "title": self.title,
            "kind": self.kind,
            "network": {"name": self.network, "images": self.images, "blocks": self.blocks},
            **{name: dict(table) for name, table in self.hardware.items()},
            "errors": {"classes": list(self.classes), "together": self.together},
            "why": dict(self.why),
            "cures": {name: [cure.name for cure in cures] for name, cures in self.cures.items()},
            "retraining": dict(self.retraining),
            "correction": dict(self.correction),
            "chips": {"count": self.chips, "seed": self.seed},
        }

    def digest(self) -> str:
        """Short hash of `told`."""
        return hashlib.sha256(json.dumps(told(self.describe()), sort_keys=True).encode()).hexdigest()[:16]


def told(described: Mapping[str, Any]) -> dict[str, Any]:
    """What a result depends on: all of `describe` but words."""
    return {key: value for key, value in described.items() if key not in ("title", "why")}
