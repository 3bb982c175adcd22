"""A network's block in a passive array: against the whole array solved cell by cell, and against closed forms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from spikecim.arrays.crossbar.transfer import transfer_matrix
from spikecim.arrays.crossbar.wires import Wires
from spikecim.arrays.physical.passive import read_passive

ROWS, COLUMNS, UNUSED = 5, 4, 2e-5
CELLS = np.random.default_rng(1).uniform(1e-5, 3e-4, (ROWS, COLUMNS))
EACH_AND_ALL = [
    {"row_segment": 30.0},
    {"column_segment": 50.0},
    {"driver": 200.0},
    {"sense": 120.0},
    {"row_segment": 30.0, "column_segment": 50.0, "driver": 200.0, "sense": 120.0, "access": 500.0},
]
SIZES = [(5, 4), (9, 4), (5, 7), (9, 8)]


def whole(size: tuple[int, int], wires: Wires) -> tuple[np.ndarray, slice, slice]:
    """The array with its unused cells, less their transistors, and where the network lies: far from both ends."""
    rows = slice(0, ROWS) if wires.sense_end == "bottom" else slice(size[0] - ROWS, None)
    columns = slice(size[1] - COLUMNS, None) if wires.drive_end == "left" else slice(0, COLUMNS)
    cells = np.full(size, UNUSED / (1 - wires.access * UNUSED))
    cells[rows, columns] = CELLS
    return cells, rows, columns


def drawn_by_nodes(cells: np.ndarray, wires: Wires) -> np.ndarray:
    """Current out of each row's driver, that row alone at 1 V, by Kirchhoff's law at every node."""
    n_rows, n_cols = cells.shape
    row, column = np.arange(2 * cells.size).reshape(2, n_rows, n_cols)
    matrix, fed = np.zeros((2 * cells.size,) * 2), np.zeros((2 * cells.size, n_rows))

    def join(a: int, b: int, ohm: float) -> None:
        matrix[[a, b], [a, b]] += 1 / ohm
        matrix[[a, b], [b, a]] -= 1 / ohm

    for i in range(n_rows):
        first = 1 / (wires.driver + wires.row_segment)
        matrix[row[i, 0], row[i, 0]] += first
        fed[row[i, 0], i] += first
        for j in range(n_cols):
            join(row[i, j], column[i, j], 1 / cells[i, j] + wires.access)
            if j:
                join(row[i, j - 1], row[i, j], wires.row_segment)
            if i:
                join(column[i - 1, j], column[i, j], wires.column_segment)
    matrix[column[-1], column[-1]] += 1 / (wires.sense + wires.column_segment)
    volts = np.linalg.solve(matrix, fed)
    return (1 - volts[row[:, 0], np.arange(n_rows)]) * first


@pytest.mark.parametrize("resistances", EACH_AND_ALL, ids=lambda given: "+".join(given))
@pytest.mark.parametrize("ends", [("left", "bottom"), ("right", "top"), ("left", "top"), ("right", "bottom")])
def test_clamps_receive_what_the_whole_array_sends_them(resistances: Any, ends: tuple[str, str]) -> None:
    wires = Wires(**resistances, drive_end=ends[0], sense_end=ends[1])
    for size, found in zip(SIZES, read_passive(CELLS, wires, SIZES, UNUSED), strict=True):
        cells, rows, columns = whole(size, wires)
        np.testing.assert_allclose(found.sensed, transfer_matrix(cells, wires)[rows, columns], rtol=1e-11)


@pytest.mark.parametrize("size", SIZES)
def test_drivers_give_what_kirchhoff_says(size: tuple[int, int]) -> None:
    wires = Wires(**EACH_AND_ALL[-1])
    cells, rows, _ = whole(size, wires)
    (found,) = read_passive(CELLS, wires, [size], UNUSED)
    np.testing.assert_allclose(found.drawn, drawn_by_nodes(cells, wires)[rows], rtol=1e-11)
    # More leaves the drivers than reaches the network's clamps: idle rows and unused columns take the rest.
    assert (found.drawn > found.sensed.sum(1)).all()


def test_a_turned_array_is_the_same_array() -> None:
    wires = Wires(**EACH_AND_ALL[-1])
    turned = Wires(**EACH_AND_ALL[-1], drive_end="right", sense_end="top")
    (one,), (other,) = (
        read_passive(cells, w, [(9, 8)], UNUSED) for cells, w in ((CELLS, wires), (CELLS[::-1, ::-1], turned))
    )
    np.testing.assert_allclose(other.sensed, one.sensed[::-1, ::-1], rtol=1e-12)
    np.testing.assert_allclose(other.drawn, one.drawn[::-1], rtol=1e-12)


def test_a_batch_of_chips_is_each_chip() -> None:
    wires = Wires(**EACH_AND_ALL[-1])
    chips = np.stack([CELLS, CELLS[::-1], 2 * CELLS])
    (batch,) = read_passive(chips, wires, [(7, 6)], UNUSED)
    for k, chip in enumerate(chips):
        (alone,) = read_passive(chip, wires, [(7, 6)], UNUSED)
        np.testing.assert_allclose(batch.sensed[k], alone.sensed, rtol=1e-13)
        np.testing.assert_allclose(batch.drawn[k], alone.drawn, rtol=1e-13)


def test_the_number_of_threads_changes_no_bit() -> None:
    cells = np.random.default_rng(3).uniform(1e-6, 2e-4, (96, 80))
    reads = []
    for threads in (1, 2):
        with threadpool_limits(threads, user_api="blas"):
            reads += read_passive(cells, Wires(row_segment=1.0, column_segment=1.0), [(128, 128)], UNUSED)
    np.testing.assert_array_equal(reads[0].sensed, reads[1].sensed)
    np.testing.assert_array_equal(reads[0].drawn, reads[1].drawn)


def test_one_cell_is_resistances_in_series() -> None:
    wires = Wires(row_segment=3.0, column_segment=5.0, driver=70.0, sense=11.0, access=500.0)
    (found,) = read_passive(np.array([[1e-4]]), wires, [(1, 1)], UNUSED)
    assert found.sensed[0, 0] == pytest.approx(1 / (1e4 + 500 + 70 + 3 + 5 + 11), rel=1e-14)
    assert found.drawn[0] == pytest.approx(found.sensed[0, 0], rel=1e-14)
    # Open unused cells leave longer wires: six segments before the cell, four after it.
    (far,) = read_passive(np.array([[1e-4]]), wires, [(4, 6)], 0.0)
    assert far.sensed[0, 0] == pytest.approx(1 / (1e4 + 500 + 70 + 6 * 3 + 4 * 5 + 11), rel=1e-14)


def test_equal_cells_of_one_row_are_a_ladder() -> None:
    # v_k = V cosh((n - k + 1/2) t) / cosh((n + 1/2) t), 2 sinh(t / 2) = sqrt(r g): the ladder with an open end.
    n, ohm, cell = 12, 40.0, 2e-4
    (found,) = read_passive(np.full((1, n), cell), Wires(row_segment=ohm), [(1, n)], UNUSED)
    t = 2 * np.arcsinh(np.sqrt(ohm * cell) / 2)
    volts = np.cosh((n - np.arange(1, n + 1) + 0.5) * t) / np.cosh((n + 0.5) * t)
    np.testing.assert_allclose(found.sensed[0], cell * volts, rtol=1e-13)


def test_open_cells_are_exact() -> None:
    wires = Wires(**EACH_AND_ALL[-1])
    cells = CELLS.copy()
    cells[2, 1], cells[3] = 0.0, 0.0
    (found,) = read_passive(cells, wires, [(9, 8)], UNUSED)
    assert found.sensed[2, 1] > 0  # what comes round through other cells
    full = np.full((9, 8), UNUSED / (1 - wires.access * UNUSED))
    full[:ROWS, -COLUMNS:] = cells
    np.testing.assert_allclose(found.sensed, transfer_matrix(full, wires)[:ROWS, -COLUMNS:], rtol=1e-11)


def test_clamps_and_drivers_without_resistance_keep_lines_apart() -> None:
    # Only drivers resist: each row is a divider, and no current comes round.
    (found,) = read_passive(CELLS, Wires(driver=200.0), [(ROWS, COLUMNS)], UNUSED)
    share = 1 / (1 + 200.0 * CELLS.sum(1, keepdims=True))
    np.testing.assert_allclose(found.sensed, CELLS * share, rtol=1e-13)
