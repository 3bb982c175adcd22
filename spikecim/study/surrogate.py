"""A second-order polynomial through the designs' means, for interactions of two factors and total shares.

Terms are orthonormal over the ranges (polynomial chaos: Sudret, Reliab. Eng. Syst. Saf. 93, 2008, 964-979): a squared
coefficient is a variance, less its squared standard error, which chance adds. A list of names has a contrast for each
name but one. The fit is judged on designs it has not seen (leave one out, PRESS: Allen, Technometrics 16, 1974,
125-127).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from operator import eq

import numpy as np

from spikecim.streams import stream
from spikecim.study.factors import Factor
from spikecim.study.pairs import Floats
from spikecim.study.resample import RESAMPLES

LEAST_Q2, DESIGNS_A_TERM = 0.8, 2.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """A fitted surrogate.

    Attributes
    ----------
    coefficients : float64 (n_terms,)
        Without the constant.
    covariance : float64 (n_terms, n_terms)
        Of their estimates.
    members : tuple of tuple of int
        Which factors a term holds.
    r2, q2 : float
        Share of the variance of the designs' means that the fit explains: of those it was fitted to, of left-out ones.
    """

    coefficients: Floats
    covariance: Floats
    members: tuple[tuple[int, ...], ...]
    r2: float
    q2: float

    def variances(self, n_factors: int, seed: int) -> tuple[Floats, Floats]:
        """Variance of all, of each factor alone, of each with all pairs it is in, of each pair; and draws of them.

        Returns
        -------
        float64 (1 + 2 d + d (d - 1) / 2,), and (n_draws, ...)
        """
        owners: list[Callable[[tuple[int, ...]], bool]] = [
            bool,
            *(partial(eq, (k,)) for k in range(n_factors)),
            *(partial(_holds, k) for k in range(n_factors)),
            *(partial(eq, pair) for pair in combinations(range(n_factors), 2)),
        ]
        belongs = np.array([[owns(members) for members in self.members] for owns in owners], np.float64)
        noise = np.diag(self.covariance)
        source = stream(seed, "surrogate")
        drawn = source.multivariate_normal(self.coefficients, self.covariance, RESAMPLES, method="eigh")
        # A draw has the error of the estimate and its own.
        return belongs @ (self.coefficients**2 - noise), (drawn**2 - 2 * noise) @ belongs.T


def _holds(factor: int, members: tuple[int, ...]) -> bool:
    return factor in members


def n_terms(factors: Sequence[Factor]) -> int:
    """Coefficients of the surrogate, with the constant."""
    return 1 + _features(factors, np.full((1, len(factors)), 0.5))[0].shape[1]


def fit(factors: Sequence[Factor], shares: Floats, means: Floats) -> Fit:
    """Least squares through `means` (n_designs,) at `shares` (n_designs, n_factors)."""
    features, members = _features(factors, shares)
    x = np.column_stack([np.ones(len(means)), features])
    q, r = np.linalg.qr(x)
    inverse = np.linalg.pinv(r)
    coefficients = inverse @ (q.T @ means)
    residual = means - x @ coefficients
    freedom = len(means) - x.shape[1]
    covariance = inverse @ inverse.T * (residual @ residual / freedom)
    left_out = residual / np.maximum(1.0 - (q**2).sum(1), 1e-9)
    spread = float(((means - means.mean()) ** 2).sum())
    return Fit(
        coefficients=coefficients[1:],
        covariance=covariance[1:, 1:],
        members=members,
        r2=1.0 - float(residual @ residual) / spread,
        q2=1.0 - float(left_out @ left_out) / spread,
    )


def _features(factors: Sequence[Factor], shares: Floats) -> tuple[Floats, tuple[tuple[int, ...], ...]]:
    """Terms at the designs (n_designs, n_terms), and which factors each holds."""
    linear, own = zip(*(_terms(f, shares[:, k]) for k, f in enumerate(factors)), strict=True)
    columns = [np.column_stack([first, *second]) for first, second in zip(linear, own, strict=True)]
    members: list[tuple[int, ...]] = [(k,) for k, column in enumerate(columns) for _ in range(column.shape[1])]
    for i, j in combinations(range(len(factors)), 2):
        product = (linear[i][:, :, None] * linear[j][:, None, :]).reshape(len(shares), -1)
        columns.append(product)
        members += [(i, j)] * product.shape[1]
    return np.concatenate(columns, axis=1), tuple(members)


def _terms(factor: Factor, share: Floats) -> tuple[Floats, list[Floats]]:
    """Terms that enter interactions (n, k), and a second-order one that does not; each of mean square 1."""
    n = factor.n_values
    if n is None:
        u = 2 * share - 1
        return np.sqrt(3.0) * u[:, None], [np.sqrt(1.25) * (3 * u**2 - 1)]
    level = np.minimum(np.floor(share * n), n - 1).astype(np.int64)
    if factor.listed:
        basis = np.linalg.qr(np.column_stack([np.ones(n), np.eye(n)[:, 1:]]))[0] * np.sqrt(n)
        return basis[level, 1:], []
    powers = np.vander(np.linspace(-1.0, 1.0, n), min(3, n), increasing=True)
    basis = np.linalg.qr(powers)[0] * np.sqrt(n)
    return basis[level, 1:2], [basis[level, k] for k in range(2, powers.shape[1])]
