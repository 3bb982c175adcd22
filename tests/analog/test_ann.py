"""Shipped networks as PyTorch chains: the same outputs, and back again."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason='needs the extra: pip install "spikecim[torch]"')

from spikecim.analog.ann import ann_module  # noqa: E402
from spikecim.errors import ModelError  # noqa: E402
from spikecim.models import Activation, AnnModel, Convolution, Dense, Flatten  # noqa: E402
from spikecim.models.forward import forward  # noqa: E402
from spikecim.models.layers import AveragePool, BatchNorm  # noqa: E402
from spikecim.models.torch_module import from_torch  # noqa: E402
from spikecim.training.deep.ready import ready_model  # noqa: E402


def first(images: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(images.transpose(0, 3, 1, 2).copy())


@pytest.mark.parametrize("name", ["lenet", "mobilenet-cifar10", "lenet-qcfs", "mlp"])
def test_a_shipped_network_computes_the_same(name: str) -> None:
    model = ready_model(name)
    images = np.random.default_rng(0).random((4, *model.input_shape), np.float32)
    found = ann_module(model)(first(images)).detach().numpy()
    np.testing.assert_allclose(found, forward(model, images), atol=2e-4 if name != "lenet-qcfs" else 0.2, rtol=1e-4)


def test_the_importer_gives_the_network_back() -> None:
    draws = np.random.default_rng(1)

    def values(*shape: int) -> np.ndarray:
        return draws.standard_normal(shape).astype(np.float32)

    model = AnnModel(
        name="all",
        input_shape=(7, 6, 2),
        layers=(
            Convolution(weights=values(3, 2, 2, 4), bias=values(4), padding=((1, 1), (0, 0)), name="0"),
            BatchNorm(scale=values(4), shift=values(4), name="1"),
            Activation(kind="relu", name="2"),
            Convolution(weights=values(3, 3, 1, 4), bias=values(4), padding=((1, 1), (1, 1)), groups=4, name="3"),
            AveragePool(size=(2, 2), name="4"),
            Activation(kind="clipped-relu", ceiling=2.0, name="5"),
            Flatten(name="6"),
            BatchNorm(scale=values(24), shift=values(24), name="7"),
            Dense(weights=values(24, 5), bias=values(5), name="8"),
        ),
    )
    chain = ann_module(model)
    images = draws.random((3, 7, 6, 2), np.float32)
    np.testing.assert_allclose(chain(first(images)).detach().numpy(), forward(model, images), atol=1e-4)
    again = from_torch(chain, model.input_shape)
    for mine, other in zip(again.layers, model.layers, strict=True):
        assert type(mine) is type(other)
        for key, value in vars(other).items():
            if isinstance(value, np.ndarray):
                np.testing.assert_allclose(getattr(mine, key), value, rtol=1e-5)


def test_uneven_padding_and_slopes_are_kept() -> None:
    ones = np.ones((2, 2, 1, 1), np.float32)
    model = AnnModel(
        name="uneven",
        input_shape=(3, 3, 1),
        layers=(
            Convolution(weights=ones, bias=np.zeros(1, np.float32), padding=((1, 0), (0, 1))),
            Activation(kind="tanh", slope=0.5),
            Activation(kind="hard-tanh", slope=2.0),
        ),
    )
    images = np.random.default_rng(2).random((2, 3, 3, 1), np.float32)
    found = ann_module(model)(first(images)).detach().numpy().transpose(0, 2, 3, 1).reshape(2, -1)
    np.testing.assert_allclose(found, forward(model, images), atol=1e-6)


def test_a_network_that_ends_in_a_flatten_is_refused() -> None:
    model = AnnModel(name="open", input_shape=(2, 2, 2), layers=(Flatten(),))
    with pytest.raises(ModelError, match="ends in a flatten"):
        ann_module(model)
