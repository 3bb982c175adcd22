"""What one spike on each incoming line of a layer makes happen: links used, electrons drawn; links as channels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spikecim.devices.oxram import Cells
from spikecim.layered.wiring import Wiring


def per_line(
    wiring: Wiring, route: NDArray[np.int32], group_electrons: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Links used and electrons drawn by one spike on each line, each (n_in,)."""
    links = wiring.links
    through = np.concatenate([[0], np.cumsum(group_electrons[links.groups])])
    per_row = through[links.offsets[1:]] - through[links.offsets[:-1]]
    led = route >= 0
    return np.where(led, links.fan_out()[route], 0), np.where(led, per_row[route], 0)


def one_row(cells: Cells) -> Cells:
    """Cells (n_links, 1, n_slices, n_cells) as one row of n_links channels."""
    return Cells(**{name: np.swapaxes(array, 0, 1) for name, array in vars(cells).items()})
