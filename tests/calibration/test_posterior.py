"""Likelihood, posterior, profiles and expected information, where the answers are known in closed form."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spikecim.calibration.cloud import cloud_of, ground_of
from spikecim.calibration.evidence import Evidence, Likelihood
from spikecim.calibration.further import more_chips, more_figures, printed_sd
from spikecim.calibration.profile import conditional_best, end_falls, open_share, profiles_of, verdict_of
from spikecim.calibration.scale import LOG, Scale
from spikecim.results.calibration import ABOVE, BELOW, DETERMINED, DROP, OPEN
from tests.calibration.laws import linear, seen

ONE = np.array([[1.0]])


def test_one_gaussian_figure_gives_its_gaussian_posterior() -> None:
    surrogate = linear(ONE, np.array([0.05]))
    cloud = cloud_of(Likelihood(surrogate=surrogate, evidence=(seen(0.2),)), ground_of(surrogate, 0))
    low, middle, high = cloud.quantiles()[0]
    # x = 2 place - 1 has mean 0.2 and sd 0.05, far from both ends.
    np.testing.assert_allclose([low, middle, high], [(1.2 + 0.05 * z) / 2 for z in (-1.645, 0.0, 1.645)], atol=2e-3)
    assert np.sqrt(cloud.covariance()[0, 0]) == pytest.approx(0.025, rel=0.02)


def test_a_thin_ridge_is_found_and_fills_with_points() -> None:
    # Only the sum of three parameters is measured, to 1 part in 2,000 of its range.
    surrogate = linear(np.array([[1.0, 1.0, 1.0]]), np.array([0.003]))
    cloud = cloud_of(Likelihood(surrogate=surrogate, evidence=(seen(0.9),)), ground_of(surrogate, 0))
    assert cloud.effective > 1500
    total = (2 * cloud.places - 1).sum(1)
    assert cloud.weights @ total == pytest.approx(0.9, abs=1e-3)
    assert np.sqrt(cloud.weights @ (total - 0.9) ** 2) == pytest.approx(0.003, rel=0.1)
    # On the plane x + y + z = 0.9 within the cube, pairs have correlation -1/2.
    off_diagonal = cloud.correlation()[np.triu_indices(3, 1)]
    np.testing.assert_allclose(off_diagonal, -0.5, atol=0.05)


def test_the_same_evidence_gives_the_same_points() -> None:
    surrogate = linear(np.array([[1.0, 0.5]]), np.array([0.01]))
    first, second = (
        cloud_of(Likelihood(surrogate=surrogate, evidence=(seen(0.1),)), ground_of(surrogate, 3)) for _ in range(2)
    )
    np.testing.assert_array_equal(first.places, second.places)
    np.testing.assert_array_equal(first.weights, second.weights)


def test_the_surrogates_own_error_does_not_shrink_with_more_chips() -> None:
    surrogate = linear(ONE, np.array([0.3]), lack=0.01)
    law = surrogate.law(np.array([[0.5]]))
    logarithmic = np.zeros(1)
    one, many = (seen(0.0, n_chips=n).moments(law, logarithmic)[1][0, 0, 0] for n in (1, 900))
    assert one == pytest.approx(0.09 + 0.01)
    assert many == pytest.approx(0.0001 + 0.01, rel=1e-3)


def test_mean_and_spread_of_several_chips_are_distributed_as_said() -> None:
    sd, n_chips, n = 0.2, 6, 40_000
    surrogate = replace(linear(ONE, np.array([sd])), scales=(Scale(kind=LOG, floor=1e-300),))
    law = surrogate.law(np.array([[0.5]]))
    chips = np.exp(np.random.default_rng(0).normal(0.0, sd, (n, n_chips)))
    evidence = seen(0.0, n_chips=n_chips)
    mean, variance = evidence.moments(law, np.ones(1))
    logs = np.log(chips.mean(1))
    assert logs.mean() == pytest.approx(mean[0, 0], abs=0.002)
    assert logs.var() == pytest.approx(variance[0, 0, 0], rel=0.06)
    evidence = replace(evidence, spread_of=[0], spreads=np.zeros(1), spread_noise=np.zeros(1))
    middle, spread = evidence.spread_moments(law)
    relative = np.log(chips.std(1, ddof=1) / chips.mean(1))
    # The logarithm of a sample sd is a little below that of the sd: by 1 / (2 (n - 1)).
    assert relative.mean() == pytest.approx(middle[0, 0], abs=1 / (2 * (n_chips - 1)) + 0.02)
    assert relative.var() == pytest.approx(spread[0, 0, 0], rel=0.3)


@pytest.mark.parametrize(
    ("value", "verdict"), [(0.0, DETERMINED), (-1.0, BELOW), (1.0, ABOVE)], ids=["middle", "low end", "high end"]
)
def test_verdicts_say_which_ends_of_the_bounds_are_closed(value: float, verdict: str) -> None:
    surrogate = linear(np.array([[1.0, 0.0]]), np.array([0.2]))
    likelihood = Likelihood(surrogate=surrogate, evidence=(seen(value),))
    cloud = cloud_of(likelihood, ground_of(surrogate, 0))
    profiles = profiles_of(likelihood, cloud)
    assert profiles.verdict(0) == verdict
    # Nothing is measured that the second parameter moves.
    assert profiles.verdict(1) == OPEN
    falls = end_falls(likelihood, cloud)
    np.testing.assert_allclose(falls[0], [((value - end) / 0.2) ** 2 / 2 for end in (-1, 1)], atol=1e-3)
    assert [verdict_of(*fall) for fall in falls] == [verdict, OPEN]


def test_a_profile_frees_the_others_and_a_pair_only_one() -> None:
    # Two figures, three parameters: x + y and x + z; x is open, but told by either other one.
    surrogate = linear(np.array([[1.0, 1.0, 0.0], [1.0, 0.0, 1.0]]), np.array([0.1, 0.1]))
    likelihood = Likelihood(surrogate=surrogate, evidence=(seen(0.0, 0.0),))
    cloud = cloud_of(likelihood, ground_of(surrogate, 0))
    profiles = profiles_of(likelihood, cloud)
    assert profiles.verdict(0) == OPEN
    assert profiles.free[0].max() < 1e-3
    # With y and z known, both figures tell x: the fall is (x / 0.1)^2 / 2 twice.
    assert profiles.pairs[0, 0].max() > 2 * DROP
    assert open_share(profiles.pairs[0, 1]) < 0.2
    best = conditional_best(likelihood, cloud, {0: 0.75})
    np.testing.assert_allclose(2 * best - 1, [0.5, -0.5, -0.5], atol=1e-3)


def test_misfit_counts_figures_that_no_place_gives() -> None:
    surrogate = linear(np.array([[1.0], [1.0]]), np.array([0.1, 0.1]))
    likelihood = Likelihood(surrogate=surrogate, evidence=(seen(0.5, -0.5),))
    distance, count = likelihood.misfit(np.array([0.5]))
    assert count == 2
    assert distance == pytest.approx(2 * (0.5 / 0.1) ** 2, rel=1e-6)


def test_expected_information_is_that_of_two_gaussians() -> None:
    # A figure with sd 0.1 is known; the same again with sd 0.05 on top, as a figure of its own.
    surrogate = linear(np.array([[1.0], [1.0]]), np.array([0.1, 0.05]))
    likelihood = Likelihood(surrogate=surrogate, evidence=(seen(0.0),))
    cloud = cloud_of(likelihood, ground_of(surrogate, 0))
    told = more_figures(likelihood, cloud, [1], np.zeros((1, 1)), 0)
    left = 1 / (1 / 0.1**2 + 1 / 0.05**2)
    # Expected bits: half the logarithm of the ratio of variances; over 64 chips it scatters by 0.7 / 8 bits.
    assert told.bits == pytest.approx(0.5 * np.log2(0.1**2 / left), abs=4 * 0.7 / 8)
    # Interval over bounds: 3.29 sd of x, half of that in places, over 0.9.
    assert told.kept[0] == pytest.approx(3.29 * np.sqrt(left) / 2 / 0.9, rel=0.1)


def test_the_spread_over_chips_tells_what_one_chip_cannot() -> None:
    # The parameter moves only how much chips differ.
    surrogate = linear(np.zeros((1, 1)), np.array([0.1]))
    link = replace(surrogate.links[0], log_variance=np.array([np.log(0.01), 2.0]))
    surrogate = replace(surrogate, links=(link,))
    likelihood = Likelihood(surrogate=surrogate, evidence=(seen(0.05),))
    cloud = cloud_of(likelihood, ground_of(surrogate, 0))
    before = np.ptp(cloud.quantiles()[0][[0, 2]]) / 0.9
    told = more_chips(likelihood, cloud, 40, np.eye(1) * 1e-10, 0)
    # An sd of 40 chips is known to 1 / sqrt(78) of itself; its logarithm runs over 2 within the bounds.
    assert told.kept[0] < 0.5 * before
    assert told.kept[0] == pytest.approx(3.29 / np.sqrt(78) / 2.0 / 0.9, rel=0.3)


@pytest.mark.parametrize(("value", "unit"), [(136.4, 1.0), (0.843, 0.001), (5.21, 0.01), (-20.0, 0.1)])
def test_printing_keeps_three_digits(value: float, unit: float) -> None:
    assert printed_sd(value) == pytest.approx(unit / np.sqrt(12))
    assert printed_sd(0.0) == 0.0


def test_evidence_of_spreads_enters_the_likelihood() -> None:
    surrogate = linear(np.zeros((1, 1)), np.array([0.1]))
    surrogate = replace(surrogate, links=(replace(surrogate.links[0], log_variance=np.array([np.log(0.01), 2.0])),))
    known = replace(seen(0.0, n_chips=11), spread_of=[0], spreads=np.log([0.1 * np.exp(0.5)]), spread_noise=np.zeros(1))
    assert isinstance(known, Evidence)
    cloud = cloud_of(Likelihood(surrogate=surrogate, evidence=(known,)), ground_of(surrogate, 0))
    # sd = 0.1 exp(x) was seen at x = 0.5.
    assert 2 * cloud.quantiles()[0, 1] - 1 == pytest.approx(0.5, abs=0.1)
