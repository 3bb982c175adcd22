"""A cross-check with the rates that a run of DNN+NeuroSim V2.1 printed, apart from our own table.

Its second layer (151 M multiply-accumulates) took, in J for 50,000 images: forward 0.504, error 0.508, SRAM arrays of
the weight gradient 2.607. These rates are taken for all layers; traffic of activations, which that code undercounts, is
left out.
"""

from __future__ import annotations

from collections.abc import Sequence

from spikecim.energy.training_shapes import LayerShape, operations

IMAGES, LAYER_MACS = 50_000, 128 * 128 * 9 * 32 * 32
FORWARD_AND_ERROR_J, GRADIENT_J = 0.504 + 0.508, 2.607
READS_PER_MAC_J = FORWARD_AND_ERROR_J / (IMAGES * LAYER_MACS)
GRADIENT_PER_MAC_J = GRADIENT_J / (IMAGES * LAYER_MACS)
GRADIENT_BITS, DRAM_BIT_J = 15, 3.9e-12


def peer_joules(layers: Sequence[LayerShape], batch: int) -> float:
    """Joules of a trained image, the gradient of `batch` images going to DRAM and back once; 1 is the naive flow."""
    macs = sum(layer.macs for layer in layers)
    moved = 2 * GRADIENT_BITS * sum(layer.weights for layer in layers)
    return macs * (READS_PER_MAC_J + GRADIENT_PER_MAC_J) + moved * DRAM_BIT_J / batch


def peer_efficiency(layers: Sequence[LayerShape], batch: int) -> float:
    """Tera-operations per joule."""
    return operations(layers) / peer_joules(layers, batch) / 1e12
