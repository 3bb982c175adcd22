"""Small networks of every shape a conversion must know, with random weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spikecim.models import Activation, AnnModel, AveragePool, Convolution, Dense, Flatten, Layer

Images = NDArray[np.float32]


def dense(rng: np.random.Generator, n_in: int, n_out: int, name: str, bias: float = 0.1) -> Dense:
    return Dense(
        weights=rng.normal(0, 1.5 / np.sqrt(n_in), (n_in, n_out)).astype(np.float32),
        bias=rng.normal(0, bias, n_out).astype(np.float32) if bias else np.zeros(n_out, np.float32),
        name=name,
    )


def convolution(rng: np.random.Generator, shape: tuple[int, int, int, int], name: str, **layout: object) -> Convolution:
    n_in = int(np.prod(shape[:3]))
    return Convolution(
        weights=rng.normal(0, 1.5 / np.sqrt(n_in), shape).astype(np.float32),
        bias=rng.normal(0, 0.1, shape[3]).astype(np.float32),
        name=name,
        **layout,  # type: ignore[arg-type]
    )


def dense_model(kind: str = "relu", *, bias: float = 0.1, seed: int = 0, **more: float) -> AnnModel:
    """12 - 10 - 8 - 4."""
    rng = np.random.default_rng(seed)
    layers: list[Layer] = []
    for number, (n_in, n_out) in enumerate(((12, 10), (10, 8))):
        layers += [dense(rng, n_in, n_out, f"dense{number}", bias)]
        layers += [Activation(kind=kind, name=f"activation{number}", **more)]  # type: ignore[arg-type]
    layers.append(dense(rng, 8, 4, "last", bias))
    return AnnModel(name=f"dense-{kind}", input_shape=(12,), layers=tuple(layers))


def image_model(kind: str = "relu", *, seed: int = 0, **more: float) -> AnnModel:
    """7x9x2: convolution with groups and uneven padding, pool that drops a row, stride, flatten, dense."""
    rng = np.random.default_rng(seed)
    layers: tuple[Layer, ...] = (
        convolution(rng, (3, 2, 1, 6), "conv0", padding=((1, 1), (0, 1)), groups=2),
        Activation(kind=kind, name="activation0", **more),  # type: ignore[arg-type]
        AveragePool(size=(2, 3)),
        convolution(rng, (2, 2, 6, 5), "conv1", stride=(1, 2), padding=((1, 0), (1, 0))),
        Activation(kind=kind, name="activation1", **more),  # type: ignore[arg-type]
        Flatten(),
        dense(rng, 30, 4, "last"),
    )
    return AnnModel(name=f"image-{kind}", input_shape=(7, 9, 2), layers=layers)


def images(model: AnnModel, n: int = 24, seed: int = 1) -> Images:
    """Values k / 16: a whole number of spikes in 16 steps."""
    rng = np.random.default_rng(seed)
    return (rng.integers(0, 17, (n, *model.input_shape)) / 16).astype(np.float32)
