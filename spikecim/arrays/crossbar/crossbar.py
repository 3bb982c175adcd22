"""One array: conductance of every cell, and the wires between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.crossbar.check import checked_conductance
from spikecim.arrays.crossbar.wires import Wires
from spikecim.errors import ParameterError

if TYPE_CHECKING:
    from spikecim.arrays.crossbar.cell_law import CellLaw


@dataclass(frozen=True, kw_only=True, eq=False)
class Crossbar:
    """An array to be solved.

    Attributes
    ----------
    conductance : float64 (n_rows, n_cols)
        Siemens of each cell without its transistor; 0 is an open cell, exactly. Kept as a read-only copy.
    wires : Wires
    iv : CellLaw or None
        How the current of a cell bends with its voltage; None is Ohm's law.

    Raises
    ------
    ShapeError
        If the conductances are not a matrix, negative or not finite.
    """

    conductance: NDArray[np.float64]
    wires: Wires = field(default_factory=Wires)
    iv: CellLaw | None = None

    def __post_init__(self) -> None:
        conductance = checked_conductance(self.conductance, 2).copy()
        conductance.flags.writeable = False
        object.__setattr__(self, "conductance", conductance)

    @property
    def shape(self) -> tuple[int, int]:
        """(n_rows, n_cols)."""
        n_rows, n_cols = self.conductance.shape
        return n_rows, n_cols

    @property
    def branches(self) -> NDArray[np.float64]:
        """Each cell with its switched-on transistor in series, S (n_rows, n_cols)."""
        return in_series(self.conductance, self.wires.access)

    @property
    def off_branches(self) -> NDArray[np.float64]:
        """Each cell with its switched-off transistor in series, S (n_rows, n_cols); gated arrays."""
        return switched_off(self.conductance, self.wires.leak)

    def check_passive_linear(self, why: str) -> None:
        """Raise ParameterError, which begins with `why`, unless the array is passive and its cells are linear."""
        if self.wires.kind != "passive" or self.iv is not None:
            what = "of nonlinear cells" if self.iv is not None else "gated"
            raise ParameterError(f"{why}; this array is {what}")


def in_series(conductance: NDArray[np.float64], resistance: float) -> NDArray[np.float64]:
    """Conductance (S, any shape) with `resistance` (ohm) in series."""
    return conductance / (1.0 + resistance * conductance)


def switched_off(conductance: NDArray[np.float64], leak: float) -> NDArray[np.float64]:
    """Conductance (S, any shape) behind a transistor that only leaks (S)."""
    if leak == 0.0:
        return np.zeros_like(conductance)
    return conductance / (1.0 + conductance / leak)
