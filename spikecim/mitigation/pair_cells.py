"""Cell choice in multi-level pairs: free cells of a weight, over all its slices, make up for its stuck ones.

A weight is sum_k F_k (g+ - g-)_k / window. The free cell of a pair answers for a stuck one; what a pair cannot hold,
its slices take over, those that weigh most first, so that most cells stay as they were.
"""

from __future__ import annotations

import numpy as np

from spikecim.mitigation.place import FloatArray, place_pairs
from spikecim.mitigation.stuck import Defects


def choose_pairs(targets: FloatArray, defects: Defects, factors: FloatArray) -> FloatArray:
    """Targets that make up for stuck cells, as far as the window lets them.

    The error left is the distance of the weight to all that its cells can hold together, so no choice is better.

    Parameters
    ----------
    targets : float64 (2, n_slices, ...), S
    defects : Defects
        Of the same shape.
    factors : float64 (n_slices,)
        Weight of each slice.

    Returns
    -------
    float64 (2, n_slices, ...), S
        New targets; those of stuck cells, which cannot follow, are as given.
    """
    held, base = defects.held(), targets.min(0)
    goal = targets[0] - targets[1]
    placed = place_pairs(goal, base, defects.window, held)
    short = np.tensordot(factors, goal - (placed[0] - placed[1]), 1)
    for k in np.argsort(-factors):
        before = placed[0, k] - placed[1, k]
        # A cell that has to move by rounding only stays.
        wanted = before + np.where(np.abs(short) > 1e-12 * defects.window.width * factors[k], short / factors[k], 0.0)
        placed[:, k] = np.where(
            wanted == before, placed[:, k], place_pairs(wanted, base[k], defects.window, held[:, k])
        )
        short = short - factors[k] * (placed[0, k] - placed[1, k] - before)
    return np.where(np.isnan(held), placed, targets)
