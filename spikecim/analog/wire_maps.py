"""Wire drop while training: a factor of each cell kept for an epoch, or the exact transfer matrix with its gradient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.analog.deploy import matrices, unpacked
from spikecim.analog.layers import AnalogLayer
from spikecim.analog.wires_grad import transfer
from spikecim.analog.wiring import Wiring
from spikecim.analog.written import slicing, split
from spikecim.arrays.analog.programming import slicing_of, target_conductances
from spikecim.arrays.analog.tiling import Tile, tiles
from spikecim.arrays.analog.trim import trim_gains
from spikecim.arrays.analog.wires import through_wires
from spikecim.arrays.crossbar.position import position_factor
from spikecim.models.extras import needs

with needs("torch", "a network on analog arrays"):
    import torch
    from torch import Tensor

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class WireMap:
    """What wires make of a weight w with full scale L: factor w + offset L, each (n_out, n_in).

    The factor is the mean over slices and polarities. The offset is the rest (slices and polarities drop by different
    shares, and so do their g_min): with the weights that the map was made from, the sum is the whole wire drop.
    """

    factor: Tensor
    offset: Tensor

    def apply(self, weights: Tensor, limit: Tensor) -> Tensor:
        """Weights as the sense end sees them, gain trimmed."""
        return weights * self.factor + self.offset * limit


def wire_map(layer: AnalogLayer, kind: str) -> WireMap:
    """The map for the weights that `layer` has now: "position" by the closed form, "refreshed" by the exact solver."""
    found = [_matrix_map(matrix, layer.wiring, kind) for matrix in matrices(layer).values()]
    pack = layer.wiring.pack
    factor, offset = (
        torch.from_numpy(np.concatenate([unpacked(parts[which], pack) for parts in found])).to(layer.weight)
        for which in (0, 1)
    )
    return WireMap(factor=factor, offset=offset)


def _matrix_map(matrix: FloatArray, wiring: Wiring, kind: str) -> tuple[FloatArray, FloatArray]:
    """Factor and offset (n_in, n_out) of one matrix."""
    plan, device = wiring.plan, wiring.plan.device
    window = device.g_max - device.g_min
    how = slicing_of(matrix, plan, wiring.errors)
    targets = target_conductances(matrix, how, plan)
    cut = tiles(matrix.shape[0], matrix.shape[1], plan.rows, plan.columns)
    if kind == "refreshed":
        seen = through_wires(targets, cut, plan.wires)
        kept = np.divide(seen, targets, out=np.ones_like(seen), where=targets > 0.0)
    else:
        kept = _closed_form(targets, cut, wiring)
        seen = kept * targets
    factors = how.factors[:, None, None]
    effective = factors / window * (seen[0] - seen[1])
    ideal = factors / window * (targets[0] - targets[1])
    gains = trim_gains(effective, ideal, cut, plan.trim)
    factor = (factors / factors.sum() * gains * kept.mean(0)).sum(0)
    return factor, ((gains * effective).sum(0) - factor * ideal.sum(0)) / factors.sum()


def _closed_form(targets: FloatArray, cut: tuple[Tile, ...], wiring: Wiring) -> FloatArray:
    kept = np.empty_like(targets)
    for tile in cut:
        part = targets[..., tile.rows, tile.columns]
        kept[..., tile.rows, tile.columns] = position_factor(part, wiring.plan.wires)
    return kept


def exact_weights(weights: Tensor, limit: Tensor, wiring: Wiring) -> Tensor:
    """`weights` (n_out, n_in) of one group as the sense end sees them, differentiable through the circuit.

    Digits pass gradients straight: a weight moves the cells of all its slices alike.
    """
    plan, how = wiring.plan, slicing(wiring, 1.0)
    window = plan.device.g_max - plan.device.g_min
    wide = (weights / limit).double().T
    states = split(wide.detach(), how)
    sign = torch.stack([(wide.detach() > 0).double(), (wide.detach() < 0).double()])[:, None]
    states = states + sign * (wide.abs() - wide.detach().abs())
    cells = plan.device.g_min + states * window
    factors = torch.as_tensor(how.factors)[:, None, None]
    rows = []
    for row in wiring.tiles:
        columns = []
        for column in tiles(1, wide.shape[1], 1, plan.columns):
            part = cells[..., row, column.columns]
            seen = transfer(part, plan.wires)
            made, ideal = ((t[0] - t[1]) / window for t in (seen, part))
            columns.append((factors * made * _gain(made.detach(), ideal.detach(), plan.trim)).sum(0))
        rows.append(torch.cat(columns, 1))
    return torch.cat(rows).T.to(weights).contiguous() * limit


def _gain(seen: Tensor, wanted: Tensor, trim: str) -> Tensor:
    """Gain of each slice (n_slices, 1, 1), as the trim of one array sets it."""
    if trim == "none":
        return torch.ones(len(seen), 1, 1).to(seen)
    power, answer = (wanted * wanted).sum((-2, -1), keepdim=True), (wanted * seen).sum((-2, -1), keepdim=True)
    return torch.where(answer > 0.0, power / answer.clamp_min(1e-300), 1.0)
