"""How unequal cells are in their restlessness: the `tail` of the relaxation law, by maximum likelihood.

The K steps of a cell between the measured times, each over its spread, have the squared length q = a^2 chi^2_K with
a = exp(tail z - tail^2), z standard normal: the likelihood of q is integrated over z, the interval is its profile.
"""

from __future__ import annotations

import functools

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from spikecim.devices.measured.estimate import LEVEL, Estimate, FloatArray

HIGHEST_TAIL = 1.5  # what a device file accepts
_NODES = 40


def restlessness(change: FloatArray) -> Estimate:
    """The tail behind changes of ln G (n_times, n_cells) since the first reading; cells with gaps are left out."""
    from scipy.special import chdtri

    whole = change[:, np.isfinite(change).all(0)]
    steps = np.diff(whole, axis=0, prepend=0.0)
    steps = steps[np.ptp(steps, axis=1) > 0]
    if not steps.size:
        return Estimate(value=0.0, low=0.0, high=HIGHEST_TAIL, how="no step was seen")
    steps = (steps - steps.mean(1, keepdims=True)) / steps.std(1, keepdims=True)
    squares = (steps**2).sum(0)

    def loss(tail: float) -> float:
        return _loss(tail, squares, len(steps))

    best = minimize_scalar(loss, bounds=(0.0, HIGHEST_TAIL), method="bounded", options={"xatol": 1e-4})
    value, least = (0.0, loss(0.0)) if loss(0.0) <= best.fun else (float(best.x), float(best.fun))
    reach = float(chdtri(1, 1 - LEVEL)) / 2

    def miss(tail: float) -> float:
        return loss(tail) - least - reach

    low = float(brentq(miss, 0.0, value, xtol=1e-3)) if miss(0.0) > 0 else 0.0
    high = float(brentq(miss, value, HIGHEST_TAIL, xtol=1e-3)) if miss(HIGHEST_TAIL) > 0 else HIGHEST_TAIL
    return Estimate(value=value, low=low, high=high, how="profile likelihood")


@functools.cache
def _quadrature() -> tuple[FloatArray, FloatArray]:
    """Nodes of the standard normal law and the logarithms of their weights, (n_nodes, 1)."""
    z, mass = np.polynomial.hermite_e.hermegauss(_NODES)
    return z[:, None], np.log(mass / mass.sum())[:, None]


def _loss(tail: float, squares: FloatArray, n_steps: int) -> float:
    """Minus the log-likelihood of squared lengths (n_cells,), at the scale that suits `tail` best."""
    z, log_mass = _quadrature()
    log_a = tail * z - tail**2
    weights = log_mass - n_steps * log_a
    halves = np.exp(-2 * log_a) * squares / -2

    def at(log_scale: float) -> float:
        terms = halves * np.exp(-2 * log_scale)
        terms += weights
        top = terms.max(0)
        terms -= top
        return n_steps * log_scale * len(squares) - float((top + np.log(np.exp(terms, out=terms).sum(0))).sum())

    return float(minimize_scalar(at, bounds=(-2.0, 2.0), method="bounded", options={"xatol": 1e-3}).fun)
