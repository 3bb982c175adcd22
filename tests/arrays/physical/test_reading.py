"""From a chip's tables to conductances: plain cells, gated arrays, and bent cells against Newton's method."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spikecim.arrays.crossbar.cell_law import SinhLaw
from spikecim.arrays.crossbar.crossbar import Crossbar
from spikecim.arrays.crossbar.newton import solve_nonlinear
from spikecim.arrays.crossbar.transfer import transfer_matrix
from spikecim.arrays.physical.of_chip import reading_of
from spikecim.arrays.physical.reading import Reading
from spikecim.chips import load_chip

OHMS = np.random.default_rng(2).choice([4e3, 6e3, 7e4, 2e5], (6, 8))
SMALL = {"geometry.n_in": 6, "geometry.n_out": 1}


def reading(**changes: Any) -> Reading:
    chip = load_chip("spirit", {**SMALL, **{key.replace("__", "."): value for key, value in changes.items()}})
    return reading_of(chip.array, chip.cell, chip.wires)


def test_without_tables_a_cell_is_read_alone() -> None:
    plain = reading()
    assert plain.plain
    np.testing.assert_array_equal(plain.read(OHMS).sensed, 1 / (OHMS + 500.0))


def test_wires_of_no_resistance_are_no_wires() -> None:
    for kind in ("passive", "gated"):
        found = reading(wires__kind=kind).read(OHMS)
        np.testing.assert_array_equal(found.sensed, 1 / (OHMS + 500.0))
        np.testing.assert_array_equal(found.drawn, found.sensed.sum(1))


def test_the_least_resistance_is_next_to_none() -> None:
    # Not the shortcut of exact zeros: a solved array, 1 nano-ohm a segment.
    tiny = {"wires__column_segment": "1e-9 ohm"}
    for more in ({"wires__row_segment": "1e-9 ohm"}, {"wires__kind": "gated", "wires__source_segment": "1e-9 ohm"}):
        np.testing.assert_allclose(reading(**tiny, **more).read(OHMS).sensed, 1 / (OHMS + 500.0), rtol=1e-11)


@pytest.mark.parametrize("end", ["bottom", "top"])
@pytest.mark.parametrize("leak", ["0 S", "30 nS"])
def test_a_gated_array_is_its_transfer_matrix(end: str, leak: str) -> None:
    found = reading(
        wires__kind="gated",
        wires__source_segment="4 ohm",
        wires__column_segment="7 ohm",
        wires__driver="30 ohm",
        wires__sense="20 ohm",
        wires__leak=leak,
        wires__sense_end=end,
        wires__rows=9,
        wires__columns=11,
    )
    assert found.wires is not None
    unused = 1 / found.unused
    whole = np.full((9, 8), unused)
    own = slice(0, 6) if end == "bottom" else slice(3, None)
    whole[own] = OHMS
    expected = transfer_matrix(1 / whole, found.wires.wires(500.0))[own]
    reads = found.read(OHMS)
    np.testing.assert_allclose(reads.sensed, expected, rtol=1e-11)
    # All that a source rail's driver gives, its clamp receives: leaks of other rows included.
    np.testing.assert_allclose(reads.drawn, expected.sum(1), rtol=1e-11)


def newton(found: Reading, kind: str) -> np.ndarray:
    """Exact conductances (6, 8) of bent cells, one row at a time."""
    assert found.wires is not None and found.iv is not None
    law = SinhLaw(v0=found.iv.v0.value, read_voltage=found.iv.voltage.value)
    crossbar = Crossbar(conductance=1 / OHMS, wires=found.wires.wires(500.0), iv=law)
    if kind == "gated":
        return solve_nonlinear(crossbar, np.eye(6, dtype=bool), read_voltage=found.volts).currents / found.volts
    return solve_nonlinear(crossbar, found.volts * np.eye(6)).currents / found.volts


BENT = {"cell__iv__v0": "0.1 V", "cell__iv__voltage": "0.2 V"}


def test_a_bent_cell_alone_is_exact() -> None:
    found = reading(**BENT, wires__row_segment="1e-9 ohm", wires__column_segment="1e-9 ohm")
    np.testing.assert_allclose(reading(**BENT).read(OHMS).sensed, newton(found, "passive"), rtol=1e-9)


@pytest.mark.parametrize("kind", ["passive", "gated"])
def test_bent_cells_behind_wires_are_right_to_first_order(kind: str) -> None:
    def error(ohm: float) -> tuple[float, float]:
        along = "wires__row_segment" if kind == "passive" else "wires__source_segment"
        wires = {"wires__kind": kind, along: f"{ohm} ohm", "wires__column_segment": f"{ohm} ohm"}
        found = reading(**BENT, **wires)
        exact = newton(found, kind)
        straight = reading(cell__iv__v0="1000 V", **wires).read(OHMS).sensed
        return float(np.abs(found.read(OHMS).sensed / exact - 1).max()), float(np.abs(straight / exact - 1).max())

    # 30 ohm take up to a tenth of a row's voltage; bending itself moves currents by tens of percent.
    coarse, unbent = error(30.0)
    assert unbent > 0.2
    assert coarse < 0.02
    fine, _ = error(3.0)
    assert fine < coarse / 5
