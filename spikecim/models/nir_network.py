"""A converted spiking network as the layers NIR knows, and the list of what does not fit into them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spikecim.errors import ModelError
from spikecim.layered.network import SpikingLayer, SpikingNetwork
from spikecim.models.blocks import Block, blocks
from spikecim.models.layers import AveragePool, Dense, Flatten, Layer
from spikecim.models.nir_spiking import IfNeuron, NirSpiking


def as_nir(network: SpikingNetwork) -> tuple[NirSpiking, list[str]]:
    """Return `network` for `write_nir`, and a line for each thing that is lost.

    Weights are the whole numbers of the cells, thresholds and biases in their unit, one NIR step for one step of the
    code. A last layer that never fires becomes plain weights: sum its outputs over the steps.

    Raises
    ------
    ModelError
        If the network has a latency code: its phases have no form in NIR.
    """
    stages: list[Layer | IfNeuron] = []
    lost: list[str] = []
    cut = blocks(network.quantised)
    if len(cut) != len(network.layers):
        raise ModelError(f"network {network.name}: {len(network.layers)} layers for {len(cut)} blocks")
    for block, layer in zip(cut, network.layers, strict=True):
        if layer.phase is not None:
            raise ModelError(
                f"network {network.name}: layer {layer.name} has a latency code, which NIR cannot express; "
                "choose a rate conversion"
            )
        stages += _weights(block, layer)
        if layer.window != "silent":
            stages.append(_neurons(block, layer))
        lost += [f"layer {layer.name}: {line}" for line in _lost(layer)]
    lost += _around(network)
    name = f"{network.name}-{network.conversion}"
    return NirSpiking(name=name, input_shape=network.quantised.input_shape, layers=tuple(stages)), lost


def _weights(block: Block, layer: SpikingLayer) -> list[Layer]:
    """Pool, flatten and whole weights; the lines of a pooling window add up, so their mean counts that many times."""
    window = block.pool[0] * block.pool[1]
    stages: list[Layer] = [] if window == 1 else [AveragePool(size=block.pool, name=f"{layer.name}.pool")]
    if isinstance(block.linear, Dense) and len(block.in_shape) == 3:
        stages.append(Flatten(name=f"{layer.name}.flatten"))
    whole = layer.weights.reshape(block.linear.weights.shape).astype(np.float32)
    stages.append(replace(block.linear, weights=whole * np.float32(window), bias=layer.bias.astype(np.float32)))
    return stages


def _neurons(block: Block, layer: SpikingLayer) -> IfNeuron:
    threshold = np.broadcast_to(layer.units_per_threshold.astype(np.float32), block.out_shape)
    ones = np.ones(block.out_shape, np.float32)
    return IfNeuron(gain=ones, threshold=np.array(threshold), reset=ones * 0, name=f"{layer.name}.if")


def _lost(layer: SpikingLayer) -> list[str]:
    """What one layer has that NIR does not."""
    found = []
    if layer.window == "silent":
        return ["never fires and is read by its charge; written as plain weights, sum the outputs over the steps"]
    if layer.signed:
        found.append("second, negative threshold and negative spikes")
    if not layer.hard_reset:
        found.append("soft reset: the threshold is taken off, the rest stays")
    if layer.refractory_steps:
        found.append(f"refractory period of {layer.refractory_steps:g} steps")
    if layer.initial:
        found.append(f"start at {layer.initial:g} of the threshold")
    if layer.window == "own steps":
        found.append("window of steps in which the layer may fire")
    return found


def _around(network: SpikingNetwork) -> list[str]:
    """What the network as a whole has that NIR does not."""
    code = network.code
    slices = max(layer.slices for layer in network.layers)
    return [
        f"cells: {slices} group(s) of cells for each weight, their resistances, spread and faults",
        "rails: shared current limits and wire resistance; cores and links between them",
        f"input code {code.kind!r} with {code.n_steps} steps of {code.ticks_per_step} ticks; link of "
        f"{code.words_per_tick} words a tick",
        "decision: margin delta_s, time-out, ties",
    ]
