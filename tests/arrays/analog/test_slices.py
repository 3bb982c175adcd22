"""Bit slices: digits come back exactly, and the variance of their sum is the formula."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikecim.arrays.analog.slices import continuous, digit_bits, slice_variance, sliced
from spikecim.errors import ParameterError


@settings(deadline=None, max_examples=50)
@given(weight_bits=st.integers(2, 12), cell_bits=st.integers(1, 6), seed=st.integers(0, 99))
def test_every_code_comes_back(weight_bits: int, cell_bits: int, seed: int) -> None:
    top = 2 ** (weight_bits - 1) - 1
    codes = np.random.default_rng(seed).integers(0, top + 1, 50)
    slicing = sliced(3.0 * top, weight_bits, cell_bits)
    states = slicing.split(3.0 * codes)
    assert states.shape == (slicing.n_slices, 50)
    assert np.allclose(slicing.join(states), 3.0 * codes, rtol=1e-12)
    for part, levels in zip(states, slicing.tops, strict=True):
        assert np.allclose(part * levels, np.rint(part * levels))
        assert part.min() >= 0.0 and part.max() <= 1.0


def test_every_level_of_a_cell_is_used() -> None:
    slicing = sliced(127.0, 8, 3)
    states = slicing.split(np.arange(128.0))
    assert [len(np.unique(part)) for part in states] == [8, 8, 2]


def test_bits_of_slices() -> None:
    assert digit_bits(7, 4) == (4, 3)
    assert digit_bits(8, 2) == (2, 2, 2, 2)
    assert digit_bits(3, 8) == (3,)


@pytest.mark.parametrize("cell_bits", [1, 2, 4])
@pytest.mark.parametrize("bits", [4, 8])
def test_variance_of_whole_slices_is_the_closed_formula(bits: int, cell_bits: int) -> None:
    closed = (4**bits - 1) * (2**cell_bits - 1) / (2**cell_bits + 1)
    assert slice_variance(bits, cell_bits) == pytest.approx(closed, rel=1e-12)


@pytest.mark.parametrize(("cell_bits", "share"), [(1, 0.58), (2, 0.77), (4, 0.94), (8, 1.0)])
def test_published_shares_of_full_scale(cell_bits: int, share: float) -> None:
    """Reference, section 3.2: relative to full scale, about 0.58, 0.77, 0.94 and 1 times the cell's."""
    assert np.sqrt(slice_variance(8, cell_bits)) / (2**8 - 1) == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize(("bits", "cell_bits"), [(7, 4), (7, 3), (5, 2), (6, 6)])
def test_variance_is_that_of_the_sum(bits: int, cell_bits: int) -> None:
    n = 50_000
    slicing = sliced(float(2**bits - 1), bits + 1, cell_bits)
    noise = np.random.default_rng(3).standard_normal((slicing.n_slices, n))
    found = slicing.join(noise).var()
    # Standard error of the variance of n normal numbers: variance sqrt(2 / n).
    assert abs(found - slice_variance(bits, cell_bits)) < 5 * slice_variance(bits, cell_bits) * np.sqrt(2 / n)


def test_continuous_is_one_cell_of_any_state() -> None:
    slicing = continuous(2.0)
    assert slicing.n_slices == 1
    assert np.allclose(slicing.split(np.array([0.0, 0.3, 2.0])), [[0.0, 0.15, 1.0]])
    assert np.allclose(slicing.join([[0.15]]), 0.3)


def test_no_bits_are_refused() -> None:
    with pytest.raises(ParameterError, match="at least 1"):
        digit_bits(0, 4)
