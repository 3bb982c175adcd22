"""A study as data: base chip and network, factors, design of the experiment, virtual chips, metrics."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from spikecim.chips import load_chip
from spikecim.chips.spec import ChipSpec
from spikecim.study.factors import Factor

SCHEMA = 1
KINDS = ("grid", "latin-hypercube", "sobol", "saltelli")
SPLITS = ("validation", "test")


@dataclass(frozen=True, kw_only=True)
class Study:
    """What to run. Two studies with one `digest` give one table.

    Attributes
    ----------
    name, title : str
    chip : str
        Base chip, a shipped name or a file.
    overrides : tuple of (path, value)
        Values of the base chip that the study sets for all designs.
    chip_digest : str
        Of the base chip with its overrides: the file may change behind the study's back.
    network : str
        A shipped network or a .npz; empty: the one that belongs to data, chip and `network.quantisation`.
    data, split : str
        ``"validation"``: the sixth of the training images that no network was trained on; ``"test"``.
    images : int
        The first so many of the split; 0 means all.
    seed : int
    n_chips : int
        Virtual chips of each design.
    factors : tuple of Factor
    kind : str
        One of `KINDS`.
    points : int
        Designs of a Latin hypercube or Sobol sequence; base points of a Saltelli design (a power of 2 there).
    levels : int
        Values of a continuous factor in a grid.
    metrics : tuple of str
        Names from `study.metrics`, or ``name@margin``.
    good_accuracy : float
        A chip at least as accurate counts for the yield.
    search : str
        The ``[search]`` table as JSON text, for `spikecim explore`; ``"{}"`` when there is none.
    """

    name: str
    title: str
    chip: str
    overrides: tuple[tuple[str, str | int | float], ...]
    chip_digest: str
    network: str
    data: str
    split: str
    images: int
    seed: int
    n_chips: int
    factors: tuple[Factor, ...]
    kind: str
    points: int
    levels: int
    metrics: tuple[str, ...]
    good_accuracy: float
    search: str = "{}"

    def base_chip(self) -> ChipSpec:
        """The chip that every design starts from."""
        return load_chip(self.chip, dict(self.overrides))

    def describe(self) -> dict[str, Any]:
        """Plain data with every value that a result depends on, defaults written out; kept beside results."""
        return {
            "schema": SCHEMA,
            "name": self.name,
            "title": self.title,
            "base": {
                "chip": self.chip,
                "chip_digest": self.chip_digest,
                "network": self.network,
                "data": self.data,
                "split": self.split,
                "images": self.images,
                "seed": self.seed,
                "chips": self.n_chips,
                "set": dict(self.overrides),
            },
            "factors": {factor.path: factor.describe() for factor in self.factors},
            "design": {"kind": self.kind, "points": self.points, "levels": self.levels},
            "metrics": {"report": list(self.metrics), "good_accuracy": self.good_accuracy},
            "search": json.loads(self.search),
        }

    def digest(self) -> str:
        """Short hash of `describe`, without title."""
        told = {key: value for key, value in self.describe().items() if key != "title"}
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]
