"""Training of perceptrons and MLPs on the chip: NumPy passes over the arrays, learning layers for the writes."""

from __future__ import annotations

from spikecim.insitu.mlp.job import MlpJob
from spikecim.insitu.mlp.loop import train_mlp

__all__ = ["MlpJob", "train_mlp"]
