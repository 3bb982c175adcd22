"""The recipe of a hardware-aware training of SPIRIT, its samples, and the choice of weights on held-out images."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.analog.spirit_score import score
from spikecim.chips.spec import ChipSpec
from spikecim.errors import ParameterError, ShapeError
from spikecim.network import Network
from spikecim.streams import name_key
from spikecim.version import __version__

FloatArray = NDArray[np.float64]
LAYERS = ("curve", "steps")


@dataclass(frozen=True, kw_only=True)
class SpiritRecipe:
    """How SPIRIT is trained for its chips; chosen on held-out images.

    Attributes
    ----------
    layer : str
        "curve": steady currents and the rate curve; "steps": spike trains and the neurons step by step.
    steps, batch : int
    rate : float
        Adam's step in weight steps; it falls to zero along half a cosine.
    seconds : float
        Age of the chips that are trained for.
    step_ticks : int
        Ticks of a step of the layer "steps".
    checks, chips, images : int
        How often weights are judged, on how many virtual chips and held-out images.
    rounded : bool
        False: what rounding takes from a weight is injected beside its cells, as on chips without quantisation.
    """

    layer: str = "curve"
    steps: int = 3000
    batch: int = 250
    rate: float = 0.2
    seconds: float = 3600.0
    step_ticks: int = 10
    checks: int = 4
    chips: int = 16
    images: int = 4000
    rounded: bool = True

    def __post_init__(self) -> None:
        if self.layer not in LAYERS:
            raise ParameterError(f"layer {self.layer!r} is unknown; allowed: {', '.join(LAYERS)}")
        for name in ("steps", "batch", "step_ticks", "checks", "chips", "images"):
            if getattr(self, name) < 1:
                raise ParameterError(f"{name} {getattr(self, name)}: must be at least 1")
        if not (math.isfinite(self.rate) and self.rate > 0):
            raise ParameterError(f"rate {self.rate}: must be above 0")


@dataclass(frozen=True, kw_only=True)
class Samples:
    """Inputs float64 (n_samples, n_in) in [0, 1] and labels (n_samples,)."""

    values: FloatArray
    labels: NDArray[np.integer]

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.labels.shape != self.values.shape[:1] or not len(self.values):
            raise ShapeError(f"samples: values {self.values.shape} and labels {self.labels.shape} do not pair up")

    def head(self, n: int) -> Samples:
        """The first `n`."""
        return Samples(values=self.values[:n], labels=self.labels[:n])


class Judge:
    """Keeps the weights that did best on the virtual chips of the choice."""

    def __init__(self, chip: ChipSpec, samples: Samples, recipe: SpiritRecipe, seed: int) -> None:
        self.chip, self.recipe, self.labels = chip, recipe, samples.labels
        # Chips and input phases of the choice have a seed of their own: no report shares them.
        self.seed = name_key(seed, "spirit-aware", "choice") % 2**63
        self.trains = chip.rate_code().encode(samples.values, self.seed)
        self.best, self.step = -1.0, 0
        self.weights = np.zeros((0, 0), np.float32)

    def __call__(self, real: NDArray[np.float32], step: int) -> None:
        levels = self.chip.synapse.levels.value
        real = np.clip(real, -levels - 0.49, levels + 0.49)
        network = Network(weights=whole(real, levels), real=real)
        found = score(
            self.chip, network, self.trains, self.labels,
            chips=range(self.recipe.chips), seed=self.seed, seconds=self.recipe.seconds, rounded=self.recipe.rounded,
        )  # fmt: skip
        if found.accuracy.mean() > self.best:
            self.best, self.weights, self.step = float(found.accuracy.mean()), real, step

    def result(self, recipe: SpiritRecipe, seed: int) -> Network:
        notes = {
            "layer": recipe.layer,
            "steps": str(recipe.steps),
            "step_kept": str(self.step),
            "seconds": f"{recipe.seconds:g}",
            "seed": str(seed),
            "held_out_accuracy": f"{self.best:.4f}",
            "held_out_on": f"{recipe.chips} virtual chips",
            "made_by": f"spikecim {__version__}",
        }
        levels = self.chip.synapse.levels.value
        return Network(weights=whole(self.weights, levels), name="spirit-aware", notes=notes, real=self.weights)


def whole(real: NDArray[np.floating], levels: int) -> NDArray[np.int8]:
    whole: NDArray[np.int8] = np.clip(np.rint(real), -levels, levels).astype(np.int8)
    return whole
