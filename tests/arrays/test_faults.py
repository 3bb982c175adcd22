"""Mean weight error from stuck cells: first order against closed forms, and closed forms against programmed cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

from spikecim.arrays.codes import CODES
from spikecim.arrays.codes.faults import expected_error, worst_single_fault
from spikecim.chips import load_chip
from spikecim.devices.oxram import SlcOxram

LADDER = np.arange(-4, 5)
ALL_CODES = pytest.mark.parametrize("name", CODES)


def voted(q: float) -> float:
    """A majority of three fails (von Neumann 1956)."""
    return 3 * q**2 - 2 * q**3


def mean_of(a: int, b: int, q: float, cost: Callable[..., Any] = np.abs, step: float = 1.0) -> float:
    """E cost(step * (A - B)), A and B binomial counts of a and b cells that are wrong with probability q."""
    up, down = np.arange(a + 1), np.arange(b + 1)
    mass = binom.pmf(up, a, q)[:, None] * binom.pmf(down, b, q)
    return float((mass * cost(step * (up[:, None] - down))).sum())


def closed_form(name: str, weight: int, q: float) -> float:
    """E|dw| when every cell is wrong with probability q, from the codes' definitions on paper."""
    m = abs(weight)
    # Of 4 + 4 cells, wrong ones among the m in LRS lower the weight, among 4 - m beside them raise it, and so on.
    if name == "unary-bipolar":
        return mean_of(4 - m, 4 + m, q)
    if name == "triplicated-average":
        return mean_of(3 * (4 - m), 3 * (4 + m), q, step=1 / 3)
    if name == "triplicated-majority":
        return mean_of(4 - m, 4 + m, voted(q))
    flipped = q if name == "sign-magnitude-single" else voted(q)
    right = mean_of(4 - m, m, q)
    wrong = mean_of(4 - m, m, q, cost=lambda change: np.abs(2 * m + change))
    return (1 - flipped) * right + flipped * wrong


@ALL_CODES
def test_first_order_is_the_slope_of_the_closed_form(name: str) -> None:
    q = 1e-6
    found = expected_error(CODES[name](levels=4), LADDER, q, q)
    # Second order is a millionth of the first; 24 cells give at most 24^2 / 2 pairs of up to 8 units.
    np.testing.assert_allclose(found, [closed_form(name, w, q) for w in LADDER], atol=8 * 288 * q**2)


@ALL_CODES
@pytest.mark.parametrize("rate", [0.01, 0.1, 0.4])
def test_programmed_cells_err_as_the_closed_form_says(name: str, rate: float) -> None:
    n = 4000
    chip = load_chip("spirit-ideal", {"cell.stuck_lrs": rate / 2, "cell.stuck_hrs": rate / 2})
    code = CODES[name](levels=4)
    weights = np.repeat(LADDER[:, None], n, axis=1).astype(np.int8)
    cells = SlcOxram(spec=chip.cell).program(code.targets(weights), 11, name)
    errors = np.abs(code.felt(cells.resistance < 20e3) - weights)
    for row, weight in enumerate(LADDER):
        expected = closed_form(name, int(weight), rate / 2)
        # Five standard errors of the mean; where no error was drawn, five of a share of one in n.
        spread = 5 * max(errors[row].std(), 8 / np.sqrt(n)) / np.sqrt(n) if errors[row].any() else 5 * 8 / n
        assert errors[row].mean() == pytest.approx(expected, abs=spread), weight


# Oracle: spirit.md 2.6. 4 + 4 has twice the analog cells, hence twice the first-order error of a shielded sign.
def test_first_order_errors_by_hand() -> None:
    p = 0.01
    means = {name: expected_error(CODES[name](levels=4), LADDER, p / 2, p / 2) for name in CODES}
    np.testing.assert_allclose(means["unary-bipolar"], 8 * p / 2)
    np.testing.assert_allclose(means["sign-magnitude"], 4 * p / 2)
    np.testing.assert_allclose(means["sign-magnitude-single"], (4 + 2 * np.abs(LADDER)) * p / 2)
    np.testing.assert_allclose(means["triplicated-majority"], 0)
    np.testing.assert_allclose(means["triplicated-average"], 24 / 3 * p / 2)


def test_a_cell_stuck_where_it_should_be_costs_nothing() -> None:
    code = CODES["unary-bipolar"](levels=4)
    # +4: four cells in LRS, four in HRS; only HRS faults harm the first, only LRS faults the others.
    assert expected_error(code, np.array([4]), 0.01, 0.0)[0] == pytest.approx(0.04)
    assert expected_error(code, np.array([0]), 0.0, 0.01)[0] == 0.0


def test_arrays_keep_their_axes() -> None:
    weights = np.zeros((5, 3), np.int8)
    assert expected_error(CODES["sign-magnitude"](levels=4), weights, 0.1, 0.1).shape == (5, 3)


@pytest.mark.parametrize(
    ("name", "worst"),
    [
        ("unary-bipolar", 1.0),
        ("sign-magnitude", 1.0),
        ("sign-magnitude-single", 8.0),
        ("triplicated-majority", 0.0),
        ("triplicated-average", 1 / 3),
    ],
)
def test_worst_single_fault(name: str, worst: float) -> None:
    assert worst_single_fault(CODES[name](levels=4)) == pytest.approx(worst)
