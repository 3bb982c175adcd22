"""Quantised weights, and the arithmetic from weight units back to the ANN's values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikecim.conversion.clocked import drive
from spikecim.conversion.geometry import window_of
from spikecim.conversion.prepare import Bounds, before_activation, prepare
from spikecim.conversion.quantise import at_scale, quantise_channels
from spikecim.conversion.registry import CONVERSIONS, get_conversion
from spikecim.errors import ConversionError
from spikecim.models import AnnModel, Convolution, Dense
from spikecim.models.blocks import blocks
from spikecim.models.forward import forward
from tests.conversion.networks import dense_model, image_model, images

RELU_MAX = CONVERSIONS["relu-max"]


@given(seed=st.integers(0, 2**32 - 1), largest=st.sampled_from([1, 4, 40]))
def test_weights_that_are_whole_multiples_are_kept_exactly(seed: int, largest: int) -> None:
    rng = np.random.default_rng(seed)
    whole = rng.integers(-largest, largest + 1, (30, 5))
    whole[0] = largest  # so that one unit is known
    scale = rng.uniform(0.01, 3.0, 5)
    found, found_scale = quantise_channels(whole * scale, largest)
    np.testing.assert_allclose(found * found_scale, whole * scale, rtol=1e-9, atol=1e-12)


@given(seed=st.integers(0, 2**32 - 1))
def test_scale_is_never_worse_than_that_of_the_largest_weight(seed: int) -> None:
    weights = np.random.default_rng(seed).standard_t(3, (40, 6))
    whole, scale = quantise_channels(weights, 4)
    plain = np.abs(weights).max(0) / 4
    error = ((whole * scale - weights) ** 2).sum(0)
    assert (error <= ((at_scale(weights, plain, 4) * plain - weights) ** 2).sum(0) + 1e-12).all()
    assert np.abs(whole).max() <= 4


def test_a_channel_of_zeros_stays_zero() -> None:
    whole, scale = quantise_channels(np.zeros((3, 2)), 4)
    assert not whole.any() and (scale > 0).all()


@pytest.mark.parametrize("model", [dense_model(), image_model()], ids=lambda model: model.name)
def test_weight_units_are_the_quantised_networks_own_values(model: AnnModel) -> None:
    """s / P times the units that one step of spikes brings is W x: routes, wirings, pools, groups and strides."""
    found = prepare(RELU_MAX, model, images(model), Bounds())
    network = RELU_MAX(model, images(model), Bounds())
    rng = np.random.default_rng(2)
    for block, layer, scale in zip(found.blocks, network.layers, found.scales, strict=True):
        spikes = rng.integers(0, 2, (3, int(np.prod(block.in_shape)))).astype(np.int8)
        units = drive(layer, spikes).reshape(3, -1, layer.n_channels)
        x = spikes.reshape(3, *block.in_shape).astype(np.float32)
        wanted = before_activation(block, x) - block.linear.bias
        np.testing.assert_allclose(
            (units * scale / window_of(block)).reshape(wanted.shape), wanted, rtol=1e-4, atol=1e-5
        )


def test_the_quantised_network_holds_the_layers_weights() -> None:
    model = image_model()
    network = RELU_MAX(model, images(model), Bounds(slices=2))
    for block, layer in zip(blocks(network.quantised), network.layers, strict=True):
        assert np.abs(layer.weights).max() <= 40
        real = block.linear.weights.reshape(-1, layer.n_channels)
        whole = layer.weights.reshape(-1, layer.n_channels)
        scale = (real * whole).sum(0) / (whole**2).sum(0)
        np.testing.assert_allclose(real, whole * scale, rtol=1e-5, atol=1e-7)
    x = images(model)
    coarse = RELU_MAX(model, x, Bounds()).quantised
    error = [np.abs(forward(net, x) - forward(model, x)).max() for net in (network.quantised, coarse)]
    assert error[0] < error[1] / 3, "two slices are ten times as fine"


def test_linear_layers_of_the_original_are_left_alone() -> None:
    model = dense_model()
    before = [layer.weights.copy() for layer in model.layers if isinstance(layer, Dense | Convolution)]
    RELU_MAX(model, images(model), Bounds())
    after = [layer.weights for layer in model.layers if isinstance(layer, Dense | Convolution)]
    assert all((a == b).all() for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("value", [-0.1, 1.1, np.nan])
def test_inputs_beyond_0_to_1_are_refused(value: float) -> None:
    x = images(dense_model())
    x[3, 2] = value
    with pytest.raises(ConversionError, match=r"input values must lie in 0\.\.1"):
        RELU_MAX(dense_model(), x, Bounds())


@pytest.mark.parametrize(
    ("name", "kind", "says"),
    [
        ("spirit-tanh", "relu", "train the network with tanh"),
        ("signed-if", "clipped-relu", "train the network with hard tanh"),
        ("relu-max", "tanh", "train the network with ReLU"),
        ("first-spike", "quantised-clip", "train the network with ReLU"),
        ("qcfs", "relu", "spikecim train lenet-qcfs"),
    ],
)
def test_an_activation_that_does_not_fit_is_refused_in_one_line(name: str, kind: str, says: str) -> None:
    model = dense_model(kind)
    with pytest.raises(ConversionError, match=f"{name}.*dense-{kind} has {kind} after layer dense0") as caught:
        get_conversion(name)(model, images(model), Bounds())
    assert says in str(caught.value) and "\n" not in str(caught.value)


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(ConversionError, match="did you mean 'relu-percentile'"):
        get_conversion("relu-percentil")


@pytest.mark.parametrize("wrong", [{"levels": 0}, {"slices": 0}, {"n_steps": 0}, {"words_per_tick": 0}, {"rail": 0.0}])
def test_bounds_are_checked(wrong: dict[str, int]) -> None:
    with pytest.raises(ConversionError, match="bounds"):
        Bounds(**wrong)  # type: ignore[arg-type]
