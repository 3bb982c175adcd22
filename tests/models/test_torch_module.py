"""PyTorch modules: the same outputs after import, and one line for what cannot be taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spikecim.errors import ModelError
from spikecim.models import Activation, AnnModel, AveragePool, Convolution, Flatten
from spikecim.models.forward import forward

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402

from spikecim.models.pooling import ModelWarning  # noqa: E402
from spikecim.models.torch_module import from_torch, from_torch_file  # noqa: E402


def seeded(module: nn.Module) -> nn.Module:
    """Random parameters, batch statistics included."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, values in [*module.named_parameters(), *module.named_buffers()]:
            if values.is_floating_point():
                values.copy_(torch.rand(values.shape, generator=generator) - (0.0 if "running_var" in name else 0.5))
    return module.eval()


def outputs(module: nn.Module, images: Any) -> Any:
    seen = images.transpose(0, 3, 1, 2) if images.ndim == 4 else images
    with torch.no_grad():
        values = module(torch.tensor(np.ascontiguousarray(seen))).numpy()
    return (values.transpose(0, 2, 3, 1) if values.ndim == 4 else values).reshape(len(images), -1)


def images_for(model: AnnModel, n: int = 5) -> Any:
    return np.random.default_rng(2).normal(size=(n, *model.input_shape)).astype(np.float32)


def check_same(module: nn.Module, shape: tuple[int, ...], **options: Any) -> AnnModel:
    model = from_torch(seeded(module), shape, **options)
    for n in (1, 5):
        images = images_for(model, n)
        np.testing.assert_allclose(forward(model, images), outputs(module, images), rtol=1e-4, atol=1e-4)
    return model


class Block(nn.Module):
    """A depthwise-separable block with functional calls."""

    def __init__(self, c_in: int, c_out: int, stride: int) -> None:
        super().__init__()
        self.depth = nn.Conv2d(c_in, c_in, 3, stride, 1, groups=c_in, bias=False)
        self.norm = nn.BatchNorm2d(c_in)
        self.point = nn.Conv2d(c_in, c_out, 1)

    def forward(self, x: Any) -> Any:
        return functional.relu6(self.point(functional.relu(self.norm(self.depth(x)))))


class Net(nn.Module):
    """Nested, functional, registered in another order than it runs."""

    def __init__(self, ending: str) -> None:
        super().__init__()
        self.ending = ending
        self.head = nn.Linear(8 * 3 * 2, 5)
        self.body = nn.Sequential(Block(2, 6, 1), Block(6, 8, 2))

    def forward(self, x: Any) -> Any:
        x = functional.avg_pool2d(self.body(x), 2)
        if self.ending == "view":
            x = x.view(x.size(0), -1)
        elif self.ending == "shape":
            x = x.reshape(x.shape[0], 48)
        elif self.ending == "flatten":
            x = torch.flatten(x, 1)
        else:
            x = x.contiguous().flatten(start_dim=1)
        x = functional.dropout(x, 0.5, self.training)
        return torch.tanh(self.head(x))


@pytest.mark.parametrize("ending", ["view", "shape", "flatten", "method"])
def test_functional_and_nested(ending: str) -> None:
    model = check_same(Net(ending), (12, 8, 2))
    assert model.layers[0].name == "body.0.depth"
    assert model.layers[-1] == Activation(kind="tanh", name="tanh")
    assert [layer.groups for layer in model.layers if isinstance(layer, Convolution)] == [2, 1, 6, 1]


CHAINS: dict[str, tuple[nn.Module, tuple[int, ...]]] = {
    "dense": (nn.Sequential(nn.Linear(7, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Dropout(), nn.Linear(5, 3)), (7,)),
    "dense alone": (nn.Linear(4, 3, bias=False), (4,)),
    "image to dense": (nn.Sequential(nn.Flatten(), nn.Linear(5 * 4 * 3, 6), nn.Hardtanh()), (5, 4, 3)),
    "flat norm": (
        nn.Sequential(nn.Conv2d(2, 3, 2), nn.Flatten(), nn.BatchNorm1d(36), nn.ReLU(), nn.Linear(36, 2)),
        (4, 5, 2),
    ),
    "groups, stride, padding": (
        nn.Sequential(nn.Conv2d(4, 6, (3, 2), (2, 1), (1, 0), groups=2), nn.Hardtanh(0.0, 2.5), nn.Conv2d(6, 2, 1)),
        (7, 6, 4),
    ),
    "same": (nn.Sequential(nn.Conv2d(2, 3, (4, 3), padding="same"), nn.ReLU6()), (6, 5, 2)),
    "global pool": (
        nn.Sequential(nn.Conv2d(1, 3, 3), nn.Tanh(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 4)),
        (6, 9, 1),
    ),
    "odd pool": (nn.Sequential(nn.Conv2d(1, 3, 2), nn.AvgPool2d((2, 3))), (8, 9, 1)),
    "one window": (nn.Sequential(nn.Conv2d(1, 3, 1), nn.AvgPool2d(4, stride=1), nn.Flatten()), (4, 4, 1)),
}


@pytest.mark.parametrize("name", CHAINS)
def test_same_outputs(name: str) -> None:
    check_same(*CHAINS[name])


def test_mean_is_a_global_pool() -> None:
    class Mean(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.head = nn.Conv2d(2, 3, 3), nn.Linear(3, 2)

        def forward(self, x: Any) -> Any:
            return self.head(self.conv(x).clamp(min=0).mean((-2, -1)))

    model = check_same(Mean(), (5, 7, 2))
    assert [type(layer) for layer in model.layers[2:4]] == [AveragePool, Flatten]


def test_subclassed_layers_are_read_through_their_calls() -> None:
    class Doubled(nn.Linear):
        def forward(self, x: Any) -> Any:
            return functional.linear(x, self.weight, self.bias)

    check_same(nn.Sequential(Doubled(3, 2)), (3,))


def test_the_module_is_left_as_it_is() -> None:
    module = nn.Sequential(nn.Linear(3, 2), nn.Dropout()).train()
    module[0].eval()
    before = {key: values.clone() for key, values in module.state_dict().items()}
    from_torch(module, (3,))
    assert module.training and module[1].training and not module[0].training
    assert all(torch.equal(values, before[key]) for key, values in module.state_dict().items())


def test_half_precision_is_read() -> None:
    model = from_torch(nn.Sequential(nn.Linear(3, 2), nn.ReLU()).to(torch.bfloat16), (3,))
    assert model.layers[0].weights.dtype == np.float32


def test_own_activation() -> None:
    class Stairs(nn.Module):
        def forward(self, x: Any) -> Any:
            return x.floor()

    module = nn.Sequential(nn.Linear(3, 2), Stairs())
    model = from_torch(module, (3,), activations={Stairs: lambda part: Activation(kind="quantised-clip", levels=4)})
    assert model.layers[1] == Activation(kind="quantised-clip", levels=4, name="1")


def test_max_pool_is_refused_or_replaced_with_a_warning() -> None:
    module = seeded(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2)))
    with pytest.raises(ModelError, match=r"node '2': max pool .*replace_max_pool"):
        from_torch(module, (8, 8, 1))
    with pytest.warns(ModelWarning, match="'2' was replaced by the average over the same 2x2 windows"):
        model = from_torch(module, (8, 8, 1), replace_max_pool=True)
    assert model.notes["max pools replaced by average pools"] == "2"
    instead = nn.Sequential(module[0], module[1], nn.AvgPool2d(2))
    images = images_for(model)
    np.testing.assert_allclose(forward(model, images), outputs(instead, images), atol=1e-5)


def calling(function: Any, *layers: nn.Module) -> nn.Module:
    class Calling(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.ModuleList(layers)

        def forward(self, x: Any) -> Any:
            return function(self.layers, x)

    return Calling()


BAD: dict[str, tuple[nn.Module, tuple[int, ...], str]] = {
    "unknown layer": (nn.Sequential(nn.Linear(3, 2), nn.GELU()), (3,), "node '1': GELU is not supported; supported:"),
    "unknown call": (calling(lambda m, x: functional.gelu(m[0](x)), nn.Linear(3, 2)), (3,), "'gelu': call of gelu"),
    "unknown method": (calling(lambda m, x: m[0](x).exp(), nn.Linear(3, 2)), (3,), "'exp': call of exp"),
    "lstm": (nn.Sequential(nn.LSTM(3, 2)), (3,), "node '0': LSTM"),
    "branch": (
        calling(lambda m, x: m[1](x) + m[0](x), nn.Linear(3, 3), nn.Linear(3, 3)),
        (3,),
        "branches are not supported",
    ),
    "skip": (calling(lambda m, x: x + m[0](x), nn.Linear(3, 3)), (3,), "'add': call of add"),
    "dead end": (calling(lambda m, x: (m[0](x), x)[1], nn.Linear(3, 3)), (3,), "branches are not supported"),
    "two outputs": (calling(lambda m, x: (m[0](x), x), nn.Linear(3, 3)), (3,), "branches are not supported"),
    "control flow": (calling(lambda m, x: m[0](x) if x.sum() > 0 else x, nn.Linear(3, 3)), (3,), "cannot be traced"),
    "conv1d": (nn.Sequential(nn.Conv1d(3, 2, 3)), (8, 8, 3), "node '0': Conv1d"),
    "dilation": (nn.Sequential(nn.Conv2d(1, 2, 3, dilation=2)), (8, 8, 1), "node '0': dilation"),
    "padding mode": (nn.Sequential(nn.Conv2d(1, 2, 3, padding_mode="circular")), (8, 8, 1), "padding_mode 'circular'"),
    "overlap": (nn.Sequential(nn.Conv2d(1, 2, 1), nn.AvgPool2d(3, 2)), (8, 8, 1), "node '1': .* overlap"),
    "pool padding": (nn.Sequential(nn.Conv2d(1, 2, 1), nn.AvgPool2d(2, padding=1)), (8, 8, 1), "pooling with padding"),
    "pool ceil": (nn.Sequential(nn.Conv2d(1, 2, 1), nn.AvgPool2d(2, ceil_mode=True)), (7, 8, 1), "ceil_mode"),
    "adaptive": (nn.Sequential(nn.Conv2d(1, 2, 1), nn.AdaptiveAvgPool2d(3)), (8, 8, 1), "cannot be cut into"),
    "leaky": (nn.Sequential(nn.Linear(3, 2), nn.LeakyReLU()), (3,), "LeakyReLU is not supported"),
    "clip": (nn.Sequential(nn.Linear(3, 2), nn.Hardtanh(-2, 2)), (3,), "clipping to -2..2"),
    "no statistics": (
        nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2, track_running_stats=False)),
        (3,),
        "without running statistics",
    ),
    "dropout left on": (calling(lambda m, x: functional.dropout(m[0](x)), nn.Linear(3, 2)), (3,), "self.training"),
    "channels first": (nn.Sequential(nn.Conv2d(3, 2, 3)), (3, 8, 8), "takes 3 channels, got values of shape"),
    "no flatten": (nn.Sequential(nn.Linear(8, 2)), (8, 8, 1), "a flatten must come first"),
    "fixed batch": (calling(lambda m, x: m[0](x.view(4, -1)), nn.Linear(8, 2)), (2, 4, 1), "only \\(batch, 8\\)"),
    "flatten last": (nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten()), (8, 8, 1), "ends in a flatten"),
    "nothing": (nn.Sequential(nn.ReLU()), (3,), "no dense layer and no convolution"),
    "shape": (nn.Sequential(nn.Linear(3, 2)), (4,), "takes \\(3,\\) values, got \\(4,\\)"),
    "input": (nn.Sequential(nn.Linear(3, 2)), (4, 4), "input of shape"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_modules_give_one_line(name: str) -> None:
    module, shape, text = BAD[name]
    with pytest.raises(ModelError, match=text) as caught:
        from_torch(module, shape)
    assert "\n" not in str(caught.value)


def test_a_second_input_is_refused() -> None:
    class Two(nn.Module):
        def forward(self, x: Any, y: Any) -> Any:
            return x + y

    with pytest.raises(ModelError, match="node 'y': is a second input"):
        from_torch(Two(), (3,))


def test_nan_is_refused() -> None:
    module = nn.Sequential(nn.Linear(3, 2))
    module[0].weight.data[0, 0] = float("nan")
    with pytest.raises(ModelError, match="node '0': parameters hold NaN or infinity"):
        from_torch(module, (3,))


def test_a_hook_that_changes_values_is_noticed() -> None:
    module = seeded(nn.Sequential(nn.Linear(3, 2)))
    module[0].register_forward_hook(lambda part, given, value: 2 * value)
    with pytest.raises(ModelError, match="outputs differ"):
        from_torch(module, (3,))


def test_state_dict_from_a_file(tmp_path: Path) -> None:
    module, path = seeded(nn.Sequential(nn.Linear(3, 2))), tmp_path / "weights.pt"
    torch.save(module.state_dict(), path)
    model = from_torch_file(path, nn.Sequential(nn.Linear(3, 2)), (3,))
    np.testing.assert_array_equal(model.layers[0].weights, module[0].weight.detach().numpy().T)


class Trap:
    """Pickled, it would write a file when loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


def test_a_file_with_code_is_not_run(tmp_path: Path) -> None:
    path, proof = tmp_path / "weights.pt", tmp_path / "executed"
    torch.save(Trap(proof), path)
    with pytest.raises(ModelError, match="not a plain state dict"):
        from_torch_file(path, nn.Sequential(nn.Linear(3, 2)), (3,))
    assert not proof.exists()


def test_bad_state_dicts_give_one_line(tmp_path: Path) -> None:
    def refused(content: Any, text: str) -> None:
        path = tmp_path / "weights.pt"
        torch.save(content, path) if not isinstance(content, bytes) else path.write_bytes(content)
        with pytest.raises(ModelError, match=text) as caught:
            from_torch_file(path, nn.Sequential(nn.Linear(3, 2)), (3,))
        assert "\n" not in str(caught.value)

    refused(b"", "damaged")
    refused(b"PK\x03\x04 cut off", "damaged")
    refused(nn.Linear(4, 2).state_dict(), "does not fit the module")
    refused([1, 2], "is not a plain state dict")
    with pytest.raises(ModelError, match="cannot be read"):
        from_torch_file(tmp_path / "none.pt", nn.Linear(3, 2), (3,))
