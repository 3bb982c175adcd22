"""Rounding to a converter's levels in PyTorch, with straight-through gradients (`drive` has the learned range of LSQ).

Signed values have 2^b - 1 levels, -limit to limit with 0 among them; unsigned ones 2^b levels, 0 to limit.
"""

from __future__ import annotations

from typing import Any

from spikecim.errors import ParameterError
from spikecim.models.extras import needs

with needs("torch", "a network on analog arrays"):
    import torch
    from torch import Tensor

MOST_BITS = 16
_SLACK = 1e-3  # steps


def steps(bits: int, signed: bool) -> int:
    """Levels above 0.

    Raises
    ------
    ParameterError
        If `bits` is no whole number from 1 (2 if signed) to 16.
    """
    least = 2 if signed else 1
    if not isinstance(bits, int) or isinstance(bits, bool) or not least <= bits <= MOST_BITS:
        kind = "signed" if signed else "unsigned"
        raise ParameterError(f"bits of a {kind} converter: {bits!r}; a whole number from {least} to {MOST_BITS}")
    return 2 ** (bits - 1) - 1 if signed else 2**bits - 1


def quantise(x: Tensor, limit: Tensor, bits: int, signed: bool) -> Tensor:
    """`x` on the levels of a converter; gradient 1 inside its range and 0 outside.

    Parameters
    ----------
    x : Tensor
    limit : Tensor
        Full scale, above 0; must broadcast against `x`. No gradient reaches it.
    bits : int
    signed : bool
        2^bits - 1 levels from -limit, or 2^bits levels from 0.
    """
    made: Tensor = _Straight.apply(x, limit, steps(bits, signed), signed)
    return made


def quantise_signed(x: Tensor, limit: Tensor, bits: int) -> Tensor:
    """2^bits - 1 levels from -limit to limit."""
    return quantise(x, limit, bits, signed=True)


def quantise_unsigned(x: Tensor, limit: Tensor, bits: int) -> Tensor:
    """2^bits levels from 0 to limit."""
    return quantise(x, limit, bits, signed=False)


class _Straight(torch.autograd.Function):
    """Round and clip forwards; backwards identity within the range."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, limit: Tensor, n: int, signed: bool) -> Tensor:
        share = x * (n / limit)
        inner = share.clamp(-n if signed else 0, n)
        if ctx.needs_input_grad[0]:
            # The largest weight is the limit itself: a rounding error must not put it outside.
            ctx.save_for_backward((share - inner).abs_() < _SLACK)
        return inner.round_().mul_(limit / n)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        (inside,) = ctx.saved_tensors
        return gradients[0] * inside, None, None, None
