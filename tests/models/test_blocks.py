"""Folding keeps the function; blocks hold every weight once, or say which layer they cannot take."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from spikecim.errors import ShapeError
from spikecim.models import Activation, AnnModel, AveragePool, BatchNorm, Convolution, Dense, Dropout, Flatten, Layer
from spikecim.models.blocks import blocks, fold
from spikecim.models.forward import apply_layer, forward
from tests.models.strategies import networks, numbers


@settings(max_examples=60, deadline=None)
@given(model=networks(foldable=True))
def test_folding_keeps_the_function(model: AnnModel) -> None:
    folded = fold(model)
    assert not any(isinstance(layer, BatchNorm | Dropout) for layer in folded.layers)
    if any(isinstance(layer, Activation) and layer.kind == "quantised-clip" for layer in model.layers):
        return  # A rounding step may fall either way.
    images = numbers(3, 4, *model.input_shape)
    wanted = forward(model, images)
    np.testing.assert_allclose(forward(folded, images), wanted, rtol=1e-3, atol=1e-3 * max(1.0, abs(wanted).max()))


def test_folding_twice_changes_nothing() -> None:
    model = net(dense(4, 3), Dropout(), norm(3), norm(3), Activation(kind="relu"), dense(3, 2))
    once = fold(model)
    assert [type(layer) for layer in once.layers] == [Dense, Activation, Dense]
    assert all(one is other for one, other in zip(fold(once).layers, once.layers, strict=True))


def dense(n_in: int, n_out: int, name: str = "dense") -> Dense:
    return Dense(weights=numbers(1, n_in, n_out), bias=numbers(2, n_out), name=name)


def conv(c_in: int, c_out: int, name: str = "conv") -> Convolution:
    return Convolution(weights=numbers(1, 2, 3, c_in, c_out), bias=numbers(2, c_out), name=name)


def norm(channels: int) -> BatchNorm:
    return BatchNorm(scale=numbers(3, channels), shift=numbers(4, channels), name="norm")


def net(*layers: Layer, shape: tuple[int, ...] = (4,)) -> AnnModel:
    return AnnModel(name="net", input_shape=shape, layers=layers)


RELU, POOL = Activation(kind="relu", name="act"), AveragePool(size=(2, 1))


def test_blocks_compute_what_the_network_computes() -> None:
    model = net(
        POOL,
        conv(2, 3, "a"),
        norm(3),
        RELU,
        AveragePool(size=(1, 2)),
        POOL,
        Dropout(),
        Flatten(),
        dense(2 * 3 * 3, 5, "b"),
        RELU,
        dense(5, 2, "c"),
        shape=(10, 8, 2),
    )
    cut = blocks(model)
    assert [block.name for block in cut] == ["a", "b", "c"]
    assert [block.pool for block in cut] == [(2, 1), (2, 2), (1, 1)]
    assert [block.in_shape for block in cut] == [(10, 8, 2), (4, 6, 3), (5,)]
    assert [block.out_shape for block in cut] == [(4, 6, 3), (5,), (2,)]
    assert cut[-1].activation is None
    images = numbers(5, 3, 10, 8, 2)
    values: Any = images
    for block in cut:
        if block.pool != (1, 1):
            values = apply_layer(AveragePool(size=block.pool), values)
        if isinstance(block.linear, Dense):
            values = values.reshape(len(values), -1)
        values = apply_layer(block.linear, values)
        values = values if block.activation is None else apply_layer(block.activation, values)
    np.testing.assert_allclose(values, forward(model, images), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("model", "text"),
    [
        (net(dense(4, 3, "a"), dense(3, 2, "b")), "no activation between a and b"),
        (net(RELU, dense(4, 3)), "activation act does not follow"),
        (net(dense(4, 3), RELU, RELU), "activation act does not follow"),
        (net(conv(1, 2), POOL, RELU, shape=(6, 6, 1)), "activation act does not follow"),
        (net(conv(1, 2), POOL, shape=(6, 6, 1)), "must end in"),
        (net(RELU), "does not follow"),
        (net(Flatten(), shape=(2, 2, 1)), "must end in"),
        (net(norm(4), dense(4, 2)), "batch norm norm does not follow .* cannot be folded"),
        (net(dense(4, 2), RELU, norm(2)), "batch norm norm does not follow"),
    ],
)
def test_other_orders_give_one_line(model: AnnModel, text: str) -> None:
    with pytest.raises(ShapeError, match=text) as caught:
        blocks(model)
    assert "\n" not in str(caught.value)
