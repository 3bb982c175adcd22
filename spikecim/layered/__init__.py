"""Programs of several layers: wiring, integer program, record. docs/semantics.md is the contract."""

from __future__ import annotations

from spikecim.layered.program import LayeredProgram, LayerProgram, Pulses
from spikecim.layered.record import TALLIES, LayeredRecord, LayerSpikes
from spikecim.layered.wiring import ConvolutionWiring, DenseWiring, SparseWiring, Wiring

__all__ = [
    "TALLIES",
    "ConvolutionWiring",
    "DenseWiring",
    "LayerProgram",
    "LayerSpikes",
    "LayeredProgram",
    "LayeredRecord",
    "Pulses",
    "SparseWiring",
    "Wiring",
]
