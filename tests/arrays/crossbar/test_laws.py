"""Laws that hold for every array: superposition, reciprocity, limits, passivity; small random arrays of all kinds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from spikecim.arrays.crossbar.crossbar import Crossbar
from spikecim.arrays.crossbar.solve import solve
from spikecim.arrays.crossbar.transfer import transfer_matrix
from spikecim.arrays.crossbar.wires import DRIVE_ENDS, SENSE_ENDS, Wires
from tests.arrays.crossbar.nodal import judge

FEW = settings(max_examples=40, deadline=None, derandomize=True)
OHM = st.one_of(st.just(0.0), st.floats(0.1, 1e4))
SEGMENTS = {"passive": ("row_segment", "column_segment"), "gated": ("source_segment", "column_segment")}


@st.composite
def crossbars(draw: st.DrawFn, kind: str) -> Crossbar:
    """Cells over four decades, some open; any of the resistances 0."""
    shape = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    cell = st.one_of(st.just(0.0), st.floats(-7.0, -3.0).map(lambda power: 10.0**power))
    cells = draw(st.lists(cell, min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]))
    ohms = {name: draw(OHM) for name in (*SEGMENTS[kind], "driver", "sense", "access")}
    leak = draw(st.sampled_from([0.0, 1e-8, 1e-5])) if kind == "gated" else 0.0
    ends = {"drive_end": draw(st.sampled_from(DRIVE_ENDS[kind])), "sense_end": draw(st.sampled_from(SENSE_ENDS))}
    return Crossbar(conductance=np.reshape(cells, shape), wires=Wires(kind=kind, leak=leak, **ohms, **ends))


def voltages(crossbar: Crossbar, seed: int) -> NDArray[np.float64]:
    return np.random.default_rng(seed).uniform(0.01, 0.3, (2, crossbar.shape[0]))


@FEW
@given(crossbars("passive"), st.integers(0, 99))
def test_passive_solvers_agree_with_the_judge(crossbar: Crossbar, seed: int) -> None:
    volts = voltages(crossbar, seed)
    expected = np.array([judge(crossbar.conductance, crossbar.wires, vector).currents for vector in volts])
    for method in ("line-cg", "block", "factor", "transfer"):
        found = solve(crossbar, volts, method=method)
        np.testing.assert_allclose(found.currents, expected, rtol=1e-9, atol=1e-16)
        assert found.residual < 1e-10


@FEW
@given(crossbars("gated"), st.lists(st.booleans(), min_size=5, max_size=5))
def test_the_ladder_agrees_with_the_judge(crossbar: Crossbar, rows: list[bool]) -> None:
    on = np.array([rows[: crossbar.shape[0]]])
    expected = judge(crossbar.conductance, crossbar.wires, on[0], 0.2).currents
    found = solve(crossbar, on, read_voltage=0.2)
    np.testing.assert_allclose(found.currents[0], expected, rtol=1e-9, atol=1e-16)
    assert found.residual < 1e-12


@FEW
@given(crossbars("passive"))
def test_a_passive_array_is_reciprocal(crossbar: Crossbar) -> None:
    """What driver i sends to sense j, sense j would send to driver i: the array may be turned on its side."""
    wires = crossbar.wires
    turned = replace(
        wires,
        row_segment=wires.column_segment,
        column_segment=wires.row_segment,
        driver=wires.sense,
        sense=wires.driver,
        drive_end="left" if wires.sense_end == "top" else "right",
        sense_end="top" if wires.drive_end == "left" else "bottom",
    )
    direct, sideways = transfer_matrix(crossbar.conductance, wires), transfer_matrix(crossbar.conductance.T, turned)
    np.testing.assert_allclose(direct, sideways.T, rtol=1e-10, atol=1e-18)


@FEW
@given(crossbars("passive"))
def test_no_cell_gives_more_than_alone_in_its_column_and_none_less_than_nothing(crossbar: Crossbar) -> None:
    found = transfer_matrix(crossbar.conductance, crossbar.wires)
    assert (found >= 0.0).all()
    # A row's currents in all columns are at most what its cells draw from an ideal wire.
    assert (found.sum(axis=1) <= crossbar.branches.sum(axis=1) * (1.0 + 1e-12)).all()


@FEW
@given(crossbars("gated"), st.integers(0, 4))
def test_a_gated_row_alone_is_its_row_of_the_transfer_matrix(crossbar: Crossbar, row: int) -> None:
    row %= crossbar.shape[0]
    alone = np.arange(crossbar.shape[0])[None] == row
    found = solve(crossbar, alone, read_voltage=0.3).currents[0]
    expected = 0.3 * transfer_matrix(crossbar.conductance, crossbar.wires)[row]
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-20)


@FEW
@given(crossbars("gated"))
def test_without_wires_a_gated_array_adds_its_branches(crossbar: Crossbar) -> None:
    ideal = replace(crossbar.wires, source_segment=0.0, column_segment=0.0, driver=0.0, sense=0.0)
    bar = Crossbar(conductance=crossbar.conductance, wires=ideal)
    on = np.arange(crossbar.shape[0])[None] % 2 == 0
    expected = 0.2 * np.where(on[0][:, None], bar.branches, bar.off_branches).sum(axis=0)
    found = solve(bar, on, read_voltage=0.2)
    np.testing.assert_allclose(found.currents[0], expected, rtol=1e-13)
    assert found.worst_drop < 1e-15
