"""I-V laws of cells: odd, rising, normalised where they say, derivatives true; what is no law is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

from spikecim.arrays.crossbar.cell_law import CellLaw, MeasuredLaw, PolynomialLaw, SinhLaw
from spikecim.arrays.crossbar.law_text import parse_law, read_curve
from spikecim.errors import DataError, ParameterError

CURVE = {"voltage": (0.05, 0.1, 0.2, 0.5), "values": (1.0, 2.5, 7.0, 30.0)}
LAWS = [
    SinhLaw(v0=0.25),
    SinhLaw(v0=0.05, read_voltage=0.2),
    PolynomialLaw(a2=1.07, a3=-0.02),
    PolynomialLaw(a2=2.0, a3=3.0, read_voltage=0.1),
    PolynomialLaw(a3=-1.5, read_voltage=0.2),
    MeasuredLaw(**CURVE),
    MeasuredLaw(**CURVE, read_voltage=0.15),
]


def span(law: CellLaw) -> float:
    return min(law.reach, 0.6)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: f"{law.label}, {law.read_voltage:g} V")
class TestEveryLaw:
    def test_is_odd_and_rises(self, law: CellLaw) -> None:
        half = np.linspace(0.0, 1.2 * span(law), 1001)
        volts = np.r_[-half[:0:-1], half]
        f, slope = law.evaluate(volts)
        np.testing.assert_allclose(f, -f[::-1], rtol=0.0)
        assert (np.diff(f) > 0.0).all()
        assert (slope > 0.0).all()
        assert law.evaluate(0.0)[0] == 0.0

    def test_conductance_is_that_at_the_read_voltage(self, law: CellLaw) -> None:
        if law.read_voltage > 0.0:
            assert law.current(law.read_voltage, 2e-5) == pytest.approx(2e-5 * law.read_voltage, rel=1e-14)
        else:
            assert law.derivative(0.0, 2e-5) == pytest.approx(2e-5, rel=1e-14)

    def test_derivative_is_the_true_one(self, law: CellLaw) -> None:
        # Away from the knots of a table, where the third derivative jumps: a central difference errs by h^2 f''' / 6.
        volts = np.linspace(-0.97, 0.97, 190) * span(law)
        h = 1e-5 * span(law)
        above, below = law.evaluate(volts + h)[0], law.evaluate(volts - h)[0]
        np.testing.assert_allclose((above - below) / (2 * h), law.evaluate(volts)[1], rtol=2e-5)

    def test_goes_on_straight_beyond_its_reach(self, law: CellLaw) -> None:
        if math.isinf(law.reach):
            return
        edge, far = law.reach, 1.5 * law.reach
        (f_edge, slope), (f_far, slope_far) = law.evaluate(edge), law.evaluate(far)
        assert slope_far == slope
        assert f_far == pytest.approx(f_edge + slope * (far - edge), rel=1e-12)


def test_closed_forms() -> None:
    volts = np.array([-0.3, 0.1, 0.2])
    np.testing.assert_allclose(SinhLaw(v0=0.1).current(volts, 1e-4), 1e-5 * np.sinh(volts / 0.1))
    read = SinhLaw(v0=0.1, read_voltage=0.2).current(volts, 1e-4)
    np.testing.assert_allclose(read, 1e-4 * 0.2 * np.sinh(volts / 0.1) / np.sinh(2.0))
    bent = PolynomialLaw(a2=2.0, a3=-0.5).evaluate(volts)[0]
    np.testing.assert_allclose(bent, (2.0 * volts - 0.5 * np.sign(volts) * volts**2) / 2.0)


def test_a_straight_table_is_ohms_law_and_any_table_keeps_its_points() -> None:
    straight = MeasuredLaw(voltage=(0.1, 0.25, 0.4), values=(1e-6, 2.5e-6, 4e-6))
    volts = np.linspace(-0.4, 0.4, 33)
    np.testing.assert_allclose(straight.evaluate(volts)[0], volts, atol=1e-16)
    f, _ = MeasuredLaw(**CURVE, read_voltage=0.1).evaluate(CURVE["voltage"])
    np.testing.assert_allclose(f / f[1], np.array(CURVE["values"]) / 2.5, rtol=1e-14)


def test_a_steep_table_does_not_overshoot() -> None:
    law = MeasuredLaw(voltage=(0.1, 0.2, 0.21, 0.6), values=(1e-9, 2e-9, 1e-3, 1.0001e-3))
    f, slope = law.evaluate(np.linspace(0.0, 0.6, 50_001))
    assert (slope > 0.0).all()
    assert (np.diff(f) > 0.0).all()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: SinhLaw(v0=0.0), ("sinh", "v0", "positive")),
        (lambda: SinhLaw(v0=math.nan), ("sinh", "v0")),
        (lambda: SinhLaw(v0=0.1, read_voltage=-0.1), ("read_voltage", "-0.1")),
        (lambda: SinhLaw(v0=0.001, read_voltage=0.2), ("read_voltage", "beyond 0.1 V")),
        (lambda: PolynomialLaw(a2=0.0, a3=1.0), ("polynomial", "a2")),
        (lambda: PolynomialLaw(a2=-1.0, a3=1.0), ("polynomial", "a2")),
        (lambda: PolynomialLaw(a3=math.inf), ("polynomial",)),
        (lambda: PolynomialLaw(a3=-5.0, read_voltage=0.1), ("read_voltage 0.1 V is beyond 0.099 V",)),
        (lambda: MeasuredLaw(voltage=(0.1,), values=(1.0,)), ("two or more points",)),
        (lambda: MeasuredLaw(voltage=(0.1, 0.2), values=(1.0,)), ("one current for each voltage",)),
        (lambda: MeasuredLaw(voltage=(0.1, 0.2), values=(1.0, 1.0)), ("values number 2 is 1", "above the one before")),
        (lambda: MeasuredLaw(voltage=(0.0, 0.2), values=(1.0, 2.0)), ("voltage number 1 is 0", "positive")),
        (lambda: MeasuredLaw(voltage=(0.1, 0.2), values=(1.0, math.nan)), ("values number 2 is nan",)),
    ],
)
def test_what_is_no_law(make, words) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ParameterError) as caught:
        make()
    assert "\n" not in str(caught.value)
    for word in words:
        assert word in str(caught.value)


def test_laws_as_words(tmp_path) -> None:  # type: ignore[no-untyped-def]
    assert parse_law("ohm") is None
    assert parse_law("sinh: 250 mV", 0.1) == SinhLaw(v0=0.25, read_voltage=0.1)
    assert parse_law("polynomial: 1, -0.1") == PolynomialLaw(a2=1.0, a3=-0.1)
    path = tmp_path / "curve.csv"
    path.write_text("voltage_V,current_A\n0,0\n0.1,1e-6\n# taken at room temperature\n0.2,3e-6\n")
    assert read_curve(path) == ((0.1, 0.2), (1e-6, 3e-6))
    assert parse_law(f"measured: {path}") == MeasuredLaw(voltage=(0.1, 0.2), values=(1e-6, 3e-6))


@pytest.mark.parametrize(
    "text", ["tanh: 1 V", "sinh", "sinh: 0.25", "polynomial: 1", "polynomial: a, b", "measured:", ""]
)
def test_words_that_name_no_law(text: str) -> None:
    with pytest.raises(ParameterError, match="I-V law ") as caught:
        parse_law(text)
    assert repr(text) in str(caught.value)


def test_curves_that_cannot_be_read(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(DataError, match="No such file"):
        read_curve(tmp_path / "none.csv")
    path = tmp_path / "curve.csv"
    path.write_text("0.1,1\n0.2;2\n")
    with pytest.raises(DataError, match=r"line 2: '0.2;2'"):
        read_curve(path)
    path.write_bytes(bytes(range(128, 256)))
    with pytest.raises(DataError, match="not UTF-8"):
        read_curve(path)
