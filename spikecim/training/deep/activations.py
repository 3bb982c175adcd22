"""QCFS: quantisation clip-floor-shift, the activation of a spiking neuron's rate over L ticks (Bu et al., ICLR 2022).

h(x) = ceiling * clip(floor(x L / ceiling + 1/2) / L, 0, 1); the gradient passes straight through the floor.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class _Floor(torch.autograd.Function):
    """floor forwards, identity backwards."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.floor()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return gradients[0]


class QuantisedClip(nn.Module):
    """The activation with a learned ceiling (lambda of the paper).

    Parameters
    ----------
    levels : int
        L, steps between 0 and the ceiling.
    ceiling : float
        Largest output at the start of training, above 0.
    """

    def __init__(self, levels: int, ceiling: float = 1.0) -> None:
        super().__init__()
        self.levels = levels
        self.ceiling = nn.Parameter(torch.tensor(float(ceiling)))

    def forward(self, x: Tensor) -> Tensor:
        """h(x), any shape."""
        share = torch.clamp(x / self.ceiling, 0.0, 1.0)
        straight: Any = _Floor.apply  # PyTorch leaves it untyped
        steps: Tensor = straight(share * self.levels + 0.5)
        return steps / self.levels * self.ceiling
