"""Converters: exactly 2^b or 2^b - 1 levels, both ends reached, never beyond half a step inside the range."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikecim.arrays.analog.quantisation import Adc, calibrated_range, quantise_signed, quantise_unsigned
from spikecim.errors import ParameterError, ShapeError

BITS = st.integers(2, 10)
LIMITS = st.floats(1e-6, 1e6)


@settings(deadline=None, max_examples=50)
@given(bits=BITS, limit=LIMITS)
def test_the_number_of_levels_is_exact(bits: int, limit: float) -> None:
    wide = np.linspace(-2.0, 2.0, 5 * 2**bits) * limit
    signed, unsigned = quantise_signed(wide, limit, bits), quantise_unsigned(wide, limit, bits)
    assert len(np.unique(signed)) == 2**bits - 1
    assert len(np.unique(unsigned)) == 2**bits
    assert signed.max() == pytest.approx(limit) and signed.min() == -signed.max() and 0.0 in signed
    assert unsigned.max() == pytest.approx(limit) and unsigned.min() == 0.0


@settings(deadline=None, max_examples=50)
@given(bits=BITS, limit=LIMITS, places=st.lists(st.floats(-1.0, 1.0), min_size=1, max_size=20))
def test_inside_the_range_the_error_is_half_a_step_at_most(bits: int, limit: float, places: list[float]) -> None:
    x = np.array(places) * limit
    step = limit / (2 ** (bits - 1) - 1)
    assert (np.abs(quantise_signed(x, limit, bits) - x) <= step * (0.5 + 1e-9)).all()
    half = np.abs(x)
    assert (np.abs(quantise_unsigned(half, limit, bits) - half) <= limit / (2**bits - 1) * (0.5 + 1e-9)).all()


@settings(deadline=None, max_examples=50)
@given(bits=BITS, limit=LIMITS, places=st.lists(st.floats(-2.0, 2.0), min_size=1, max_size=20))
def test_a_level_stays_where_it_is_and_the_sign_is_symmetric(bits: int, limit: float, places: list[float]) -> None:
    x = np.array(places) * limit
    once = quantise_signed(x, limit, bits)
    assert np.allclose(quantise_signed(once, limit, bits), once, rtol=1e-12)
    assert np.array_equal(quantise_signed(-x, limit, bits), -once)


def test_the_error_of_even_inputs_has_the_variance_of_a_step() -> None:
    """step^2 / 12 for an even spread; its estimate from n samples is off by step^2 sqrt(1 / 180 n)."""
    n, bits = 100_000, 6
    x = np.random.default_rng(1).uniform(-1.0, 1.0, n)
    step = 1.0 / (2 ** (bits - 1) - 1)
    error = quantise_signed(x, 1.0, bits) - x
    assert abs(error.var() - step**2 / 12) < 5 * step**2 * np.sqrt(1 / 180 / n)


def test_one_range_a_column() -> None:
    x = np.full((3, 2), 0.4)
    found = quantise_signed(x, np.array([1.0, 0.5]), 2)
    assert np.allclose(found, [[0.0, 0.5]] * 3)


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_adc_bits_matter(bits: int) -> None:
    partial = np.random.default_rng(2).normal(size=(500, 8))
    limit = calibrated_range(partial, axes=(0, 1))
    rms = [np.sqrt(((Adc(limit=limit, bits=b).convert(partial) - partial) ** 2).mean()) for b in (bits, bits + 1)]
    assert rms[0] > 1.7 * rms[1] > 0.0


def test_an_adc_clips_at_its_fixed_range() -> None:
    adc = Adc(limit=np.array([[1.0]]), bits=8)
    assert np.array_equal(adc.convert([[5.0, -5.0]]), [[1.0, -1.0]])


def test_ranges_from_calibration() -> None:
    partial = np.array([[-3.0, 0.0], [1.0, 0.0]])
    assert np.array_equal(calibrated_range(partial, axes=(0,)), [[3.0, 1.0]])
    assert calibrated_range(np.arange(101.0), axes=(0,), coverage=0.9) == pytest.approx(90.0)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: quantise_signed([0.0], 1.0, 1), "one level only"),
        (lambda: quantise_unsigned([0.0], 1.0, 0), "one level only"),
        (lambda: quantise_signed([0.0], 0.0, 4), "above 0"),
        (lambda: quantise_signed([0.0], np.nan, 4), "finite"),
        (lambda: calibrated_range([np.inf], axes=(0,)), "not a finite number"),
        (lambda: calibrated_range([1.0], axes=(0,), coverage=0.0), "coverage"),
    ],
)
def test_bad_converters(call: object, text: str) -> None:
    with pytest.raises((ParameterError, ShapeError), match=text):
        call()  # type: ignore[operator]
