"""A network as a NIR file, and the list of what NIR cannot express; the file is read again before it counts.

NIR (Pedersen et al., Nature Communications 15:8122, 2024) has IF neurons with one threshold and a reset value: no ReLU,
no second threshold, no refractory period, no rule for a step. Nodes are named so that no name is a Python word.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from spikecim.errors import ModelError, SpikecimError
from spikecim.files import replacing
from spikecim.models.blocks import fold
from spikecim.models.extras import needs
from spikecim.models.forward import apply_layer
from spikecim.models.layers import Activation, AveragePool, Convolution, Dense, Flatten, Layer, Shape
from spikecim.models.model import AnnModel
from spikecim.models.nir_file import read_nir_spiking
from spikecim.models.nir_spiking import IfNeuron, NirSpiking

with needs("nir", "writing a NIR file"):
    import nir

# What no NIR file says, whatever the network.
UNSAID = (
    "how a step goes: NIR fires at v > v_threshold and resets to v_reset; a soft reset, >= and the order within a tick "
    "are not in the file, and tools differ",
)
_CHECKED = 2


def write_nir(model: AnnModel | NirSpiking, path: Path, *, lost: Sequence[str] = ()) -> list[str]:
    """Write `model` to `path`, whole or not at all, and return what the file does not say.

    Parameters
    ----------
    model : AnnModel or NirSpiking
        Of an ANN each activation becomes a layer of IF neurons with r = 1.
    path : Path
    lost : sequence of str
        Lines of the caller's own: refractory period, cells, decision margin, whatever else the network had.

    Returns
    -------
    list of str
        One line each. They are in the file too, as metadata "spikecim" of the graph.

    Raises
    ------
    ModelError
        If the network cannot be written, or does not come back as it was.
    OutputError
        If `path` cannot be written.
    """
    spiking, missing = (model, []) if isinstance(model, NirSpiking) else _as_spiking(model)
    graph, quirks = _graph(spiking)
    missing = [*missing, *quirks, *UNSAID, *lost]
    graph.metadata = {"spikecim": json.dumps({"name": model.name, "not expressed": missing})}
    with replacing(path) as temporary:
        nir.write(temporary, graph)
        _check(spiking, temporary)
    return missing


def _as_spiking(model: AnnModel) -> tuple[NirSpiking, list[str]]:
    """`model` with IF neurons for activations, and what that changes."""
    stages: list[Layer | IfNeuron] = []
    missing, amplitude, folded = [], 1.0, fold(model)
    for layer, shape in zip(folded.layers, folded.shapes(), strict=False):
        if isinstance(layer, Activation):
            threshold = _threshold(layer)
            ones = np.ones(shape, np.float32)
            stages.append(IfNeuron(gain=ones, threshold=ones * np.float32(threshold), reset=ones * 0, name=layer.name))
            missing.append(f"layer {layer.name}: {_said(layer)}")
            amplitude = threshold if layer.kind in ("clipped-relu", "quantised-clip") else 1.0
        elif isinstance(layer, Dense | Convolution):
            stages.append(replace(layer, weights=(layer.weights * np.float32(amplitude)).astype(np.float32)))
            amplitude = 1.0
        else:
            stages.append(layer)
    if amplitude != 1.0:
        missing.append(f"outputs are in units of {amplitude:g}")
    return NirSpiking(name=model.name, input_shape=model.input_shape, layers=tuple(stages)), missing


def _threshold(layer: Activation) -> float:
    if layer.kind in ("clipped-relu", "quantised-clip"):
        return layer.ceiling
    return 1.0 if layer.kind == "relu" else 1.0 / layer.slope


def _said(layer: Activation) -> str:
    """What becomes of an activation."""
    if layer.kind == "relu":
        return "ReLU, written as IF with threshold 1; values above 1 saturate at one spike a tick"
    if layer.kind == "clipped-relu":
        return (
            f"ReLU clipped at {layer.ceiling:g}, written as IF with this threshold; weights behind it are scaled by it"
        )
    if layer.kind == "quantised-clip":
        return "the start at half a threshold, and the number of levels, cannot be written"
    return f"{layer.kind} needs a second, negative threshold and negative spikes; only the positive half is written"


def _graph(spiking: NirSpiking) -> tuple[Any, list[str]]:
    """The NIR graph, and where the nir package itself reads it wrong."""
    nodes: dict[str, Any] = {"input": nir.Input(input_type={"input": _first(spiking.input_shape)})}
    shape, flat, quirks = spiking.input_shape, None, []
    for number, layer in enumerate(spiking.layers):
        try:
            after = layer.out_shape(shape)
        except SpikecimError as error:
            raise ModelError(f"network {spiking.name}: {error}") from None
        node = _node(layer, shape, flat)
        if isinstance(layer, Convolution) and (layer.groups > 1 or node.weight.shape[2] != node.weight.shape[3]):
            quirks.append(
                f"layer {layer.name}: nir 1.0.8 misjudges shapes of grouped or not square convolutions; "
                "others must read the file with type_check=False"
            )
        nodes[f"{type(node).__name__.lower()}_{number}"] = node
        if isinstance(layer, Flatten):
            flat = shape if len(shape) == 3 else flat
        elif isinstance(layer, Dense):
            flat = None
        shape = after
    nodes["output"] = nir.Output(output_type={"output": _first(shape)})
    names = list(nodes)
    edges = list(pairwise(names))
    return nir.NIRGraph(nodes=nodes, edges=edges, type_check=not quirks), quirks


def _first(shape: Shape) -> Any:
    """`shape` with its channels first."""
    return np.array((shape[2], *shape[:2]) if len(shape) == 3 else shape)


def _node(layer: Layer | IfNeuron, shape: Shape, flat: Shape | None) -> Any:
    """One node; `flat` is the image shape whose order the flattened values have."""
    if isinstance(layer, Dense):
        rows = layer.weights
        if flat is not None:
            rows = rows.reshape(*flat, -1).transpose(2, 0, 1, 3).reshape(rows.shape)
        return nir.Affine(weight=np.ascontiguousarray(rows.T), bias=layer.bias)
    if isinstance(layer, Convolution):
        return _convolution(layer, shape)
    if isinstance(layer, AveragePool):
        size = np.array(layer.size)
        return nir.AvgPool2d(kernel_size=size, stride=size, padding=np.zeros(2, int))
    if isinstance(layer, Flatten):
        return nir.Flatten(input_type={"input": _first(shape)}, start_dim=0, end_dim=-1)
    if isinstance(layer, IfNeuron):
        gain, threshold, reset = (_neurons(values, flat) for values in (layer.gain, layer.threshold, layer.reset))
        return nir.IF(r=gain, v_threshold=threshold, v_reset=reset)
    raise ModelError(f"layer {layer.name}: {type(layer).__name__} has no node in NIR; fold it first")


def _neurons(values: Any, flat: Shape | None) -> Any:
    if values.ndim == 1 and flat is not None:
        values = values.reshape(flat)
        return np.ascontiguousarray(values.transpose(2, 0, 1)).reshape(-1)
    return np.ascontiguousarray(values.transpose(2, 0, 1)) if values.ndim == 3 else values


def _convolution(layer: Convolution, shape: Shape) -> Any:
    """NIR pads both sides alike: the lesser one gets zero taps instead."""
    most = [max(sides) for sides in layer.padding]
    taps = [tuple(wide - side for side in sides) for wide, sides in zip(most, layer.padding, strict=True)]
    kernel = np.pad(layer.weights, (taps[0], taps[1], (0, 0), (0, 0)))
    return nir.Conv2d(
        input_shape=shape[:2],
        weight=np.ascontiguousarray(kernel.transpose(3, 2, 0, 1)),
        stride=layer.stride,
        padding=(most[0], most[1]),
        dilation=(1, 1),
        groups=layer.groups,
        bias=layer.bias,
    )


def _check(written: NirSpiking, path: Path) -> None:
    """Read the file again: same neurons, and the same values through all layers."""
    found = read_nir_spiking(path)
    pairs = [[layer for layer in network.layers if isinstance(layer, IfNeuron)] for network in (written, found)]
    same = len(pairs[0]) == len(pairs[1]) and all(
        np.array_equal(getattr(one, key), getattr(other, key))
        for one, other in zip(*pairs, strict=True)
        for key in ("gain", "threshold", "reset")
    )
    images = np.random.default_rng(0).random((_CHECKED, *written.input_shape), np.float32)
    wanted, got = _through(written, images), _through(found, images)
    if (
        not same
        or wanted.shape != got.shape
        or not np.allclose(wanted, got, rtol=1e-4, atol=1e-5 * np.abs(wanted).max())
    ):
        raise ModelError(f"network {written.name}: the NIR file does not come back as it was written")


def _through(network: NirSpiking, values: Any) -> Any:
    for layer in network.layers:
        values = np.maximum(values, 0) if isinstance(layer, IfNeuron) else apply_layer(layer, values)
    return values
