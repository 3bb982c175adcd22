"""The region of the published numbers, against problems whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from spikecim.explore.region import sobol_places
from spikecim.results.region import Axis, Region, quadratic_terms

AXES = tuple(Axis(name=name, title=name, unit="", low=0.0, high=2.0) for name in "abc")


def region(error: object, spikes: object, *, noise: float = 0.05, n: int = 512) -> Region:
    """Designs of three axes whose two numbers are given functions of the places, with a log-normal scatter."""
    designs = sobol_places(3, n, 0, "test-designs")
    draws = np.random.default_rng(1).standard_normal((n, 2))
    numbers = [function(designs) * np.exp(noise * z) for function, z in zip((error, spikes), draws.T, strict=True)]  # type: ignore[operator]
    return Region(
        axes=AXES,
        designs=designs,
        found=np.stack([100 - numbers[0], numbers[1]], axis=1),
        points=sobol_places(3, 4096, 0, "test-points"),
        published=np.array([84.0, 136.0]),
        half_unit=np.array([0.5, 0.5]),
        checked=np.zeros((0, 2)),
        n_images=1000,
        requested=n,
    )


def test_a_number_decides_what_it_depends_on_and_nothing_else() -> None:
    found = region(lambda x: 16 * np.exp(x[:, 0] - 0.5), lambda x: 136 * np.exp(x[:, 1] - 0.5))
    both, first, second = found.weights(), found.weights((0,)), found.weights((1,))
    # Of a range of one in the logarithm, scatter of 0.05 leaves 0.05 / sqrt(1 / 12) = 0.17.
    np.testing.assert_allclose(found.narrowing(both), [0.18, 0.17, 1.0], atol=0.04)
    np.testing.assert_allclose(found.narrowing(first), [0.18, 1.0, 1.0], atol=0.04)
    np.testing.assert_allclose(found.narrowing(second), [1.0, 0.17, 1.0], atol=0.04)
    assert found.span(0, both)[1] == pytest.approx(1.0, abs=0.03)
    low, _, high = found.span(2, both)
    assert (low, high) == pytest.approx((0.1, 1.9), abs=0.06)


def test_a_product_can_be_traded() -> None:
    found = region(lambda x: 16 * np.exp(x[:, 0] + x[:, 1] - 1), lambda x: 136 + 0 * x[:, 0])
    correlation = found.correlation(found.weights())
    assert correlation[0, 1] < -0.9
    assert abs(correlation[0, 2]) < 0.1
    # a + b = 1 with a, b even on 0..1 leaves each of them even.
    np.testing.assert_allclose(found.narrowing(found.weights()), 1.0, atol=0.06)


def test_scatter_that_grows_along_an_axis_is_found() -> None:
    found = region(
        lambda x: 16 * np.exp(np.random.default_rng(5).standard_normal(len(x)) * 0.02 * np.exp(2 * x[:, 2])),
        lambda x: 136 + 0 * x[:, 0],
        noise=0.0,
    )
    ends = found.scatter(np.array([[0.5, 0.5, 0.0], [0.5, 0.5, 1.0]]))[:, 0]
    # 512 designs: the logarithm of a variance has a standard error of about 0.3 at the ends.
    np.testing.assert_allclose(np.log(ends), np.log([0.02, 0.02 * np.e**2]), atol=0.4)


def test_pure_noise_is_not_explained_and_decides_nothing() -> None:
    found = region(lambda x: 16 + 0 * x[:, 0], lambda x: 136 + 0 * x[:, 0], noise=0.2)
    assert (found.explained() < 0.05).all()
    assert (found.narrowing(found.weights()) > 0.9).all()


def test_a_quadratic_surface_is_met_exactly() -> None:
    found = region(
        lambda x: np.exp(1 + x[:, 0] * x[:, 1] - x[:, 2] ** 2), lambda x: np.exp(3 + x[:, 1] - x[:, 0] ** 2), noise=0.0
    )
    np.testing.assert_allclose(found.explained(), 1.0)
    places = np.array([[0.1, 0.9, 0.4]])
    expected = [100 - np.exp(1 + 0.09 - 0.16), np.exp(3 + 0.9 - 0.01)]
    np.testing.assert_allclose(found.surface(places)[0], expected)


def test_accepted_designs_lie_within_the_tolerance_of_both() -> None:
    found = region(lambda x: 10 + 12 * x[:, 0], lambda x: 100 + 72 * x[:, 1])
    chosen = found.accepted(np.array([1.0, 6.8]))
    off = np.abs(found.found[chosen] - [84.0, 136.0])
    assert (off <= [1.0, 6.8]).all()
    rest = np.abs(found.found[~chosen] - [84.0, 136.0])
    assert (rest > [1.0, 6.8]).any(1).all()
    assert 0 < chosen.sum() < len(chosen)


def test_terms_of_second_degree_are_all_there() -> None:
    assert quadratic_terms(np.zeros((2, 9))).shape == (2, 1 + 9 + 45)
