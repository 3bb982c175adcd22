"""Quantities as text: the exact number, one clear refusal, and the way back."""

from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikecim.errors import ParameterError
from spikecim.units import SYMBOLS, format_quantity, parse_quantity

QUANTITIES = [unit for unit in SYMBOLS if unit != "dimensionless"]


# Oracle: the decimal literal, which Python rounds to the nearest double.
@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("200 fF", "farad", 2e-13),
        ("200fF", "farad", 2e-13),
        (" 0.2 pF ", "farad", 2e-13),
        ("100 mV", "volt", 0.1),
        ("5 kohm", "ohm", 5000.0),
        ("3.6 pJ", "joule", 3.6e-12),
        ("2 us", "second", 2e-6),
        ("5 µs", "second", 5e-6),
        ("100 nW", "watt", 1e-7),
        ("-0.3 V", "volt", -0.3),
        ("0 A", "ampere", 0.0),
        ("204 uS", "siemens", 204e-6),
    ],
)
def test_text_is_read_to_the_nearest_double(text: str, unit: str, value: float) -> None:
    assert parse_quantity(text, unit) == value


@pytest.mark.parametrize(("text", "value"), [("5 %", 0.05), ("0.2 %", 0.002), ("1.4 %", 0.014), ("100 %", 1.0)])
def test_a_percentage_is_a_plain_fraction(text: str, value: float) -> None:
    assert parse_quantity(text, "dimensionless") == value


@pytest.mark.parametrize("value", [0, 1, -3, 0.05, "0.05", "1e-3"])
def test_a_bare_number_is_allowed_only_without_dimension(value: object) -> None:
    assert parse_quantity(value, "dimensionless") == float(value)  # type: ignore[arg-type]
    for unit in QUANTITIES:
        with pytest.raises(ParameterError):
            parse_quantity(value, unit)


def test_picojoules_for_a_capacitance_are_refused_in_one_line() -> None:
    with pytest.raises(ParameterError) as refusal:
        parse_quantity("200 pJ", "farad")
    assert str(refusal.value) == "'200 pJ' is not in farad: write it for example as '200 fF'"


def test_a_number_without_unit_is_refused_with_an_example() -> None:
    with pytest.raises(ParameterError) as refusal:
        parse_quantity(200, "farad")
    assert str(refusal.value) == "200 has no unit; write it as text, for example '200 fF'"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "nan", "inf", "-inf", "1e400"])
def test_what_is_not_finite_is_refused(value: object) -> None:
    with pytest.raises(ParameterError, match="finite"):
        parse_quantity(value, "dimensionless")
    if isinstance(value, str):
        with pytest.raises(ParameterError, match="finite"):
            parse_quantity(f"{value} F", "farad")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "fF",
        "F 200",
        "1,5 pF",
        "200 200 fF",
        "2*3 pF",
        "1/0 F",
        "(",
        "1 F (",
        "1 F *",
        "0x10 F",
        "1 F; 2 F",
        "2 Fx",
        "pi F",
    ],
)
def test_only_one_number_and_one_unit_is_a_quantity(text: str) -> None:
    with pytest.raises(ParameterError, match="is not a number with a known unit"):
        parse_quantity(text, "farad")


@pytest.mark.parametrize("value", [True, None, [200, "fF"], {"value": "200 fF"}, b"200 fF"])
def test_what_is_neither_text_nor_number_is_refused(value: object) -> None:
    with pytest.raises(ParameterError, match="expected a quantity in farad"):
        parse_quantity(value, "farad")


@given(text=st.text(max_size=12))
def test_no_text_causes_anything_but_a_parameter_error(text: str) -> None:
    for candidate in (text, f"1 {text}", f"1 F{text}"):
        with contextlib.suppress(ParameterError):
            assert math.isfinite(parse_quantity(candidate, "farad"))


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (2e-13, "farad", "200 fF"),
        (1e-6, "second", "1 us"),
        (5000.0, "ohm", "5 kohm"),
        (-0.3, "volt", "-300 mV"),
        (0.0, "joule", "0 J"),
        (0.05, "dimensionless", "0.05"),
        (2.5e11, "ohm", "250 Gohm"),
        (1.2e-18, "farad", "0.0012 fF"),
    ],
)
def test_engineering_text(value: float, unit: str, text: str) -> None:
    assert format_quantity(value, unit) == text


# Oracle: rounding to 9 significant digits loses at most half a unit of the ninth.
@given(value=st.floats(1e-15, 1e12), unit=st.sampled_from(QUANTITIES))
def test_engineering_text_reads_back_within_its_digits(value: float, unit: str) -> None:
    assert parse_quantity(format_quantity(value, unit, digits=9), unit) == pytest.approx(value, rel=5e-9)
