"""Map correction: a closed form, the reference table, the window, falling residuals, pairs and stuck cells."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikecim.arrays.crossbar.transfer import transfer_matrix
from spikecim.arrays.crossbar.wires import Wires
from spikecim.errors import ParameterError, ShapeError
from spikecim.mitigation.fixed_point import Pairs
from spikecim.mitigation.map_correction import correct_map, correct_pairs
from spikecim.mitigation.place import Window

WINDOW = Window(g_min=0.1e-6, g_max=10e-6)
ONE_OHM = Wires(row_segment=1.0, column_segment=1.0)


def uniform(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(WINDOW.g_min, WINDOW.g_max, shape)


def pairs(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    difference = np.random.default_rng(seed).uniform(-WINDOW.width, WINDOW.width, shape)
    return WINDOW.g_min + np.stack([np.maximum(difference, 0.0), np.maximum(-difference, 0.0)])


def column_error(transfer: np.ndarray, target: np.ndarray, inputs: np.ndarray) -> float:
    """Largest rms error of the column currents of an input after one gain, relative to their rms."""
    found, wanted = inputs @ transfer, inputs @ target
    gain = (found * wanted).sum(1) / (wanted**2).sum(1)
    error = found / gain[:, None] - wanted
    return float(np.sqrt((error**2).sum(1) / (wanted**2).sum(1)).max())


def test_one_cell_has_a_closed_form() -> None:
    # One cell behind R in all: T = G / (1 + G R), so the answer to g t = T is G = g t / (1 - g t R).
    wires = Wires(row_segment=1e4, column_segment=2e4, driver=3e3, sense=7e3)
    target, ohm = np.array([[2e-6]]), 4e4
    found = correct_map(target, wires, WINDOW.g_min, WINDOW.g_max, 20, gain="unit")
    assert found.conductance[0, 0] == pytest.approx(2e-6 / (1.0 - 2e-6 * ohm), rel=1e-9)
    # With a gain there is nothing to correct: the trim does it, and no step is taken.
    trimmed = correct_map(target, wires, WINDOW.g_min, WINDOW.g_max, 20)
    assert (trimmed.steps, trimmed.residual) == (0, 0.0)
    assert trimmed.gain == pytest.approx(1.0 / (1.0 + 2e-6 * ohm))
    # A cell at the top cannot be raised.
    top = correct_map(np.array([[10e-6]]), wires, WINDOW.g_min, WINDOW.g_max, 3, gain="unit")
    assert (top.conductance[0, 0], top.lost_range) == (10e-6, 1.0)
    assert top.residual == pytest.approx(1.0 - 1.0 / (1.0 + 10e-6 * ohm))


@pytest.mark.parametrize(
    ("n", "ohm", "loss", "no_fix", "fixed"),
    [(64, 1.0, 1.38, 0.30, 0.001), (128, 1.0, 5.30, 1.22, 0.008), (128, 5.0, 21.5, 5.3, 0.14)],
)
def test_the_reference_table_is_met_and_beaten(n: int, ohm: float, loss: float, no_fix: float, fixed: float) -> None:
    target, wires = uniform((n, n)), Wires(row_segment=ohm, column_segment=ohm)
    draw = np.random.default_rng(1)
    inputs = np.stack([np.ones(n), *(draw.random((2, n)) < 0.3)]).astype(float)
    plain = transfer_matrix(target, wires)
    # Another draw of the same table: means of n^2 cells differ by about 1 / n.
    assert 100 * (1.0 - plain.sum() / target.sum()) == pytest.approx(loss, rel=2.0 / n)
    assert 100 * column_error(plain, target, inputs) == pytest.approx(no_fix, rel=0.1)
    found = correct_map(target, wires, WINDOW.g_min, WINDOW.g_max, 3)
    assert 100 * column_error(found.transfer, target, inputs) <= fixed


def test_what_is_reported_is_what_the_array_does() -> None:
    target = pairs((3, 24, 16))
    wires = Wires(row_segment=30.0, column_segment=20.0, driver=100.0, sense=50.0)
    found = correct_pairs(target, wires, WINDOW, 3)
    transfer = transfer_matrix(found.conductance, wires)
    np.testing.assert_array_equal(transfer, found.transfer)
    felt, goal = transfer[0] - transfer[1], target[0] - target[1]
    gain = (felt * goal).sum() / (goal**2).sum()
    assert found.gain == pytest.approx(gain)
    assert found.residual == pytest.approx(np.sqrt(((felt / gain - goal) ** 2).mean() / (goal**2).mean()))
    assert found.residuals[0] > 100 * found.residual
    assert found.report()["gain"] == found.gain and "wires" in found.needs


@settings(max_examples=15, deadline=None)
@given(
    rows=st.integers(1, 9),
    columns=st.integers(1, 9),
    row_ohm=st.floats(0.0, 300.0),
    column_ohm=st.floats(0.0, 300.0),
    seed=st.integers(0, 9),
    kind=st.sampled_from(["common", "array"]),
)
def test_cells_stay_in_the_window_and_the_residual_falls(
    rows: int, columns: int, row_ohm: float, column_ohm: float, seed: int, kind: str
) -> None:
    wires = Wires(row_segment=row_ohm, column_segment=column_ohm)
    found = correct_pairs(pairs((2, rows, columns), seed), wires, WINDOW, 4, gain=kind)
    assert WINDOW.g_min <= found.conductance.min() and found.conductance.max() <= WINDOW.g_max
    for before, after in zip(found.residuals, found.residuals[1:], strict=False):
        assert after <= before + 1e-12
    assert found.lost_range == 0.0


def test_pairs_reach_what_singles_cannot() -> None:
    # A cell at the bottom of the window has to go lower for a gain below 1; in a pair only the difference counts.
    target = pairs((16, 16))
    wires = Wires(row_segment=300.0, column_segment=300.0)
    both = correct_pairs(target, wires, WINDOW, 8)
    alone = correct_map(target, wires, WINDOW.g_min, WINDOW.g_max, 8)
    assert both.lost_range == 0.0 and both.residual < 1e-4
    assert alone.lost_range > 0.3 and alone.residual > 10 * both.residual


def test_a_gain_for_each_array_is_no_smaller_than_the_common_one() -> None:
    target = pairs((3, 20, 20))
    target[:, 0] = WINDOW.g_min + 0.02 * (target[:, 0] - WINDOW.g_min)
    wires = Wires(row_segment=50.0, column_segment=50.0)
    each, common = (correct_pairs(target, wires, WINDOW, 5, gain=kind) for kind in ("array", "common"))
    assert each.gains.shape == (3,) and common.gains.shape == ()
    assert (each.gains >= common.gain - 1e-6).all()
    # An array of small weights needs no trim at all.
    assert each.gains[0] == pytest.approx(1.0, abs=1e-6)
    unit = correct_pairs(target, wires, WINDOW, 5, gain="unit")
    assert unit.gain == 1.0 and unit.lost_range > 0.0


def test_a_lost_share_buys_gain() -> None:
    target, wires = pairs((24, 24)), Wires(row_segment=50.0, column_segment=50.0)
    whole, cut = (correct_pairs(target, wires, WINDOW, 4, lost_share=share) for share in (0.0, 0.05))
    assert cut.gain > whole.gain and cut.residual > whole.residual
    # The last step still moves the boundary: a tenth of the share of slack.
    assert 0.0 < cut.lost_range <= 0.055


def test_partners_of_stuck_cells_are_bent_too() -> None:
    target, wires = pairs((12, 12)), Wires(row_segment=40.0, column_segment=40.0)
    held = np.full(target.shape, np.nan)
    held[0, 3, 4], held[1, 7, 7] = 8e-6, 3e-6
    target[:, 3, 4], target[:, 7, 7] = (8e-6, 5e-6), (5e-6, 3e-6)
    found = correct_pairs(target, wires, WINDOW, 6, held=held)
    assert found.conductance[0, 3, 4] == 8e-6 and found.conductance[1, 7, 7] == 3e-6
    assert found.residual < 1e-6


def test_open_cells_and_ideal_wires_change_nothing() -> None:
    target = pairs((5, 6))
    found = correct_pairs(target, Wires(), WINDOW, 2)
    np.testing.assert_allclose(found.conductance, target, rtol=1e-12)
    assert found.residual < 1e-15 and found.gain == pytest.approx(1.0)
    empty = correct_map(np.zeros((3, 3)), ONE_OHM, 0.0, 1e-5)
    assert empty.residual == 0.0 and not empty.conductance.any()


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"steps": -1}, "steps must be 0 .. 100"),
        ({"lost_share": 1.0}, "lost_share"),
        ({"gain": "row"}, "gain must be array, common, unit"),
        ({"target": np.full((2, 4, 4), 2e-5)}, "scale the map into the window"),
        ({"target": np.full((2, 4, 4), np.nan)}, "finite number of siemens"),
    ],
)
def test_bad_input_is_one_line(change: dict, line: str) -> None:
    given_ = {"target": pairs((4, 4)), "wires": ONE_OHM, "window": WINDOW, **change}
    with pytest.raises(ParameterError, match=line) as caught:
        correct_pairs(**given_)
    assert "\n" not in str(caught.value)


def test_shapes_that_do_not_match_are_refused() -> None:
    with pytest.raises(ShapeError, match="2 polarities"):
        correct_pairs(uniform((3, 4, 4)), ONE_OHM, WINDOW)
    with pytest.raises(ShapeError, match="at least 2 axes"):
        correct_map(uniform((4,)), ONE_OHM, WINDOW.g_min, WINDOW.g_max)
    with pytest.raises(ShapeError, match="map of stuck cells"):
        correct_pairs(pairs((4, 4)), ONE_OHM, WINDOW, held=np.full((2, 4, 5), np.nan))
    with pytest.raises(ParameterError, match="g_min < g_max"):
        Window(g_min=2e-6, g_max=1e-6)


def test_a_pair_that_no_gain_would_suit_does_not_set_it() -> None:
    problem = Pairs(target=pairs((1, 3)), window=WINDOW, held=None)
    conductance = problem.start()
    transfer = conductance.copy()
    # The rising side of one pair keeps a thousandth of its current, less than its partner leaks at the bottom.
    side = 0 if problem.goal[0, 1] > 0.0 else 1
    transfer[side, 0, 1] *= 1e-3
    reach = problem.reach(conductance, transfer)
    assert np.isinf(reach[0, 1]) and np.isfinite(reach[0, [0, 2]]).all()
