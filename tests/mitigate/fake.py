"""A subject whose accuracies are known, and small studies of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from spikecim.mitigate.reading import study_from
from spikecim.mitigate.spec import Condition, Cure, MitigationStudy
from spikecim.mitigate.subject import Accuracies, Measured
from spikecim.progress import Tick
from spikecim.results.mitigation import LayerRow
from spikecim.streams import stream

ALGORITHM, IDEAL = 0.97, 0.96
# Points lost by each class, and the share of them that each cure gives back.
LOSS = {"quantisation": 0.0, "fluctuation": 0.10, "stuck": 0.30, "nonlinearity": 0.05, "wires": 0.20, "all": 0.45}
BACK = {"retrain": 0.8, "map-correction": 0.95, "remap": 0.5, "retrain+map-correction": 0.9}
SPREAD = {"fluctuation": 0.02, "stuck": 0.05, "all": 0.04}


def raw_study(**tables: Any) -> dict[str, Any]:
    """A study file as plain data; tables given here replace its own."""
    return {
        "schema": 1,
        "name": "fake",
        "title": "A fake <i>& study",
        "network": {"name": "lenet", "images": 200, "blocks": 10},
        "why": {"stuck": "1 % of the cells, assumed <b>bold</b>"},
        "chips": {"count": 6, "seed": 3},
        "cures": {"stuck": ["retrain", "remap"]},
        **tables,
    }


def fake_study(**tables: Any) -> MitigationStudy:
    return study_from(raw_study(**tables), "fake.toml")


class FakeSubject:
    """Accuracies by closed form; counts what it was asked for."""

    def __init__(self, study: MitigationStudy, stop_after: int | None = None) -> None:
        self.study, self.stop_after = study, stop_after
        self.measured: list[tuple[str, str, int]] = []
        self.prepared: list[tuple[str, str]] = []

    def _blocks(self, mean: float) -> Accuracies:
        # Blocks differ, alike for all chips, and their mean is exact.
        n = self.study.blocks
        return mean + 0.002 * (np.arange(n) - (n - 1) / 2) / n

    def algorithm(self) -> Accuracies:
        return self._blocks(ALGORITHM)

    def ideal(self) -> Accuracies:
        return self._blocks(IDEAL)

    def _loss(self, condition: Condition, chip: int) -> float:
        noise = stream(self.study.seed, condition.name, chip).uniform(-1, 1)
        return LOSS[condition.name] + SPREAD.get(condition.name, 0.0) * float(noise)

    def _count(self, condition: Condition, cure: str, chip: int) -> None:
        if self.stop_after is not None and len(self.measured) >= self.stop_after:
            raise KeyboardInterrupt
        self.measured.append((condition.name, cure, chip))

    def before(self, condition: Condition, chip: int) -> Measured:
        self._count(condition, "", chip)
        layers = (LayerRow(name="conv1", kind="Conv2d", tiles=3, utilisation=71.25, worst_drop=4.5),)
        return Measured(blocks=self._blocks(IDEAL - self._loss(condition, chip)), layers=layers)

    def trained_against(self, condition: Condition, cure: Cure) -> frozenset[str]:
        return condition.errors if cure.retrains else frozenset()

    def prepare(self, condition: Condition, cure: Cure, tick: Tick) -> None:
        self.prepared.append((condition.name, cure.name))
        tick(1, 1)

    def after(self, condition: Condition, cure: Cure, chip: int) -> Measured:
        assert not cure.retrains or (condition.name, cure.name) in self.prepared
        self._count(condition, cure.name, chip)
        layers = (LayerRow(name="conv1", kind="Conv2d", tiles=3, utilisation=71.25, residual=0.013, lost_range=0.4),)
        kept = (1 - BACK[cure.name]) * self._loss(condition, chip)
        return Measured(blocks=self._blocks(IDEAL - kept), layers=layers)

    def alike(self, condition: Condition) -> bool:
        return condition.name not in SPREAD

    def needs(self, cure: Cure) -> str:
        return cure.needs

    def digest(self) -> str:
        return "fake"
