"""SPIRIT's perceptron as an `AnnModel`: 12x12 pixels, one dense layer without bias, tanh, weights before rounding."""

from __future__ import annotations

import numpy as np

from spikecim.models import Activation, AnnModel, Dense, Flatten
from spikecim.network import Network
from spikecim.training.ready import ready_network

LEVELS = 4  # cell group steps in a full weight: the unit in which ready networks keep their real weights


def perceptron_model(dataset: str = "mnist") -> AnnModel:
    """The shipped perceptron of `dataset`, trained in float and not yet rounded.

    Raises
    ------
    ParameterError
        If none is shipped for this data set.
    """
    return model_of(ready_network(f"{dataset}-post-training"))


def model_of(network: Network, levels: int = LEVELS) -> AnnModel:
    """`network` (side^2 pixels to classes) with its real weights, or its whole ones where no others are kept.

    The unit of its weights is 1 / `levels` of a full weight, and a full weight is 1 / slope of tanh.
    """
    slope = float(network.notes.get("slope", "1"))
    steps = network.weights if network.real is None else network.real
    side = round(network.n_in**0.5)
    return AnnModel(
        name="perceptron",
        input_shape=(side, side, 1),
        layers=(
            Flatten(name="flatten"),
            Dense(
                weights=(steps / np.float32(levels * slope)).astype(np.float32),
                bias=np.zeros(network.n_out, np.float32),
                name="dense",
            ),
            Activation(kind="tanh", slope=slope, name="tanh"),
        ),
        notes={**network.notes, "network": network.name, "preprocessing": network.preprocessing},
    )
