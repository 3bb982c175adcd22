"""Random networks: any chain of layers that fits, non-square, with groups, norms and dropout."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from spikecim.models import Activation, AnnModel, AveragePool, BatchNorm, Convolution, Dense, Dropout, Flatten, Layer
from spikecim.models.layers import ACTIVATIONS, Shape


def numbers(seed: int, *shape: int) -> Any:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@st.composite
def convolutions(draw: st.DrawFn, shape: Shape) -> Convolution:
    """A convolution that fits values of `shape` (height, width, channels)."""
    groups = draw(st.sampled_from([g for g in range(1, shape[2] + 1) if shape[2] % g == 0]))
    c_out = groups * draw(st.integers(1, 3))
    padding = tuple(tuple(draw(st.integers(0, 2)) for _ in range(2)) for _ in range(2))
    size = [draw(st.integers(1, min(3, length + sum(sides)))) for length, sides in zip(shape[:2], padding, strict=True)]
    seed = draw(st.integers(0, 2**32 - 1))
    return Convolution(
        weights=numbers(seed, *size, shape[2] // groups, c_out),
        bias=numbers(seed + 1, c_out),
        stride=(draw(st.integers(1, 2)), draw(st.integers(1, 3))),
        padding=padding,
        groups=groups,
        name=draw(st.sampled_from(["conv", "0.depth", "class"])),
    )


@st.composite
def activations(draw: st.DrawFn) -> Activation:
    return Activation(
        kind=draw(st.sampled_from(ACTIVATIONS)),
        ceiling=draw(st.sampled_from([0.5, 1.0, 6.0])),
        slope=draw(st.sampled_from([0.25, 1.0])),
        levels=draw(st.integers(1, 8)),
    )


@st.composite
def networks(draw: st.DrawFn, foldable: bool = False) -> AnnModel:
    """A network of 1 to 3 blocks; `foldable` puts every batch norm behind weights."""
    image = draw(st.booleans())
    size = st.integers(1, 6)
    shape: Shape = (draw(size), draw(size), draw(st.integers(1, 4))) if image else (draw(size),)
    start, layers = shape, []

    def add(layer: Layer) -> None:
        nonlocal shape
        layers.append(layer)
        shape = layer.out_shape(shape)

    for _ in range(draw(st.integers(1, 3))):
        if len(shape) == 3 and draw(st.booleans()):
            add(AveragePool(size=(draw(st.integers(1, shape[0])), draw(st.integers(1, shape[1])))))
        if len(shape) == 3 and draw(st.integers(0, 2)) == 0:
            add(Flatten())
        if not foldable and draw(st.booleans()):
            add(BatchNorm(scale=numbers(5, shape[-1]), shift=numbers(6, shape[-1])))
        seed = draw(st.integers(0, 2**32 - 1))
        if len(shape) == 3:
            add(draw(convolutions(shape)))
        else:
            n_out = draw(st.integers(1, 5))
            add(Dense(weights=numbers(seed, shape[0], n_out), bias=numbers(seed + 1, n_out)))
        if draw(st.booleans()):
            add(Dropout())
        if draw(st.booleans()):
            add(BatchNorm(scale=numbers(seed + 2, shape[-1]), shift=numbers(seed + 3, shape[-1])))
        if draw(st.booleans()):
            add(draw(activations()))
    notes = draw(st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2))
    return AnnModel(name="drawn", input_shape=start, layers=tuple(layers), notes=notes)
