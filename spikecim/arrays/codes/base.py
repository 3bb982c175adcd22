"""What a weight code is: how an integer weight becomes binary cells, and how their read becomes a weight again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class WeightCode(ABC):
    """A weight -levels..+levels stored in `cells_per_weight` binary cells (True = LRS).

    Attributes
    ----------
    levels : int
        Cells per polarity, and the largest weight.
    """

    levels: int

    @property
    @abstractmethod
    def cells_per_weight(self) -> int:
        """Cells one weight occupies."""

    @abstractmethod
    def targets(self, weights: NDArray[np.int8]) -> BoolArray:
        """Cell targets (..., n_cells) of integer weights (...)."""

    @abstractmethod
    def decode(self, states: BoolArray) -> NDArray[np.int64]:
        """Weights (...) that cells in `states` (..., n_cells) stand for."""

    @abstractmethod
    def sides(self, conductance: FloatArray, units: Units) -> tuple[FloatArray, FloatArray]:
        """Conductance (...) that each read sends to the excitatory and to the inhibitory injector.

        `conductance` is (..., n_cells) in siemens; digital parts of a code compare cells with ``units.reference``.
        """

    def analog_cells(self) -> BoolArray:
        """Which cells (n_cells,) feed an injector directly, so that their read noise reaches the membrane."""
        return np.ones(self.cells_per_weight, bool)

    def noise_gain(self) -> float:
        """Factor between the sum of the analog cells' currents and the injected current."""
        return 1.0

    def felt(self, states: BoolArray) -> FloatArray:
        """Weights (...) that the neuron feels from ideal cells in `states` (..., n_cells), fractions included.

        A cell in LRS carries one unit and a cell in HRS none, so nothing but the states matters.
        """
        excitatory, inhibitory = self.sides(states.astype(np.float64), IDEAL_UNITS)
        return excitatory - inhibitory

    def fault_table(self) -> FloatArray:
        """Weight error felt from one flipped cell: (2 * levels + 1, n_cells), row w + levels for weight w."""
        weights = np.arange(-self.levels, self.levels + 1, dtype=np.int8)
        flips = self.targets(weights)[:, None, :] ^ np.eye(self.cells_per_weight, dtype=bool)
        return self.felt(flips) - weights[:, None]


@dataclass(frozen=True, kw_only=True)
class Units:
    """Reference conductances in siemens: the mean of a good LRS and HRS cell, and the digital read reference."""

    lrs: float
    hrs: float
    reference: float


# Conductances as multiples of a good LRS cell.
IDEAL_UNITS = Units(lrs=1.0, hrs=0.0, reference=0.5)


def thermometer(count: NDArray[np.integer], n_cells: int) -> BoolArray:
    """(..., n_cells): the first `count` cells True."""
    return np.arange(n_cells) < count[..., None]


def majority(bits: BoolArray) -> BoolArray:
    """Majority over the last axis."""
    return 2 * bits.sum(-1) > bits.shape[-1]
