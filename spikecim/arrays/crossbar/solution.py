"""What a solver returns: currents, how well Kirchhoff's laws hold, how much voltage the wires took."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Nodes:
    """Potentials (V) of all wire nodes, each (n_samples, n_rows, n_cols).

    Attributes
    ----------
    row : NDArray
        Word line (passive) or source rail (gated) at each cell.
    column : NDArray
        Bit line or sum rail at each cell.
    """

    row: NDArray[np.float64]
    column: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Solution:
    """Column currents of an array for each input vector.

    Attributes
    ----------
    currents : float64 (n_samples, n_cols)
        Ampere into the sense circuit of each column.
    residual : float
        How far Kirchhoff's laws are missed: the currents of all cells are summed along the wires, which gives every
        node's potential anew; the largest difference to the solver's own, as a share of the largest drive voltage.
    worst_drop : float
        Voltage missing at the worst conducting cell (transistor included) as a share of the largest drive voltage.
    method : str
        The solver that was used.
    nodes : Nodes or None
        If asked for.
    """

    currents: NDArray[np.float64]
    residual: float
    worst_drop: float
    method: str
    nodes: Nodes | None = None
