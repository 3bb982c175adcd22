"""A pulsed device: its description, its law, and arrays of cells drawn from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from spikecim.devices.pulsed.cells import PulsedCells
from spikecim.devices.pulsed.law import Law, law_of
from spikecim.devices.pulsed.spec import PulsedSpec
from spikecim.parameters import read_section


@dataclass(frozen=True, kw_only=True)
class PulsedDevice:
    """The device model: `spec` in, `PulsedCells` out.

    Attributes
    ----------
    spec : PulsedSpec
    law : PulseLaw or LookupLaw
        Of the typical cell, without spread.
    """

    spec: PulsedSpec
    law: Law = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "law", _law(self.spec))

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def window(self) -> tuple[float, float]:
        """Working window (g_min, g_max) in S."""
        return self.spec.window

    @property
    def on_off(self) -> float:
        """g_max / g_min of the working window; inf if g_min is 0."""
        low, high = self.window
        return high / low if low > 0.0 else float("inf")

    @classmethod
    def from_table(cls, raw: Mapping[str, Any], where: str) -> PulsedDevice:
        """Device of a description as read from TOML; `where` is what messages call it.

        Raises
        ------
        ParameterError
            Naming file, key, value and what is allowed.
        """
        return cls(spec=read_section(PulsedSpec, raw, where))

    def build(self, shape: tuple[int, ...], seed: int, *path: str | int) -> PulsedCells:
        """Draw cells of `shape` at state 0.5 (stuck ones at their ends); the same seed and path draw the same."""
        return PulsedCells(self.spec, self.law, shape, seed, *path)


def _law(spec: PulsedSpec) -> Law:
    if spec.response is None:
        return law_of(spec)
    from spikecim.devices.pulsed.lookup import lookup_law

    return lookup_law(spec)
