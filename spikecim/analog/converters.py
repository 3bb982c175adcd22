"""ADC: the current of every slice, row tile and column on 2^b - 1 levels of a fixed range, then shift-and-add.

Ranges come from calibration: of the shares of the largest value seen, the one with the least squared error.
"""

from __future__ import annotations

from typing import Any

from spikecim.analog.quantisers import quantise
from spikecim.models.extras import needs

with needs("torch", "a network on analog arrays"):
    import torch
    from torch import Tensor

SHARES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3)


def convert_columns(sums: Tensor, limit: Tensor, bits: int) -> Tensor:
    """Column values on the levels of their converters; straight-through gradient inside the range.

    Parameters
    ----------
    sums : Tensor
        Differential current of each column in units of input times weight.
    limit : Tensor
        Full scale, broadcasting against `sums`; a column whose limit is 0 carries nothing and reads 0.
    bits : int
    """
    silent = limit <= 0.0
    read = quantise(sums, torch.where(silent, 1.0, limit), bits, signed=True)
    return torch.where(silent, 0.0, read) if bool(silent.any()) else read


def best_limit(samples: Tensor, top: Tensor, bits: int | None, signed: bool) -> Tensor:
    """Range (n_columns,) for `samples` (n_samples, n_columns): least squared error of rounding and clipping.

    `top` (n_columns,) is the largest absolute value there is; with `bits` None it is the range.
    """
    if bits is None:
        return top
    best, least = top, torch.full_like(top, float("inf"))
    for share in SHARES:
        limit = torch.where(top > 0.0, top * share, 1.0)
        error = (quantise(samples, limit, bits, signed) - samples).square().mean(0)
        best = torch.where(error < least, top * share, best)
        least = torch.minimum(error, least)
    return best


def common_step(limit: Tensor, bits: int) -> Tensor:
    """Step (n_out,) whose rounding error has the variance of all conversions of `limit` (n_tiles, n_slices, n_out)."""
    return limit.square().sum((0, 1)).sqrt() / (2 ** (bits - 1) - 1)


def round_once(sums: Tensor, step: Tensor) -> Tensor:
    """`sums` rounded to multiples of `step` (broadcast; 0 rounds nothing), straight-through: the ADCs of training.

    One rounding stands for those of all slices and row tiles, with the same variance; with one slice and one tile it is
    that very rounding. What lies beyond the ranges is not clipped.
    """
    made: Tensor = _RoundOnce.apply(sums, step)
    return made


class _RoundOnce(torch.autograd.Function):
    """Round forwards, identity backwards."""

    @staticmethod
    def forward(ctx: Any, sums: Tensor, step: Tensor) -> Tensor:
        width = step.clamp_min(1e-30)
        return (sums / width).round_().mul_(width)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return gradients[0], None
