"""A NIR file (neuromorphic intermediate representation, HDF5) as an `AnnModel` or as a spiking network; read as data.

NIR has no ReLU: activations arrive as IF neurons. `read_nir_spiking` keeps them, `read_nir` folds them into ReLUs.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from spikecim.errors import ModelError
from spikecim.models.chain import Chain
from spikecim.models.layers import Pair, Shape
from spikecim.models.model import AnnModel
from spikecim.models.nir_spiking import IfNeuron, NirSpiking
from spikecim.models.nir_tree import read_tree
from spikecim.models.order import walk
from spikecim.models.pooling import Window, average_pool

SUPPORTED_NODES = "supported: Input, Output, Affine, Linear, Conv2d, AvgPool2d, SumPool2d, Flatten, IF"
_WHY = {
    "LIF": "a leaky neuron (the chip's neurons do not leak)",
    "CubaLIF": "a leaky neuron with a synaptic current (the chip's neurons do not leak)",
    "LI": "a leaky integrator",
    "CubaLI": "a leaky integrator",
    "NIRGraph": "a graph in the graph (recurrent layers)",
    "Conv1d": "a 1-d convolution",
}


def read_nir(path: Path, *, dt: float = 1.0, name: str | None = None) -> AnnModel:
    """Return the network in `path`, its IF neurons as ReLUs with the threshold folded in.

    Parameters
    ----------
    path, dt, name
        As in `read_nir_spiking`.

    Raises
    ------
    ModelError
        As in `read_nir_spiking`; also if neurons of one channel differ or reset to other values than 0.
    """
    return read_nir_spiking(path, dt=dt, name=name).ann()


@np.errstate(over="ignore", invalid="ignore")  # the network checks that all is finite
def read_nir_spiking(path: Path, *, dt: float = 1.0, name: str | None = None) -> NirSpiking:
    """Return the network in `path` with its IF neurons.

    Parameters
    ----------
    path : Path
        A graph that is one line from one Input to one Output.
    dt : float
        Length of a step in the unit of r: 1 for Norse; 1e-4 for what SpikingJelly writes by default (r = 1 / dt).
    name : str, optional
        The file's name without its ending if left out.

    Raises
    ------
    ModelError
        If the file is damaged, newer than NIR 1, too large, not one line, or holds a node that is not supported.
    """
    nodes, edges, version = _graph(path, read_tree(path))
    ends = {kind: [key for key, node in nodes.items() if node.get("type") == kind] for kind in ("Input", "Output")}
    for kind, found in ends.items():
        if len(found) != 1:
            raise ModelError(
                f"{path}: {len(found)} nodes of type {kind}; networks with one input and one output are read"
            )
    first, last = ends["Input"][0], ends["Output"][0]
    order = walk(str(path), first, last, edges)
    if aside := sorted(set(nodes) - set(order)):
        raise ModelError(f"{path}: node {aside[0]!r} is not on the line from {first!r} to {last!r}; check the edges")
    chain = Chain(source=str(path), shape=_input_shape(path, nodes[first]))
    start, layers = chain.shape, _Layers(chain=chain, dt=float(dt))
    for key in order[1:-1]:
        layers.read(key, nodes[key])
    model = chain.model(name or path.stem, {"source": f"NIR {version}"})
    stages = tuple(layers.neurons.get(layer.name, layer) for layer in model.layers)
    _check_end(path, nodes[last], chain)
    return NirSpiking(name=model.name, input_shape=start, layers=stages, notes=model.notes)


class _Layers:
    """Reads one node after another; neurons stand as ReLUs in the chain until the end."""

    def __init__(self, *, chain: Chain, dt: float) -> None:
        self.chain, self.dt = chain, dt
        self.neurons: dict[str, IfNeuron] = {}

    def read(self, key: str, node: dict[str, Any]) -> None:
        """Append `node` of the name `key`."""
        kind = node["type"]
        reader = _READERS.get(kind)
        if reader is None:
            raise self.chain.error(key, f"{kind} is not supported: {_WHY.get(kind, 'unknown here')}; {SUPPORTED_NODES}")
        try:
            reader(self, key, node)
        except KeyError as error:
            raise self.chain.error(key, f"{kind} without the parameter {error}; the file is damaged") from None
        except ModelError:
            raise
        except (ValueError, TypeError, OverflowError) as error:
            reason = " ".join(str(error).split())[:120]
            raise self.chain.error(key, f"{kind} with parameters that are none ({reason})") from None

    def fire(self, key: str, node: dict[str, Any]) -> None:
        """Append IF neurons."""
        name = self.chain.name_for(key)
        gain = self._per_neuron(key, node["r"]) * np.float32(self.dt)
        threshold = self._per_neuron(key, node["v_threshold"])
        reset = self._per_neuron(key, node.get("v_reset", np.float32(0)))
        if (threshold <= 0).any() or (gain <= 0).any():
            raise self.chain.error(key, "r and v_threshold must be above 0")
        self.chain.clip(key, 0.0, None)
        self.neurons[name] = IfNeuron(gain=gain, threshold=threshold, reset=reset, name=name)

    def _per_neuron(self, key: str, given: Any) -> Any:
        """A parameter in the layer's shape, channels last and in our order; one number counts for all."""
        values = np.asarray(given, np.float32)
        shape = self.chain.channels_first
        if values.size == 1:
            values = np.full(shape, values.reshape(-1)[0], np.float32)
        if values.shape != shape or not np.isfinite(values).all():
            raise self.chain.error(
                key, f"IF parameters of shape {values.shape} for values of shape {shape}, or not finite"
            )
        if len(shape) == 3:
            values = values.transpose(1, 2, 0)
        elif self.chain.flat:
            height, width, channels = self.chain.flat
            values = values.reshape(channels, height, width).transpose(1, 2, 0).reshape(-1)
        return np.ascontiguousarray(values)

    def convolve(self, key: str, node: dict[str, Any]) -> None:
        """Append a Conv2d."""
        weight = np.asarray(node["weight"])
        if weight.ndim != 4:
            raise self.chain.error(key, f"weight of shape {weight.shape}; four axes are expected")
        seen = tuple(np.ravel(node.get("input_shape", self.chain.shape[:2])).tolist())
        if seen != self.chain.shape[:2]:
            raise self.chain.error(key, f"made for values of shape {seen}, got {self.chain.shape[:2]}")
        self.chain.convolution(
            key,
            weight,
            node["bias"],
            stride=self._pair(key, node["stride"]),
            padding=self._padding(key, node["padding"], (weight.shape[2], weight.shape[3])),
            dilation=self._pair(key, node["dilation"]),
            groups=self._pair(key, node["groups"])[0],
        )

    def _padding(self, key: str, given: Any, kernel: Pair) -> tuple[Pair, Pair]:
        if isinstance(given, str) and given == "same":
            down, across = ((size - 1) // 2 for size in kernel)
            return ((down, kernel[0] - 1 - down), (across, kernel[1] - 1 - across))
        down, across = self._pair(key, 0 if isinstance(given, str) and given == "valid" else given)
        return ((down, down), (across, across))

    def pool(self, key: str, node: dict[str, Any]) -> None:
        """Append an AvgPool2d, or a SumPool2d as the same times its window."""
        size = self._pair(key, node["kernel_size"])
        window = Window(
            size=size, stride=self._pair(key, node["stride"]), padding=max(self._pair(key, node["padding"]))
        )
        average_pool(self.chain, key, window)
        if node["type"] == "SumPool2d":
            self.chain.gain *= size[0] * size[1]

    def flatten(self, key: str, node: dict[str, Any]) -> None:
        """Append a Flatten; NIR counts axes without the batch, some tools with it."""
        rank = len(self.chain.shape)
        start, end = (
            int(np.ravel(node.get(name, default))[0]) for name, default in (("start_dim", 0), ("end_dim", -1))
        )
        if start not in (0, 1, -rank) or end not in (-1, rank - 1, rank):
            raise self.chain.error(key, f"flatten of axes {start}..{end} of {rank}; only all of them is supported")
        self.chain.flatten(key)

    def _pair(self, key: str, given: Any) -> Pair:
        numbers = np.ravel(given)
        if numbers.size not in (1, 2) or numbers.dtype.kind not in "iuf" or (numbers != np.floor(numbers)).any():
            raise self.chain.error(key, f"{given!r} should be one or two whole numbers")
        return (int(numbers[0]), int(numbers[-1]))


_READERS: dict[str, Callable[[_Layers, str, dict[str, Any]], None]] = {
    "Affine": lambda layers, key, node: layers.chain.dense(key, node["weight"], node["bias"]),
    "Linear": lambda layers, key, node: layers.chain.dense(key, node["weight"]),
    "Conv2d": _Layers.convolve,
    "AvgPool2d": _Layers.pool,
    "SumPool2d": _Layers.pool,
    "Flatten": _Layers.flatten,
    "IF": _Layers.fire,
}


def _graph(path: Path, tree: dict[str, Any]) -> tuple[dict[str, dict[str, Any]], list[tuple[str, str]], str]:
    """Nodes, edges and NIR version of the file."""
    version, root = tree.get("version"), tree.get("node")
    if not isinstance(version, str) or not isinstance(root, dict):
        raise ModelError(f"{path}: is not a NIR file (no version or no graph)")
    if not version.startswith(("0.", "1.")):
        raise ModelError(f"{path}: NIR {version[:20]} is newer than 1, which is read here; export with an older nir")
    nodes, edges = root.get("nodes"), root.get("edges")
    if root.get("type") != "NIRGraph" or not isinstance(nodes, dict) or not isinstance(edges, np.ndarray):
        raise ModelError(f"{path}: holds no graph of nodes and edges")
    if edges.ndim != 2 or edges.shape[1] != 2 or edges.dtype != object:
        raise ModelError(f"{path}: edges of shape {edges.shape}; pairs of names are expected")
    for key, node in nodes.items():
        if not isinstance(node, dict) or not isinstance(node.get("type"), str):
            raise ModelError(f"{path}: node {key!r} has no type; the file is damaged")
    pairs = [(str(start), str(end)) for start, end in edges]
    if lost := sorted({name for pair in pairs for name in pair} - set(nodes)):
        raise ModelError(f"{path}: an edge names the node {lost[0]!r}, which does not exist")
    return nodes, pairs, version


def _input_shape(path: Path, node: dict[str, Any]) -> Shape:
    """Shape of one sample, channels last; a leading batch of 1, which some tools leave in, is dropped."""
    shape = _whole(path, "input", node.get("shape"))
    if len(shape) in (2, 4) and shape[0] == 1:
        shape = shape[1:]
    if len(shape) not in (1, 3) or min(shape) < 1:
        raise ModelError(f"{path}: input of shape {shape}; (n_in,) and (channels, height, width) are supported")
    return shape if len(shape) == 1 else (shape[1], shape[2], shape[0])


def _whole(path: Path, what: str, given: Any) -> tuple[int, ...]:
    numbers = np.ravel(given)
    if numbers.dtype.kind not in "iu" or not 1 <= numbers.size <= 4:
        raise ModelError(f"{path}: shape of the {what} is {str(given)[:40]!r}; one to four whole numbers are expected")
    return tuple(int(number) for number in numbers)


def _check_end(path: Path, node: dict[str, Any], chain: Chain) -> None:
    """The file says what shape its output has."""
    given = node.get("shape")
    if given is None:
        return
    said = _whole(path, "output", given)
    if said not in (chain.channels_first, (1, *chain.channels_first)):
        raise ModelError(f"{path}: output of shape {said} is announced, the layers give {chain.channels_first}")
