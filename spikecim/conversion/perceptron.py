"""From labelled images to a network for a chip: train the tanh perceptron and quantise it, by one of three routes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from spikecim.conversion.tanh_if import convert_tanh, convert_tanh_scaled
from spikecim.datasets.held_out import held_out_split
from spikecim.errors import ParameterError
from spikecim.network import Network
from spikecim.training.perceptron import Recipe, accuracy, train_float, train_quantised
from spikecim.version import __version__

METHODS = ("post-training", "post-training-scaled", "quantisation-aware")


def train_perceptron(
    values: NDArray[np.float64],
    labels: NDArray[np.integer],
    *,
    levels: int,
    method: str = "post-training",
    n_classes: int = 10,
    recipe: Recipe | None = None,
) -> Network:
    """Train on `values` (n_samples, n_in), `labels` (n_samples,); return whole weights -levels..levels.

    Every sixth sample is held out: it chooses the scale of the scaled route, and the accuracy on it is kept
    in the notes. No test sample is seen.

    Parameters
    ----------
    method : str
        ``"post-training"`` keeps the argument of tanh (SPIRIT's reading), ``"post-training-scaled"`` chooses the weight
        scale by held-out accuracy, ``"quantisation-aware"`` rounds in every forward pass.

    Raises
    ------
    ParameterError
        If the method is unknown.
    """
    if method not in METHODS:
        raise ParameterError(f"quantisation {method!r} is unknown; allowed: {', '.join(METHODS)}")
    recipe = recipe or Recipe()
    kept, held_out = held_out_split(len(values))
    held = values[held_out], labels[held_out]
    if method == "quantisation-aware":
        network = Network(weights=train_quantised(values[kept], labels[kept], n_classes, recipe, levels))
    else:
        real = train_float(values[kept], labels[kept], n_classes, recipe)
        scaled = method == "post-training-scaled"
        network = convert_tanh_scaled(real, *held, levels) if scaled else convert_tanh(real, levels, recipe.slope)
        network.notes["float_accuracy"] = f"{accuracy(real, *held):.4f}"
    notes = {
        **network.notes,
        "held_out_accuracy": f"{accuracy(network.weights, *held):.4f}",
        "quantisation": method,
        "seed": str(recipe.seed),
        "slope": f"{recipe.slope:g}",
        "steps": str(recipe.steps),
        "made_by": f"spikecim {__version__}",
    }
    return replace(network, name=f"perceptron-{method}", notes=notes)
