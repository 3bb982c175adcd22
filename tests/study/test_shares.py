"""Shares of variance against closed forms: Ishigami, sums, products, a grid by hand, and scipy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest

from spikecim.results.sweep_parts import Estimate, Shares
from spikecim.study import anova, saltelli
from spikecim.study.designs import designs_of
from spikecim.study.factors import Factor
from spikecim.study.matrix import block_of, matrix_of, shares_at
from spikecim.study.shares import Sample, shares_of
from tests.study.tables import (
    ISHIGAMI_13,
    ISHIGAMI_FIRST,
    ISHIGAMI_TOTAL,
    PointLaw,
    ishigami,
    made_study,
    made_table,
    unit_factors,
)

Values = Sequence[float | int | str]


def told(
    law: PointLaw, factors: tuple[Factor, ...], kind: str, points: int, chips: int = 1, lost: tuple[int, ...] = ()
) -> Shares:
    made = made_study(factors, kind, points, chips)
    table = made_table(made, {"accuracy": law}, lambda design, chip: "lost" if design in lost else "")
    designs = designs_of(made)
    block = block_of(matrix_of(table, "accuracy", (len(designs), chips)))
    return shares_of(Sample(study=made, metric="accuracy", block=block, shares=shares_at(made, designs)))


def near(found: Estimate, true: float, widest: float) -> None:
    """`found` agrees with `true` within four of its own standard errors, and those are not loose."""
    error = (found.high - found.low) / (2 * 1.645)
    assert found.high - found.low < widest
    assert abs(found.value - true) <= 4 * error + 1e-9


def noise(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def additive(x: Values, _: int = 0) -> float:
    return 2 * float(x[0]) + float(x[1])


def pure(x: Values, _: int = 0) -> float:
    """No main effect at all: only both together."""
    return (float(x[0]) - 0.5) * (float(x[1]) - 0.5)


class TestSaltelli:
    def test_ishigami(self) -> None:
        found = told(ishigami, unit_factors(3, -math.pi, math.pi), "saltelli", 1024)
        assert found.refused == ""
        for estimate, true in zip(found.first.values(), ISHIGAMI_FIRST, strict=True):
            near(estimate, true, 0.2)
        for estimate, true in zip(found.total.values(), ISHIGAMI_TOTAL, strict=True):
            near(estimate, true, 0.2)
        pairs = {(pair.first, pair.second): pair.share for pair in found.pairs}
        near(pairs["x1", "x3"], ISHIGAMI_13, 0.2)
        near(pairs["x1", "x2"], 0.0, 0.25)
        near(pairs["x2", "x3"], 0.0, 0.25)

    def test_one_chip_gives_what_scipy_gives(self) -> None:
        from scipy.stats import sobol_indices

        values = noise(1).normal(size=(5, 256))
        first, second, mixed = values[0], values[1], values[2:]
        theirs = sobol_indices(func={"f_A": first[None], "f_B": second[None], "f_AB": mixed[:, None]}, n=256)
        ours = saltelli.indices(values.T[:, :, None], np.ones(256), np.ones(1))
        assert ours[0] == pytest.approx(np.var(values[:2]))
        assert ours[1:4] == pytest.approx(np.ravel(theirs.first_order))
        assert ours[4:7] == pytest.approx(np.ravel(theirs.total_order))

    def test_a_sum_has_no_pairs(self) -> None:
        found = told(additive, unit_factors(2), "saltelli", 256)
        near(found.first["x1"], 0.8, 0.15)
        near(found.first["x2"], 0.2, 0.15)
        near(found.total["x1"], 0.8, 0.25)
        near(found.pairs[0].share, 0.0, 0.3)

    def test_a_product_is_all_pair(self) -> None:
        found = told(pure, unit_factors(3), "saltelli", 512)
        for path, total in (("x1", 1.0), ("x2", 1.0), ("x3", 0.0)):
            near(found.first[path], 0.0, 0.35)
            near(found.total[path], total, 0.35)
        near(found.pairs[0].share, 1.0, 0.35)

    def test_chips_that_differ_at_random_do_not_look_like_designs(self) -> None:
        source = noise(7)
        found = told(lambda x, _: float(x[0]) + source.normal(0, 0.5), unit_factors(2), "saltelli", 256, chips=4)
        # Design variance 1/12; the mean of four chips has noise of variance 1/16 on top.
        near(found.total["x1"], 1.0, 0.8)
        near(found.total["x2"], 0.0, 0.8)
        plain = told(lambda x, _: float(x[0]) + source.normal(0, 0.5), unit_factors(2), "saltelli", 256)
        assert plain.total["x2"].value > 0.5  # what one noisy chip looks like

    def test_a_base_point_counts_with_all_its_designs_only(self) -> None:
        found = told(ishigami, unit_factors(3, -math.pi, math.pi), "saltelli", 64, lost=(0, 5, 64, 70, 300))
        # Designs 0 and 64 are A and B of base point 0; 300 is the A with one column of B of point 44.
        assert found.n_designs == 5 * (64 - 4)
        assert "other" not in found.refused


class TestGrid:
    def test_two_by_three_by_hand(self) -> None:
        # Cells 1 2 6 / 3 8 4: mean 4. Rows 3, 5: variance 1. Columns 2, 5, 5: variance 2.
        # All: (9 + 4 + 4 + 1 + 16 + 0) / 6 = 34/6; the rest, 34/6 - 3 = 16/6, is both together.
        cells = np.array([[1.0, 2.0, 6.0], [3.0, 8.0, 4.0]])
        variance, row, column, row_total, column_total, pair = anova.indices(cells[:, :, None], np.ones(1))
        assert variance == pytest.approx(34 / 6)
        assert row * variance == pytest.approx(1.0)
        assert column * variance == pytest.approx(2.0)
        assert pair * variance == pytest.approx(16 / 6)
        assert row_total * variance == pytest.approx(1 + 16 / 6)
        assert column_total * variance == pytest.approx(2 + 16 / 6)

    def test_three_factors_sum_to_one(self) -> None:
        cells = noise(2).normal(size=(2, 3, 4, 1))
        found = anova.indices(cells, np.ones(1))
        first, total, pairs = found[1:4], found[4:7], found[7:]
        rest = 1 - first.sum() - pairs.sum()
        for k, (i, j) in enumerate(((0, 1), (0, 2), (1, 2))):
            other = 3 - i - j
            # What does not hold the third factor is these two and both together.
            assert 1 - total[other] == pytest.approx(first[i] + first[j] + pairs[k])
        assert rest > 0

    def test_a_grid_of_names_and_numbers(self) -> None:
        factors = (
            Factor(path="code", unit="choice", values=("a", "b")),
            Factor(path="copies", unit="count", low=1, high=3, step=1),
        )
        effect = {"a": 0.0, "b": 3.0}
        found = told(lambda x, c: effect[str(x[0])] + float(x[1]) + 10 * c, factors, "grid", 1, chips=3)
        near(found.first["code"], 2.25 / (2.25 + 2 / 3), 1e-9)
        near(found.pairs[0].share, 0.0, 1e-9)
        assert found.n_designs == 6

    def test_a_grid_with_a_hole_is_no_grid(self) -> None:
        factors = tuple(Factor(path=name, unit="count", low=1, high=5, step=1) for name in ("x", "y"))
        found = told(additive, factors, "grid", 1, lost=(3,))
        assert found.n_designs == 24
        assert "correlation ratio" in found.method
        assert abs(found.first["x"].value - 0.8) < 0.1


class TestGivenData:
    @pytest.mark.parametrize("kind", ["sobol", "latin-hypercube"])
    def test_a_sum(self, kind: str) -> None:
        found = told(additive, unit_factors(2), kind, 256)
        # Ten parts hide a hundredth of a straight line's variance.
        near(found.first["x1"], 0.8 * 0.99, 0.15)
        near(found.first["x2"], 0.2 * 0.99, 0.15)
        near(found.total["x1"], 0.8, 0.15)
        assert found.q2 > 0.999
        assert abs(found.pairs[0].share.value) < 1e-6

    def test_a_product_is_all_pair(self) -> None:
        found = told(pure, unit_factors(3), "sobol", 256)
        near(found.first["x1"], 0.0, 0.3)
        assert found.pairs[0].share.value == pytest.approx(1.0, abs=0.05)
        assert found.total["x2"].value == pytest.approx(1.0, abs=0.05)
        assert found.total["x3"].value == pytest.approx(0.0, abs=0.01)

    def test_a_bad_polynomial_is_refused(self) -> None:
        found = told(ishigami, unit_factors(3, -math.pi, math.pi), "sobol", 256)
        assert found.pairs == ()
        assert found.total == {}
        assert "has not seen; 80 % are asked for" in found.pairs_refused
        for estimate, true in zip(found.first.values(), ISHIGAMI_FIRST, strict=True):
            # Ten parts of a sine lose a few percent of it.
            near(estimate, 0.95 * true, 0.3)

    def test_names_take_part_in_pairs(self) -> None:
        names = Factor(path="code", unit="choice", values=("a", "b", "c"))
        slope = {"a": -1.0, "b": 0.0, "c": 1.0}
        found = told(lambda x, _: slope[str(x[0])] * (float(x[1]) - 0.5), (names, *unit_factors(1)), "sobol", 128)
        assert found.pairs[0].share.value == pytest.approx(1.0, abs=0.05)

    def test_chips_that_differ_at_random_do_not_look_like_designs(self) -> None:
        source = noise(11)
        found = told(lambda x, _: float(x[0]) + source.normal(0, 0.5), unit_factors(2), "sobol", 512, chips=4)
        near(found.first["x1"], 0.99, 0.5)
        near(found.first["x2"], 0.0, 0.5)

    def test_few_designs_are_refused(self) -> None:
        assert "too few" in told(additive, unit_factors(2), "sobol", 16).refused
        found = told(additive, unit_factors(5), "sobol", 32)
        assert "too few for a polynomial of 21 terms" in found.pairs_refused


class TestRefusals:
    def test_a_constant_is_shared_out_to_nobody(self) -> None:
        assert told(lambda x, c: 3.0, unit_factors(2), "saltelli", 16).refused == "it is the same in all designs"

    def test_noise_alone_is_shared_out_to_nobody(self) -> None:
        source = noise(4)
        factors = tuple(Factor(path=name, unit="count", low=1, high=3, step=1) for name in ("x", "y"))
        refused = 0
        for _ in range(20):
            law = source.normal(size=(9, 6))
            cell = {values: k for k, values in enumerate(product((1, 2, 3), repeat=2))}
            found = told(lambda x, c, law=law, cell=cell: law[cell[tuple(x)], c], factors, "grid", 1, chips=6)
            refused += bool(found.refused)
        # A tenth of such tables may pass for sure; 20 have more than 7 that do with a chance of 1 in 2,400.
        assert refused >= 13

    def test_all_points_lost(self) -> None:
        found = told(additive, unit_factors(2), "saltelli", 4, lost=tuple(range(16)))
        assert "0 of 16 designs" in found.refused
