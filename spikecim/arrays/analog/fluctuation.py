"""Class "fluctuation": programmed cells differ from cell to cell and from cycle to cycle, relax in time and are noisy.

Draws are named by seed and path of the matrix; each spare column has a name of its own, so that spares change no other
cell, and neither tiles nor threads change any.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.analog.plan import ArrayPlan
from spikecim.devices.analog_cell import StuckMap

FloatArray = NDArray[np.float64]
Path = tuple[str | int, ...]


def parts(n_out: int, n_columns: int, path: Path) -> Iterator[tuple[slice, Path]]:
    """The named parts of a physical matrix: its own columns, then one spare column after the other."""
    yield slice(0, n_out), path
    for column in range(n_out, n_columns):
        yield slice(column, column + 1), (*path, "spare", column - n_out)


def programmed(
    targets: FloatArray, plan: ArrayPlan, stuck: StuckMap | None, name: tuple[int, int, Path], *, fluctuation: bool
) -> FloatArray:
    """Conductance (2, n_slices, n_in, n_columns) in S of programmed cells, `plan.seconds` later.

    Parameters
    ----------
    targets : float64 (2, n_slices, n_in, n_columns), S
    stuck : int8, same shape, or None
        None: no cell is stuck.
    name : (seed, n_out, path)
        What the cells are called; columns from `n_out` on are spares.
    fluctuation : bool
        False: free cells meet their targets.
    """
    seed, n_out, path = name
    result = np.empty(targets.shape)
    for columns, here in parts(n_out, targets.shape[-1], path):
        cells = plan.device.program(
            targets[..., columns],
            seed,
            *here,
            fluctuation=fluctuation,
            stuck=stuck is not None,
            stuck_map=None if stuck is None else stuck[..., columns],
        )
        if fluctuation and plan.seconds:
            cells = plan.device.at(cells, plan.seconds, seed, *here)
        result[..., columns] = cells.conductance
    return result


def pair_read_sd(conductance: FloatArray, seen: FloatArray, plan: ArrayPlan) -> FloatArray | None:
    """Standard deviation (n_slices, n_in, n_columns) in S of one read of each differential pair; None without noise.

    Parameters
    ----------
    conductance, seen : float64 (2, n_slices, n_in, n_columns), S
        Of the cells, and as the sense end sees them through the wires: noise shrinks as its cell does (first order).
    """
    noise = plan.device.read_sd(conductance)
    if not noise.any():
        return None
    share = np.divide(seen, conductance, out=np.ones_like(seen), where=conductance > 0.0)
    return np.asarray(np.sqrt(((noise * share) ** 2).sum(0)))
