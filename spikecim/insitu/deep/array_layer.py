"""A layer that learns in its arrays: forward, error and gradient pass are the three products of `products`.

    y = s (x W),   e_x = s (e W^T),   dL/dW = s (x^T e)

with s a fixed digital scale and e coded by the error DAC on the power of two at or above the batch's largest error.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from spikecim.analog.quantisers import steps
from spikecim.insitu.array_spec import PASSES, ArrayReads
from spikecim.insitu.deep.converters import Converters, made
from spikecim.insitu.deep.noise import NoisePool
from spikecim.insitu.deep.patches import Patches, Room
from spikecim.insitu.deep.products import Driven, Lines, driven, gradient, spans
from spikecim.insitu.deep_shapes import DeepLayer
from spikecim.insitu.reads import CELL_NOISE

# Numbers of a patch matrix that are worked on at a time: they stay in the cache of a core.
CHUNK = 1 << 19


class ArrayLayer(nn.Module):
    """Convolution or dense layer on arrays, channels last: (n, side, side, c_in) to (n, side, side, c_out).

    Parameters
    ----------
    shape : DeepLayer
    reads : ArrayReads
    pairing : str
        "single" or "pair".
    """

    def __init__(self, shape: DeepLayer, reads: ArrayReads, pairing: str) -> None:
        super().__init__()
        self.shape, self.reads, self.pairing = shape, reads, pairing
        self.patches = Patches(kernel=shape.kernel, side=shape.side, channels=shape.c_in)
        self.scale = 1.0 / math.sqrt(shape.n_in)
        ratio = reads.on_off
        self.gain = 1.0 - 1.0 / ratio if ratio else 1.0
        self.shift = 1.0 / ratio if ratio and reads.reference == "half" and pairing == "single" else 0.0
        # A share of the window g_max - g_min, which is `gain` of g_max.
        self.noise_sd = reads.read_noise * CELL_NOISE[pairing] * self.gain
        self.weight = torch.zeros(shape.n_in, shape.n_out)  # set by whoever holds the weights, before each pass
        self.pool: NoisePool | None = None
        self.room = Room()
        self.converters: dict[str, Converters] = {}
        self.place(torch.device("cpu"))

    def place(self, where: torch.device) -> None:
        """Make the converters on `where`; their ranges are 1."""
        n_in, n_out, reads = self.shape.n_in, self.shape.n_out, self.reads
        tiles = {"forward": len(self.lines("forward").tiles), "error": len(self.lines("error").tiles), "gradient": 1}
        columns = {"forward": n_out, "error": n_in, "gradient": n_out}
        self.converters = {
            step: made(reads.adc_bits(step), tiles[step], columns[step], reads.coverage, where) for step in PASSES
        }

    def lines(self, step: str) -> Lines:
        """Row tiles and noise of the pass `step`."""
        n_lines = self.shape.n_in if step == "forward" else self.shape.n_out
        return Lines(tiles=spans(n_lines, self.reads.rows), noise_sd=self.noise_sd, path=(self.shape.name, step))

    def matrix(self, weight: Tensor) -> Tensor:
        """What the arrays hold of `weight`, on/off ratio and reference included."""
        return weight if self.gain == 1.0 and self.shift == 0.0 else weight * self.gain + self.shift

    def chunk(self, n_samples: int) -> int:
        """Samples worked on at a time; whole row tiles of the gradient pass, so that only the last one may be short."""
        positions, rows = self.patches.positions, self.reads.rows
        least = math.lcm(positions, rows) // positions
        fitting = CHUNK // (positions * self.shape.n_in) // least * least
        return min(n_samples, max(least, fitting))

    def forward(self, x: Tensor) -> Tensor:
        """`x` (n, side, side, c_in) in [0, 1], or (n, n_in) of a dense layer; same without and with c_out."""
        found: Tensor = _ArrayProduct.apply(x, self.weight, self)
        return found


class _ArrayProduct(torch.autograd.Function):
    """The three passes; nothing but the padded input and the matrix is kept between them."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, layer: ArrayLayer) -> Tensor:
        matrix = layer.matrix(weight)
        padded = layer.patches.padded(x)
        arrays = driven(matrix, layer.lines("forward"), layer.converters["forward"])
        size = layer.chunk(len(x))
        out = torch.empty(len(x), layer.patches.positions, weight.shape[1], dtype=x.dtype, device=x.device)
        for place, part in enumerate(padded.split(size)):
            found = arrays.read(layer.patches.taken(part, layer.room), layer.pool, place, layer.room)
            torch.mul(found.view(len(part), -1, weight.shape[1]), layer.scale, out=out[place * size :][: len(part)])
        ctx.layer = layer
        ctx.save_for_backward(padded, matrix)
        return out.view(*x.shape[:-1], weight.shape[1])

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor, None]:
        layer: ArrayLayer = ctx.layer
        padded, matrix = ctx.saved_tensors
        patches, size = layer.patches, layer.chunk(len(padded))
        errors, unit = coded(gradients[0].contiguous(), layer.reads.error_bits)
        arrays: Driven | None = None
        back: Tensor | None = None
        if ctx.needs_input_grad[0]:
            arrays = driven(matrix.t(), layer.lines("error"), layer.converters["error"])
            back = torch.zeros_like(padded)
        total = torch.zeros_like(matrix)
        for place, (x, e) in enumerate(zip(padded.split(size), errors.split(size), strict=True)):
            rows = e.reshape(-1, matrix.shape[1])
            total += gradient(
                patches.taken(x, layer.room), rows, layer.reads.rows, layer.converters["gradient"], layer.room
            )
            if arrays is not None and back is not None:
                patches.folded(arrays.read(rows, layer.pool, place, layer.room), back[place * size :][: len(x)])
        if back is not None:
            back = patches.cut(back).mul_(unit * layer.scale)
        return back, total.mul_(unit * layer.scale), None


def coded(errors: Tensor, bits: int | None) -> tuple[Tensor, float]:
    """`errors` as the error DAC drives them, -1 .. 1, and the power of two that they are shares of; all 0 stay 0."""
    largest = float(torch.max(errors.max(), -errors.min()))
    if not math.isfinite(largest) or largest == 0.0:
        # What is not finite is passed on: the loop stops at the loss and says where.
        return errors, 1.0
    unit = 2.0 ** math.ceil(math.log2(largest))
    if bits is None:
        return errors / unit, unit
    n = steps(bits, signed=True)
    return (errors * (n / unit)).round_().div_(n), unit
