"""What the word lines see of a layer's input: DAC levels, then the I-V curve of the cells, with its true derivative.

An input x at full scale L stands for the voltage V x / L; a cell carries G f(v). All cells of an array share the curve,
so it acts on the input: h(x) = L f(V x / L) / f(V), exact at full scale. Negative inputs drive negative voltages (f is
odd).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from spikecim.analog.quantisers import steps as steps_of
from spikecim.arrays.crossbar.cell_law import CellLaw
from spikecim.models.extras import needs

with needs("torch", "a network on analog arrays"):
    import torch
    from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Curve:
    """f(V u) / f(V) for u = x / L.

    Attributes
    ----------
    law : CellLaw
    voltage : float
        V, of an input at full scale.
    """

    law: CellLaw
    voltage: float

    def evaluate(self, share: Tensor) -> tuple[Tensor, Tensor]:
        """Value and derivative at `share` (any shape), in its type and on its device."""
        top = float(self.law.evaluate(self.voltage)[0])
        value, slope = self.law.evaluate(self.voltage * share.detach().cpu().double().numpy())
        found = (value / top, slope * (self.voltage / top))
        return tuple(torch.from_numpy(np.asarray(part)).to(share) for part in found)  # type: ignore[return-value]


def drive(x: Tensor, limit: Tensor, bits: int | None, signed: bool, curve: Curve | None) -> Tensor:
    """What multiplies the weights.

    Parameters
    ----------
    x : Tensor
        Any shape.
    limit : Tensor
        Full scale of the DAC, one number; if it requires a gradient, it gets the one of LSQ.
    bits : int or None
        2^bits levels from 0, 2^bits - 1 from -limit if `signed`; None for a DAC without steps and without an end.
    signed : bool
    curve : Curve or None
        None for cells that obey Ohm's law.
    """
    if bits is None:
        if curve is None:
            return x
        bent: Tensor = _Bent.apply(x, limit.detach(), curve)
        return bent
    n = steps_of(bits, signed)
    levels = torch.arange(-n if signed else 0, n + 1, dtype=x.dtype, device=x.device) / n
    value, slope = (levels, None) if curve is None else curve.evaluate(levels)
    found: Tensor = _Converted.apply(x, limit, n, signed, (value, slope))
    return found


class _Bent(torch.autograd.Function):
    """The curve alone."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, limit: Tensor, curve: Curve) -> Tensor:
        value, slope = curve.evaluate(x / limit)
        ctx.save_for_backward(slope)
        return value * limit

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (slope,) = ctx.saved_tensors
        return gradients[0] * slope, None, None


class _Converted(torch.autograd.Function):
    """DAC and curve at once: a table of levels. Rounding passes gradients straight, the ends stop them."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, limit: Tensor, n: int, signed: bool, table: tuple[Tensor, Tensor | None]
    ) -> Tensor:
        low = -n if signed else 0
        steps = x * (n / limit)
        inner = steps.clamp(low, n)
        by_x, by_limit = ctx.needs_input_grad[:2]
        inside = inner == steps if by_x or by_limit else None
        whole = inner.round_()
        value, slope = table
        if slope is None:
            share, gain = whole.mul_(1.0 / n), inside
        else:
            place = whole.add_(-low).flatten().to(torch.int32)
            share = value.index_select(0, place).view_as(x)
            gain = None if inside is None else slope.index_select(0, place).view_as(x).mul_(inside)
        if inside is not None:
            ctx.save_for_backward(gain)
        if by_limit:
            assert gain is not None
            ctx.by_limit, ctx.n = share - x / limit * gain, n
        return share * limit

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, None, None, None]:
        (gain,) = ctx.saved_tensors
        by_x = gradients[0] * gain if ctx.needs_input_grad[0] else None
        by_limit = None
        if ctx.needs_input_grad[1]:
            # Step of LSQ = limit / n; its gradient is scaled by 1 / sqrt(count * n).
            by_limit = (gradients[0] * ctx.by_limit).sum() / (ctx.by_limit.numel() * ctx.n) ** 0.5
        return by_x, by_limit, None, None, None
