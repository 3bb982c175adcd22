"""Update rules by name."""

from __future__ import annotations

from spikecim.devices.pulsed.device import PulsedDevice
from spikecim.devices.pulsed.pair import WeightCells
from spikecim.insitu.rules.gradient_rule import GradientRule
from spikecim.insitu.rules.rule import Rule
from spikecim.insitu.rules.spec import RULES, UpdateSpec
from spikecim.insitu.rules.tiki_taka import TikiTaka

__all__ = ["RULES", "make_rule"]


def make_rule(cells: WeightCells, device: PulsedDevice, spec: UpdateSpec, seed: int, *path: str | int) -> Rule:
    """The rule of `spec` on weights `cells`; `device` is what further cells are drawn from."""
    if spec.rule == "tiki-taka":
        return TikiTaka(cells, device, spec, seed, *path)
    return GradientRule(cells, spec, seed, *path)
