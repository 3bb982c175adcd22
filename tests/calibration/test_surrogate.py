"""The law fitted to simulated chips is the law that made them, as far as so many chips can tell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spikecim.calibration.scale import ERROR, LOG, PLAIN, Scale, scale_of
from spikecim.calibration.surrogate import Surrogate, fit_surrogate

Floats = NDArray[np.float64]
SCALES = (Scale(kind=LOG, floor=1e-300), Scale(kind=PLAIN, floor=0.0), Scale(kind=LOG, floor=1e-300))


def mean_of(places: Floats) -> Floats:
    x, y = places.T
    return np.stack([2.0 + x * y, np.sin(2 * x) - y, 1.5 * x + 0.3 * y**3], axis=1)


def chips_at(places: Floats, random: np.random.Generator) -> Floats:
    """One chip at each place: figures that move together, more so at one end."""
    noise = random.normal(size=(len(places), 3)) * np.exp(places[:, :1] - 2.0)
    noise[:, 1] += (0.5 + places[:, 1]) * noise[:, 0]
    noise[:, 2] = 0.05 * noise[:, 2] + 0.9 * noise[:, 0]
    scaled = mean_of(places) + noise
    return np.stack([np.exp(scaled[:, 0]), scaled[:, 1], np.exp(scaled[:, 2])], axis=1)


def fitted(n_designs: int = 256, n_chips: int = 4) -> Surrogate:
    random = np.random.default_rng(0)
    places = random.random((n_designs, 2))
    found = np.stack([chips_at(places, random) for _ in range(n_chips)], axis=1)
    return fit_surrogate(places, found, ("a", "b", "c"), SCALES)


def test_fresh_chips_are_standard_normal_under_the_fitted_law() -> None:
    surrogate, random, n = fitted(), np.random.default_rng(1), 4000
    places = random.random((n, 2))
    law = surrogate.law(places)
    scaled = np.stack([s.of(v) for s, v in zip(SCALES, chips_at(places, random).T, strict=True)], axis=1)
    lower = np.linalg.cholesky(law.chips + law.lack)
    standard = np.linalg.solve(lower, (scaled - law.mean)[..., None])[..., 0]
    covariance = standard.T @ standard / n
    # A covariance from the 1,024 chips of the fit and 4,000 fresh ones errs by sqrt(2 / 1024 + 2 / 4000) = 0.05.
    assert np.abs(covariance - np.eye(3)).max() < 4 * np.sqrt(2 / 1024 + 2 / n)
    # The mean has the error of the fit: at most 21 terms to 1,024 chips.
    assert np.abs(standard.mean(0)).max() < 4 * np.sqrt(21 / 1024 + 1 / n)


def test_covariances_are_proper_and_parts_are_parts() -> None:
    law = fitted(64, 2).law(np.random.default_rng(2).random((50, 2)))
    for matrix in (law.chips, law.chips + law.lack):
        assert (np.linalg.eigvalsh(matrix) > 0).all()
    part = law.of([2, 0])
    np.testing.assert_array_equal(part.mean, law.mean[:, [2, 0]])
    np.testing.assert_array_equal(part.chips[:, 0, 1], law.chips[:, 2, 0])
    np.testing.assert_array_equal(law.at(np.array([4])).lack[0], law.lack[4])


def test_a_figure_that_follows_the_parameters_is_explained_and_chance_is_not() -> None:
    random = np.random.default_rng(5)
    places = random.random((200, 2))
    told = np.exp(mean_of(places)[:, 2])
    found = np.stack([np.stack([told, told * 1.01], 1), random.normal(5.0, 1.0, (200, 2))], axis=-1)
    surrogate = fit_surrogate(places, found, ("a", "b"), (SCALES[0], SCALES[1]))
    assert surrogate.explained[0] > 0.99
    assert surrogate.explained[1] < 0.5


def test_scales_go_there_and_back() -> None:
    rates = np.array([0.2, 0.84, 0.999])
    for scale in (scale_of("accuracy@5", rates, 1000), scale_of("input_spikes", rates, 1000), SCALES[1]):
        np.testing.assert_allclose(scale.back(scale.of(rates)), rates)
        step = float(abs(scale.of(np.array(0.84 + 1e-7)) - scale.of(np.array(0.84)))) / 1e-7
        np.testing.assert_allclose(scale.stretch(0.84), step, rtol=1e-4)
    assert scale_of("accuracy", rates, 1000).kind == ERROR
    assert scale_of("unverified_cells", np.array([0.0, 3.0]), 1000).kind == PLAIN
    # No chip is taken to be without errors: half an image is left.
    assert scale_of("accuracy", rates, 1000).of(np.array(1.0)) == np.log(0.0005)
