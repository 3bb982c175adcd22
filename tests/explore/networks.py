"""Small networks on scikit-learn's digits, made in a second without a download: random features, fitted outputs."""

from __future__ import annotations

from functools import cache

import numpy as np

from spikecim.datasets.pixels import Pixels, load_images
from spikecim.models.layers import Activation, Dense, Flatten
from spikecim.models.model import AnnModel


@cache
def digits(split: str = "test", limit: int | None = None) -> Pixels:
    """Images of 8x8 pixels."""
    return load_images("digits", split, limit=limit)


@cache
def digits_network(kind: str = "relu", hidden: int = 48) -> AnnModel:
    """Dense, activation, dense; the first layer is random, the second the least squares on the training split."""
    train = digits("fit")
    x = train.values.reshape(train.n_samples, -1).astype(np.float64)
    first = np.random.default_rng(3).normal(0, 0.4, (64, hidden))
    z = x @ first
    features = np.maximum(z, 0) if kind == "relu" else np.tanh(z)
    with_bias = np.hstack([features, np.ones((len(x), 1))])
    targets = np.where(train.labels[:, None] == np.arange(10), 1.0, 0.0)
    ridge = with_bias.T @ with_bias + 1e-2 * np.eye(hidden + 1)
    second = np.linalg.solve(ridge, with_bias.T @ targets)
    return AnnModel(
        name=f"digits-{kind}",
        input_shape=(8, 8, 1),
        layers=(
            Flatten(),
            Dense(weights=first.astype(np.float32), bias=np.zeros(hidden, np.float32), name="hidden"),
            Activation(kind=kind, name=kind),
            Dense(weights=second[:-1].astype(np.float32), bias=second[-1].astype(np.float32), name="output"),
        ),
    )
