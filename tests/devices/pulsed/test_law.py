"""The affine pulse against the form with logarithm and exponential, ends, limits, symmetric points."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikecim.devices.pulsed.law import PulseLaw, law_of
from spikecim.devices.pulsed.nonlinearity import curvature
from spikecim.errors import ParameterError
from tests.devices.pulsed.devices import description, device

LABELS = st.floats(-9.0, 9.0).filter(lambda label: abs(label) > 0.01)


def law(up: float, down: float, pulses: tuple[int, int] = (64, 64)) -> PulseLaw:
    return law_of(device((up, down), pulses).spec)


def log_exp(x: np.ndarray, n: int, label: float, pulses: int) -> np.ndarray:
    """The published form: position on the curve by a logarithm, moved by n, back by an exponential."""
    a = math.copysign(curvature(label), label) * pulses
    b = 1.0 / (1.0 - math.exp(-pulses / a))
    place = -a * np.log(1.0 - x / b)
    return b * (1.0 - np.exp(-(place + n) / a))


@settings(deadline=None, max_examples=20)
@given(st.floats(0.05, 5.0), st.integers(1, 20), st.sampled_from([-1, 1]))
def test_affine_is_the_log_exp_form(size: float, n: int, sign: int) -> None:
    label = sign * size
    x = np.linspace(0.0, 1.0, 41)
    expected = log_exp(x, n, label, 64)
    inside = (expected >= 0.0) & (expected <= 1.0)
    np.testing.assert_allclose(law(label, -1.0).after(x, n)[inside], expected[inside], rtol=0, atol=1e-12)
    down = 1.0 - law(1.0, -label).after(1.0 - x, -n)
    np.testing.assert_allclose(down[inside], expected[inside], rtol=0, atol=1e-12)


@settings(deadline=None, max_examples=20)
@given(LABELS, LABELS, st.integers(2, 500), st.integers(2, 500))
def test_all_pulses_lead_from_end_to_end(up: float, down: float, n_up: int, n_down: int) -> None:
    one = law(up, down, (n_up, n_down))
    assert one.up.after(0.0, n_up) == pytest.approx(1.0, abs=1e-9)
    assert one.after(1.0, -n_down) == pytest.approx(0.0, abs=1e-9)
    assert one.crossings == pytest.approx((n_up, n_down), rel=1e-6)


def test_label_zero_is_linear_and_small_labels_lead_there() -> None:
    straight, nearly = law(0.0, 0.0, (50, 80)), law(1e-7, -1e-7, (50, 80))
    assert (straight.up.q, straight.up.d, straight.down.d) == (1.0, 1 / 50, 1 / 80)
    x = np.linspace(0, 1, 11)
    np.testing.assert_allclose(straight.after(x, 7), np.clip(x + 7 / 50, 0, 1), atol=1e-15)
    np.testing.assert_allclose(nearly.after(x, -9), straight.after(x, -9), atol=1e-7)
    assert math.isnan(straight.symmetric_point)
    assert straight.pull == 0.0


def test_positive_depression_retraces_the_potentiation_curve() -> None:
    one = law(4.0, 4.0)
    assert one.after(one.after(0.1, 5), -5) == pytest.approx(0.1, abs=1e-12)
    assert one.pull == pytest.approx(0.0, abs=1e-12)


# Symmetric point, steps up at w = -1 and +1, steps down at w = +1 and -1, all on w in [-1, 1] [reference, calc].
PUBLISHED = {
    "Ag:a-Si": ((2.40, -4.88), (97, 100), (-0.326, 0.0473, 0.0064, 0.0981, 0.0007)),
    "+-4": ((4.0, -4.0), (64, 64), (0.0, 0.116, 0.0028, 0.116, 0.0028)),
    "1.75/-1.46": ((1.75, -1.46), (32, 32), (0.035, 0.115, 0.028, 0.104, 0.032)),
}


@pytest.mark.parametrize(("labels", "pulses", "numbers"), PUBLISHED.values(), ids=PUBLISHED)
def test_published_symmetric_points(labels: tuple, pulses: tuple, numbers: tuple) -> None:
    one = law(*labels, pulses)
    ends = (one.step_up(0.0), one.step_up(1.0), one.step_down(1.0), one.step_down(0.0))
    found = (2 * one.symmetric_point - 1, *(2 * float(step) for step in ends))
    assert found == pytest.approx(numbers, abs=6e-4)


@settings(deadline=None, max_examples=20)
@given(st.floats(0.1, 9.0), st.floats(-9.0, -0.1))
def test_symmetric_point_is_a_fixed_point_of_a_pair_of_pulses(up: float, down: float) -> None:
    one = law(up, down)
    point = one.symmetric_point
    assert one.step_up(point) == pytest.approx(float(one.step_down(point)), rel=1e-9)
    # Up and down from anywhere inside takes `pull` of the distance to the point that the pair itself keeps.
    kept = (1.0 - one.down.d - one.down.q * (1.0 - one.up.d)) / one.pull
    x = np.array([0.3, 0.5])
    once = 1.0 - (one.down.q * (1.0 - (one.up.q * x + one.up.d)) + one.down.d)
    np.testing.assert_allclose(once - kept, (1.0 - one.pull) * (x - kept), atol=1e-12)
    assert abs(kept - point) <= float(one.step_up(point))


def test_windows_of_their_own() -> None:
    """Each direction rides its own curve, seen from where both reach."""
    table = description((3.0, -2.0), (60, 40))
    table["potentiation"]["g_max"]["value"] = "12 uS"
    table["depression"]["g_min"]["value"] = "0.5 uS"
    from spikecim.devices.pulsed.device import PulsedDevice

    one = PulsedDevice.from_table(table, "test")
    assert one.window == pytest.approx((1e-6, 10e-6))
    # 10 pulses up from the low end, in siemens by the form of the own window 1 .. 12 uS.
    a = curvature(3.0) * 60
    b = 11.0 / (1.0 - math.exp(-60 / a))
    siemens = 1.0 + b * (1.0 - math.exp(-10 / a))
    assert 1.0 + 9.0 * float(one.law.after(0.0, 10)) == pytest.approx(siemens, abs=1e-12)
    # 5 pulses down from the high end, on the curve from 10 to 0.5 uS.
    a = curvature(2.0) * 40
    b = 9.5 / (1.0 - math.exp(-40 / a))
    siemens = 10.0 - b * (1.0 - math.exp(-5 / a))
    assert 1.0 + 9.0 * float(one.law.after(1.0, -5)) == pytest.approx(siemens, abs=1e-12)
    up, down = one.law.crossings
    assert up < 60 and down < 40
    assert one.law.step_up(1.0) > 0.0


def test_a_table_of_steps_has_no_closed_law() -> None:
    table = description(None)
    table["response"] = {
        key: {"value": value, "status": "assumed", "source": "test"}
        for key, value in (("up", [0.1, 0.0]), ("up_sd", [0, 0]), ("down", [0.0, -0.1]), ("down_sd", [0, 0]))
    }
    from spikecim.devices.pulsed.spec import PulsedSpec
    from spikecim.parameters import read_section

    with pytest.raises(ParameterError, match="lookup law"):
        law_of(read_section(PulsedSpec, table, "test"))
