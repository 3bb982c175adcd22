"""Artificial neural networks as data: what an importer makes, training writes and a conversion reads."""

from __future__ import annotations

from spikecim.models.layers import Activation, AveragePool, BatchNorm, Convolution, Dense, Dropout, Flatten, Layer
from spikecim.models.model import AnnModel

__all__ = [
    "Activation",
    "AnnModel",
    "AveragePool",
    "BatchNorm",
    "Convolution",
    "Dense",
    "Dropout",
    "Flatten",
    "Layer",
]
