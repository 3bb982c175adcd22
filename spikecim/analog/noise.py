"""The weights a layer trains with: levels, fresh noise, fresh faults and wire drop, all in the unit of the weights.

A weight's variance is that of its cells, summed over slices and polarities with their factors squared: exact for
independent cells, and state dependent because every digit brings the variance of its own state. It is looked up by the
weight's level. The gradient passes straight through levels and draws, and through the wire factor.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from spikecim.analog.cells import CellTable, cell_table
from spikecim.analog.converters import common_step, round_once
from spikecim.analog.layers import AnalogLayer
from spikecim.analog.quantisers import quantise
from spikecim.analog.schedule import AwareSchedule
from spikecim.analog.wire_maps import WireMap, exact_weights
from spikecim.analog.wiring import Wiring
from spikecim.analog.written import slicing, split
from spikecim.models.extras import needs

with needs("torch", "a network on analog arrays"):
    import torch
    from torch import Tensor

FINE = 255  # levels that a continuous weight's noise is looked up by


@dataclass(frozen=True, kw_only=True)
class LevelTable:
    """What the cells of a weight do, by the weight's level 0 .. n; in shares of full scale.

    Attributes
    ----------
    sd, shift : Tensor (n + 1,)
        Standard deviation and mean error of the weight, reads included.
    states : Tensor (n_slices, n + 1)
        State of the cell of each slice in the polarity that holds the weight.
    factors : Tensor (n_slices,)
        Share of full scale of a cell over its window.
    rails : (float, float)
        States of cells stuck at HRS and at LRS.
    """

    sd: Tensor
    shift: Tensor
    states: Tensor
    factors: Tensor
    rails: tuple[float, float]

    @property
    def n(self) -> int:
        return len(self.sd) - 1


def level_table(wiring: Wiring, cells: CellTable) -> LevelTable:
    """Tables of a weight's level for the slicing of `wiring`; the mean error is what the gain trim leaves."""
    how = slicing(wiring, 1.0)
    n = round(1.0 / how.step) if how.digit_bits else FINE
    share = torch.arange(n + 1, dtype=torch.float64) / n
    states = split(share, how)[0]
    factors = torch.as_tensor(how.factors)
    zero = torch.zeros(1, dtype=torch.float64)
    variance = cells.read(cells.program_sd, states).square() + cells.read(cells.read_sd, states).square()
    rest = cells.read(cells.program_sd, zero).square() + cells.read(cells.read_sd, zero).square()
    mean = cells.read(cells.mean, states) - cells.read(cells.mean, zero)
    seen = (factors[:, None] * mean).sum(0)
    gain = (share * share).sum() / (share * seen).sum()
    sd = (factors[:, None].square() * (variance + rest)).sum(0).sqrt() * gain
    return LevelTable(
        sd=sd.float(),
        shift=(seen * gain - share).float(),
        states=states.float(),
        factors=factors.float(),
        rails=cells.rails,
    )


@dataclass(kw_only=True)
class AwareSampler:
    """Weights of each step for one layer.

    Attributes
    ----------
    wiring : Wiring
    schedule : AwareSchedule
    active : bool
        Whether noise, faults and wire drop are on; levels always are.
    faults : Tensor or None
        Fixed stuck cells int8 (2, n_slices, n_out, n_in); None: drawn anew at each step by the device's shares.
    wires : WireMap or None
        Factor of each cell, kept for an epoch.
    """

    wiring: Wiring
    schedule: AwareSchedule
    active: bool = True
    faults: Tensor | None = None
    wires: WireMap | None = None
    table: LevelTable = field(init=False)

    def __post_init__(self) -> None:
        self.table = level_table(self.wiring, cell_table(self.wiring.plan, self.wiring.errors))

    def weights(self, layer: AnalogLayer) -> Tensor:
        """Weights (n_out, n_in) of this step."""
        plain, errors = layer.matrix(), self.wiring.errors
        limit = self.limits(layer)
        on = "quantisation" in errors
        weights = quantise(plain, limit, self.wiring.plan.weight_bits, signed=True) if on else plain
        if not self.active:
            return weights
        if "wires" in errors and self.schedule.wires == "exact":
            weights = exact_weights(weights, limit, self.wiring)
        with torch.no_grad():
            change = self._change(weights.detach(), limit)
        if change is not None:
            weights = weights + change
        return weights if self.wires is None else self.wires.apply(weights, limit)

    def converted(self, layer: AnalogLayer, seen: Tensor, weights: Tensor) -> Tensor:
        """Product with `weights`; the rounding of all its conversions as one of the same variance."""
        made, bits = layer.multiply(seen, weights), self.wiring.adc_bits
        if bits is None:
            return made
        return round_once(made, layer.per_column(common_step(layer.column_limit, bits), made))

    def limits(self, layer: AnalogLayer) -> Tensor:
        """|weight| at the top level (n_out, 1), as programming chooses it: of each matrix its own."""
        plan, weights = self.wiring.plan, layer.matrix().detach()
        if plan.weight_limit is not None:
            return torch.full((len(weights), 1), plan.weight_limit).to(weights)
        n_packs = layer.groups // self.wiring.pack
        top = weights.reshape(n_packs, -1).abs().amax(1)
        top = torch.where(top > 0.0, top, 1.0)
        return top.repeat_interleave(len(weights) // n_packs)[:, None]

    def _change(self, weights: Tensor, limit: Tensor) -> Tensor | None:
        """What noise and faults add to `weights` (n_out, n_in)."""
        errors, table = self.wiring.errors, self.table
        if not errors & {"fluctuation", "stuck"}:
            return None
        level = (weights.abs() * (table.n / limit)).round_().clamp_(max=table.n).to(torch.int32)
        change = torch.zeros_like(weights)
        if "fluctuation" in errors:
            flat = level.flatten()
            sd, shift = (part.to(weights).index_select(0, flat).view_as(weights) for part in (table.sd, table.shift))
            change = torch.randn_like(weights).mul_(sd).mul_(self.schedule.scale).addcmul_(weights.sign(), shift)
        if "stuck" in errors:
            self._strike(change, level, weights)
        return change.mul_(limit)

    def _strike(self, change: Tensor, level: Tensor, weights: Tensor) -> None:
        """Add what stuck cells change, in shares of full scale."""
        table, n_slices = self.table, self.wiring.n_slices
        for fate in (1, -1):
            place = self._places(fate, 2 * n_slices * weights.numel(), weights)
            if not len(place):
                continue
            at = place % weights.numel()
            part = torch.div(place, weights.numel(), rounding_mode="floor")
            polarity = 1.0 - 2.0 * torch.div(part, n_slices, rounding_mode="floor").to(weights)
            digit = part % n_slices
            held = table.states.to(weights)[digit, level.flatten()[at]]
            held = torch.where(weights.flatten()[at] * polarity > 0.0, held, 0.0)
            rail = table.rails[1 if fate == 1 else 0]
            change.view(-1).index_add_(0, at, polarity * table.factors.to(weights)[digit] * (rail - held))

    def _places(self, fate: int, n_cells: int, like: Tensor) -> Tensor:
        """Which cells of (2, n_slices, n_out, n_in), flat, are stuck at `fate`: 1 LRS, -1 HRS."""
        if self.faults is not None:
            return (self.faults.flatten() == fate).nonzero()[:, 0].to(like.device)
        low, high = self.wiring.plan.device.stuck_shares
        share = torch.tensor(high if fate == 1 else low, dtype=torch.float64)
        count = int(torch.binomial(torch.tensor(float(n_cells), dtype=torch.float64), share))
        # The chance that one cell is drawn twice is of second order in the share of faults.
        return torch.randint(n_cells, (count,)).to(like.device)
