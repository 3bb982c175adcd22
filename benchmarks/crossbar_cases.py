"""Rows for arrays with wires: gated ladders, transfer matrices, applying a kept one (badcrossbar: crossbar_peers)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from benchmarks.cases import Plan
from benchmarks.timing import Row, Timing, measure
from spikecim.arrays.crossbar.crossbar import Crossbar
from spikecim.arrays.crossbar.solve import solve
from spikecim.arrays.crossbar.transfer import Transfer, transfer_matrix
from spikecim.arrays.crossbar.wires import Wires

# What this project sets itself, in CPU seconds on two idle cores, and in times of the plain product.
GATED_TARGET_S, TILE_TARGET_S, APPLY_TARGET = 0.15, 0.05, 5.0
SEGMENT, LRS, HRS, VOLTS, VECTORS, TILES, APPLIED = 1.0, 1e4, 2e5, 0.1, 100, 4, 1_000
PASSIVE = Wires(row_segment=SEGMENT, column_segment=SEGMENT)
GATED = Wires(kind="gated", source_segment=SEGMENT, column_segment=SEGMENT)


def crossbar_rows(plan: Plan, say: Callable[[str], None]) -> Iterator[Row]:
    """Arrays of a quarter of the plan's side: 128 x 128 cells."""
    size = plan.crossbar_size // 4
    say(f"arrays of {size} x {size} cells with wires ...")
    yield gated_row(size, plan.repeats)
    yield tile_row(size, plan.repeats)
    yield from apply_rows(size, plan.repeats)


def binary_cells(shape: tuple[int, ...], seed: int = 0) -> NDArray[np.float64]:
    """Half of the cells in each state, S."""
    return np.where(np.random.default_rng(seed).random(shape) < 0.5, 1.0 / LRS, 1.0 / HRS)


def spikes(n_vectors: int, n_rows: int, seed: int = 1) -> NDArray[np.bool_]:
    """Half of the rows."""
    return np.random.default_rng(seed).random((n_vectors, n_rows)) < 0.5


def gated_row(size: int, repeats: int) -> Row:
    """Currents, residual and worst drop of many vectors."""
    crossbar, on = Crossbar(conductance=binary_cells((size, size)), wires=GATED), spikes(VECTORS, size)
    timing = measure(lambda: solve(crossbar, on, read_voltage=VOLTS), repeats)
    found = solve(crossbar, on, read_voltage=VOLTS)
    return Row(
        name=f"gated array, {size} x {size}, {VECTORS} vectors",
        timing=timing,
        target_seconds=GATED_TARGET_S,
        note=f"exact ladder; Kirchhoff's laws to {found.residual:.1g}, the worst cell loses {found.worst_drop:.0%}",
    )


def tile_row(size: int, repeats: int) -> Row:
    """The transfer matrix of a passive array, the unit of a map correction."""
    tiles = binary_cells((TILES, size, size))
    timing = measure(lambda: transfer_matrix(tiles, PASSIVE), repeats)
    return Row(
        name=f"transfer matrix of a passive array, {size} x {size}",
        timing=timing.times(1.0 / TILES),
        target_seconds=TILE_TARGET_S,
        note=f"block elimination, one thread, {TILES} arrays at a time",
    )


def apply_rows(size: int, repeats: int) -> Iterator[Row]:
    """A kept transfer matrix against the plain product with the conductances."""
    cells, volts = binary_cells((size, size)), VOLTS * spikes(APPLIED, size)
    transfer = Transfer(Crossbar(conductance=cells, wires=PASSIVE))
    plain = Row(
        name=f"plain product, {size} x {size}, {APPLIED:,} vectors", timing=often(lambda: volts @ cells, repeats)
    )
    yield plain
    yield Row(
        name="the same through wires, transfer matrix kept",
        timing=often(lambda: transfer.solve(volts), repeats),
        against=plain,
        note=f"inputs checked each time; at most {APPLY_TARGET:g} times the plain product is asked for",
    )


def often(work: Callable[[], object], repeats: int, times: int = 20) -> Timing:
    """Median of one run of work that is too short for a clock."""

    def many() -> None:
        for _ in range(times):
            work()

    return measure(many, repeats).times(1.0 / times)
