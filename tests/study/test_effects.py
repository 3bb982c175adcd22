"""Main effects: levels and parts, means with intervals that hold what they should, and points that are missing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikecim.study.effects import Grouped, main_effects
from spikecim.study.factors import Factor
from spikecim.study.groups import groups_of
from spikecim.study.matrix import Matrix, block_of, share_of

LINEAR = Factor(path="a", unit="second", low=1e-6, high=9e-6)
LOG = Factor(path="b", unit="second", low=1e-6, high=1e-2, scale="log")
STEPPED = Factor(path="c", unit="count", low=2, high=14, step=1)
NAMES = Factor(path="d", unit="choice", values=("x", "y", "z"))


@given(share=st.floats(0.0, 1.0))
@pytest.mark.parametrize("factor", [LINEAR, LOG])
def test_a_share_gives_a_value_gives_the_share(factor: Factor, share: float) -> None:
    assert share_of(factor, factor.at(share)) == pytest.approx(share, abs=1e-9)


@given(share=st.floats(0.0, 1.0))
@pytest.mark.parametrize("factor", [STEPPED, NAMES])
def test_the_share_of_a_level_gives_the_level(factor: Factor, share: float) -> None:
    assert factor.at(share_of(factor, factor.at(share))) == factor.at(share)


def test_groups_are_levels_or_parts() -> None:
    names = groups_of(NAMES, np.array([0.1, 0.5, 0.2]), 8)
    assert names.names == ("x", "y")
    assert names.place.tolist() == [0, 1, 0]
    parts = groups_of(LOG, np.array([0.0, 0.6, 1.0]), 4)
    assert parts.names == ("1 us–10 us", "100 us–1 ms", "1 ms–10 ms")
    assert parts.place.tolist() == [0, 1, 2]
    assert parts.at[0] == pytest.approx(math.sqrt(1e-6 * 1e-5))


def test_a_long_row_of_counts_is_cut_where_it_has_steps() -> None:
    shares = (np.arange(13) + 0.5) / 13
    parts = groups_of(STEPPED, shares, 4)
    assert parts.names == ("2–4", "5–7", "8–11", "12–14")
    assert np.bincount(parts.place).tolist() == [3, 3, 4, 3]


def test_levels_of_a_grid_are_the_values_there_are() -> None:
    grid = groups_of(LINEAR, np.array([0.0, 0.5, 1.0, 0.5]), 8, levels=True)
    assert grid.names == ("1 us", "5 us", "9 us")
    assert grid.place.tolist() == [0, 1, 2, 1]


def test_the_block_drops_what_lacks_most() -> None:
    values = np.ones((5, 4))
    values[1] = math.nan  # a design that failed
    values[[0, 2, 3], 2] = math.nan  # a chip that fails nearly everywhere
    block = block_of(Matrix(values=values))
    assert block.designs.tolist() == [0, 2, 3, 4]
    assert block.chips.tolist() == [0, 1, 3]
    assert block_of(Matrix(values=np.full((3, 2), math.nan))).designs.size == 0


def grouped(values: np.ndarray, *, fixed: bool = False) -> Grouped:
    n = len(values)
    shares = np.where(np.arange(n) % 2, 0.75, 0.25)
    two = Factor(path="side", unit="choice", values=("left", "right"))
    return Grouped(paths=("side",), groups=(groups_of(two, shares, 8),), cluster=None if fixed else np.arange(n))


def test_means_bands_and_counts() -> None:
    values = np.array([[1.0, 3.0], [5.0, 7.0], [2.0, math.nan], [6.0, 8.0]])
    (effect,) = main_effects("core_nj", Matrix(values=values), grouped(values), 0)
    left, right = effect.levels
    assert (left.mean.value, right.mean.value) == (2.0, 6.5)
    assert (left.n_points, left.n_designs, right.n_points) == (3, 2, 4)
    assert (left.p5, left.median, left.p95) == pytest.approx((1.1, 2.0, 2.9))
    assert effect.change.value == 4.5
    assert (effect.lowest, effect.highest) == ("left", "right")


def test_the_change_is_taken_on_the_same_chips() -> None:
    rng = np.random.default_rng(0)
    chips = rng.normal(0, 10, size=6)
    values = np.array([chips + (k % 2) for k in range(8)])
    (effect,) = main_effects("core_nj", Matrix(values=values), grouped(values), 0)
    assert effect.levels[0].mean.high - effect.levels[0].mean.low > 3  # the mean depends on who was drawn
    assert effect.change.low == pytest.approx(1.0)  # the difference does not
    assert effect.change.high == pytest.approx(1.0)


def test_one_chip_on_a_grid_has_no_interval() -> None:
    values = np.arange(4.0)[:, None]
    (effect,) = main_effects("core_nj", Matrix(values=values), grouped(values, fixed=True), 0)
    assert math.isnan(effect.levels[0].mean.low)
    assert math.isnan(effect.change.high)


def test_all_good_chips_are_no_certainty() -> None:
    values = np.ones((4, 8))
    (effect,) = main_effects("yield", Matrix(values=values), grouped(values), 0)
    # Wilson's interval of 8 of 8.
    assert effect.levels[0].mean.low == pytest.approx(1 / (1 + 1.6448536**2 / 8))
    assert effect.levels[0].mean.high == 1.0


def test_nothing_known_is_no_effect() -> None:
    values = np.full((4, 2), math.nan)
    assert main_effects("accuracy", Matrix(values=values), grouped(values), 0) == []


def no_effect(kind: str, seed: int) -> tuple[Matrix, Grouped]:
    """Designs, chips, both, and chips that each like other levels; no factor has an effect on the mean of all chips."""
    rng = np.random.default_rng(seed)
    chips = 8
    if kind == "grid":
        places = np.stack([np.repeat(np.arange(6), 3), np.tile(np.arange(3), 6)])
    elif kind == "saltelli":
        base = rng.integers(0, 6, size=(24, 2, 2))  # A and B of two factors
        mixed = np.stack([base[:, 0], base[:, 1], base[:, [1, 0], [0, 1]], base[:, [0, 1], [0, 1]]], axis=1)
        places = mixed.reshape(-1, 2).T
    else:
        places = np.stack([rng.permutation(60) % 10, rng.permutation(60) % 2])
    n = places.shape[1]
    cluster = None if kind == "grid" else np.arange(n) // (4 if kind == "saltelli" else 1)
    values = rng.normal(size=(1, chips)) + 0.3 * rng.normal(size=(n, chips))
    if cluster is not None:
        values += rng.normal(size=(n, 1))[cluster]
    groups = []
    for k, place in enumerate(places):
        many = int(place.max()) + 1
        values = values + 0.5 * rng.normal(size=(many, chips))[place]
        names = Factor(path=str(k), unit="choice", values=tuple(str(level) for level in range(many)))
        groups.append(groups_of(names, (place + 0.5) / many, 8))
    return Matrix(values=values), Grouped(paths=("0", "1"), groups=tuple(groups), cluster=cluster)


@pytest.mark.parametrize("kind", ["grid", "saltelli", "latin-hypercube"])
def test_factors_without_effect_are_seldom_claimed(kind: str) -> None:
    trials = 120
    claimed = 0
    for seed in range(trials):
        matrix, groups = no_effect(kind, seed)
        claimed += any(effect.sure for effect in main_effects("core_nj", matrix, groups, seed))
    # Any of the factors in 10 % of the studies at most; three standard errors of so many trials.
    assert claimed <= trials * 0.1 + 3 * math.sqrt(trials * 0.1 * 0.9)


def test_all_picked_among_ten_levels_of_sixty_designs() -> None:
    # A plain bootstrap between the highest and the lowest of ten levels left out 0 in 70 % of such studies.
    trials, claimed = 120, 0
    names = Factor(path="ten", unit="choice", values=tuple("abcdefghij"))
    for seed in range(trials):
        rng = np.random.default_rng(seed)
        values = rng.normal(size=(60, 1)) + 0.01 * rng.normal(size=(60, 8))
        ten = groups_of(names, (rng.permutation(60) % 10 + 0.5) / 10, 8)
        (effect,) = main_effects(
            "core_nj", Matrix(values=values), Grouped(paths=("ten",), groups=(ten,), cluster=np.arange(60)), seed
        )
        claimed += effect.sure
    assert claimed <= trials * 0.1 + 3 * math.sqrt(trials * 0.1 * 0.9)


def test_an_effect_is_found_and_its_size_held() -> None:
    trials, found, held = 100, 0, 0
    for seed in range(trials):
        matrix, groups = no_effect("latin-hypercube", seed)
        moved = Matrix(values=matrix.values + 2.0 * groups.groups[1].place[:, None])
        effect = main_effects("core_nj", moved, groups, seed)[1]
        found += effect.sure
        held += effect.change.low <= 2.0 <= effect.change.high
    # Two standard deviations of a design, thirty designs a side: seven standard errors; 5 % for each of two factors.
    assert found == trials
    assert held >= trials * 0.95 - 3 * math.sqrt(trials * 0.95 * 0.05)


def test_a_level_of_one_design_is_not_compared() -> None:
    values = np.array([[1.0, 1.1], [1.2, 1.0], [1.1, 1.3], [9.0, 9.2]])
    names = Factor(path="a", unit="choice", values=("x", "y", "z"))
    group = groups_of(names, np.array([0.1, 0.5, 0.5, 0.9]), 8)
    (effect,) = main_effects(
        "core_nj", Matrix(values=values), Grouped(paths=("a",), groups=(group,), cluster=np.arange(4)), 0
    )
    assert [level.name for level in effect.levels] == ["x", "y", "z"]
    assert not effect.sure
    assert math.isnan(effect.levels[2].mean.low)


def test_few_chips_all_good_are_no_proof() -> None:
    def change(chips: int) -> float:
        values = np.repeat([[1.0], [0.0]], chips, axis=1)
        (effect,) = main_effects("yield", Matrix(values=values), grouped(values, fixed=True), 0)
        assert effect.change.high == 1.0
        return effect.change.low

    assert change(2) < change(8) < change(40) < 1.0
    assert change(40) > 0.5


def test_intervals_hold_the_truth_often_enough() -> None:
    inside = 0
    for k in range(100):
        rng = np.random.default_rng(k)
        values = rng.normal(size=(24, 1)) + rng.normal(size=(1, 12)) + rng.normal(size=(24, 12))
        (effect,) = main_effects("core_nj", Matrix(values=values), grouped(values), k)
        mean = effect.levels[0].mean
        inside += mean.low < 0.0 < mean.high
    # 100 trials at 0.9: below 80 with a chance under 1e-3.
    assert inside >= 80
