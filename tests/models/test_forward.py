"""The ANN's arithmetic: closed forms, and PyTorch as the judge."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikecim.errors import ShapeError
from spikecim.models import Activation, AnnModel, AveragePool, BatchNorm, Convolution, Dense, Flatten
from spikecim.models.forward import activate, activations, apply_layer, convolve, forward
from tests.models.strategies import convolutions, networks, numbers


@settings(max_examples=60, deadline=None)
@given(data=st.data(), n=st.integers(1, 4))
def test_convolutions_are_those_of_pytorch(data: st.DataObject, n: int) -> None:
    torch = pytest.importorskip("torch")
    shape = data.draw(st.tuples(st.integers(1, 7), st.integers(1, 7), st.integers(1, 4)))
    layer = data.draw(convolutions(shape))
    images = numbers(1, n, *shape)
    (above, below), (left, right) = layer.padding
    seen = torch.nn.functional.pad(torch.tensor(images.transpose(0, 3, 1, 2)), (left, right, above, below))
    kernel = torch.tensor(np.ascontiguousarray(layer.weights.transpose(3, 2, 0, 1)))
    options = {"stride": layer.stride, "groups": layer.groups}
    wanted = torch.nn.functional.conv2d(seen, kernel, torch.tensor(layer.bias), **options)
    found = convolve(layer, images)
    assert found.shape[1:] == layer.out_shape(shape) and found.dtype == np.float32
    np.testing.assert_allclose(found, wanted.numpy().transpose(0, 2, 3, 1), rtol=1e-4, atol=1e-4)


def test_pool_by_hand() -> None:
    """Means of 2x3 windows; the last row and the last two columns are left over."""
    images = np.arange(5 * 8, dtype=np.float32).reshape(1, 5, 8, 1)
    found = apply_layer(AveragePool(size=(2, 3)), images)
    # A window from (r, c) holds 8 r + c + {0, 1, 2, 8, 9, 10}: its mean is 8 r + c + 5.
    np.testing.assert_array_equal(found[0, :, :, 0], [[5, 8], [21, 24]])


def test_flatten_runs_over_rows_columns_channels() -> None:
    images = np.arange(12, dtype=np.float32).reshape(1, 2, 3, 2)
    flat = apply_layer(Flatten(), images)
    assert flat[0, (1 * 3 + 2) * 2 + 1] == images[0, 1, 2, 1]


def test_norm_by_hand() -> None:
    layer = BatchNorm(scale=np.float32([2, 3]), shift=np.float32([1, -1]))
    np.testing.assert_array_equal(apply_layer(layer, np.float32([[1, 1], [2, 0]])), [[3, 2], [5, -1]])


@pytest.mark.parametrize(
    ("layer", "wanted"),
    [
        (Activation(kind="relu"), [0, 0, 0, 0.4, 3]),
        (Activation(kind="clipped-relu", ceiling=2), [0, 0, 0, 0.4, 2]),
        (Activation(kind="tanh", slope=0.5), np.tanh([-1, -0.15, 0, 0.2, 1.5])),
        (Activation(kind="hard-tanh", slope=0.5), [-1, -0.15, 0, 0.2, 1]),
        # Four steps of 1/2 up to 2, changing half a step early: 0.4 * 2 + 1/2 = 1.3 is 1 step.
        (Activation(kind="quantised-clip", ceiling=2, levels=4), [0, 0, 0, 0.5, 2]),
    ],
)
def test_activations_by_hand(layer: Activation, wanted: Any) -> None:
    np.testing.assert_allclose(activate(layer, np.float32([-2, -0.3, 0, 0.4, 3])), wanted, rtol=1e-6)


@settings(max_examples=40, deadline=None)
@given(model=networks())
def test_batches_change_nothing_and_shapes_hold(model: AnnModel) -> None:
    images = numbers(2, 5, *model.input_shape)
    whole = forward(model, images)
    assert whole.shape == (5, model.n_classes)
    for batch in (1, 2, 5):
        np.testing.assert_allclose(forward(model, images, batch), whole, rtol=1e-3, atol=1e-3)
    for seen in activations(model, images):
        assert [values.shape[1:] for values in seen] == model.shapes()[1:]


def test_macs_by_hand() -> None:
    layers = (
        Convolution(weights=numbers(0, 3, 3, 1, 4), bias=numbers(0, 4), padding=((1, 1), (1, 1)), groups=2),
        Flatten(),
        Dense(weights=numbers(0, 80, 7), bias=numbers(0, 7)),
    )
    model = AnnModel(name="n", input_shape=(4, 5, 2), layers=layers)
    assert model.macs() == 4 * 5 * 9 * 4 + 80 * 7
    assert model.n_parameters == 9 * 4 + 4 + 80 * 7 + 7


def test_wrong_images_give_one_line() -> None:
    model = AnnModel(name="n", input_shape=(3,), layers=(Dense(weights=numbers(0, 3, 2), bias=numbers(0, 2)),))
    with pytest.raises(ShapeError, match=r"takes images of shape \(3,\), got \(4,\)"):
        forward(model, numbers(0, 2, 4))
    with pytest.raises(ShapeError, match="no image"):
        forward(model, numbers(0, 0, 3))
