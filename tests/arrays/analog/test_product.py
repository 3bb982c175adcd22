"""The product of a programmed matrix: exact without errors, and each converter and law leaves its own mark."""

from __future__ import annotations

import numpy as np
import pytest

from spikecim.arrays.analog.classes import ALL_ERRORS, NO_ERRORS
from spikecim.arrays.analog.nonlinearity import input_law
from spikecim.arrays.analog.product import calibrate_converters, multiply, partial_sums
from spikecim.arrays.analog.programming import program_matrix
from spikecim.arrays.crossbar.wires import Wires
from spikecim.errors import ParameterError, ShapeError
from tests.arrays.analog.conftest import MakePlan

SHAPES = [(40, 30), (1, 7), (7, 1), (33, 17)]
LINES = Wires(row_segment=2.0, column_segment=2.0)


def inputs_of(n_in: int, n: int = 60) -> np.ndarray:
    return np.random.default_rng(4).random((n, n_in))


def error_of(make_plan: MakePlan, errors: frozenset[str], **fields: object) -> float:
    """RMS error of the outputs over their RMS."""
    plan = make_plan(**fields)
    wanted, x = np.random.default_rng(0).normal(size=(40, 30)), inputs_of(40)
    made = program_matrix(wanted, plan, errors, 1, "m")
    found = multiply(x, made, plan, errors, calibrate_converters(x, made, plan, errors))
    return float(np.sqrt(((found - x @ wanted) ** 2).mean() / ((x @ wanted) ** 2).mean()))


@pytest.mark.parametrize("shape", SHAPES)
def test_without_errors_it_is_the_matrix_product(make_plan: MakePlan, shape: tuple[int, int]) -> None:
    plan, wanted = make_plan(), np.random.default_rng(0).normal(size=shape)
    made, x = program_matrix(wanted, plan, NO_ERRORS, 1), inputs_of(shape[0])
    found = multiply(x, made, plan, NO_ERRORS, calibrate_converters(x, made, plan, NO_ERRORS))
    assert np.allclose(found, x @ wanted, rtol=1e-5, atol=1e-5)
    assert partial_sums(x, made).shape == (len(made.row_tiles), 1, len(x), shape[1])


@pytest.mark.parametrize("name", ["input_bits", "weight_bits", "adc_bits"])
def test_bits_of_each_converter_matter(make_plan: MakePlan, name: str) -> None:
    fine = {"input_bits": 14, "weight_bits": 14, "adc_bits": 14}
    errors = [error_of(make_plan, frozenset({"quantisation"}), **{**fine, name: bits}) for bits in (3, 5, 14)]
    assert errors[0] > 1.5 * errors[1] > 1.5**2 * errors[2]


def test_each_class_leaves_its_mark(make_plan: MakePlan) -> None:
    for name in sorted(ALL_ERRORS):
        assert error_of(make_plan, frozenset({name}), wires=LINES) > 1e-3, name
    assert error_of(make_plan, NO_ERRORS) < 1e-6


def test_the_law_bends_inputs_and_keeps_full_scale(make_plan: MakePlan) -> None:
    plan, on = make_plan(), frozenset({"nonlinearity"})
    made = program_matrix(np.array([[1.0]]), plan, on, 0)
    x = np.array([[0.0], [0.5], [1.0]])
    found = multiply(x, made, plan, on, calibrate_converters(x, made, plan, on))
    assert np.allclose(found, input_law(plan.device).apply(x), atol=1e-6)
    assert found[2, 0] == pytest.approx(1.0)


def test_read_noise_has_the_stated_variance(make_plan: MakePlan) -> None:
    plan, on = make_plan({"programming.spread": [0.0, 0.0]}, trim="none"), frozenset({"fluctuation"})
    wanted = np.random.default_rng(0).normal(size=(20, 3))
    made, n = program_matrix(wanted, plan, on, 1), 20_000
    x = np.tile(inputs_of(20, 1), (n, 1))
    converters = calibrate_converters(x[:1], made, plan, on)
    noise = multiply(x, made, plan, on, converters, (5, ("m",))) - multiply(x, made, plan, on, converters)
    assert made.read_sd is not None
    variance = (x[0] ** 2) @ made.read_sd[0].astype(float) ** 2
    assert np.allclose(noise.var(0), variance, rtol=5 * np.sqrt(2 / n))
    assert (np.abs(noise.mean(0)) < 5 * np.sqrt(variance / n)).all()


def test_signed_inputs_drive_both_ways(make_plan: MakePlan) -> None:
    plan, on = make_plan(input_bits=3), frozenset({"quantisation"})
    made = program_matrix(np.array([[1.0]]), plan, on, 0)
    for low, levels in ((-1.0, 7), (0.0, 8)):
        x = np.linspace(low, 1.0, 200)[:, None]
        converters = calibrate_converters(x, made, plan, on)
        assert converters.signed == (low < 0)
        assert len(np.unique(np.round(multiply(x, made, plan, on, converters), 6))) == levels


def test_bad_inputs(make_plan: MakePlan) -> None:
    plan = make_plan()
    made = program_matrix(np.ones((3, 2)), plan, NO_ERRORS, 0)
    with pytest.raises(ParameterError, match="all 0 or not finite"):
        calibrate_converters(np.zeros((4, 3)), made, plan, NO_ERRORS)
    with pytest.raises(ShapeError, match=r"inputs must be \(n, 3\)"):
        calibrate_converters(np.zeros((4, 2)), made, plan, NO_ERRORS)
