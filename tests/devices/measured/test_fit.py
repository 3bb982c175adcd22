"""Known laws come back: every 90 % interval covers the truth in 90 +- 5 of 100 trials, and the right law is chosen.

Counts are of 400 trials, and of 60 where a trial is slow; the range that is allowed follows from that number, so that
a right interval leaves it one time in 1,000 (of 400 trials: 85 to 95 in 100).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

import numpy as np
import pytest
from scipy.special import ndtr
from scipy.stats import anderson, kstest

from spikecim.devices.measured.choice import best_tail
from spikecim.devices.measured.estimate import LOG_NORMAL, SHAPED, TAILED, Estimate, FloatArray
from spikecim.devices.measured.fit import fit_device
from spikecim.devices.measured.goodness import anderson_darling, judge_lognormal, judge_tail
from spikecim.devices.measured.law import cumulative
from spikecim.devices.measured.lognormal import fit_lognormal, grouped
from spikecim.devices.measured.shape import shape_estimates
from spikecim.devices.measured.share import cell_share
from spikecim.devices.measured.tail import distribution, log_density
from spikecim.devices.measured.tail_fit import fit_tail, tail_estimates
from spikecim.errors import DataError
from tests.devices.measured.samples import (
    BODY,
    HIGH,
    TAIL,
    body,
    cell_numbers,
    chance_range,
    cycled,
    measured,
    with_tail,
)

TRIALS = 400
FEW = 60  # where one trial takes a tenth of a second
TAILED_LAW = BODY | TAIL
LOW_TAIL = HIGH | {"tail_probability": 0.1, "tail_low_factor": 0.01, "tail_high_factor": 0.1, "sigma_ln": 0.3}


def covered(
    trial: Callable[[np.random.Generator], Mapping[str, Estimate]], truth: Mapping[str, float], trials: int = TRIALS
) -> dict[str, float]:
    """How many of the trials have the truth inside the interval, by parameter, in percent."""
    counts: Counter[str] = Counter(dict.fromkeys(truth, 0))
    for seed in range(trials):
        found = trial(np.random.default_rng(seed))
        counts.update(name for name, value in truth.items() if found[name].holds(value))
    return {name: 100 * count / trials for name, count in counts.items()}


def assert_covered(shares: Mapping[str, float], trials: int = TRIALS) -> None:
    low, high = chance_range(trials)
    assert {name: share for name, share in shares.items() if not low <= share <= high} == {}


@pytest.mark.parametrize("law", [BODY, HIGH], ids=["lrs", "hrs"])
def test_intervals_of_a_lognormal_state_cover(law: dict[str, float]) -> None:
    assert_covered(covered(lambda rng: fit_lognormal(body(rng, 500, law)), law))


@pytest.mark.slow
@pytest.mark.parametrize("law", [TAILED_LAW, LOW_TAIL], ids=["lrs, tail up", "hrs, tail down"])
def test_intervals_of_a_state_with_a_tail_cover(law: dict[str, float]) -> None:
    def trial(rng: np.random.Generator) -> Mapping[str, Estimate]:
        y = with_tail(rng, 600, law)
        return tail_estimates(fit_tail(y), y)

    assert_covered(covered(trial, law, FEW), FEW)


@pytest.mark.parametrize("share", [0.3, 0.6])
def test_intervals_of_cycled_cells_cover(share: float) -> None:
    size = (60, 15)
    truth = {**{f"lrs {k}": v for k, v in BODY.items()}, **{f"hrs {k}": v for k, v in HIGH.items()}, "share": share}

    def trial(rng: np.random.Generator) -> Mapping[str, Estimate]:
        low, high = (cycled(rng, size, law, share) for law in (BODY, HIGH))
        cell = cell_numbers(size)
        states = {"lrs": fit_lognormal(low, cell), "hrs": fit_lognormal(high, cell)}
        named = {f"{state} {name}": one for state, found in states.items() for name, one in found.items()}
        return named | {"share": cell_share([grouped(low, cell), grouped(high, cell)])}

    assert_covered(covered(trial, truth))


@pytest.mark.slow
def test_intervals_of_a_tail_on_cycled_cells_cover() -> None:
    size, share = (80, 12), 0.6

    def trial(rng: np.random.Generator) -> Mapping[str, Estimate]:
        y = cycled(rng, size, BODY, share) + with_tail(rng, size[0] * size[1], TAIL | {"median": 1.0, "sigma_ln": 0.0})
        return tail_estimates(fit_tail(y), y, cell_numbers(size))

    assert_covered(covered(trial, TAILED_LAW, FEW), FEW)


@pytest.mark.slow
def test_bootstrap_intervals_of_a_measured_shape_cover() -> None:
    # Half the cells around one level, half around another: the median lies in the gap, so sigma alone is judged.
    def trial(rng: np.random.Generator) -> Mapping[str, Estimate]:
        low = rng.random(400) < 0.3
        y = np.where(low, 0.0, 2.0) + 0.3 * rng.standard_normal(400)
        return {"sigma_ln": shape_estimates(y, None)["sigma_ln"]}

    truth = {"sigma_ln": float(np.sqrt(0.3**2 + 4.0 * 0.3 * 0.7))}
    assert_covered(covered(trial, truth, FEW), FEW)


def test_the_share_is_pooled_over_states_and_never_below_zero() -> None:
    rng, size = np.random.default_rng(0), (40, 10)
    cell = cell_numbers(size)
    groups = [grouped(cycled(rng, size, law, 0.6), cell) for law in (BODY, HIGH)]
    pooled, alone = cell_share(groups), cell_share(groups[:1])
    assert pooled.high - pooled.low < alone.high - alone.low
    none = cell_share([grouped(cycled(rng, size, BODY, 0.0), cell)])
    assert none.low == 0.0
    assert none.value < 0.05


def test_density_is_the_slope_of_the_distribution_and_scores_are_its_slopes() -> None:
    theta = np.array([1.0, np.log(0.2), -1.5, 0.5, 2.0])
    y = np.linspace(-0.5, 4.0, 400)
    logs, scores = log_density(theta, y)
    step = 1e-5
    slope = (distribution(theta, y + step) - distribution(theta, y - step)) / (2 * step)
    np.testing.assert_allclose(np.exp(logs), slope, rtol=1e-5, atol=1e-9)
    for place, one in enumerate(np.eye(5)):
        numeric = (log_density(theta + step * one, y)[0] - log_density(theta - step * one, y)[0]) / (2 * step)
        np.testing.assert_allclose(scores[:, place], numeric, rtol=1e-4, atol=1e-5)
    assert distribution(theta, np.array([-9.0, 20.0])).tolist() == pytest.approx([0.0, 1.0], abs=1e-12)


def test_a_tail_pays_only_where_there_is_one() -> None:
    # BIC asks for twice a log-likelihood ratio of 18.6 with 3 parameters: by chance 3 times in 10,000.
    for seed in range(50):
        rng = np.random.default_rng(seed)
        assert best_tail(body(rng, 500, BODY)) is None
        assert best_tail(cycled(rng, (50, 10), HIGH, 0.6), cell_numbers((50, 10))) is None
        assert best_tail(with_tail(rng, 500, LOW_TAIL)) is not None
    found = fit_device(measured(body(rng, 300, BODY), with_tail(rng, 300, LOW_TAIL)))
    assert (found.lrs.law, found.hrs.law) == (LOG_NORMAL, TAILED)


def test_anderson_darling_is_that_of_scipy() -> None:
    y = np.random.default_rng(1).standard_normal(200)
    ours = anderson_darling(ndtr((y - y.mean()) / y.std(ddof=1)))
    assert ours == pytest.approx(float(anderson(y, "norm", method="interpolate").statistic), rel=1e-9)


def test_p_values_of_a_true_lognormal_are_even() -> None:
    draw = np.random.default_rng(2)
    p_values = [judge_lognormal(draw.standard_normal(100)).p_value for _ in range(1000)]
    assert kstest(p_values, "uniform").pvalue > 1e-3
    clustered = [
        judge_lognormal(cycled(draw, (20, 10), BODY, 0.6), cell_numbers((20, 10)), 0.6, seed).p_value
        for seed in range(100)
    ]
    assert kstest(clustered, "uniform").pvalue > 1e-3


@pytest.mark.slow
def test_p_values_of_a_true_tail_are_even(monkeypatch: pytest.MonkeyPatch) -> None:
    # They are even whatever the number of resamples; with 39 a step of 1/40 is lost in the 25 values.
    monkeypatch.setattr("spikecim.devices.measured.goodness._RESAMPLES", 39)
    p_values = []
    for seed in range(25):
        y = with_tail(np.random.default_rng(seed), 200, TAILED_LAW)
        p_values.append(judge_tail(y, fit_tail(y).theta, seed=seed).p_value)
    assert kstest(p_values, "uniform").pvalue > 1e-3


def two_humps(rng: np.random.Generator, n: int) -> FloatArray:
    return np.log(np.where(rng.random(n) < 0.5, 4e4, 2e5)) + 0.2 * rng.standard_normal(n)


def test_a_poor_fit_keeps_the_measured_shape_and_says_so() -> None:
    rng = np.random.default_rng(3)
    found = fit_device(measured(body(rng, 500, BODY), two_humps(rng, 500)))
    assert (found.lrs.law, found.hrs.law) == (LOG_NORMAL, SHAPED)
    assert "does not describe the data" in found.hrs.goodness.words()
    assert "less than once in a thousand" in found.hrs.goodness.words()
    assert "log-normal describes the data" in found.lrs.goodness.words()
    y = np.sort(found.hrs.log_r)
    # The shape is kept at every twentieth of a normal score, which is at most 2 % of the cells.
    np.testing.assert_allclose(cumulative(found.hrs, y[5:-5]), (np.arange(500) + 0.5)[5:-5] / 500, atol=0.02)


def test_empirical_keeps_the_shape_of_a_good_fit_too() -> None:
    rng = np.random.default_rng(4)
    found = fit_device(measured(body(rng, 200, BODY), body(rng, 200, HIGH)), empirical=True)
    assert (found.lrs.law, found.hrs.law) == (SHAPED, SHAPED)
    assert not found.lrs.goodness.poor


def test_the_same_readings_give_the_same_fit() -> None:
    rng = np.random.default_rng(5)
    data = measured(with_tail(rng, 300, TAILED_LAW), two_humps(rng, 300))
    one, two = fit_device(data), fit_device(data)
    assert (one.lrs.estimates, one.hrs.estimates) == (two.lrs.estimates, two.hrs.estimates)
    assert (one.lrs.goodness, one.hrs.shape) == (two.lrs.goodness, two.hrs.shape)


def test_cycles_give_a_share_and_too_few_cells_none() -> None:
    rng, size = np.random.default_rng(6), (40, 12)
    low, high = (cycled(rng, size, law, 0.6) for law in (BODY, HIGH))
    found = fit_device(measured(low, high, "cycles", cell=cell_numbers(size)))
    assert found.share is not None
    assert found.share.holds(0.6)
    assert (found.lrs.n, found.lrs.n_cells) == (480, 40)
    few = (5, 96)
    found = fit_device(measured(low, high, "cycles", cell=cell_numbers(few)))
    assert found.share is None


def test_readings_that_are_all_equal_are_refused() -> None:
    with pytest.raises(DataError, match="all LRS resistances are 5000 ohm"):
        fit_device(measured(np.full(40, np.log(5e3)), body(np.random.default_rng(7), 40, HIGH)))
