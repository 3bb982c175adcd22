"""All corrections together, through `program_matrix`: weights come back in their own order, and nearer."""

from __future__ import annotations

import numpy as np
import pytest

from spikecim.arrays.analog.plan import ArrayPlan
from spikecim.arrays.analog.programming import program_matrix
from spikecim.arrays.analog.tiling import block_diagonal
from spikecim.arrays.crossbar.wires import Wires
from spikecim.devices.library import load_device
from spikecim.errors import ParameterError, ShapeError
from spikecim.mitigation.correction import Correction

WEIGHTS = np.random.default_rng(0).normal(0.0, 0.1, (40, 12))
WIRES = Wires(row_segment=4.0, column_segment=4.0)
ALL = Correction(wires=True, remap=True, polarity=True, cell_choice=True, spares=1)


def plan(trim: str = "array", device: str = "hfo2-rram", **more: object) -> ArrayPlan:
    return ArrayPlan(device=load_device(device), rows=16, columns=8, wires=WIRES, trim=trim, **more)


def residual(errors: str, correction: Correction | None, where: ArrayPlan | None = None) -> float:
    """Rms error of the effective weights over the rms of the weights."""
    found = program_matrix(WEIGHTS, where or plan(), frozenset(errors.split()), 3, correction=correction)
    return float(np.sqrt(((found.weights - WEIGHTS) ** 2).mean() / (WEIGHTS**2).mean()))


@pytest.mark.parametrize("trim", ["array", "matrix"])
def test_wires_are_undone(trim: str) -> None:
    before = residual("wires", None, plan(trim))
    assert residual("wires", Correction(wires=True, tolerance=0.0, steps=4), plan(trim)) < 1e-3 * before
    # Good enough ends the steps early.
    assert before > 1e-3 > residual("wires", Correction(wires=True, tolerance=1e-3, steps=100), plan(trim)) > 0.0


def test_the_ends_of_the_wires_are_told_apart() -> None:
    # With one gain for tiles of several shapes, small tiles are filled up at the far ends.
    turned = Wires(row_segment=4.0, column_segment=4.0, drive_end="right", sense_end="top")
    where = ArrayPlan(device=load_device("hfo2-rram"), rows=16, columns=8, wires=turned, trim="matrix")
    assert residual("wires", Correction(wires=True, tolerance=0.0), where) < 1e-3 * residual("wires", None, where)


def test_stuck_cells_are_worked_around_and_better_by_more_means() -> None:
    plain = residual("stuck", None)
    placed = residual("stuck", Correction(remap=True))
    chosen = residual("stuck", Correction(cell_choice=True))
    both = residual("stuck", Correction(remap=True, cell_choice=True))
    assert placed < 0.7 * plain and chosen < 0.9 * plain and both < 0.3 * min(placed, chosen)


def test_everything_together_leaves_almost_nothing() -> None:
    assert residual("wires stuck", ALL) < 0.05 * residual("wires stuck", None)
    found = program_matrix(WEIGHTS, plan(), frozenset({"wires", "stuck"}), 3, correction=ALL)
    report = found.report
    assert report["stuck_cost"] < report["stuck_cost_before"] and report["lines_moved"] > 0
    assert report["wire_residual"] < report["wire_residual_before"]
    assert "wires" in report["needs"] and "stuck cells" in report["needs"]


def test_cells_that_are_never_read_do_not_steer_the_placement() -> None:
    # Ten depthwise groups on the diagonal of one array: stuck cells beside it harm nobody.
    groups = np.random.default_rng(0).normal(size=(10, 9, 1))
    weights, used = block_diagonal(groups), block_diagonal(np.ones((10, 9, 1))) > 0.0
    device = load_device("hfo2-rram", {"stuck.share_low": 0.05, "stuck.share_high": 0.02})
    where = ArrayPlan(device=device)

    def left(correction: Correction | None, known: np.ndarray | None) -> float:
        chips = [
            program_matrix(weights, where, frozenset({"stuck"}), seed, correction=correction, used=known).weights
            for seed in range(4)
        ]
        return float(np.mean([(((found - weights) * used) ** 2).sum() for found in chips]))

    placed = left(Correction(remap=True), used)
    assert placed < 0.3 * left(None, None) and placed < 0.3 * left(Correction(remap=True), None)
    with pytest.raises(ShapeError, match="used has shape"):
        left(None, used.T)


def test_the_residual_counts_what_is_read() -> None:
    used = np.zeros(WEIGHTS.shape, bool)
    found = [
        program_matrix(WEIGHTS, plan(), frozenset({"stuck"}), 3, used=known).report["residual"]
        for known in (None, ~used, used)
    ]
    assert found[0] == found[1] > 0.0 and found[2] == 0.0


def test_polarity_alone_helps_and_is_undone() -> None:
    found = program_matrix(WEIGHTS, plan(), frozenset({"stuck"}), 3, correction=Correction(polarity=True))
    assert found.report["columns_flipped"] > 0 and found.report["lines_moved"] == 0
    assert residual("stuck", Correction(polarity=True)) < residual("stuck", None)


def test_two_state_cells_choose_digits_and_cannot_be_bent() -> None:
    where = plan(device="hfo2-slc")
    chosen = residual("quantisation stuck", Correction(cell_choice=True), where)
    assert chosen < 0.5 * residual("quantisation stuck", None, where)
    with pytest.raises(ParameterError, match="holds two states"):
        residual("quantisation wires", Correction(wires=True), where)


def test_a_correction_without_its_error_leaves_the_matrix_as_it_is() -> None:
    plain = program_matrix(WEIGHTS, plan(), frozenset({"quantisation"}), 3)
    np.testing.assert_array_equal(
        program_matrix(WEIGHTS, plan(), frozenset({"quantisation"}), 3, correction=Correction(remap=True)).weights,
        plain.weights,
    )


def test_what_each_correction_needs_is_said() -> None:
    assert Correction().needs == "nothing"
    assert "ohm" in Correction(wires=True).needs and "stuck" not in Correction(wires=True).needs
    assert Correction(polarity=True).needs == "a map of the stuck cells"


@pytest.mark.parametrize(
    ("given", "line"),
    [({"spares": 2}, "needs remap"), ({"steps": 101}, "steps must be 0 .. 100"), ({"lost_share": -0.1}, "lost_share")],
)
def test_bad_options_are_one_line(given: dict, line: str) -> None:
    with pytest.raises(ParameterError, match=line):
        Correction(**given)
