"""Corrections before programming: whatever order they choose, weights come back, and a lost line is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from spikecim.arrays.analog.classes import NO_ERRORS
from spikecim.arrays.analog.corrector import Corrected, CorrectionContext
from spikecim.arrays.analog.plan import ArrayPlan
from spikecim.arrays.analog.programming import program_matrix
from spikecim.errors import ShapeError
from tests.arrays.analog.conftest import MakePlan

STUCK = frozenset({"stuck"})
Change = Callable[[np.ndarray, CorrectionContext], Corrected]


@dataclass(frozen=True)
class Fake:
    """A correction as a function."""

    change: Change
    spares: int = 0
    needs: str = "nothing"

    def spare_columns(self, n_out: int, plan: ArrayPlan) -> int:
        return self.spares

    def __call__(self, targets: np.ndarray, context: CorrectionContext) -> Corrected:
        return self.change(targets, context)


def shuffled(targets: np.ndarray, context: CorrectionContext) -> Corrected:
    """Rows within their tiles, columns anywhere, spares included; every other column of the first tile flipped."""
    source = np.random.default_rng(0)
    n_in, n_columns = targets.shape[2:]
    rows = np.concatenate([source.permutation(np.arange(n_in)[t]) for t in sorted_row_tiles(context)])
    columns = source.permutation(np.concatenate([np.arange(context.n_out), np.full(n_columns - context.n_out, -1)]))
    moved = targets[:, :, rows][..., columns]
    moved[..., columns < 0] = context.plan.device.g_min
    sign = np.ones((1, len(sorted_row_tiles(context)), n_columns))
    sign[:, 0, ::2] = -1.0
    first = sorted_row_tiles(context)[0]
    moved[:, :, first, ::2] = moved[::-1, :, first, ::2].copy()
    return Corrected(targets=moved, row_order=rows, column_order=columns, column_sign=sign, report={"moved": 1})


def sorted_row_tiles(context: CorrectionContext) -> list[slice]:
    return sorted({(t.rows.start, t.rows.stop): t.rows for t in context.tiles}.values(), key=lambda t: t.start)


@pytest.mark.parametrize("spares", [0, 3])
def test_any_order_computes_the_same(make_plan: MakePlan, spares: int) -> None:
    wanted = np.random.default_rng(1).normal(size=(40, 21))
    plan = make_plan()
    made = program_matrix(wanted, plan, NO_ERRORS, 0, "m", correction=Fake(shuffled, spares))
    assert np.allclose(made.weights, wanted, rtol=1e-5, atol=1e-6)
    assert made.report["moved"] == 1


def test_a_correction_sees_the_chip_and_moves_weights_on_it(make_plan: MakePlan) -> None:
    """Swapping two columns on one and the same stuck map: each weight meets the other place's fault."""
    wanted = np.full((3, 2), 0.5)
    plan = make_plan(trim="none", weight_limit=1.0)
    cells = np.zeros((2, 1, 3, 2), np.int8)
    cells[0, 0, 1, 0] = 1
    seen = []

    def swap(targets: np.ndarray, context: CorrectionContext) -> Corrected:
        seen.append(context.stuck)
        return Corrected(targets=targets[..., ::-1], column_order=np.array([1, 0]))

    plain = program_matrix(wanted, plan, STUCK, 0, stuck_map=cells).weights
    swapped = program_matrix(wanted, plan, STUCK, 0, stuck_map=cells, correction=Fake(swap)).weights
    assert np.array_equal(seen[0], cells)
    assert np.allclose(plain, [[0.5, 0.5], [1.25, 0.5], [0.5, 0.5]], atol=1e-6)
    assert np.allclose(swapped, plain[:, ::-1], atol=1e-6)


def test_spares_leave_the_other_cells_as_they_were(make_plan: MakePlan) -> None:
    wanted = np.random.default_rng(1).normal(size=(10, 8))
    plan, on = make_plan(trim="none"), frozenset({"stuck", "fluctuation"})
    keep = Fake(lambda targets, context: Corrected(targets=targets), spares=5)
    plain = program_matrix(wanted, plan, on, 7, "m").slices
    assert np.array_equal(program_matrix(wanted, plan, on, 7, "m", correction=keep).slices, plain)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"row_order": np.arange(39)}, "row_order needs 40"),
        ({"row_order": np.zeros(40, int)}, "logical rows must have one physical place"),
        ({"row_order": np.roll(np.arange(40), 1)}, "left its row tile"),
        ({"column_order": np.full(21, -1)}, "logical columns must have one physical place"),
        ({"column_sign": np.full(21, 0.5)}, "must be .1 or -1"),
        ({"column_sign": np.ones(20)}, "does not fit"),
    ],
)
def test_a_correction_that_loses_a_line_is_refused(
    make_plan: MakePlan, changes: dict[str, np.ndarray], text: str
) -> None:
    broken = Fake(lambda targets, context: Corrected(targets=targets, **changes))  # type: ignore[arg-type]
    with pytest.raises(ShapeError, match=text):
        program_matrix(np.ones((40, 21)), make_plan(), NO_ERRORS, 0, "m", correction=broken)
