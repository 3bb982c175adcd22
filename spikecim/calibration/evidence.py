"""What was measured, on the surrogate's scales, and how likely a place makes it.

Three things keep a figure from telling the parameters: it was read or printed with an error, the chip it was read from
is one of many, and the surrogate errs; all three are in the likelihood. A chip measured on other images than those that
are simulated adds the sampling error of both sets of images.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.calibration.surrogate import Law, Surrogate

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Figures of `n_chips` measured chips.

    Attributes
    ----------
    columns : list of int
        Of the surrogate's figures.
    values : float64 (n_figures,)
        Means over the chips, on the figures' scales.
    noise : float64 (n_figures, n_figures)
        Covariance of what measuring, printing and images add to them.
    n_chips : int
    spread_of : list of int
        Which of the figures have a spread over chips too.
    spreads, spread_noise : float64 (n_spreads,)
        Logarithms of the standard deviations over chips, on the figures' scales, and the variances of their errors.
    """

    columns: list[int]
    values: FloatArray
    noise: FloatArray
    n_chips: int
    spread_of: list[int]
    spreads: FloatArray
    spread_noise: FloatArray

    def moments(self, law: Law, logarithmic: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Mean (n, k) and covariance (n, k, k) of the figures at the places of `law`, which holds these columns only.

        Parameters
        ----------
        logarithmic : float64 (k,)
            1 where the scale is a logarithm: there the mean of several chips is not the mean of the logarithms.
        """
        own = np.einsum("nii->ni", law.chips)
        mean = law.mean + 0.5 * own * (1.0 - 1.0 / self.n_chips) * logarithmic
        return mean, law.chips / self.n_chips + law.lack + self.noise

    def log_likelihood(self, law: Law, logarithmic: FloatArray) -> FloatArray:
        """Logarithm of the likelihood (n,) at the places of `law`, up to a constant."""
        total = gaussian(self.values, *self.moments(law, logarithmic))
        if self.spread_of:
            total += gaussian(self.spreads, *self.spread_moments(law))
        return total

    def spread_moments(self, law: Law) -> tuple[FloatArray, FloatArray]:
        """Mean and covariance of the logarithms of sample standard deviations of Gaussian figures."""
        square = np.ix_(range(len(law.mean)), self.spread_of, self.spread_of)
        chips = law.chips[square]
        sd = np.sqrt(np.einsum("nii->ni", chips))
        together = (chips / (sd[:, :, None] * sd[:, None, :])) ** 2
        return np.log(sd), together / (2.0 * (self.n_chips - 1)) + np.diag(self.spread_noise)


def gaussian(values: FloatArray, mean: FloatArray, covariance: FloatArray) -> FloatArray:
    """Logarithm of the Gaussian density (n,) of `values`, (k,) or (n, k), without the constant."""
    lower = np.linalg.cholesky(covariance)
    off = np.linalg.solve(lower, (values - mean)[..., None])[..., 0]
    return np.asarray(-0.5 * (off**2).sum(-1) - np.log(np.einsum("nii->ni", lower)).sum(-1))


@dataclass(frozen=True, kw_only=True)
class Likelihood:
    """Likelihood of all evidence at any place."""

    surrogate: Surrogate
    evidence: tuple[Evidence, ...]

    def at(self, places: FloatArray) -> FloatArray:
        """Logarithm (n,) at `places` (n, n_parameters)."""
        return self.of(self.surrogate.law(places))

    def of(self, law: Law) -> FloatArray:
        """The same where the law is known already."""
        total = np.zeros(len(law.mean))
        for item in self.evidence:
            total += item.log_likelihood(law.of(item.columns), self.logarithmic(item.columns))
        return total

    def logarithmic(self, columns: list[int]) -> FloatArray:
        """1 where a figure's scale is a logarithm, else 0."""
        return np.array([float(self.surrogate.scales[column].logarithmic) for column in columns])

    def misfit(self, place: FloatArray) -> tuple[float, int]:
        """Squared distance of the figures from their law at `place` (n_parameters,) in its own sd, and how many."""
        law, distance, count = self.surrogate.law(place[None]), 0.0, 0
        for item in self.evidence:
            mean, covariance = item.moments(law.of(item.columns), self.logarithmic(item.columns))
            off = item.values - mean[0]
            distance += float(off @ np.linalg.solve(covariance[0], off))
            count += len(item.values)
        return distance, count
