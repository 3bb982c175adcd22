"""From weights to effective weights: without errors they come back, and each class has its closed-form statistics."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikecim.arrays.analog.classes import ALL_ERRORS, NO_ERRORS
from spikecim.arrays.analog.plan import ArrayPlan
from spikecim.arrays.analog.programming import program_matrix, slicing_of, target_conductances
from spikecim.arrays.analog.slices import slice_variance
from spikecim.arrays.analog.tiling import tiles
from spikecim.arrays.crossbar.transfer import transfer_matrix
from spikecim.arrays.crossbar.wires import Wires
from spikecim.devices.library import load_device
from spikecim.errors import ParameterError, ShapeError
from tests.arrays.analog.conftest import MakePlan

FLUCTUATION, STUCK = frozenset({"fluctuation"}), frozenset({"stuck"})
QUANTISATION, WIRES = frozenset({"quantisation"}), frozenset({"wires"})
SIGMAS = 5.0
COPPER = Wires(row_segment=5.0, column_segment=8.0, driver=100.0, sense=50.0)
SHAPES = [(40, 30), (30, 40), (1, 7), (7, 1), (1, 1), (16, 16), (17, 33)]
Matrix = np.ndarray


def weights(shape: tuple[int, int], seed: int = 0) -> Matrix:
    return np.random.default_rng(seed).normal(size=shape)


@settings(deadline=None, max_examples=50)
@given(shape=st.tuples(st.integers(1, 40), st.integers(1, 40)), seed=st.integers(0, 999), scale=st.floats(1e-6, 1e6))
def test_without_errors_weights_come_back(shape: tuple[int, int], seed: int, scale: float) -> None:
    plan = ArrayPlan(device=load_device("nor-flash"), rows=16, columns=16)
    wanted = scale * weights(shape, seed)
    made = program_matrix(wanted, plan, NO_ERRORS, seed, "m")
    assert np.allclose(made.weights, wanted, rtol=2e-7, atol=1e-7 * np.abs(wanted).max())
    assert made.read_sd is None


@settings(deadline=None, max_examples=50)
@given(bits=st.integers(2, 10), cell_bits=st.integers(1, 4), seed=st.integers(0, 999))
def test_with_quantisation_alone_levels_are_exact(bits: int, cell_bits: int, seed: int) -> None:
    plan = ArrayPlan(device=load_device("pcm"), rows=16, columns=16, weight_bits=bits, cell_bits=cell_bits)
    top = 2 ** (bits - 1) - 1
    wanted = np.random.default_rng(seed).uniform(-top, top, (20, 9))
    wanted[0, 0] = top
    made = program_matrix(wanted, plan, QUANTISATION, seed, "m")
    assert np.allclose(made.weights, np.rint(wanted), atol=1e-6 * top)
    assert made.slices.shape == (-(-(bits - 1) // cell_bits), 20, 9)


def test_the_number_of_weight_levels() -> None:
    plan = ArrayPlan(device=load_device("pcm"), weight_bits=5)
    made = program_matrix(np.linspace(-1, 1, 500)[:, None], plan, QUANTISATION, 0, "m")
    assert len(np.unique(np.rint(made.weights * 15))) == 2**5 - 1


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", ["nor-flash", "hfo2-slc", "stt-mram"])
def test_any_shape_with_all_errors(name: str, shape: tuple[int, int]) -> None:
    plan = ArrayPlan(device=load_device(name), rows=16, columns=16, weight_bits=4, wires=COPPER)
    made = program_matrix(weights(shape), plan, ALL_ERRORS, 1, "m")
    assert made.slices.shape[1:] == shape and made.slices.dtype == np.float32
    assert made.read_sd is not None and made.read_sd.shape == made.slices.shape
    assert np.isfinite(made.slices).all() and (made.read_sd > 0.0).all()
    assert [tile.stop for tile in made.row_tiles][-1] == shape[0]
    assert made.report["n_arrays"] == 2 * len(made.slices) * len(tiles(*shape, 16, 16))


@pytest.mark.parametrize("cell_bits", [1, 2, 4])
def test_fluctuation_has_the_exact_variance_over_slices(make_plan: MakePlan, cell_bits: int) -> None:
    plan = make_plan(weight_bits=8, cell_bits=cell_bits, trim="none", weight_limit=127.0)
    wanted = np.rint(np.random.default_rng(1).uniform(-127, 127, (150, 100)))
    made = program_matrix(wanted, plan, FLUCTUATION | QUANTISATION, 2, "m")
    error = made.weights - wanted
    # Two polarities, 2 % of the window each.
    variance = 2 * 0.02**2 * slice_variance(7, cell_bits)
    assert abs(error.mean()) < SIGMAS * np.sqrt(variance / error.size)
    assert abs(error.var() - variance) < SIGMAS * variance * np.sqrt(2 / error.size)


def test_fluctuation_is_drawn_cell_by_cell(make_plan: MakePlan) -> None:
    """One level in every cell: no two effective weights are alike, and neighbours are independent."""
    plan = make_plan(trim="none")
    error = program_matrix(np.full((150, 100), 0.5), plan, FLUCTUATION, 3, "m").weights - 0.5
    assert len(np.unique(error)) > 0.99 * error.size
    for a, b in ((error[1:], error[:-1]), (error[:, 1:], error[:, :-1])):
        assert abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) < SIGMAS / np.sqrt(a.size)


def test_draws_are_named_and_tiles_do_not_matter(make_plan: MakePlan) -> None:
    wanted = weights((40, 30))
    on = FLUCTUATION | STUCK
    first = program_matrix(wanted, make_plan(trim="matrix"), on, 3, "m").slices
    assert np.array_equal(first, program_matrix(wanted, make_plan(trim="matrix", rows=7, columns=5), on, 3, "m").slices)
    assert not np.array_equal(first, program_matrix(wanted, make_plan(trim="matrix"), on, 4, "m").slices)
    assert not np.array_equal(first, program_matrix(wanted, make_plan(trim="matrix"), on, 3, "n").slices)


def test_batches_of_arrays_do_not_matter(make_plan: MakePlan, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted, plan = weights((40, 50)), make_plan(wires=COPPER)
    first = program_matrix(wanted, plan, WIRES, 3, "m").slices
    monkeypatch.setattr("spikecim.arrays.analog.wires._BATCH_CELLS", 1)
    assert np.allclose(first, program_matrix(wanted, plan, WIRES, 3, "m").slices, rtol=1e-6, atol=0)


def test_read_noise_of_a_pair(make_plan: MakePlan) -> None:
    plan = make_plan({"programming.spread": [0.0, 0.0]}, trim="none", weight_limit=1.0)
    made = program_matrix(np.array([[0.0, 0.5, -1.0]]), plan, FLUCTUATION, 1, "m")
    low = 0.04 * 10.0
    middle, high = 0.025 * 30.0, 0.01 * 50.0
    expected = np.array([[np.hypot(low, low), np.hypot(middle, low), np.hypot(high, low)]]) / 40.0
    assert made.read_sd is not None
    assert np.allclose(made.read_sd[0], expected, rtol=1e-6)


def test_stuck_cells_lie_at_the_rails_independently_for_each_polarity(make_plan: MakePlan) -> None:
    plan = make_plan(trim="none", weight_limit=1.0, rows=400, columns=400)
    found = program_matrix(np.zeros((300, 300)), plan, STUCK, 1, "m").weights
    # Zero is (10, 10) uS; rails are 2 and 60 uS; the window is 40 uS.
    moved = {"low": (2 - 10) / 40, "high": (60 - 10) / 40}
    p_low, p_high = 0.05, 0.02
    expected = {
        moved["high"]: p_high * (1 - p_low - p_high),
        moved["low"]: p_low * (1 - p_low - p_high),
        moved["high"] - moved["low"]: p_high * p_low,
    }
    for value, share in expected.items():
        for sign in (1, -1):
            hit = np.isclose(found, sign * value, atol=1e-6).mean()
            assert abs(hit - share) < SIGMAS * np.sqrt(share * (1 - share) / found.size), value
    assert np.isclose(found, 0.0, atol=1e-6).mean() < 0.9


def test_wires_are_the_transfer_matrix_of_each_array(make_plan: MakePlan) -> None:
    plan = make_plan(wires=COPPER, trim="none", weight_limit=3.0)
    wanted = np.clip(weights((20, 18)), -3, 3)
    made = program_matrix(wanted, plan, WIRES, 1, "m")
    targets = target_conductances(wanted, slicing_of(wanted, plan, WIRES), plan)
    for tile in tiles(20, 18, 16, 16):
        seen = transfer_matrix(targets[:, 0, tile.rows, tile.columns], COPPER)
        expected = 3.0 * (seen[0] - seen[1]) / 40e-6
        assert np.allclose(made.slices[0, tile.rows, tile.columns], expected, rtol=1e-5, atol=1e-7)
    assert 0.0 < made.report["worst_drop"] < 1.0


def test_an_access_transistor_alone_is_seen(make_plan: MakePlan) -> None:
    made = program_matrix(weights((9, 9)), make_plan(wires=Wires(access=5000.0)), WIRES, 1, "m")
    assert made.report["residual"] > 1e-3
    assert made.report["gain"] > 1.1


def test_the_trim_makes_each_array_right_on_average(make_plan: MakePlan) -> None:
    wanted, plan = weights((40, 30)), make_plan(wires=COPPER)
    made = program_matrix(wanted, plan, WIRES | FLUCTUATION, 1, "m")
    for tile in tiles(40, 30, 16, 16):
        part, found = wanted[tile.rows, tile.columns], made.weights[tile.rows, tile.columns]
        assert (part * found).sum() == pytest.approx((part * part).sum(), rel=1e-5)
    low, high = made.report["gain_range"]
    assert 1.0 < low < high


def test_one_gain_for_the_matrix_or_none(make_plan: MakePlan) -> None:
    wanted = weights((40, 30))
    reports = {
        trim: program_matrix(wanted, make_plan(wires=COPPER, trim=trim), WIRES, 1, "m").report
        for trim in ("none", "matrix", "array")
    }
    assert reports["none"]["gain_range"] == [1.0, 1.0]
    low, high = reports["matrix"]["gain_range"]
    assert low == high > 1.0
    assert reports["none"]["residual"] > reports["matrix"]["residual"] > reports["array"]["residual"]


def test_drift_is_trimmed_away_but_its_spread_is_not() -> None:
    wanted = weights((60, 40))
    plan = ArrayPlan(device=load_device("pcm"), seconds=86_400.0)
    aged = program_matrix(wanted, plan, FLUCTUATION, 1, "m")
    fresh = program_matrix(wanted, ArrayPlan(device=load_device("pcm")), FLUCTUATION, 1, "m")
    assert aged.report["gain"] > 1.3
    assert aged.report["residual"] > fresh.report["residual"]


def test_a_matrix_of_zeros_computes_nothing() -> None:
    plan = ArrayPlan(device=load_device("nor-flash"), wires=COPPER)
    made = program_matrix(np.zeros((3, 4)), plan, ALL_ERRORS, 1, "m")
    assert np.abs(made.weights).max() < 1e-25


def test_weights_beyond_the_limit_are_clipped() -> None:
    plan = ArrayPlan(device=load_device("nor-flash"), weight_limit=1.0)
    for errors in (NO_ERRORS, QUANTISATION):
        made = program_matrix([[3.0, -3.0, 0.5, 1.0]], plan, errors, 0)
        assert np.allclose(made.weights, [[1.0, -1.0, 0.5, 1.0]], atol=0.5 / 127 + 1e-6)
        assert made.report["lost_range"] == 0.5


@settings(deadline=None, max_examples=25)
@given(shape=st.tuples(st.integers(1, 12), st.integers(1, 12)), seed=st.integers(0, 99))
def test_more_bits_never_hurt(shape: tuple[int, int], seed: int) -> None:
    wanted = weights(shape, seed)
    errors = [
        program_matrix(wanted, ArrayPlan(device=load_device("pcm"), weight_bits=bits), QUANTISATION, 0).weights - wanted
        for bits in (3, 12)
    ]
    assert np.abs(errors[1]).max() <= np.abs(wanted).max() / 2047 / 2 * 1.01
    assert np.abs(errors[1]).max() <= np.abs(errors[0]).max() + 1e-6


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda plan: program_matrix(np.zeros(3), plan, NO_ERRORS, 0), r"matrix \(n_in, n_out\)"),
        (lambda plan: program_matrix(np.zeros((0, 3)), plan, NO_ERRORS, 0), r"matrix \(n_in, n_out\)"),
        (lambda plan: program_matrix([[np.nan]], plan, NO_ERRORS, 0), "not finite"),
        (lambda plan: program_matrix([[1.0]], plan, frozenset({"wire"}), 0), "did you mean 'wires'"),
        (lambda plan: program_matrix([[1.0]], plan, NO_ERRORS, 0, stuck_map=np.zeros((2, 1, 1, 1), np.int8)), "off"),
        (lambda plan: program_matrix([[1.0]], plan, STUCK, 0, stuck_map=np.zeros((2, 1, 1, 2), np.int8)), "shape"),
    ],
)
def test_bad_matrices(make_plan: MakePlan, call: object, text: str) -> None:
    with pytest.raises((ParameterError, ShapeError), match=text):
        call(make_plan())  # type: ignore[operator]
