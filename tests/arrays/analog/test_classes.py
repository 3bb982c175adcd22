"""Every class has an effect or is refused by name; plans say what they cannot be."""

from __future__ import annotations

import numpy as np
import pytest

from spikecim.arrays.analog.classes import ALL_ERRORS, CLASSES, NO_ERRORS, check_effects, error_classes
from spikecim.arrays.analog.nonlinearity import input_law, law_of
from spikecim.arrays.analog.plan import ArrayPlan
from spikecim.arrays.analog.programming import program_matrix
from spikecim.arrays.crossbar.wires import Wires
from spikecim.devices.library import device_names, load_device
from spikecim.errors import ParameterError
from tests.arrays.analog.conftest import MakePlan

QUIET: dict[str, object] = {"programming.spread": [0.0, 0.0], "read.noise_rel": [0.0, 0.0]}
LINES = Wires(row_segment=1.0, column_segment=1.0)


@pytest.mark.parametrize("name", CLASSES)
def test_each_class_alone_changes_what_it_is_about(make_plan: MakePlan, name: str) -> None:
    plan = make_plan(wires=LINES, trim="none")
    wanted = np.random.default_rng(0).normal(size=(30, 20))
    made = program_matrix(wanted, plan, frozenset({name}), 1, "m")
    if name == "nonlinearity":
        assert np.abs(input_law(plan.device).apply([0.5]) - 0.5).max() > 0.01
        assert made.report["residual"] < 1e-12
    else:
        assert made.report["residual"] > 1e-3


@pytest.mark.parametrize(
    ("device", "errors", "text"),
    [
        (QUIET, "fluctuation", "fluctuation has no effect: device hfo2-rram has no spread"),
        ({"stuck.share_low": 0.0, "stuck.share_high": 0.0}, "stuck", "stuck has no effect: device hfo2-rram"),
        ({}, "wires", "wires has no effect: every wire"),
    ],
)
def test_a_class_without_effect_is_refused(
    make_plan: MakePlan, device: dict[str, object], errors: str, text: str
) -> None:
    plan = make_plan(device)
    for call in (
        lambda: program_matrix([[1.0]], plan, frozenset({errors}), 0),
        lambda: plan.with_errors(frozenset({errors})),
    ):
        with pytest.raises(ParameterError, match=text):
            call()


def test_a_linear_cell_has_no_nonlinearity(tmp_path: object) -> None:
    from importlib import resources
    from pathlib import Path

    text = (resources.files("spikecim.devices") / "library" / "stt-mram.toml").read_text(encoding="utf-8")
    path = Path(str(tmp_path)) / "linear.toml"
    path.write_text(text.split("[iv]")[0] + '[iv]\nlaw = { value = "linear", status = "assumed", source = "test" }\n')
    device = load_device(path)
    assert law_of(device.iv, 0.1) is None
    for call in (
        lambda: input_law(device),
        lambda: check_effects(ArrayPlan(device=device), frozenset({"nonlinearity"})),
    ):
        with pytest.raises(ParameterError, match="nonlinearity has no effect: device stt-mram has a linear I-V law"):
            call()


def test_inputs_of_one_bit_meet_no_nonlinearity(make_plan: MakePlan) -> None:
    plan, both = make_plan(input_bits=1), frozenset({"nonlinearity", "quantisation"})
    with pytest.raises(ParameterError, match="nonlinearity has no effect: inputs of input_bits 1"):
        check_effects(plan, both)
    # With exact converters inputs lie between 0 and full scale.
    check_effects(plan, frozenset({"nonlinearity"}))


def test_time_without_a_law_of_time_is_refused() -> None:
    plan = ArrayPlan(device=load_device("stt-mram"), seconds=3600.0)
    with pytest.raises(ParameterError, match=r"seconds 3600 has no effect"):
        check_effects(plan, frozenset({"fluctuation"}))


def test_a_measured_map_stands_in_for_shares(make_plan: MakePlan) -> None:
    plan = make_plan({"stuck.share_low": 0.0, "stuck.share_high": 0.0}, weight_limit=1.0, trim="none")
    cells = np.zeros((2, 1, 1, 2), np.int8)
    cells[1, 0, 0, 1] = 1
    made = program_matrix([[0.5, 0.5]], plan, frozenset({"stuck"}), 0, stuck_map=cells)
    assert np.allclose(made.weights, [[0.5, 0.5 - 50 / 40]], atol=1e-6)
    assert made.report["n_stuck"] == 1


def test_classes_by_name() -> None:
    assert error_classes(CLASSES) == ALL_ERRORS
    assert error_classes([]) == NO_ERRORS
    assert error_classes("wires") == {"wires"}
    with pytest.raises(ParameterError, match="did you mean 'quantisation'"):
        error_classes(["quantization"])


def test_a_plan_keeps_what_is_on(make_plan: MakePlan) -> None:
    plan = make_plan(wires=LINES, seconds=10.0)
    assert plan.with_errors(ALL_ERRORS) == plan
    bare = plan.with_errors(NO_ERRORS)
    assert bare.wires == Wires() and bare.seconds == 0.0
    assert plan.with_errors(frozenset({"wires"})).wires == LINES


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"rows": 0}, "rows 0"),
        ({"columns": 2.5}, "columns 2.5"),
        ({"weight_bits": 1}, "weight_bits 1"),
        ({"input_bits": 17}, "input_bits 17"),
        ({"adc_bits": True}, "adc_bits True"),
        ({"cell_bits": 5}, "cell_bits 5: must be a whole number in 1 .. 4"),
        ({"trim": "column"}, "trim 'column' is unknown"),
        ({"seconds": -1.0}, "seconds -1.0"),
        ({"weight_limit": 0.0}, "weight_limit 0.0"),
        ({"wires": Wires(kind="gated", column_segment=1.0)}, "passive"),
    ],
)
def test_plans_that_cannot_be(make_plan: MakePlan, fields: dict[str, object], text: str) -> None:
    with pytest.raises(ParameterError, match=text):
        make_plan(**fields)


@pytest.mark.parametrize("name", device_names())
def test_input_laws_keep_full_scale_and_have_their_true_derivative(name: str) -> None:
    law = input_law(load_device(name))
    u = np.linspace(-1.0, 1.0, 41)
    assert law.apply([1.0, -1.0, 0.0]) == pytest.approx([1.0, -1.0, 0.0])
    assert np.allclose(law.apply(-u), -law.apply(u))
    assert (np.diff(law.apply(u)) > 0.0).all()
    h = 1e-6
    # A central difference of a law with a kink in its second derivative at 0 is good to h.
    assert np.allclose(law.derivative(u), (law.apply(u + h) - law.apply(u - h)) / (2 * h), atol=1e-5)
