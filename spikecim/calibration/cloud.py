"""The posterior under even odds within the bounds: weighted points, drawn again where they count.

A Latin hypercube (McKay et al., Technometrics 21, 1979) fills the box. When too few of its points carry the weight, new
ones are drawn around those that do, and weighed by how likely they were drawn (population Monte Carlo: Cappe et al., J.
Comput. Graph. Stat. 13, 2004), until the effective number (Kish 1965) suffices. Same evidence, same points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.calibration.evidence import Likelihood
from spikecim.calibration.surrogate import Law, Surrogate
from spikecim.streams import stream

FloatArray = NDArray[np.float64]
N_POINTS, ENOUGH, _ROUNDS = 16_384, 1500.0, 8
_CENTRES, _WIDER = 256, 1.5
EDGES = (0.05, 0.5, 0.95)


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Evenly spread places of the whole box and the law there; one for many pieces of evidence."""

    places: FloatArray
    law: Law


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """The posterior.

    Attributes
    ----------
    places : float64 (n, n_parameters)
        In 0..1 of the bounds.
    weights : float64 (n,)
        Of sum 1.
    logs : float64 (n,)
        Logarithm of the likelihood.
    law : Law
        At the places.
    """

    places: FloatArray
    weights: FloatArray
    logs: FloatArray
    law: Law

    @property
    def effective(self) -> float:
        """How many points of equal weight would say as much."""
        return float(1.0 / (self.weights**2).sum())

    def quantiles(self, shares: tuple[float, ...] = EDGES) -> FloatArray:
        """Weighted quantiles (n_parameters, n_shares) of the places."""
        return np.array([weighted_quantiles(column, self.weights, shares) for column in self.places.T])

    def covariance(self) -> FloatArray:
        """Of the places, (n_parameters, n_parameters)."""
        off = self.places - self.weights @ self.places
        return np.asarray((off * self.weights[:, None]).T @ off)

    def correlation(self) -> FloatArray:
        """Of the places, (n_parameters, n_parameters)."""
        covariance = self.covariance()
        scale = np.sqrt(np.maximum(np.diag(covariance), 1e-30))
        return np.asarray(covariance / np.outer(scale, scale))

    def sample(self, n: int) -> NDArray[np.int64]:
        """Indices (n,) of places, as often as they weigh."""
        return resampled(self.weights, n)


def ground_of(surrogate: Surrogate, seed: int, n_points: int = N_POINTS) -> Ground:
    """The whole box."""
    places = spread(surrogate.n_parameters, n_points, seed)
    return Ground(places=places, law=surrogate.law(places))


def spread(n_parameters: int, n_points: int, seed: int) -> FloatArray:
    """Places (n_points, n_parameters) in 0..1, even in each parameter.

    A Sobol sequence of this length is even in pairs too, but not in four of seven parameters, and the likelihood sees
    several at once.
    """
    from scipy.stats import qmc

    cube = qmc.LatinHypercube(n_parameters, rng=stream(seed, "calibration", "places"))
    return np.asarray(cube.random(n_points), np.float64)


def cloud_of(likelihood: Likelihood, ground: Ground, enough: float = ENOUGH) -> Cloud:
    """The posterior of the likelihood's evidence."""
    cloud = _weighed(ground.places, ground.law, likelihood, np.zeros(len(ground.places)))
    for _ in range(_ROUNDS):
        if cloud.effective >= enough:
            break
        places, density = _closer(cloud, ground.places)
        cloud = _weighed(places, likelihood.surrogate.law(places), likelihood, density)
    return cloud


def _weighed(places: FloatArray, law: Law, likelihood: Likelihood, density: FloatArray) -> Cloud:
    """Places drawn with the logarithm `density` (n,), weighed by the likelihood."""
    logs = likelihood.of(law)
    raw = np.exp(logs - density - (logs - density).max())
    return Cloud(places=places, weights=raw / raw.sum(), logs=logs, law=law)


def _closer(cloud: Cloud, unit: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Places around those that count, within the bounds, and the logarithm of the density they are drawn with."""
    size = unit.shape[1]
    weights = _tempered(cloud.weights)
    middle = weights @ cloud.places
    off = cloud.places - middle
    # Wider than the best width of a density estimate (Silverman 1986): a proposal must reach into the tails.
    width = _WIDER * (4.0 / ((size + 2.0) * _CENTRES)) ** (1.0 / (size + 4.0))
    root = width * np.linalg.cholesky((off * weights[:, None]).T @ off + 1e-14 * np.eye(size))
    centres = cloud.places[resampled(weights, _CENTRES)]
    places = centres[np.arange(len(unit)) % _CENTRES] + _normal(unit) @ root.T
    places = places[((places >= 0.0) & (places <= 1.0)).all(1)]
    return places, _mixture(np.linalg.solve(root, places.T).T, np.linalg.solve(root, centres.T).T)


def _tempered(weights: FloatArray) -> FloatArray:
    """Weights to a power of at most 1, so that enough points carry them."""
    logs = np.log(np.maximum(weights, 1e-300))
    power = 1.0
    while True:
        raw = np.exp(power * (logs - logs.max()))
        raw /= raw.sum()
        if 1.0 / (raw**2).sum() >= min(_CENTRES, len(weights) / 4) or power < 1e-3:
            return np.asarray(raw)
        power *= 0.8


def _normal(unit: FloatArray) -> FloatArray:
    from scipy.special import ndtri

    return np.asarray(ndtri(np.clip(unit, 1e-12, 1.0 - 1e-12)))


def _mixture(points: FloatArray, centres: FloatArray) -> FloatArray:
    """Logarithm of the density (n,) of even parts of unit Gaussians around `centres`, up to a constant."""
    squares = (points**2).sum(1)[:, None] - 2.0 * points @ centres.T + (centres**2).sum(1)
    least = squares.min(1)
    return np.asarray(np.log(np.exp(-0.5 * (squares - least[:, None])).sum(1)) - 0.5 * least)


def resampled(weights: FloatArray, n: int) -> NDArray[np.int64]:
    """Indices (n,), as often as they weigh: systematic resampling (Kitagawa, J. Comput. Graph. Stat. 5, 1996).

    In an order of its own, whatever order the points were drawn in.
    """
    order = stream(len(weights), "calibration", "order").permutation(len(weights))
    places = np.searchsorted(np.cumsum(weights[order]), (np.arange(n) + 0.5) / n * weights.sum())
    return np.asarray(order[places.clip(max=len(weights) - 1)], np.int64)


def weighted_quantiles(values: FloatArray, weights: FloatArray, shares: tuple[float, ...]) -> FloatArray:
    """Quantiles (n_shares,) of `values` (n,) with `weights` (n,) of sum 1."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) - 0.5 * weights[order]
    return np.interp(shares, reached, values[order])
