"""Triple redundancy of SPIRIT's 4 + 4 groups: every cell stored three times, read by majority or by analog average.

A majority of three cells with fault probability p each fails as 3 p^2 - 2 p^3 (von Neumann 1956).
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.codes.base import BoolArray, FloatArray, Units, WeightCode, majority
from spikecim.arrays.codes.unary_bipolar import UnaryBipolar

COPIES = 3
T = TypeVar("T", bound=np.generic)


class _Triplicated(WeightCode):
    """Cells of one triple are neighbours: cell c of the group is stored at 3c, 3c + 1, 3c + 2."""

    @property
    def group(self) -> UnaryBipolar:
        return UnaryBipolar(levels=self.levels)

    @property
    def cells_per_weight(self) -> int:
        return COPIES * self.group.cells_per_weight

    def targets(self, weights: NDArray[np.int8]) -> BoolArray:
        return np.repeat(self.group.targets(weights), COPIES, axis=-1)


class TriplicatedMajority(_Triplicated):
    """Each triple is read digitally; the vote switches one reference unit current. No single bad cell matters.

    Digital reads see no read noise, and the energy of their sense amplifiers is not charged.
    """

    def decode(self, states: BoolArray) -> NDArray[np.int64]:
        return self.group.decode(majority(_triples(states)))

    def sides(self, conductance: FloatArray, units: Units) -> tuple[FloatArray, FloatArray]:
        votes = majority(_triples(conductance > units.reference))
        return self.group.sides(np.where(votes, units.lrs, units.hrs), units)

    def analog_cells(self) -> BoolArray:
        return np.zeros(self.cells_per_weight, bool)


class TriplicatedAverage(_Triplicated):
    """All three currents are summed and the injector divides by three: a bad cell costs a third of a unit."""

    def decode(self, states: BoolArray) -> NDArray[np.int64]:
        per_side = states.reshape(*states.shape[:-1], 2, -1).sum(-1)
        # Whole weights only: a third of a unit is rounded away, so the digital reading shows no single fault.
        return np.rint((per_side[..., 0] - per_side[..., 1]) / COPIES).astype(np.int64)

    def sides(self, conductance: FloatArray, units: Units) -> tuple[FloatArray, FloatArray]:
        return self.group.sides(_triples(conductance).mean(-1), units)

    def noise_gain(self) -> float:
        return 1.0 / COPIES


def _triples(cells: NDArray[T]) -> NDArray[T]:
    return cells.reshape(*cells.shape[:-1], -1, COPIES)
