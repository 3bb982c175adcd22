"""Which plausible chips give the two published numbers: designs that were run, and a region worked out from them.

The logarithms of error rate and input spikes are fitted by polynomials of second degree in the designs (response
surface, Box and Wilson 1951), and the variance of their left-out residuals, most of it chip-to-chip spread, by the
exponential of a linear one (Harvey, Econometrica 44, 1976). Every point of the plausible box then weighs as much as a
chip built there is likely to give the published numbers, each of which stands for all that rounds to it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
# A range is called narrowed when the weighted standard deviation is below this part of the unweighted one.
NARROWED = 0.9


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One unknown and its plausible range.

    Attributes
    ----------
    name, title, unit : str
    low, high : float
        In `unit`.
    log : bool
        Evenly likely in the logarithm.
    """

    name: str
    title: str
    unit: str
    low: float
    high: float
    log: bool = False

    def value(self, place: FloatArray) -> FloatArray:
        """Values at places 0..1 of the range."""
        if self.log:
            return np.asarray(self.low * (self.high / self.low) ** place)
        return np.asarray(self.low + (self.high - self.low) * place)


@dataclass(frozen=True, kw_only=True)
class Region:
    """Designs, what they gave, and the region of the published numbers.

    Attributes
    ----------
    axes : tuple of Axis
    designs : float64 (n_designs, n_axes)
        Places 0..1.
    found : float64 (n_designs, 2)
        Accuracy in percent and input spikes per image, one virtual chip each.
    points : float64 (n_points, n_axes)
        Evenly spread places at which the region is worked out.
    published, half_unit : float64 (2,)
        The two numbers, and how far off a rounded one may be.
    checked : float64 (n_checked, 2)
        What virtual chips drawn from the region gave.
    n_images, requested, requested_checks : int
        Images; designs and chips drawn from the region that were asked for.
    facts : dict of str
    """

    axes: tuple[Axis, ...]
    designs: FloatArray
    found: FloatArray
    points: FloatArray
    published: FloatArray
    half_unit: FloatArray
    checked: FloatArray
    n_images: int
    requested: int
    requested_checks: int = 0
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def interrupted(self) -> bool:
        return len(self.designs) < self.requested or len(self.checked) < self.requested_checks

    @cached_property
    def _fit(self) -> tuple[FloatArray, FloatArray]:
        """Coefficients (n_terms, 2) of the logarithms, and their left-out residuals (n_designs, 2)."""
        terms, logs = quadratic_terms(self.designs), logarithms(self.found)
        inverse = np.linalg.pinv(terms)
        coefficients = inverse @ logs
        leverage = np.einsum("ij,ji->i", terms, inverse)
        # A design's residual when the surface is fitted without it.
        return coefficients, (logs - terms @ coefficients) / (1.0 - leverage)[:, None]

    @cached_property
    def _scatter(self) -> FloatArray:
        """Coefficients (1 + n_axes, 2) of the logarithm of the residual variance."""
        terms = _linear_terms(self.designs)
        squares = np.log(self._fit[1] ** 2 + 1e-12)
        # The mean logarithm of a squared standard normal number is -1.27.
        return np.asarray(np.linalg.pinv(terms) @ (squares + 1.2704))

    def explained(self) -> FloatArray:
        """Share (2,) of the variance of both logarithms that the surface foretells for a design left out."""
        return np.asarray(1.0 - (self._fit[1] ** 2).mean(0) / logarithms(self.found).var(0))

    def surface(self, places: FloatArray) -> FloatArray:
        """Median accuracy and spikes (n, 2) at `places` (n, n_axes)."""
        error, spikes = np.exp(quadratic_terms(places) @ self._fit[0]).T
        return np.stack([100.0 - error, spikes], axis=1)

    def scatter(self, places: FloatArray) -> FloatArray:
        """Standard deviation (n, 2) over chips of both logarithms at `places`."""
        return np.asarray(np.exp(0.5 * _linear_terms(places) @ self._scatter))

    def weights(self, numbers: tuple[int, ...] = (0, 1)) -> FloatArray:
        """Weights (n_points,), of sum 1, by both published numbers or by one of them."""
        chosen = list(numbers)
        # A number rounded to one unit is off by a uniform draw, of variance (2 half_unit)^2 / 12.
        rounding = self.half_unit / np.array([100.0 - self.published[0], self.published[1]]) / np.sqrt(3.0)
        sd = np.sqrt(self.scatter(self.points) ** 2 + rounding**2)[:, chosen]
        off = (logarithms(self.surface(self.points)) - logarithms(self.published))[:, chosen] / sd
        standard = self._fit[1] / self.scatter(self.designs)
        together = np.corrcoef(standard.T)[np.ix_(chosen, chosen)]
        exponent = -0.5 * np.einsum("ij,jk,ik->i", off, np.linalg.inv(together), off) - np.log(sd).sum(1)
        raw = np.exp(exponent - exponent.max())
        return np.asarray(raw / raw.sum())

    def span(self, axis: int, weights: FloatArray) -> tuple[float, float, float]:
        """Weighted 5 %, 50 % and 95 % quantiles of one axis, in its unit."""
        order = np.argsort(self.points[:, axis])
        places = np.interp((0.05, 0.5, 0.95), np.cumsum(weights[order]), self.points[order, axis])
        low, middle, high = self.axes[axis].value(places)
        return float(low), float(middle), float(high)

    def narrowing(self, weights: FloatArray) -> FloatArray:
        """Weighted over unweighted standard deviation (n_axes,) of each axis: 1 leaves it open."""
        middle = weights @ self.points
        spread = np.sqrt(weights @ (self.points - middle) ** 2)
        return np.asarray(spread / self.points.std(0))

    def correlation(self, weights: FloatArray) -> FloatArray:
        """Weighted correlation (n_axes, n_axes): what may be traded for what."""
        off = self.points - weights @ self.points
        covariance = (off * weights[:, None]).T @ off
        scale = np.sqrt(np.diag(covariance))
        return np.asarray(covariance / np.outer(scale, scale))

    def accepted(self, tolerance: FloatArray) -> NDArray[np.bool_]:
        """Which designs (n_designs,) came within `tolerance` (2,) of both published numbers."""
        return np.asarray((np.abs(self.found - self.published) <= tolerance).all(1))


def logarithms(found: FloatArray) -> FloatArray:
    """Logarithms (..., 2) of error rate and input spikes; no chip is taken to be without errors."""
    error = np.maximum(100.0 - found[..., 0], 1e-3)
    return np.log(np.stack([error, np.maximum(found[..., 1], 1e-3)], axis=-1))


def _linear_terms(places: FloatArray) -> FloatArray:
    return np.column_stack([np.ones(len(places)), 2.0 * places - 1.0])


def quadratic_terms(places: FloatArray) -> FloatArray:
    """Constant, linear and quadratic terms (n, n_terms) of places (n, n_axes) in 0..1."""
    x = 2.0 * places - 1.0
    pairs = combinations_with_replacement(range(x.shape[1]), 2)
    return np.column_stack([np.ones(len(x)), x, *(x[:, i] * x[:, j] for i, j in pairs)])
