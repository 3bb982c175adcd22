"""Weight codes under faults on a named data set: brings material, networks and chips together for `explore.codes`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from spikecim.chips import load_chip
from spikecim.chips.ideal import ideal_twin
from spikecim.chips.spec import ChipSpec
from spikecim.conversion.tanh_if import convert_tanh
from spikecim.datasets.held_out import held_out_split
from spikecim.emulator import Emulator
from spikecim.experiments.material import material, material_or_fallback, network_for, provenance
from spikecim.explore.code_settings import SIGMAS, SIGMAS_FINE, STUCK, STUCK_FINE
from spikecim.explore.codes import CodeScene, study_codes
from spikecim.network import Network
from spikecim.progress import Stage, silent
from spikecim.results.codes import SINGLE_SIGN, SPIRIT_CODE, TRIPLE_SIGN, CodeStudy
from spikecim.training.perceptron import Recipe, train_float


@dataclass(frozen=True, kw_only=True)
class CodesExperiment:
    """What to compare, on what.

    Attributes
    ----------
    chip : str
        Chip name or file.
    dataset : str
    n_chips : int
        Virtual chips of each point.
    seed : int
    limit : int or None
        Only the first images of the test set.
    fine : bool
        All rates and spreads instead of every other one.
    progress : callable(stage, done, total)
    """

    chip: str = "spirit"
    dataset: str = "mnist"
    n_chips: int = 20
    seed: int = 0
    limit: int | None = None
    fine: bool = False
    progress: Stage = field(default=silent, repr=False)

    def run(self) -> CodeStudy:
        """Run everything; an interrupt keeps the chips done so far."""
        scene = self._scene
        return study_codes(
            scene,
            stuck=STUCK_FINE if self.fine else STUCK,
            sigmas=SIGMAS_FINE if self.fine else SIGMAS,
            network_for_levels=networks_by_levels(load_chip(self.chip), scene.facts["dataset"]),
            progress=self.progress,
        )

    def argument(self, n_chips: int) -> CodeStudy:
        """Run only what the sign bit argument needs, on `n_chips` virtual chips: no curves, no group sizes."""
        scene = replace(self._scene, n_chips=n_chips)
        rivals = (SPIRIT_CODE, TRIPLE_SIGN, SINGLE_SIGN)
        return study_codes(scene, codes=rivals, stuck=(), sigmas=(), progress=self.progress)

    @cached_property
    def _scene(self) -> CodeScene:
        """Data and the ideal chip's spikes: read and run once, whatever is asked for then."""
        chip = load_chip(self.chip)
        self.progress("data", 0, 1)
        test = material_or_fallback(chip, self.dataset, "test", limit=self.limit, progress=True)
        network = network_for(chip, test.dataset)
        self.progress("ideal chip", 0, 1)
        ideal = Emulator(chip=ideal_twin(self.chip), network=network, seed=self.seed).run(test.values, test.labels)
        return CodeScene(
            chip=self.chip,
            network=network,
            values=test.values,
            labels=test.labels,
            trains=ideal.trains,
            ideal_accuracy=ideal.accuracy(),
            n_chips=self.n_chips,
            seed=self.seed,
            facts={**provenance(chip, self.chip, test), "split": test.split, "network": network.name},
        )


def networks_by_levels(chip: ChipSpec, dataset: str) -> Callable[[int], Network]:
    """Return a function from cells per polarity to a network: trained once in float, quantised anew for each.

    A real weight of 1 is the full weight whatever the number of levels (`conversion.tanh_if`), so the argument of tanh
    is kept and only the steps between become finer. For the chip's own levels this is the network it is shipped with.
    """

    recipe = Recipe()

    @cache
    def real() -> NDArray[np.float64]:
        train = material(chip, dataset, "train")
        kept, _ = held_out_split(len(train.labels))
        return train_float(train.values[kept], train.labels[kept], chip.geometry.n_out.value, recipe)

    def network(levels: int) -> Network:
        quantised = convert_tanh(real(), levels, recipe.slope)
        return replace(quantised, name=f"{dataset}-{levels}-levels", preprocessing=chip.geometry.preprocessing.value)

    return network
