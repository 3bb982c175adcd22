"""Statistics of one programmed cell by its state, from the device itself: what training draws its noise by.

At the moment of programming mean and spread are the device's closed forms; at a later time, and for devices without
closed forms, they are those of many programmed cells (a standard deviation of 4096 cells is known to 1.1 %).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.analog.plan import ArrayPlan
from spikecim.devices.multilevel import MultiLevelCell
from spikecim.models.extras import needs

with needs("torch", "a network on analog arrays"):
    import torch
    from torch import Tensor

NODES, SAMPLES = 65, 4096
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class CellTable:
    """A cell programmed to a state s in 0 .. 1 of the window: mean and spread of what it becomes, of a read, and rails.

    Attributes
    ----------
    states, mean, program_sd, read_sd : Tensor (n,)
        In shares of the window; states evenly spaced from 0 to 1.
    rails : (float, float)
        States of cells stuck at HRS and at LRS.
    floor : float
        g_min as a share of the window.
    window : float
        g_max - g_min, S.
    """

    states: Tensor
    mean: Tensor
    program_sd: Tensor
    read_sd: Tensor
    rails: tuple[float, float]
    floor: float
    window: float

    def read(self, table: Tensor, state: Tensor) -> Tensor:
        """`table` at `state` (any shape), linear between the nodes."""
        place = state.clamp(0.0, 1.0) * (len(self.states) - 1)
        low = place.long().clamp_max(len(self.states) - 2)
        return torch.lerp(table.to(state)[low], table.to(state)[low + 1], place - low)


def cell_table(plan: ArrayPlan, errors: frozenset[str]) -> CellTable:
    """Statistics of the cells of `plan`, `plan.seconds` after programming."""
    device = plan.device
    window = device.g_max - device.g_min
    states = np.linspace(0.0, 1.0, NODES)
    target = device.g_min + states * window
    mean, spread, read = target, np.zeros(NODES), np.zeros(NODES)
    if "fluctuation" in errors:
        mean, spread = _moments(plan, target)
        read = device.read_sd(np.maximum(mean, 0.0))
    low, high = ((rail - device.g_min) / window for rail in device.rails)
    return CellTable(
        states=torch.from_numpy(states),
        mean=torch.from_numpy((mean - device.g_min) / window),
        program_sd=torch.from_numpy(spread / window),
        read_sd=torch.from_numpy(read / window),
        rails=(low, high),
        floor=device.g_min / window,
        window=window,
    )


def _moments(plan: ArrayPlan, target: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation (S) of cells programmed to `target` (n,)."""
    device = plan.device
    if isinstance(device, MultiLevelCell) and not plan.seconds:
        return device.programmed(target)
    many = np.broadcast_to(target[:, None], (len(target), SAMPLES))
    cells = device.program(many, 0, "statistics", stuck=False)
    if plan.seconds:
        cells = device.at(cells, plan.seconds, 0, "statistics")
    return cells.conductance.mean(1), cells.conductance.std(1)
