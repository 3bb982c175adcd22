"""SPIRIT's neurons as differentiable functions: the curve of their rates, and the neurons themselves step by step.

`rates` is the fluid limit (spikecim/explore/fluid.py): f = h_sat(drive / packet). `spikes` follows docs/semantics.md:
with one tick a step and whole charges its counts are those of the engines; with more ticks a step a neuron may fire as
often within a step as its refractory period allows. Comparators are continuous, there is no leak and no read noise. The
gradient of a spike with respect to the charge is 1 / threshold within reach of a threshold and 0 beyond: a staircase
passed straight through by its slope (Bengio 2013).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from spikecim.analog.spirit_chips import ChipTable
from spikecim.models.extras import needs

with needs("torch", "hardware-aware training"):
    import torch
    from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Neurons:
    """Neurons of one chip, in weight units; rows of (2, n_out) are for the positive and the negative side."""

    threshold: Tensor
    reset: Tensor
    rail: Tensor

    @classmethod
    def of(cls, table: ChipTable) -> Neurons:
        """Return the neurons of `table`."""
        parts = (torch.from_numpy(array) for array in (table.threshold, table.reset, table.rail))
        return cls(**dict(zip(("threshold", "reset", "rail"), parts, strict=True)))


def felt(weights: Tensor, charge: Tensor, *, rounded: bool = True) -> Tensor:
    """Charge (n_in, n_out) of one positive spike through real `weights` (n_in, n_out), rounded to levels and clipped.

    Parameters
    ----------
    charge : float (2 * levels + 1, n_in, n_out)
        Of every level, one polarity of a `ChipTable`. The gradient is its slope between the neighbours of the level.
    rounded : bool
        If not, what rounding took is added without any error, as `explore.classes` has it.
    """
    levels = charge.shape[0] // 2
    clipped = weights.clamp(-levels, levels)
    place = (clipped.detach().round() + levels).long()[None]
    below, above = ((place + shift).clamp(0, 2 * levels) for shift in (-1, 1))
    slope = (charge.gather(0, above) - charge.gather(0, below)) / (above - below)
    found = (charge.gather(0, place) + slope * (clipped - clipped.detach())[None])[0]
    return found if rounded else found + (weights.detach() - place[0] + levels)


def rates(drive: Tensor, neurons: Neurons, refractory: int) -> Tensor:
    """Spikes per tick (batch, n_out) of a steady `drive` (batch, n_out) in units per tick.

    At most one in `refractory` ticks. Beyond that a hundredth of the slope is kept: a saturated neuron can still learn.
    """
    free = torch.where(drive >= 0, drive / neurons.reset[0], drive / neurons.reset[1])
    most = 1.0 / max(refractory, 1)
    return free.clamp(-most, most) + 0.01 * (free - free.detach())


class _Fire(torch.autograd.Function):
    """Signed number of spikes of a charge: thresholds passed, one packet each, at most `most`."""

    @staticmethod
    def forward(ctx: Any, charge: Tensor, threshold: Tensor, reset: Tensor, most: Tensor) -> Tensor:
        above = (torch.floor((charge - threshold[0]) / reset[0]) + 1).clamp(min=0)
        below = (torch.floor((-charge - threshold[1]) / reset[1]) + 1).clamp(min=0)
        reach = (charge.abs() <= threshold.max(0).values * (most + 1)) & (most > 0)
        ctx.save_for_backward(reach / threshold.mean(0))
        return torch.minimum(above, most) - torch.minimum(below, most)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        (slope,) = ctx.saved_tensors
        return gradients[0] * slope, None, None, None


def spikes(arriving: Tensor, neurons: Neurons, refractory: int, step_ticks: int) -> Tensor:
    """Signed spikes (batch, n_steps, n_out) of charge `arriving` (batch, n_steps, n_out) in units.

    Parameters
    ----------
    refractory : int
        Ticks between spikes of a neuron, at least.
    step_ticks : int
        Ticks of one step. With 1 the refractory period is followed to the tick.
    """
    fire: Any = _Fire.apply
    period = max(refractory, 1)
    charge = torch.zeros_like(arriving[:, 0])
    ready = torch.zeros_like(charge)
    found = []
    for step in range(arriving.shape[1]):
        charge = charge + arriving[:, step]
        begun = ready.clamp(min=step * step_ticks)
        room = (step + 1) * step_ticks - begun
        most = torch.div(room + period - 1, period, rounding_mode="floor").clamp(min=0)
        # What spikes of this very step will take away never reaches a rail.
        spare = (most - 1).clamp(min=0)
        high, low = (rail + spare * reset for rail, reset in zip(neurons.rail, neurons.reset, strict=True))
        charge = torch.minimum(torch.maximum(charge, -low), high)
        fired = fire(charge, neurons.threshold, neurons.reset, most)
        charge = charge - torch.where(fired > 0, neurons.reset[0], neurons.reset[1]) * fired
        count = fired.detach().abs()
        ready = torch.where(count > 0, begun + count * period, ready)
        found.append(fired)
    return torch.stack(found, 1)
