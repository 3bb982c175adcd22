"""Remapping: exact against all permutations, never above identity, undone exactly; polarity; spare lines."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikecim.errors import ParameterError, ShapeError
from spikecim.mitigation.place import Window, place_pairs
from spikecim.mitigation.polarity import choose_polarity
from spikecim.mitigation.remap import POLARITIES, remap
from spikecim.mitigation.remapping import Remapping, WeightMap
from spikecim.mitigation.stuck import Defects

WINDOW = Window(g_min=1e-6, g_max=100e-6)
FACTORS = np.array([0.25, 1.0])


def weights(n_in: int, n_out: int, seed: int, tiles: tuple[slice, ...] = ()) -> WeightMap:
    draw = np.random.default_rng(seed)
    difference = draw.uniform(-WINDOW.width, WINDOW.width, (2, n_in, n_out))
    targets = WINDOW.g_min + np.stack([np.maximum(difference, 0.0), np.maximum(-difference, 0.0)])
    return WeightMap(targets=targets, activity=draw.random(n_in), factors=FACTORS, row_tiles=tiles)


def defects(n_rows: int, n_cols: int, seed: int, share: float = 0.15) -> Defects:
    draw = np.random.default_rng((seed, 1))
    stuck = draw.choice([-1, 0, 1], p=[share / 2, 1 - share, share / 2], size=(2, 2, n_rows, n_cols))
    return Defects(stuck=stuck.astype(np.int8), lrs=120e-6, hrs=0.5e-6, window=WINDOW)


def cost(weight_map: WeightMap, chip: Defects, found: Remapping, compensate: bool = False) -> float:
    """The same cost, counted on the array itself."""
    targets = found.to_chip(weight_map.targets, WINDOW.g_min)
    held = chip.held()
    real = np.where(np.isnan(held), targets, held)
    if compensate:
        real = place_pairs(targets[0] - targets[1], targets.min(0), WINDOW, held)
    felt, goal = (found.from_chip(pair[0] - pair[1]) for pair in (real, targets))
    error = (felt - goal) / WINDOW.width
    return float((error**2 * weight_map.activity[:, None] * FACTORS[:, None, None] ** 2).sum())


def by_hand(found: Remapping, rows: tuple[int, ...], columns: tuple[int, ...]) -> Remapping:
    return Remapping(**{**vars(found), "row_order": np.array(rows), "column_order": np.array(columns)})


@pytest.mark.parametrize("seed", range(6))
def test_rows_are_placed_as_well_as_any_permutation(seed: int) -> None:
    weight_map, chip = weights(4, 3, seed), defects(5, 3, seed)
    found = remap(weight_map, chip, columns=False)
    every = [cost(weight_map, chip, by_hand(found, rows, (0, 1, 2))) for rows in permutations(range(5), 4)]
    assert found.cost == pytest.approx(min(every)) and found.cost == pytest.approx(cost(weight_map, chip, found))
    assert found.cost_before == pytest.approx(cost(weight_map, chip, by_hand(found, (0, 1, 2, 3), (0, 1, 2))))


@pytest.mark.parametrize("seed", range(6))
def test_columns_are_placed_as_well_as_any_permutation(seed: int) -> None:
    weight_map, chip = weights(4, 3, seed), defects(4, 5, seed)
    found = remap(weight_map, chip, rows=False)
    every = [cost(weight_map, chip, by_hand(found, (0, 1, 2, 3), columns)) for columns in permutations(range(5), 3)]
    assert found.cost == pytest.approx(min(every))


@pytest.mark.parametrize("seed", range(4))
def test_polarity_is_as_good_as_any_signs(seed: int) -> None:
    weight_map, chip = weights(6, 2, seed, (slice(0, 4), slice(4, 6))), defects(6, 2, seed)
    found = choose_polarity(weight_map, chip, by="array")
    every = []
    for bits in range(1 << found.signs.size):
        signs = np.where(bits >> np.arange(found.signs.size) & 1, -1, 1).astype(np.int8).reshape(found.signs.shape)
        every.append(cost(weight_map, chip, Remapping(**{**vars(found), "signs": signs})))
    assert found.cost == pytest.approx(min(every))
    assert found.cost < found.cost_before
    column = choose_polarity(weight_map, chip, by="column")
    assert (column.signs == column.signs[0, 0]).all()
    assert found.cost <= column.cost <= column.cost_before


@settings(max_examples=25, deadline=None)
@given(
    n_in=st.integers(1, 6),
    n_out=st.integers(1, 5),
    spare=st.integers(0, 2),
    seed=st.integers(0, 99),
    polarity=st.sampled_from(POLARITIES),
    compensate=st.booleans(),
)
def test_remapping_never_costs_more_and_is_undone_exactly(
    n_in: int, n_out: int, spare: int, seed: int, polarity: str, compensate: bool
) -> None:
    weight_map, chip = weights(n_in, n_out, seed), defects(n_in + spare, n_out + spare, seed, share=0.3)
    found = remap(weight_map, chip, polarity=polarity, compensate=compensate)
    assert found.cost <= found.cost_before * (1.0 + 1e-12)
    assert found.cost == pytest.approx(cost(weight_map, chip, found, compensate))
    placed = found.to_chip(weight_map.targets, WINDOW.g_min)
    np.testing.assert_array_equal(found.from_chip(placed[0] - placed[1]), weight_map.targets[0] - weight_map.targets[1])


def test_rows_stay_in_their_array() -> None:
    tiles = (slice(0, 5), slice(5, 8))
    found = remap(weights(8, 4, 3, tiles), defects(12, 4, 3, share=0.3))
    assert found.shape == (12, 4)
    assert found.row_order[:5].max() < 7 and found.row_order[5:].min() >= 7


def test_a_spare_column_takes_the_place_of_a_dead_one() -> None:
    weight_map = weights(6, 3, 0)
    stuck = np.zeros((2, 2, 6, 4), np.int8)
    stuck[0, :, :, 1] = 1
    chip = Defects(stuck=stuck, lrs=100e-6, hrs=1e-6, window=WINDOW)
    found = remap(weight_map, chip)
    assert found.cost == 0.0 < found.cost_before and 1 not in found.column_order
    assert found.needs == "a map of the stuck cells"


def test_bad_input_is_one_line() -> None:
    weight_map = weights(4, 3, 0)
    with pytest.raises(ShapeError, match=r"array has .* rows and columns"):
        remap(weight_map, defects(3, 3, 0))
    with pytest.raises(ParameterError, match="polarity must be"):
        remap(weight_map, defects(4, 3, 0), polarity="all")
    with pytest.raises(ParameterError, match="rounds must be 1"):
        remap(weight_map, defects(4, 3, 0), rounds=0)
    with pytest.raises(ParameterError, match="allowed are 0"):
        Defects(stuck=np.full((2, 1, 1, 1), 2, np.int8), lrs=2.0, hrs=1.0, window=WINDOW)
    with pytest.raises(ParameterError, match="HRS < LRS"):
        Defects(stuck=np.zeros((2, 1, 1, 1), np.int8), lrs=1.0, hrs=2.0, window=WINDOW)
    with pytest.raises(ShapeError, match="row tiles"):
        weights(4, 3, 0, (slice(0, 3),))
    with pytest.raises(ShapeError, match="activity"):
        WeightMap(targets=weight_map.targets, activity=np.ones(3))
