"""What a correction before programming must look like: targets in, targets out, with the placement it chose.

Implemented in `spikecim.mitigation`; `program_matrix` calls it, so that arrays never import upper floors.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.analog.plan import ArrayPlan
from spikecim.arrays.analog.slices import Slicing
from spikecim.arrays.analog.tiling import Tile

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class CorrectionContext:
    """What a correction may know; all in the order of physical rows and columns.

    Attributes
    ----------
    plan : ArrayPlan
    errors : frozenset of str
        Classes switched on.
    slicing : Slicing
        Weight factors of the slices.
    tiles : tuple of Tile
        Physical arrays over (n_in, n_columns), n_columns = n_out + spare columns.
    n_out : int
        Columns of the matrix; physical columns from here on are spares.
    stuck : int8 (2, n_slices, n_in, n_columns) or None
        Stuck map of this chip: 1 LRS, -1 HRS; [0] positive, [1] negative polarity. None while the class is off.
    used : bool (n_in, n_out) or None
        Weights that are ever read; None: all. Off the diagonal of packed groups none is.
    """

    plan: ArrayPlan
    errors: frozenset[str]
    slicing: Slicing
    tiles: tuple[Tile, ...]
    n_out: int
    stuck: NDArray[np.int8] | None
    used: NDArray[np.bool_] | None = None


@dataclass(frozen=True, kw_only=True)
class Corrected:
    """What to program, in physical order.

    Attributes
    ----------
    targets : float64 (2, n_slices, n_in, n_columns), S
    row_order : int (n_in,) or None
        Logical row in each physical row; a row must stay in its row tile (each tile has its own ADC sum). None: as is.
    column_order : int (n_columns,) or None
        Logical column in each physical column, -1 for an unused one. None: as is, spares unused.
    column_sign : float, broadcast against (n_slices, n_row_tiles, n_columns), or None
        +-1 by which the digital side multiplies what a physical column of an array gives (polarity flipped).
    report : dict
        Plain numbers and text, for example residual, lost_range, gain.
    """

    targets: FloatArray
    row_order: NDArray[np.integer[Any]] | None = None
    column_order: NDArray[np.integer[Any]] | None = None
    column_sign: FloatArray | None = None
    report: dict[str, Any] = field(default_factory=dict)


class Corrector(Protocol):
    """A correction before programming."""

    @property
    def needs(self) -> str:
        """What it must know about the chip, in words."""

    def spare_columns(self, n_out: int, plan: ArrayPlan) -> int:
        """Spare physical columns that it wants beside the `n_out` columns of a matrix."""

    def __call__(self, targets: FloatArray, context: CorrectionContext) -> Corrected:
        """New targets for `targets` (2, n_slices, n_in, n_columns) in S; unused spare columns lie at g_min."""
