"""A converted network in NIR's words, and what they leave out (Pedersen et al., Nature Communications 15:8122, 2024).

One spike of layer l stands for rate_unit(l) / gain in ANN values: weights take in the unit of the layer before, the
threshold is the layer's own, and one NIR step is one step of the code.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spikecim.errors import ConversionError
from spikecim.layered.network import SpikingLayer, SpikingNetwork
from spikecim.models.layers import Activation, Convolution, Dense, Layer
from spikecim.models.nir_spiking import IfNeuron, NirSpiking


def nir_network(network: SpikingNetwork) -> tuple[NirSpiking, list[str]]:
    """`network` for `models.nir_export.write_nir`, and lines that say what NIR cannot express.

    Raises
    ------
    ConversionError
        For a latency code: NIR has no ramps and no read pulses that shrink.
    """
    if any(layer.phase is not None for layer in network.layers):
        raise ConversionError(
            f"conversion {network.conversion}: a latency code reads with ramps, which NIR cannot express; write a .npz"
        )
    model, spiking = network.quantised, iter(network.layers)
    found: list[Layer | IfNeuron] = []
    value, current, shape = 1.0, None, model.input_shape
    for layer in model.layers:
        after = layer.out_shape(shape)
        if isinstance(layer, Dense | Convolution):
            if current is not None:
                found.append(_neurons(current, 1.0, shape))
            current = next(spiking)
            found.append(replace(layer, weights=(layer.weights * np.float32(value)).astype(np.float32)))
            value = current.rate_unit
        elif isinstance(layer, Activation):
            assert current is not None
            found.append(_neurons(current, layer.slope, after))
            current = None
        else:
            found.append(layer)
        shape = after
    if current is not None and current.window != "silent":
        found.append(_neurons(current, 1.0, shape))
    return NirSpiking(name=network.name, input_shape=model.input_shape, layers=tuple(found)), _lost(network)


def _neurons(layer: SpikingLayer, gain: float, shape: tuple[int, ...]) -> IfNeuron:
    ones = np.ones(shape, np.float32)
    return IfNeuron(gain=ones, threshold=ones * np.float32(layer.rate_unit / gain), reset=ones * 0, name=layer.name)


def _lost(network: SpikingNetwork) -> list[str]:
    """What the converted network has and the file does not."""
    layers, code = network.layers, network.code
    slices = max(layer.slices for layer in layers)
    said = {
        "a lower threshold and negative spikes": [layer.name for layer in layers if layer.signed],
        "a refractory period": [layer.name for layer in layers if layer.refractory_steps > 0],
        "charge at the start": [layer.name for layer in layers if layer.initial],
        "firing in the layer's own steps only": [layer.name for layer in layers if layer.window == "own steps"],
        "classes read by charge, no spikes": [layer.name for layer in layers if layer.window == "silent"],
        "a reset that keeps what lies beyond the threshold": [layer.name for layer in layers if not layer.hard_reset],
    }
    lost = [f"{what}: layers {', '.join(names)}" for what, names in said.items() if names]
    return [
        *lost,
        f"the input code: {code.kind}, {code.n_steps} steps of {code.ticks_per_step} ticks",
        f"whole weights in {slices} slices of cells: the file holds their real values",
        "the decision margin, the chip, its rails and its cells",
    ]
