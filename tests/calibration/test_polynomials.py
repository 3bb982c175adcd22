"""Terms, left-out residuals and logarithms of variances, against the long way round."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikecim.calibration.polynomials import left_out_fit, log_variance, n_terms, terms


@given(st.integers(1, 5), st.integers(0, 4), st.integers(1, 6))
def test_terms_are_all_products_and_lower_degrees_come_first(size: int, degree: int, n: int) -> None:
    places = np.random.default_rng(size + 10 * degree).random((n, size))
    found = terms(places, degree)
    assert found.shape == (n, n_terms(size, degree))
    np.testing.assert_array_equal(found[:, : n_terms(size, max(degree - 1, 0))], terms(places, max(degree - 1, 0)))
    # At all ones every product is 1; at the middle only the constant is left.
    np.testing.assert_allclose(terms(np.ones((1, size)), degree), 1.0)
    assert terms(np.full((1, size), 0.5), degree).sum() == 1.0


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 3))
def test_left_out_residuals_are_those_of_a_fit_without_the_design(seed: int, n_chips: int) -> None:
    random = np.random.default_rng(seed)
    places = random.random((14, 2))
    basis = np.repeat(terms(places, 2), n_chips, axis=0)
    values, weights = random.normal(size=len(basis)), random.uniform(0.5, 2.0, len(basis))
    coefficients, residual, left = left_out_fit(basis, values, weights, n_chips)
    np.testing.assert_allclose(residual, values - basis @ coefficients, atol=1e-9)
    out = slice(3 * n_chips, 4 * n_chips)
    kept = np.ones(len(basis), bool)
    kept[out] = False
    root = np.sqrt(weights[kept])
    without = np.linalg.lstsq(basis[kept] * root[:, None], values[kept] * root, rcond=None)[0]
    np.testing.assert_allclose(left[out], values[out] - basis[out] @ without, rtol=1e-4, atol=1e-6)


def test_the_logarithm_of_a_variance_is_found() -> None:
    random, n = np.random.default_rng(3), 20_000
    places = random.random((n, 2))
    basis, truth = terms(places, 1), np.array([-3.0, 0.8, -0.5])
    found = log_variance(basis, random.normal(size=n) ** 2 * np.exp(basis @ truth))
    # The logarithm of a variance from n squares has variance 2 / n for the constant and 3 times that for a slope.
    assert np.abs(found - truth).max() < 4 * np.sqrt(6 / n)


def test_a_figure_without_scatter_has_a_tiny_variance_and_no_error() -> None:
    found = log_variance(np.ones((5, 1)), np.zeros(5))
    assert np.isfinite(found).all()
    assert found[0] == pytest.approx(np.log(1e-30))
