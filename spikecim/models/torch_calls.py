"""Functional calls and tensor methods in a traced forward(), each as the layer it is or as the shape it asks for."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from math import inf, prod
from typing import Any

from spikecim.models.chain import Chain
from spikecim.models.extras import needs
from spikecim.models.layers import Activation
from spikecim.models.pooling import adaptive_pool, average_pool, max_pool
from spikecim.models.torch_layers import array, convolve, window

with needs("torch", "reading a PyTorch module"):
    import torch
    from torch import fx, nn
    from torch.nn import functional

_BATCH = "batch"  # stands for the number of images in shapes


@dataclass(kw_only=True)
class Reader:
    """Where the reading of a trace stands.

    Attributes
    ----------
    chain : Chain
    module : torch.nn.Module
        Holds the parameters that the trace names.
    shapes : dict
        Nodes that are no layer: shapes, their entries, parameters.
    current : torch.fx.Node or None
        The node whose values the chain ends with.
    """

    chain: Chain
    module: nn.Module
    shapes: dict[fx.Node, Any]
    current: fx.Node | None = None

    def begin(self, node: fx.Node) -> None:
        """Take `node` as the input; forward() may have one that is used."""
        if self.current is not None:
            if not node.users:
                return
            raise self.chain.error(node.name, "is a second input; networks with one input are supported")
        self.current = node

    def check_input(self, node: fx.Node, given: Any) -> None:
        """Raise ModelError unless `node` goes on where the chain ends."""
        if given is not self.current:
            what = f"{given.name!r}" if isinstance(given, fx.Node) else f"{type(given).__name__}"
            before = self.current.name if self.current else ""
            raise self.chain.error(
                node.name, f"takes {what}, not the layer before it ({before!r}); branches are not supported"
            )

    def advance(self, node: fx.Node) -> None:
        """The chain now ends with the values of `node`."""
        self.current = node

    def part(self, target: str) -> nn.Module:
        """The module of the name `target`; a lone layer was wrapped for tracing."""
        names = dict(self.module.named_modules())
        return names.get(target, self.module)

    def parameter(self, node: fx.Node) -> Any:
        """The parameter or buffer that `node` gets."""
        return operator.attrgetter(str(node.target))(self.module)

    def known(self, value: Any) -> Any:
        """`value` with the shapes and parameters that are known in place of nodes."""
        if isinstance(value, tuple | list):
            return tuple(self.known(entry) for entry in value)
        return self.shapes.get(value, value) if isinstance(value, fx.Node) else value


Call = Callable[[Reader, fx.Node], None]


def _layer(read: Callable[[Chain, str, dict[str, Any]], None], *names: str) -> Call:
    """A call whose first argument is the chain's values; `names` are those of the further ones, in order."""

    def call(reader: Reader, node: fx.Node) -> None:
        given = dict(node.kwargs)
        values = node.args[0] if node.args else given.pop("input", None)
        reader.check_input(node, values)
        given |= dict(zip(names, node.args[1:], strict=False))
        read(reader.chain, node.name, {key: reader.known(value) for key, value in given.items()})
        reader.advance(node)

    return call


def _mean(chain: Chain, name: str, given: dict[str, Any]) -> None:
    """A mean over both image axes is a global average pool."""
    axes = given.get("dim")
    if len(chain.shape) != 3 or not isinstance(axes, tuple) or {int(axis) % 4 for axis in axes} != {2, 3}:
        raise chain.error(name, f"mean over {axes}; only over height and width, (2, 3), is supported")
    adaptive_pool(chain, name, (1, 1))
    if not given.get("keepdim", False):
        chain.flatten(name)


def _flatten(chain: Chain, name: str, given: dict[str, Any]) -> None:
    start, end = given.get("start_dim", 0), given.get("end_dim", -1)
    if start != 1 or end not in (-1, len(chain.shape)):
        raise chain.error(name, f"flatten of dimensions {start}..{end}; only 1..-1 is supported")
    chain.flatten(name)


def _reshape(reader: Reader, node: fx.Node) -> None:
    """view and reshape, if all they do is flatten."""
    reader.check_input(node, node.args[0])
    sizes = node.args[1:] or (node.kwargs.get("shape", node.kwargs.get("size", ())),)
    wanted = reader.known(sizes[0] if len(sizes) == 1 and isinstance(sizes[0], tuple | list) else sizes)
    count = prod(reader.chain.shape)
    if len(wanted) != 2 or wanted[0] not in (_BATCH, -1) or wanted[1] not in (-1, count) or wanted == (-1, -1):
        raise reader.chain.error(node.name, f"reshape to {wanted}; only (batch, {count}), a flatten, is supported")
    reader.chain.flatten(node.name)
    reader.advance(node)


def _dropout(chain: Chain, name: str, given: dict[str, Any]) -> None:
    if given.get("training", True):
        raise chain.error(name, "dropout that is active at inference too; pass training=self.training")
    chain.dropout(name)


def _average(chain: Chain, name: str, given: dict[str, Any]) -> None:
    if given.get("divisor_override") is not None:
        raise chain.error(name, "divisor_override is not supported")
    shape = (given["kernel_size"], given.get("stride"), given.get("padding", 0), given.get("ceil_mode", False))
    average_pool(chain, name, window(*shape))


def _maximum(chain: Chain, name: str, given: dict[str, Any]) -> None:
    shape = (given["kernel_size"], given.get("stride"), given.get("padding", 0), given.get("ceil_mode", False))
    max_pool(chain, name, window(*shape, given.get("dilation", 1)))


def _adaptive(chain: Chain, name: str, given: dict[str, Any]) -> None:
    size = given["output_size"]
    adaptive_pool(chain, name, size if isinstance(size, tuple) else (size, size))


def _size(reader: Reader, node: fx.Node) -> None:
    """x.size(), x.size(axis) and x.shape: known numbers but for the batch."""
    if node.target is getattr and node.args[1] != "shape":
        raise reader.chain.unsupported(node.name, f"attribute {node.args[1]}")
    reader.check_input(node, node.args[0])
    shape = (_BATCH, *reader.chain.channels_first)
    asked: Any = node.args[1] if node.target == "size" and len(node.args) > 1 else node.kwargs.get("dim")
    reader.shapes[node] = shape if asked is None else shape[asked]


def _entry(reader: Reader, node: fx.Node) -> None:
    shape, index = reader.known(node.args[0]), node.args[1]
    if not isinstance(shape, tuple) or not isinstance(index, int):
        raise reader.chain.unsupported(node.name, "indexing")
    reader.shapes[node] = shape[index]


_relu = _layer(lambda chain, name, _: chain.clip(name, 0.0, inf), "inplace")
_tanh = _layer(lambda chain, name, _: chain.activation(name, Activation(kind="tanh")))
_clamp = _layer(lambda chain, name, given: chain.clip(name, given.get("min"), given.get("max")), "min", "max")
_hardtanh = _layer(
    lambda chain, name, given: chain.clip(name, given.get("min_val", -1.0), given.get("max_val", 1.0)),
    *("min_val", "max_val", "inplace"),
)
_flat = _layer(_flatten, "start_dim", "end_dim")
_averaged = _layer(_mean, "dim", "keepdim")
_pool = ("kernel_size", "stride", "padding")

CALLS: dict[Any, Call] = {
    **dict.fromkeys((functional.relu, torch.relu, torch.relu_, "relu", "relu_"), _relu),
    functional.relu6: _layer(lambda chain, name, _: chain.clip(name, 0.0, 6.0), "inplace"),
    **dict.fromkeys((torch.tanh, functional.tanh, "tanh", "tanh_"), _tanh),
    **dict.fromkeys((torch.clamp, torch.clip, "clamp", "clip", "clamp_"), _clamp),
    functional.hardtanh: _hardtanh,
    **dict.fromkeys((torch.flatten, "flatten"), _flat),
    **dict.fromkeys(("view", "reshape", torch.reshape), _reshape),
    **dict.fromkeys((torch.mean, "mean"), _averaged),
    functional.dropout: _layer(_dropout, "p", "training", "inplace"),
    functional.dropout2d: _layer(_dropout, "p", "training", "inplace"),
    functional.avg_pool2d: _layer(_average, *_pool, "ceil_mode", "count_include_pad", "divisor_override"),
    functional.max_pool2d: _layer(_maximum, *_pool, "dilation", "ceil_mode"),
    functional.adaptive_avg_pool2d: _layer(_adaptive, "output_size"),
    functional.linear: _layer(
        lambda chain, name, given: chain.dense(name, array(given["weight"]), array(given.get("bias"))),
        *("weight", "bias"),
    ),
    functional.conv2d: _layer(
        lambda chain, name, given: convolve(chain, name, given["weight"], given.get("bias"), given),
        *("weight", "bias", "stride", "padding", "dilation", "groups"),
    ),
    **dict.fromkeys(("size", getattr), _size),
    operator.getitem: _entry,
    "contiguous": _layer(lambda chain, name, _: None),
}
