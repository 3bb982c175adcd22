"""Whether a state has a tail: the law with the lower Bayesian criterion (Schwarz, Ann. Statist. 6, 461, 1978)."""

from __future__ import annotations

import numpy as np

from spikecim.devices.measured.estimate import FloatArray, IntArray
from spikecim.devices.measured.tail_fit import TailFit, fit_tail, information, robust_ratio

_MORE_PARAMETERS = 3.0


def best_tail(y: FloatArray, cell: IntArray | None = None) -> TailFit | None:
    """The law with a tail fitted to ln R `y` (n,) if the tail pays for its parameters, else None.

    Parameters weigh more where readings cluster by `cell` (n,).
    """
    tail = fit_tail(y)
    plain = -len(y) * (np.log(y.std()) + 0.5 * np.log(2 * np.pi) + 0.5)
    more = _MORE_PARAMETERS
    if cell is not None:
        info = information(tail.theta, y)
        more = max(more, robust_ratio(tail.theta, y, cell, info)[1] - _effective_plain(y, cell))
    return tail if 2 * (tail.log_likelihood - plain) > more * np.log(len(y)) else None


def _effective_plain(y: FloatArray, cell: IntArray) -> float:
    """Effective number of parameters of the normal law over clustered readings."""
    z = (y - y.mean()) / y.std()
    place = np.unique(cell, return_inverse=True)[1]
    mean, spread = (float(np.sum(np.bincount(place, score) ** 2)) for score in (z, z**2 - 1))
    return mean / len(y) + spread / (2 * len(y))
