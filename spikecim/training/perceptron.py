"""The tanh perceptron SPIRIT was trained as: one layer, no bias, squared error to +-1 targets (EMB; N2D2).

Trained in NumPy with Adam (Kingma, Ba 2015), in float or with rounded weights in the loop (straight-through estimator,
Bengio 2013). One thread and float64: the same seed gives the same weights whatever the machine's thread count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from spikecim.streams import stream

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How to train.

    Attributes
    ----------
    slope : float
        alpha of tanh(alpha x w), w in units of one full weight (N2D2 default 1).
    steps, batch : int
        Updates in all, rounded to whole passes over the data, and samples in each.
    learning_rate : float
        Adam step at the start; it falls to zero along half a cosine.
    seed : int
    """

    slope: float = 1.0
    steps: int = 5000
    batch: int = 200
    learning_rate: float = 0.01
    seed: int = 0


def train_float(values: FloatArray, labels: NDArray[np.integer], n_classes: int, recipe: Recipe) -> FloatArray:
    """Return real weights (n_in, n_classes) trained on `values` (n_samples, n_in)."""
    return _descend(values, labels, n_classes, recipe, lambda weights: weights)


def train_quantised(
    values: FloatArray, labels: NDArray[np.integer], n_classes: int, recipe: Recipe, levels: int
) -> NDArray[np.int8]:
    """Return whole weights -levels..levels (n_in, n_classes), rounded in every forward pass."""

    def rounded(weights: FloatArray) -> FloatArray:
        return np.clip(np.rint(weights * levels), -levels, levels) / levels

    latent = _descend(values, labels, n_classes, recipe, rounded)
    return np.rint(rounded(latent) * levels).astype(np.int8)


def accuracy(weights: NDArray[Any], values: FloatArray, labels: NDArray[np.integer]) -> float:
    """Share of `values` (n_samples, n_in) whose largest output is the labelled one."""
    return float((np.argmax(values @ weights, axis=1) == labels).mean())


def _descend(
    values: FloatArray,
    labels: NDArray[np.integer],
    n_classes: int,
    recipe: Recipe,
    seen: Callable[[FloatArray], FloatArray],
) -> FloatArray:
    """Minimise the squared error of tanh(slope * values @ seen(weights)); gradients pass straight through `seen`."""
    draws = stream(recipe.seed, "training")
    targets = np.where(labels[:, None] == np.arange(n_classes), 1.0, -1.0)
    weights = draws.normal(0.0, 0.1, (values.shape[1], n_classes))
    mean, square = np.zeros_like(weights), np.zeros_like(weights)
    step = 0
    epochs = max(1, round(recipe.steps * recipe.batch / len(values)))
    with threadpool_limits(limits=1):
        for epoch in range(epochs):
            rate = recipe.learning_rate * 0.5 * (1.0 + np.cos(np.pi * epoch / epochs))
            order = draws.permutation(len(values))
            for start in range(0, len(values), recipe.batch):
                chosen = order[start : start + recipe.batch]
                x = values[chosen]
                output = np.tanh(recipe.slope * (x @ seen(weights)))
                error = (output - targets[chosen]) * (1.0 - output**2) * recipe.slope
                gradient = x.T @ error / len(chosen)
                step += 1
                mean = 0.9 * mean + 0.1 * gradient
                square = 0.999 * square + 0.001 * gradient**2
                scaled = np.sqrt(square / (1.0 - 0.999**step)) + 1e-8
                weights = weights - rate * (mean / (1.0 - 0.9**step)) / scaled
    return weights
