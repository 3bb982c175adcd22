"""What stuck cells cost a weight on average, to first order in their rate, from a code's fault table."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.codes.base import FloatArray, WeightCode


def expected_error(code: WeightCode, weights: NDArray[np.integer], stuck_lrs: float, stuck_hrs: float) -> FloatArray:
    """Mean absolute weight error (...,) in units of `weights` (...), to first order: E|dw| = sum_c P_c |fault_table|.

    P_c is the probability that cell c is stuck in the state opposite to its target; a cell stuck where it should be
    costs nothing. Two faults in one weight are left out, so a code that forgives single faults gives 0.
    """
    whole = np.asarray(weights, np.int64)
    wrong = np.where(code.targets(whole.astype(np.int8)), stuck_hrs, stuck_lrs)
    table = np.abs(code.fault_table())[whole + code.levels]
    return np.asarray((wrong * table).sum(-1), np.float64)


def worst_single_fault(code: WeightCode) -> float:
    """Largest weight error, in units, that one flipped cell can cause."""
    return float(np.abs(code.fault_table()).max())
