"""The code SPIRIT's designers rejected: magnitude cells and a sign bit, stored three times or (unsafe) once (EMB)."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.codes.base import BoolArray, FloatArray, Units, WeightCode, majority, thermometer


class _SignMagnitude(WeightCode):
    """Magnitude cells, then sign cells; these are read digitally, decided by majority, and steer the analog magnitude.

    HRS leakage of the magnitude cells has no opposite side to cancel it, so the injector subtracts the mean leakage of
    its cells as a fixed current. The digital reads of the sign cells see no read noise, and the energy of their sense
    amplifiers is not charged.
    """

    @property
    @abstractmethod
    def sign_copies(self) -> int:
        """Cells that hold the sign; an odd number."""

    @property
    def cells_per_weight(self) -> int:
        return self.levels + self.sign_copies

    def targets(self, weights: NDArray[np.int8]) -> BoolArray:
        magnitude = thermometer(np.abs(weights.astype(np.int64)), self.levels)
        negative = np.repeat((weights < 0)[..., None], self.sign_copies, axis=-1)
        return np.concatenate([magnitude, negative], axis=-1)

    def decode(self, states: BoolArray) -> NDArray[np.int64]:
        magnitude = states[..., : self.levels].sum(-1)
        return np.where(majority(states[..., self.levels :]), -magnitude, magnitude)

    def sides(self, conductance: FloatArray, units: Units) -> tuple[FloatArray, FloatArray]:
        current = conductance[..., : self.levels].sum(-1)
        leakage = np.full_like(current, self.levels * units.hrs)
        negative = majority(conductance[..., self.levels :] > units.reference)
        return np.where(negative, leakage, current), np.where(negative, current, leakage)

    def analog_cells(self) -> BoolArray:
        return np.arange(self.cells_per_weight) < self.levels


class SignMagnitude(_SignMagnitude):
    """4 + 3 cells for -4..+4: one bad sign cell is outvoted, two flip the weight (up to 8 units)."""

    @property
    def sign_copies(self) -> int:
        return 3


class SignMagnitudeSingle(_SignMagnitude):
    """4 + 1 cells for -4..+4: one bad sign cell flips the weight. Shows what the triple redundancy is for."""

    @property
    def sign_copies(self) -> int:
        return 1
