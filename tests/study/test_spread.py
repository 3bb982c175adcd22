"""Whose variance it is: against the mean squares of a two-way table, and against components that were put in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spikecim.study.matrix import Block
from spikecim.study.spread import components, spread_of
from spikecim.study.squares import Table
from tests.study.tables import made_study, unit_factors


def table(seed: int, sds: tuple[float, float, float], shape: tuple[int, int]) -> np.ndarray:
    """Design, chip, and both effects with these standard deviations."""
    rng = np.random.default_rng(seed)
    design, chip, both = sds
    own = design * rng.normal(size=(shape[0], 1)) + chip * rng.normal(size=(1, shape[1]))
    return 80 + own + both * rng.normal(size=shape)


def block(values: np.ndarray) -> Block:
    return Block(values=values, designs=np.arange(values.shape[0]), chips=np.arange(values.shape[1]))


def test_components_are_those_of_the_mean_squares() -> None:
    # Searle, Casella, McCulloch (1992), ch. 4.3: (MS_d - MS_e) / m, (MS_c - MS_e) / n, MS_e.
    values = table(0, (2.0, 1.0, 0.5), (7, 5))
    n, m = values.shape
    rows, columns, mean = values.mean(1), values.mean(0), values.mean()
    ms_d = m * ((rows - mean) ** 2).sum() / (n - 1)
    ms_c = n * ((columns - mean) ** 2).sum() / (m - 1)
    ms_e = ((values - rows[:, None] - columns + mean) ** 2).sum() / (n - 1) / (m - 1)
    found = components(values, np.ones(n), np.ones(m), fixed=False)
    assert found == pytest.approx([(ms_d - ms_e) / m, (ms_c - ms_e) / n, ms_e])


def test_components_come_out_as_they_were_put_in() -> None:
    found = np.mean(
        [components(table(k, (2.0, 1.0, 0.5), (20, 8)), np.ones(20), np.ones(8), fixed=False) for k in range(200)],
        axis=0,
    )
    # Standard errors over 200 tables of 20 designs and 8 chips: 2 V^2 / (n - 1) each, and a tenth.
    for value, true, n in zip(found, (4.0, 1.0, 0.25), (20, 8, 133), strict=True):
        assert abs(value - true) < 4 * 1.1 * true * np.sqrt(2 / (n - 1) / 200)


def test_a_fixed_grid_has_its_own_variance() -> None:
    values = np.array([[1.0, 1.0], [3.0, 3.0], [5.0, 5.0]])
    found = components(values, np.ones(3), np.ones(2), fixed=True)
    assert found == pytest.approx([8 / 3, 0.0, 0.0])


@pytest.mark.parametrize("kind", ["sobol", "grid", "saltelli"])
def test_shares_sum_to_one_and_hold_the_truth(kind: str) -> None:
    made = made_study(unit_factors(2), kind, 16, chips=12)
    values = table(1, (2.0, 1.0, 0.5), (64, 12))
    found = spread_of(made, "accuracy", block(values))
    assert found.refused == ""
    assert found.n_designs == (32 if kind == "saltelli" else 64)
    shares = (found.design, found.chip, found.both)
    assert sum(share.value for share in shares) == pytest.approx(1.0)
    for share, true in zip(shares, np.array([4.0, 1.0, 0.25]) / 5.25, strict=True):
        assert share.low - 0.1 < true < share.high + 0.1
    assert found.chip_sd.low < found.chip_sd.value < found.chip_sd.high


# Designs of a grid are fixed; few chips are where percentiles of a bootstrap held the truth in 78 %.
@pytest.mark.parametrize("chips", [4, 8, 20])
@pytest.mark.parametrize("kind", ["sobol", "grid"])
def test_intervals_hold_the_truth_of_few_chips(kind: str, chips: int) -> None:
    made = made_study(unit_factors(2), kind, 16, chips=chips)
    trials, n = 200, 30
    held = np.zeros(3, int)
    fixed = np.linspace(-1.0, 1.0, n)
    for seed in range(trials):
        values = table(seed, (0.0 if kind == "grid" else 2.0, 1.0, 0.5), (n, chips))
        values += fixed[:, None] if kind == "grid" else 0.0
        found = spread_of(made, "accuracy", block(values))
        # The mean of a grid's designs holds their share of what chips do in each.
        true = np.array([fixed.var(), 1 + 0.25 / n, 0.25 * (1 - 1 / n)]) if kind == "grid" else np.array([4, 1, 0.25])
        shares = true / true.sum()
        pairs = ((found.chip, shares[1]), (found.both, shares[2]), (found.chip_sd, np.sqrt(true[1:].sum())))
        held += [estimate.low <= value <= estimate.high for estimate, value in pairs]
    assert (held >= trials * 0.9 - 3 * np.sqrt(trials * 0.9 * 0.1)).all()


def test_the_intervals_are_about_the_components() -> None:
    values = table(3, (2.0, 1.0, 0.5), (64, 200))
    for fixed in (False, True):
        drawn = Table.of(values).drawn(np.random.default_rng(0), fixed=fixed)
        found = components(values, np.ones(64), np.ones(200), fixed=fixed)
        assert np.median(drawn, axis=0) == pytest.approx(found, rel=0.03)


def test_chips_that_each_like_one_end_leave_few_degrees_of_freedom() -> None:
    # Each chip has its own slope: 200 designs tell no more of it than the 10 chips do.
    rng = np.random.default_rng(0)
    values = np.linspace(-1.0, 1.0, 200)[:, None] * rng.normal(size=(1, 10)) + rng.normal(size=(1, 10))
    drawn = Table.of(values).drawn(rng, fixed=False)[:, 2]
    low, high = np.percentile(drawn, [5.0, 95.0])
    assert high / low > 2


def test_one_chip_has_no_spread() -> None:
    made = made_study(unit_factors(2), "sobol", 16)
    found = spread_of(made, "accuracy", block(table(1, (1.0, 1.0, 1.0), (16, 1))))
    assert "two or more of each" in found.refused
    assert np.isnan(components(table(1, (1.0, 1.0, 1.0), (16, 1)), np.ones(16), np.ones(1), fixed=False)[1:]).all()


def test_a_constant_has_no_spread() -> None:
    made = replace(made_study(unit_factors(2), "sobol", 16), n_chips=3)
    assert spread_of(made, "cells", block(np.full((16, 3), 11_520.0))).refused == "it is the same at all points"
