"""A trained PyTorch chain as an `AnnModel`: channels last, batch norms folded."""

from __future__ import annotations

from torch import nn

from spikecim.models import Activation, AnnModel
from spikecim.models.blocks import fold
from spikecim.models.torch_module import from_torch
from spikecim.training.deep.activations import QuantisedClip


def exported(chain: nn.Sequential, name: str, input_shape: tuple[int, ...]) -> AnnModel:
    """Return `chain` as data; `input_shape` is (height, width, channels)."""
    return fold(from_torch(chain.cpu(), input_shape, name=name, activations={QuantisedClip: _qcfs}))


def _qcfs(module: QuantisedClip) -> Activation:
    return Activation(kind="quantised-clip", ceiling=float(module.ceiling.detach()), levels=module.levels)
