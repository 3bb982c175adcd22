"""SPIRIT's code: as many excitatory as inhibitory cells, +2 = two excitatory cells in LRS (FIG, EMB)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.codes.base import BoolArray, FloatArray, Units, WeightCode, thermometer


class UnaryBipolar(WeightCode):
    """4 + 4 cells for -4..+4. One bad cell moves the weight by one unit; mean HRS leakage cancels between sides."""

    @property
    def cells_per_weight(self) -> int:
        return 2 * self.levels

    def targets(self, weights: NDArray[np.int8]) -> BoolArray:
        excitatory = thermometer(np.maximum(weights, 0), self.levels)
        inhibitory = thermometer(np.maximum(-weights.astype(np.int64), 0), self.levels)
        return np.concatenate([excitatory, inhibitory], axis=-1)

    def decode(self, states: BoolArray) -> NDArray[np.int64]:
        return states[..., : self.levels].sum(-1) - states[..., self.levels :].sum(-1)

    def sides(self, conductance: FloatArray, units: Units) -> tuple[FloatArray, FloatArray]:
        return conductance[..., : self.levels].sum(-1), conductance[..., self.levels :].sum(-1)
