"""Class "stuck": which cells lie on their rails, drawn for each polarity and slice alone or read from a measured map.

A map belongs to one chip and one matrix on it, carries both names, and is refused anywhere else; files: stuck_files.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.analog.fluctuation import parts
from spikecim.devices.analog_cell import StuckMap as Cells
from spikecim.devices.stuck_cells import draw_stuck as draw_cells
from spikecim.errors import DataError, ShapeError

Shape = tuple[int, int, int, int]


def draw_stuck(
    shape: Shape, shares: tuple[float, float], seed: int, *path: str | int, n_out: int | None = None
) -> Cells:
    """Stuck map `shape` (2, n_slices, n_in, n_columns): 1 LRS, -1 HRS, 0 free; every cell alone.

    Parameters
    ----------
    shares : (float, float)
        Of cells stuck at HRS and at LRS.
    n_out : int, optional
        Columns from here on are spares, drawn by names of their own.
    """
    result = np.empty(shape, np.int8)
    for columns, here in parts(n_out or shape[-1], shape[-1], path):
        result[..., columns] = draw_cells((*shape[:-1], columns.stop - columns.start), shares, seed, *here)
    return result


@dataclass(frozen=True, kw_only=True)
class StuckMap:
    """The measured stuck cells of one matrix on one chip.

    Attributes
    ----------
    cells : int8 (2, n_slices, n_in, n_columns)
        1 LRS, -1 HRS, 0 free; [0] positive, [1] negative polarity.
    chip : str
        Name of the chip that was measured.
    layer : str
        Name of the matrix on it.
    """

    cells: NDArray[np.int8]
    chip: str
    layer: str

    def __post_init__(self) -> None:
        if self.cells.dtype != np.int8 or self.cells.ndim != 4 or self.cells.shape[0] != 2:
            raise ShapeError(
                f"stuck map of {self.chip}: must be int8 (2 polarities, n_slices, n_in, n_columns), "
                f"got {self.cells.dtype} {self.cells.shape}"
            )
        if not np.isin(self.cells, (-1, 0, 1)).all():
            raise DataError(f"stuck map of {self.chip}: states are -1 (HRS), 0 (free) and 1 (LRS)")

    def for_chip(self, chip: str, layer: str, shape: Shape) -> Cells:
        """The cells, for the matrix `layer` of `chip` with cells of `shape`.

        Raises
        ------
        DataError
            If the map is of another chip, layer or shape.
        """
        if (self.chip, self.layer) != (chip, layer):
            raise DataError(
                f"stuck map of chip {self.chip!r}, layer {self.layer!r}: this is layer {layer!r} of chip {chip!r}; "
                "give the map that was measured on it"
            )
        if self.cells.shape != shape:
            raise DataError(
                f"stuck map of chip {chip!r}, layer {layer!r} has cells {self.cells.shape}; the plan needs {shape} "
                "(polarities, slices, rows, columns)"
            )
        return self.cells
