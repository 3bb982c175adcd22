"""The layers of VGG-8 and of narrower copies as plain numbers, without PyTorch: shapes, cells, multiply-accumulates.

VGG-8 of the in-situ training line (Huang et al., ACM TODAES 2022; Wu et al., arXiv 1802.04680): six 3x3 convolutions,
128, 128, 256, 256, 512, 512 channels, a pool behind every second one, then 1024 and 10 dense outputs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from spikecim.errors import ParameterError

STAGES = (128, 256, 512)
DENSE = 1024
KERNEL = 3


@dataclass(frozen=True, kw_only=True)
class DeepLayer:
    """One weight matrix and where it is used.

    Attributes
    ----------
    name : str
    c_in, c_out : int
        Channels; of a dense layer its inputs and outputs.
    kernel : int
        Side of the kernel, 1 for a dense layer.
    side : int
        Rows and columns of the output, before the pool; 1 for a dense layer.
    pool : int
        Side of the pool behind it; 1: none.
    """

    name: str
    c_in: int
    c_out: int
    kernel: int
    side: int
    pool: int

    @property
    def dense(self) -> bool:
        return self.side == 1 and self.kernel == 1

    @property
    def n_in(self) -> int:
        """Rows of the matrix."""
        return self.kernel * self.kernel * self.c_in

    @property
    def n_out(self) -> int:
        """Columns of the matrix."""
        return self.c_out

    @property
    def positions(self) -> int:
        """Times the matrix is used for one image."""
        return self.side * self.side

    @property
    def weights(self) -> int:
        return self.n_in * self.n_out

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one image in one pass."""
        return self.weights * self.positions


def vgg8(width: float = 1.0, *, side: int = 32, channels: int = 3, classes: int = 10) -> tuple[DeepLayer, ...]:
    """Layers of VGG-8 with `width` times the channels.

    Parameters
    ----------
    width : float
        Above 0, at most 4; channel counts are rounded and at least 1.
    side : int
        Rows and columns of the images, a multiple of 8.
    channels, classes : int

    Raises
    ------
    ParameterError
        If a value is out of range.
    """
    if not (math.isfinite(width) and 0.0 < width <= 4.0):
        raise ParameterError(f"network.width {width!r}: must be above 0 and at most 4; 1 is the published VGG-8")
    if side < 8 or side % 8:
        raise ParameterError(f"network.side {side!r}: must be a multiple of 8, three pools halve it")
    if channels < 1 or classes < 2:
        raise ParameterError(f"network: {channels} channels, {classes} classes; allowed from 1 and from 2")
    layers: list[DeepLayer] = []
    c_in = channels
    for stage in STAGES:
        c_out = max(1, round(stage * width))
        for pool in (1, 2):
            name = f"conv{len(layers) + 1}"
            layers.append(DeepLayer(name=name, c_in=c_in, c_out=c_out, kernel=KERNEL, side=side, pool=pool))
            c_in = c_out
        side //= 2
    hidden = max(1, round(DENSE * width))
    for n_in, n_out in ((c_in * side * side, hidden), (hidden, classes)):
        name = f"dense{len(layers) + 1}"
        layers.append(DeepLayer(name=name, c_in=n_in, c_out=n_out, kernel=1, side=1, pool=1))
    return tuple(layers)


def forward_macs(layers: tuple[DeepLayer, ...]) -> int:
    """Multiply-accumulates of one image forwards: 615.9 M for VGG-8."""
    return sum(layer.macs for layer in layers)


def training_macs(layers: tuple[DeepLayer, ...]) -> int:
    """Of one trained image: forward, error and gradient pass; the first layer hands no error on."""
    return 3 * forward_macs(layers) - layers[0].macs
