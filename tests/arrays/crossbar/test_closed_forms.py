"""Arrays small or regular enough for a formula: one cell, one line, equal cells."""

from __future__ import annotations

import numpy as np
import pytest

from spikecim.arrays.crossbar.crossbar import Crossbar
from spikecim.arrays.crossbar.position import position_factor
from spikecim.arrays.crossbar.solve import solve
from spikecim.arrays.crossbar.transfer import transfer_matrix
from spikecim.arrays.crossbar.wires import Wires

EXACT = ("line-cg", "block", "factor", "transfer")
CLOSE = 1e-13


def test_one_cell_is_a_series_circuit() -> None:
    wires = Wires(row_segment=1.0, column_segment=2.0, driver=30.0, sense=400.0, access=5e3)
    total = 1.0 + 2.0 + 30.0 + 400.0 + 5e3 + 1e4
    crossbar = Crossbar(conductance=np.array([[1e-4]]), wires=wires)
    for method in EXACT:
        assert solve(crossbar, [[0.3]], method=method).currents[0, 0] == pytest.approx(0.3 / total, rel=CLOSE)
    found = solve(crossbar, [[0.3]])
    assert found.worst_drop == pytest.approx(433.0 / total, rel=CLOSE)


def test_one_gated_cell_on_and_off() -> None:
    wires = Wires(kind="gated", source_segment=1.0, column_segment=2.0, driver=30.0, sense=400.0, access=5e3, leak=1e-6)
    crossbar = Crossbar(conductance=np.array([[1e-4]]), wires=wires)
    found = solve(crossbar, [[True], [False]], read_voltage=0.2)
    expected = [0.2 / (433.0 + 5e3 + 1e4), 0.2 / (433.0 + 1e6 + 1e4)]
    np.testing.assert_allclose(found.currents[:, 0], expected, rtol=CLOSE)


def test_a_word_line_of_two_cells_by_hand() -> None:
    """R-2R: 1 ohm segments, cells of 2 and 1 ohm; 3/2 ohm is seen, halves at each node."""
    crossbar = Crossbar(conductance=np.array([[0.5, 1.0]]), wires=Wires(row_segment=1.0))
    for method in EXACT:
        np.testing.assert_allclose(solve(crossbar, [[2.0]], method=method).currents, [[0.5, 0.5]], rtol=CLOSE)


@pytest.mark.parametrize("ohm", [1e-3, 1.0, 1e3, 1e6])
def test_equal_cells_on_a_line_are_a_transmission_line(ohm: float) -> None:
    """Potentials cosh(L (n - k + 1/2)) / cosh(L (n + 1/2)), 2 sinh(L / 2) = sqrt(r G); also where they vanish."""
    n, cell = 12, 1e-4
    decay = 2.0 * np.arcsinh(np.sqrt(ohm * cell) / 2.0)
    share = np.cosh(decay * (n - np.arange(1, n + 1) + 0.5)) / np.cosh(decay * (n + 0.5))
    word = transfer_matrix(np.full((1, n), cell), Wires(row_segment=ohm))
    np.testing.assert_allclose(word[0], cell * share, rtol=1e-12)
    bit = transfer_matrix(np.full((n, 1), cell), Wires(column_segment=ohm))
    np.testing.assert_allclose(bit[::-1, 0], cell * share, rtol=1e-12)


def test_rows_far_from_the_sense_end_and_columns_far_from_the_driver_lose_most() -> None:
    factor = transfer_matrix(np.full((5, 7), 1e-4), Wires(row_segment=20.0, column_segment=20.0)) / 1e-4
    assert (np.diff(factor, axis=1) < 0.0).all()
    assert (np.diff(factor, axis=0) > 0.0).all()


def test_ends_mirror_the_array() -> None:
    cells = np.random.default_rng(0).uniform(1e-6, 1e-4, (4, 6))
    values = {"row_segment": 100.0, "column_segment": 200.0, "driver": 50.0, "sense": 70.0}
    plain = transfer_matrix(cells, Wires(**values))
    right = transfer_matrix(cells[:, ::-1], Wires(drive_end="right", **values))
    top = transfer_matrix(cells[::-1], Wires(sense_end="top", **values))
    np.testing.assert_array_equal(right[:, ::-1], plain)
    np.testing.assert_array_equal(top[::-1], plain)


@pytest.mark.parametrize("shape", [(1, 9), (9, 1)])
@pytest.mark.parametrize("segment", [0.0, 3e3])
@pytest.mark.parametrize("terminal", [0.0, 2e3])
def test_the_position_factor_is_exact_on_a_line_of_equal_cells(
    shape: tuple[int, int], segment: float, terminal: float
) -> None:
    along = shape[0] == 1
    wires = (
        Wires(row_segment=segment, driver=terminal, access=1e3)
        if along
        else Wires(column_segment=segment, sense=terminal, access=1e3)
    )
    cells = np.full(shape, 1e-4)
    np.testing.assert_allclose(cells * position_factor(cells, wires), transfer_matrix(cells, wires), rtol=1e-12)


@pytest.mark.parametrize("sense_end", ["top", "bottom"])
def test_the_position_factor_of_a_gated_column_follows_its_activity(sense_end: str) -> None:
    """Exact with all rows on where both rails are one line; else where one rail has no resistance."""
    both = sense_end == "top"
    wires = Wires(kind="gated", source_segment=900.0 * both, column_segment=2e3, sense=500.0, sense_end=sense_end)
    cells = np.full((8, 2), 1e-4)
    exact = solve(Crossbar(conductance=cells, wires=wires), np.ones((1, 8)), read_voltage=1.0)
    np.testing.assert_allclose((cells * position_factor(cells, wires)).sum(axis=0), exact.currents[0], rtol=1e-12)
    assert (position_factor(cells, wires, activity=0.5) > position_factor(cells, wires)).all()
    alone = 1.0 / (1.0 + 1e-4 * 0.0)
    np.testing.assert_allclose(position_factor(cells, wires, activity=0.0), alone)


def test_the_position_factor_is_near_the_truth_and_its_residual_says_how_near() -> None:
    """64 x 64 at 1 ohm: the table of docs/crossbar.md says 0.3 % mean, 1.7 % at most; room for another draw."""
    draw = np.random.default_rng(7)
    cells = np.where(draw.random((64, 64)) < 0.5, 1e-4, 5e-6)
    crossbar = Crossbar(conductance=cells, wires=Wires(row_segment=1.0, column_segment=1.0))
    spikes = 0.1 * (draw.random((10, 64)) < 0.5)
    exact, near = solve(crossbar, spikes), solve(crossbar, spikes, method="position", nodes=True)
    error = np.abs(near.currents / exact.currents - 1.0)
    ideal = np.abs(spikes @ cells / exact.currents - 1.0)
    assert error.mean() < 0.006 < 0.1 < ideal.mean()
    assert 1e-3 < near.residual < 0.2
    assert near.worst_drop == pytest.approx(exact.worst_drop, rel=0.25)
    assert near.nodes is not None


def test_the_position_factor_survives_extreme_lines() -> None:
    factor = position_factor(np.full((1, 500), 1.0), Wires(row_segment=1e9))
    assert np.isfinite(factor).all()
    assert 0.0 <= factor.min() < factor.max() < 1e-8
