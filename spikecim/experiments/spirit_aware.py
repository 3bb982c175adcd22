"""SPIRIT trained hardware-aware on a named data set, for all chips or for one that was measured."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spikecim.chips import load_chip
from spikecim.chips.spec import ChipSpec
from spikecim.datasets.held_out import RULE, held_out_split
from spikecim.experiments.material import Material, check_preprocessing, material
from spikecim.network import Network
from spikecim.progress import Stage, silent
from spikecim.training.ready import ready_names, ready_network

if TYPE_CHECKING:
    from spikecim.analog.spirit_choice import Samples

METHOD = "hardware-aware"
SHIPPED_LEVELS = 4
# Retraining for one chip starts from weights that suit all chips.
KNOWN_STEPS, KNOWN_RATE = 800, 0.1


@dataclass(frozen=True, kw_only=True)
class AwareExperiment:
    """What to train for.

    Attributes
    ----------
    chip : str
        Chip name or file.
    dataset : str
    seconds : float
        Age of the chips that are trained for.
    seed : int
        Names every draw of the training; of `chip_index` too, as `build` has it.
    chip_index : int or None
        A chip that was measured; None for all chips.
    progress : callable(stage, done, total)
    """

    chip: str = "spirit"
    dataset: str = "mnist"
    seconds: float = 3600.0
    seed: int = 0
    chip_index: int | None = None
    progress: Stage = field(default=silent, repr=False)

    def run(self, start: Network | None = None) -> Network:
        """Train; `start` is what a retraining for one chip begins with (default: trained for all chips)."""
        from spikecim.analog.spirit_aware import known_chip, train_spirit
        from spikecim.analog.spirit_choice import SpiritRecipe

        spec = load_chip(self.chip)
        train = material(spec, self.dataset, "train")
        fit, held_out = (_samples(train, chosen) for chosen in held_out_split(len(train.labels)))
        recipe, draw = SpiritRecipe(seconds=self.seconds), None
        if self.chip_index is not None:
            start = start or self._for_all(spec)
            check_preprocessing(spec, start)
            recipe = replace(recipe, steps=KNOWN_STEPS, rate=KNOWN_RATE, checks=1)
            draw = known_chip(spec, recipe, self.seed, self.chip_index)
        network = train_spirit(
            spec, fit, held_out, recipe, seed=self.seed, draw=draw, start=start, progress=self.progress
        )
        return self._noted(network, spec)

    def _for_all(self, chip: ChipSpec) -> Network:
        name = f"{self.dataset}-{METHOD}"
        if name in ready_names() and chip.synapse.levels.value == SHIPPED_LEVELS:
            return ready_network(name)
        return replace(self, chip_index=None).run()

    def _noted(self, network: Network, chip: ChipSpec) -> Network:
        known = "" if self.chip_index is None else f" --chip-index {self.chip_index}"
        command = f"spikecim train {self.dataset} --quantisation {METHOD}{known} --seed {self.seed}"
        notes = {
            **network.notes,
            "quantisation": METHOD,
            "chip": chip.name,
            "data": f"{self.dataset} train ({RULE} held out)",
            "command": f"{command} --after '{self.seconds:g} s'",
        }
        preprocessing = chip.geometry.preprocessing.value
        return replace(network, name=f"{self.dataset}-{METHOD}", preprocessing=preprocessing, notes=notes)


def _samples(train: Material, chosen: NDArray[np.int64]) -> Samples:
    from spikecim.analog.spirit_choice import Samples

    return Samples(values=train.values[chosen], labels=train.labels[chosen])
