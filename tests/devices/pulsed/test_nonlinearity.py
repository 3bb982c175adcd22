"""Labels and curvatures against the check values of the published table, and against the definition itself."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikecim.devices.pulsed.nonlinearity import CEILING, curvature, curvatures, label_of
from spikecim.errors import ParameterError

PUBLISHED = {
    0.01: 126.269,
    1: 1.251653,
    2: 0.609035,
    3: 0.386830,
    4: 0.269089,
    5: 0.192406,
    6: 0.135619,
    9: 0.022810,
}


@pytest.mark.parametrize(("label", "a"), PUBLISHED.items())
def test_check_values(label: float, a: float) -> None:
    assert curvature(label) == pytest.approx(a, rel=2e-5)
    assert curvature(-label) == curvature(label)


def test_zero_is_straight_and_the_ceiling_is_the_corner() -> None:
    assert curvature(0.0) == math.inf
    assert label_of(math.inf) == 0.0
    assert pytest.approx(10.1, abs=0.05) == CEILING
    assert label_of(1e-6) == pytest.approx(CEILING, rel=1e-4)


@settings(deadline=None, max_examples=20)
@given(st.floats(1e-6, 9.0))
def test_inverse_is_exact(label: float) -> None:
    assert label_of(curvature(label)) == pytest.approx(label, rel=1e-8)


@pytest.mark.parametrize("a", [0.05, 0.4, 3.0])
def test_label_is_the_largest_distance_from_the_diagonal(a: float) -> None:
    x = np.linspace(0.0, 1.0, 200_001)
    curve = (1 - np.exp(-x / a)) / (1 - np.exp(-1 / a))
    assert label_of(a) == pytest.approx(((curve - x) / math.sqrt(2.0)).max() / 0.07, rel=1e-8)


def test_both_branches_of_nearly_straight_curves_meet() -> None:
    a = np.array([0.9999e4, 1.0001e4])
    labels = [label_of(float(one)) for one in a]
    assert labels[0] * a[0] == pytest.approx(labels[1] * a[1], rel=1e-7)
    assert curvatures(labels) == pytest.approx(a, rel=1e-7)


@pytest.mark.parametrize("label", [9.01, -9.5, math.nan, math.inf])
def test_labels_out_of_range_name_the_ceiling(label: float) -> None:
    with pytest.raises(ParameterError, match=r"allowed -9 \.\. 9 .*10\.1"):
        curvature(label)


@pytest.mark.parametrize("a", [0.0, -1.0, math.nan])
def test_curvature_must_be_positive(a: float) -> None:
    with pytest.raises(ParameterError, match="above 0"):
        label_of(a)
