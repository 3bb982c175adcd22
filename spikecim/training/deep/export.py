"""A trained PyTorch chain as an `AnnModel`: channels last, batch norms folded."""

from __future__ import annotations

from dataclasses import replace

from torch import nn

from spikecim.models import Activation, AnnModel
from spikecim.models.blocks import fold
from spikecim.models.torch_module import from_torch
from spikecim.training.deep.activations import QuantisedClip


def exported(chain: nn.Sequential, name: str, input_shape: tuple[int, ...]) -> AnnModel:
    """Return `chain` as data; `input_shape` is (height, width, channels), a layer is called by its kind and place."""
    model = fold(from_torch(chain.cpu(), input_shape, name=name, activations={QuantisedClip: _qcfs}))
    called = {place: f"{type(part).__name__.lower()}{place}" for place, part in chain.named_children()}
    return replace(model, layers=tuple(replace(layer, name=called[layer.name]) for layer in model.layers))


def _qcfs(module: QuantisedClip) -> Activation:
    return Activation(kind="quantised-clip", ceiling=float(module.ceiling.detach()), levels=module.levels)
