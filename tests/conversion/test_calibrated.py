"""Quantisation on calibration inputs: patches, error feedback, bias correction."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spikecim.conversion.calibrated import patches, quantise_block
from spikecim.conversion.quantise import quantise_channels
from spikecim.models import Convolution, Dense
from spikecim.models.forward import apply_layer
from tests.conversion.networks import convolution, dense

RNG = np.random.default_rng(0)
LAYERS = [
    (dense(RNG, 20, 6, "dense"), (20,)),
    (convolution(RNG, (3, 2, 4, 5), "plain", padding=((1, 0), (0, 1)), stride=(2, 1)), (6, 7, 4)),
    (convolution(RNG, (3, 3, 1, 8), "depthwise", padding=((1, 1), (1, 1)), groups=4), (5, 6, 4)),
    (convolution(RNG, (2, 2, 3, 4), "groups", groups=2), (5, 4, 6)),
]


def inputs(shape: tuple[int, ...], n: int = 32) -> np.ndarray:
    """Correlated, and some inputs far more active than others."""
    rng = np.random.default_rng(1)
    common = rng.random((n, *[1] * len(shape)))
    return (np.clip(common + rng.normal(0, 0.3, (n, *shape)), 0, 1) * rng.random(shape) ** 3).astype(np.float32)


@pytest.mark.parametrize(("layer", "shape"), LAYERS, ids=[layer.name for layer, _ in LAYERS])
def test_patches_times_weights_are_the_layer(layer: Dense | Convolution, shape: tuple[int, ...]) -> None:
    x = inputs(shape)
    seen = patches(layer, x)
    weights = layer.weights.reshape(seen.shape[2], seen.shape[1], -1)
    found = np.einsum("pgr,rgc->pgc", seen, weights).reshape(len(seen), -1) + layer.bias
    wanted = apply_layer(layer, x).reshape(-1, layer.weights.shape[-1])
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("layer", "shape"), LAYERS, ids=[layer.name for layer, _ in LAYERS])
def test_values_change_less_than_with_plain_rounding(layer: Dense | Convolution, shape: tuple[int, ...]) -> None:
    x = inputs(shape)
    wanted = apply_layer(layer, x)
    whole, scale, made = quantise_block(layer, x, 4)
    assert np.abs(whole).max() <= 4
    np.testing.assert_allclose(made.weights, whole * scale, rtol=1e-6)
    plain, unit = quantise_channels(layer.weights.reshape(-1, layer.weights.shape[-1]), 4)
    rounded = replace(layer, weights=(plain * unit).reshape(layer.weights.shape).astype(np.float32))
    error, before = (((apply_layer(other, x) - wanted) ** 2).mean() for other in (made, rounded))
    assert error < 0.9 * before


def test_the_mean_error_goes_into_the_bias_if_there_is_one() -> None:
    layer = dense(np.random.default_rng(3), 20, 6, "dense")
    x = inputs((20,))
    off = apply_layer(quantise_block(layer, x, 2)[2], x) - apply_layer(layer, x)
    np.testing.assert_allclose(off.mean(0), 0, atol=1e-5)
    bare = replace(layer, bias=np.zeros(6, np.float32))
    assert not quantise_block(bare, x, 2)[2].bias.any(), "no row of cells for a layer that has no bias"


def test_weights_of_inputs_that_are_never_active_do_not_set_the_scale() -> None:
    weights = np.random.default_rng(4).normal(0, 1, (30, 3))
    weights[0] = 100.0
    moment = np.eye(30)
    moment[0, 0] = 0.0
    whole, scale = quantise_channels(weights, 4, moment)
    assert (scale < 1.5).all() and (np.abs(whole[1:]).max(0) >= 2).all()
