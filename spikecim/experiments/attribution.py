"""What costs the four points, on a named data set: brings material and network together for `explore`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from spikecim.chips import load_chip
from spikecim.chips.spec import ChipSpec
from spikecim.errors import ParameterError
from spikecim.experiments.material import Material, material_or_fallback, network_for, provenance
from spikecim.experiments.published import PUBLISHED
from spikecim.explore.attribution import Attributor
from spikecim.explore.region import RegionSearch
from spikecim.network import Network
from spikecim.progress import Stage, silent
from spikecim.results.attribution import Attribution
from spikecim.results.region import Region
from spikecim.units import parse_quantity


@dataclass(frozen=True, kw_only=True)
class AttributionExperiment:
    """What to attribute, on what.

    Attributes
    ----------
    chip : str
        Chip name or file.
    dataset : str
    n_chips : int
        Virtual chips.
    after : str
        Time since programming, with unit.
    seed : int
    limit : int or None
        Only the first images of the test set.
    n_designs, n_checked : int
        Plausible designs that the region rests on, and chips drawn from it as a check.
    overrides : mapping of str
        Values of the chip to change, by dotted path.
    progress : callable(stage, done, total)
    """

    chip: str = "spirit"
    dataset: str = "mnist"
    n_chips: int = 100
    after: str = "1 h"
    seed: int = 0
    limit: int | None = None
    n_designs: int = 512
    n_checked: int = 64
    overrides: Mapping[str, object] = field(default_factory=dict)
    progress: Stage = field(default=silent, repr=False)

    def run(self) -> Attribution:
        """Attribute the loss to its causes; an interrupt keeps whole chips done so far."""
        chip, test, network = self._material
        attributor = Attributor(
            chip=chip,
            network=network,
            values=test.values,
            labels=test.labels,
            age=age_seconds(self.after),
            seed=self.seed,
            progress=self.progress,
        )
        return attributor.run(self.n_chips, self._facts(chip, test, network))

    def region(self) -> Region:
        """Search the plausible values for the published numbers."""
        chip, test, network = self._material
        rows = [PUBLISHED[name] for name in ("accuracy_chip", "input_spikes_per_image")]
        search = RegionSearch(
            chip=chip,
            network=network,
            values=test.values,
            labels=test.labels,
            age=age_seconds(self.after),
            published=[row.value for row in rows],
            half_unit=[row.half_unit for row in rows],
            seed=self.seed,
            progress=self.progress,
        )
        return search.run(self.n_designs, self.n_checked, self._facts(chip, test, network))

    @cached_property
    def _material(self) -> tuple[ChipSpec, Material, Network]:
        age_seconds(self.after)  # a bad time fails here, before the data are read
        chip = load_chip(self.chip, self.overrides)
        self.progress("data", 0, 1)
        test = material_or_fallback(chip, self.dataset, "test", limit=self.limit, progress=True)
        return chip, test, network_for(chip, test.dataset)

    def _facts(self, chip: ChipSpec, test: Material, network: Network) -> dict[str, str]:
        real = network.real
        return {
            **provenance(chip, self.chip, test),
            "split": test.split,
            "complete": "yes" if test.complete else "no",
            "network": network.name,
            "after": self.after,
            "age_seconds": f"{age_seconds(self.after):g}",
            "seed": str(self.seed),
            **({} if real is None else {"clipped_weights": f"{_clipped(network):.4f}"}),
        }


def age_seconds(text: str) -> float:
    """Seconds in `text`, a time with its unit.

    Raises
    ------
    ParameterError
        If it is no time, negative or not finite.
    """
    seconds = parse_quantity(text, "second")
    if not 0 <= seconds < math.inf:
        raise ParameterError(f"time after programming {text!r}: must be a finite time, 0 s or more")
    return seconds


def _clipped(network: Network) -> float:
    """Share of the real weights that lie more than half a level beyond the largest whole one."""
    assert network.real is not None
    return float((np.abs(network.real) > np.abs(network.weights).max() + 0.5).mean())
