"""VGG-8 on arrays: array layer, digital batch norm, clipped ReLU on the levels of the next DAC, pool.

The norms are digital, in floating point, and learn by plain momentum in software; every product is done by arrays.
Images and activations are channels last.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from spikecim.analog.quantisers import steps
from spikecim.insitu.array_spec import ArrayReads
from spikecim.insitu.deep.array_layer import ArrayLayer
from spikecim.insitu.deep.noise import NoisePool
from spikecim.insitu.deep.patches import Room
from spikecim.insitu.deep_shapes import DeepLayer

CEILING = 3.0  # standard deviations of a normed sum that full scale of the next layer's DAC stands for


class ClippedRelu(torch.autograd.Function):
    """clip(x, 0, 1) on 2^bits levels; the gradient passes inside the range."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, bits: int | None) -> Tensor:
        if ctx.needs_input_grad[0]:
            ctx.save_for_backward(x)
        if bits is None:
            return x.clamp(0.0, 1.0)
        n = steps(bits, signed=False)
        return (x * n).round_().clamp_(0.0, n).mul_(1.0 / n)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (x,) = ctx.saved_tensors
        return torch.ops.aten.hardtanh_backward(gradients[0], x, 0.0, 1.0), None


class DeepNetwork(nn.Module):
    """Layers of `shapes` in a chain.

    Parameters
    ----------
    shapes : tuple of DeepLayer
    reads : ArrayReads
    pairing : str
    """

    def __init__(self, shapes: tuple[DeepLayer, ...], reads: ArrayReads, pairing: str) -> None:
        super().__init__()
        self.shapes, self.reads, self.room = shapes, reads, Room()
        self.layers = nn.ModuleList(ArrayLayer(shape, reads, pairing) for shape in shapes)
        self.norms = nn.ModuleList(nn.BatchNorm1d(shape.c_out) for shape in shapes)
        for norm in self.norms[:-1]:
            nn.init.constant_(norm.weight, 1.0 / CEILING)  # type: ignore[arg-type]

    @property
    def arrays(self) -> tuple[ArrayLayer, ...]:
        """The layers in order."""
        return tuple(layer for layer in self.layers if isinstance(layer, ArrayLayer))

    def place(self, where: torch.device, pool: NoisePool | None) -> None:
        """Move everything to `where`; `pool` is what read noise is taken from."""
        self.to(where)
        for layer in self.arrays:
            layer.place(where)
            layer.pool, layer.room = pool, self.room

    def forward(self, x: Tensor) -> Tensor:
        """Class scores (n, n_classes) of images (n, side, side, channels) in [0, 1]."""
        last = len(self.shapes) - 1
        for number, (shape, layer, norm) in enumerate(zip(self.shapes, self.layers, self.norms, strict=True)):
            if shape.dense:
                x = x.flatten(1)
            x = normed(norm, layer(x))
            if number < last:
                x = ClippedRelu.apply(x, self.reads.input_bits)
            if shape.pool > 1:
                x = pooled(x, shape.pool)
        return x


def normed(norm: nn.Module, x: Tensor) -> Tensor:
    """Batch norm over all positions, channels last."""
    flat: Tensor = norm(x.view(-1, x.shape[-1]))
    return flat.view(x.shape)


def pooled(x: Tensor, side: int) -> Tensor:
    """Largest of `side` x `side` positions, channels last."""
    return nn.functional.max_pool2d(x.permute(0, 3, 1, 2), side).permute(0, 2, 3, 1).contiguous()
