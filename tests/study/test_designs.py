"""Designs: grids are whole, sequences fill the box evenly, Saltelli's blocks differ in one column."""

from __future__ import annotations

import numpy as np
import pytest

from spikecim.errors import ParameterError
from spikecim.study.designs import designs_of, shares_of
from tests.study.studies import study

TWO = {"cell.hrs.sigma_ln": {"low": 0.0, "high": 1.0}, "cell.stuck_lrs": {"low": 0.0, "high": 0.1}}


def test_a_grid_takes_every_pair_once() -> None:
    designs = designs_of(study(design={"kind": "grid", "levels": 3}))
    assert [design.values for design in designs] == [
        (sigma, margin) for sigma in (0.2, pytest.approx(0.85), 1.5) for margin in (4, 10)
    ]
    assert [design.number for design in designs] == list(range(6))


def test_an_endless_grid_is_refused() -> None:
    with pytest.raises(ParameterError, match="allowed are 1,000,000"):
        designs_of(study(factors=TWO, design={"kind": "grid", "levels": 1001}))


@pytest.mark.parametrize(
    ("factors", "design"),
    [
        ({"cell.stuck_lrs": {"low": 0.0, "high": 0.5, "step": 1e-13}}, {"kind": "grid"}),
        (TWO, {"kind": "latin-hypercube", "points": 10_000_000}),
        (TWO, {"kind": "saltelli", "points": 2**19}),
        (TWO, {"kind": "grid", "levels": 10_000_000}),
    ],
)
def test_more_than_any_memory_holds_is_refused_before_it_is_laid_out(factors: dict, design: dict) -> None:
    with pytest.raises(ParameterError, match="allowed are 1,000,000 designs"):
        designs_of(study(factors=factors, design=design))


def test_a_latin_hypercube_has_one_design_in_every_row_and_column() -> None:
    shares = shares_of(study(factors=TWO, design={"kind": "latin-hypercube", "points": 23}))
    assert shares.shape == (23, 2)
    for column in shares.T:
        np.testing.assert_array_equal(np.sort((column * 23).astype(int)), np.arange(23))


def test_a_sobol_sequence_is_balanced() -> None:
    shares = shares_of(study(factors=TWO, design={"kind": "sobol", "points": 64}))
    # A (0, 6, 2)-net: every elementary box of area 1/64 holds one point.
    for first in range(7):
        boxes = (shares[:, 0] * 2**first).astype(int) * 2 ** (6 - first) + (shares[:, 1] * 2 ** (6 - first)).astype(int)
        assert len(set(boxes.tolist())) == 64


def test_a_longer_sequence_begins_with_the_shorter() -> None:
    short, long = (designs_of(study(design={"kind": "sobol", "points": n})) for n in (5, 8))
    assert short == long[:5]


def test_saltelli_blocks_differ_from_the_first_in_one_column() -> None:
    shares = shares_of(study(factors=TWO, design={"kind": "saltelli", "points": 8}))
    first, second, *mixed = shares.reshape(4, 8, 2)
    for column, block in enumerate(mixed):
        np.testing.assert_array_equal(block[:, column], second[:, column])
        np.testing.assert_array_equal(block[:, 1 - column], first[:, 1 - column])


def test_the_seed_moves_a_design_and_nothing_else_does() -> None:
    base = {"data": "digits", "images": 40, "chips": 2}
    assert designs_of(study()) == designs_of(study(base={**base, "chips": 9}))
    assert designs_of(study()) != designs_of(study(base={**base, "seed": 1}))
