"""Polynomials of the parameters: terms, least squares with every design left out in turn, logarithms of variances.

Response surfaces after Box and Wilson (J. R. Stat. Soc. B 13, 1951); left-out residuals in closed form after Allen
(Technometrics 16, 1974), here for the chips of a design together.
"""

from __future__ import annotations

from itertools import combinations_with_replacement
from math import comb

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
_ROUNDS, _SETTLED = 40, 1e-10


def terms(places: FloatArray, degree: int) -> FloatArray:
    """All products of at most `degree` coordinates (n, n_terms), by rising degree; coordinates run from -1 to 1.

    Parameters
    ----------
    places : float64 (n, n_parameters)
        In 0..1.
    """
    x = 2.0 * places - 1.0
    columns = [np.ones(len(x))]
    # Each product is a shorter one times one coordinate more.
    known: dict[tuple[int, ...], FloatArray] = {(): columns[0]}
    for order in range(1, degree + 1):
        for which in combinations_with_replacement(range(x.shape[1]), order):
            known[which] = known[which[:-1]] * x[:, which[-1]]
            columns.append(known[which])
    return np.column_stack(columns)


def n_terms(n_parameters: int, degree: int) -> int:
    """Terms of a polynomial of `degree` in `n_parameters`."""
    return comb(n_parameters + degree, degree)


def left_out_fit(
    basis: FloatArray, values: FloatArray, weights: FloatArray, n_chips: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Weighted least squares; coefficients, residuals, and residuals of each design when it is left out of the fit.

    Parameters
    ----------
    basis : float64 (n_designs * n_chips, n_terms)
        Chips of a design beside each other.
    values, weights : float64 (n_designs * n_chips,)
    """
    root = np.sqrt(weights)
    scaled = basis * root[:, None]
    inverse = np.linalg.pinv(scaled)
    coefficients = inverse @ (values * root)
    residual = values - basis @ coefficients
    blocks = scaled.reshape(-1, n_chips, basis.shape[1])
    hat = np.einsum("gip,pgj->gij", blocks, inverse.reshape(basis.shape[1], -1, n_chips))
    # A design that alone decides a term cannot be left out; the small number keeps its error finite, and large.
    left = np.linalg.solve(np.eye(n_chips) * (1.0 + 1e-9) - hat, (residual * root).reshape(-1, n_chips, 1))
    return coefficients, residual, left.reshape(-1) / root


def log_variance(basis: FloatArray, squares: FloatArray) -> FloatArray:
    """Coefficients (n_terms,) of the logarithm of the mean of `squares` (n,): a gamma model by Fisher scoring."""
    floor = max(float(squares.mean()) * 1e-9, 1e-30)
    seen = np.maximum(squares, floor)
    inverse = np.linalg.pinv(basis)
    fitted = inverse @ np.full(len(seen), np.log(seen.mean()))
    for _ in range(_ROUNDS):
        level = np.clip(basis @ fitted, np.log(floor) - 5.0, np.log(seen.max()) + 5.0)
        # One wild square must not throw the whole fit; what it says is heard in more rounds.
        new = inverse @ (level + np.clip(seen / np.exp(level) - 1.0, -1.0, 5.0))
        settled = float(np.abs(new - fitted).max()) < _SETTLED
        fitted = new
        if settled:
            break
    return np.asarray(fitted)
