"""The law of a state with a tail: R = median * exp(sigma z), times a log-uniform factor for a share of the cells.

Density of y = ln R, with a and b the logarithms of the tail's ends:
(1 - p) phi((y - mu) / sigma) / sigma + p (Phi((y - mu - a) / sigma) - Phi((y - mu - b) / sigma)) / (b - a).
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit, ndtr

from spikecim.devices.measured.estimate import FloatArray

# theta = (mu, ln sigma, logit p, a, b); a tail is the smaller part, and factors stay in what a device file accepts.
LOWER = np.array([-10.0, np.log(1e-4), -14.0, np.log(1e-6), np.log(1e-6)])
UPPER = np.array([40.0, np.log(5.0), 0.0, np.log(1e6), np.log(1e6)])
_NARROWEST = 1e-3  # a tail narrower than this, in sigma, cannot be told from a point


def log_density(theta: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Log density of `y` (n,) and its derivatives by theta (n, 5)."""
    mu, sigma, p, (a, b) = theta[0], np.exp(theta[1]), expit(theta[2]), _ends(theta)
    z, u, v = ((y - mu - shift) / sigma for shift in (0.0, a, b))
    width = b - a
    body, at_u, at_v = _phi(z) / sigma, _phi(u), _phi(v)
    tail = _between(u, v) / width
    density = np.maximum((1 - p) * body + p * tail, 1e-300)
    slopes = np.stack(
        [
            (1 - p) * body * z / sigma + p * (at_v - at_u) / (sigma * width),
            (1 - p) * body * (z**2 - 1) + p * (v * at_v - u * at_u) / width,
            p * (1 - p) * (tail - body),
            p * (tail - at_u / sigma) / width,
            p * (at_v / sigma - tail) / width,
        ],
        axis=-1,
    )
    return np.log(density), slopes / density[:, None]


def share_of_tail(theta: FloatArray, y: FloatArray) -> FloatArray:
    """Probability (n,) that a reading `y` lies in the tail."""
    mu, sigma, p, (a, b) = theta[0], np.exp(theta[1]), expit(theta[2]), _ends(theta)
    z, u, v = ((y - mu - shift) / sigma for shift in (0.0, a, b))
    body, tail = (1 - p) * _phi(z) / sigma, p * _between(u, v) / (b - a)
    return tail / np.maximum(body + tail, 1e-300)


def distribution(theta: FloatArray, y: FloatArray) -> FloatArray:
    """Share of cells (n,) below `y`."""
    mu, sigma, p, (a, b) = theta[0], np.exp(theta[1]), expit(theta[2]), _ends(theta)
    z, u, v = ((y - mu - shift) / sigma for shift in (0.0, a, b))
    # The integral of Phi is x Phi(x) + phi(x).
    tail = (u * ndtr(u) + _phi(u) - v * ndtr(v) - _phi(v)) * sigma / (b - a)
    return np.asarray((1 - p) * ndtr(z) + p * np.clip(tail, 0.0, 1.0))


def factors(theta: FloatArray, draw: FloatArray, place: FloatArray) -> FloatArray:
    """ln of the tail factor (n,) of readings with uniform numbers `draw` and `place`; 0 outside the tail."""
    a, b = _ends(theta)
    return np.where(draw < expit(theta[2]), a + (b - a) * place, 0.0)


def _ends(theta: FloatArray) -> tuple[float, float]:
    a, b = float(theta[3]), float(theta[4])
    least = _NARROWEST * float(np.exp(theta[1]))
    if abs(b - a) >= least:
        return a, b
    return (a + b - least) / 2, (a + b + least) / 2


def _phi(x: FloatArray) -> FloatArray:
    return np.asarray(np.exp(-(x**2) / 2.0) / np.sqrt(2.0 * np.pi))


def _between(u: FloatArray, v: FloatArray) -> FloatArray:
    """Phi(u) - Phi(v), taken where both are small."""
    flip = u + v > 0
    return np.asarray(ndtr(np.where(flip, -v, u)) - ndtr(np.where(flip, -u, v)))
