"""Nonlinear cells: Kirchhoff at every node, closed forms, quadratic convergence, damping, and clear refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from spikecim.arrays.crossbar import newton_steps
from spikecim.arrays.crossbar.cell_law import CellLaw, MeasuredLaw, PolynomialLaw, SinhLaw
from spikecim.arrays.crossbar.crossbar import Crossbar
from spikecim.arrays.crossbar.drive import drive_of
from spikecim.arrays.crossbar.newton import solve_nonlinear
from spikecim.arrays.crossbar.newton_lines import lines_of
from spikecim.arrays.crossbar.newton_steps import Cells, newton
from spikecim.arrays.crossbar.solve import solve
from spikecim.arrays.crossbar.wires import Wires
from spikecim.errors import CircuitError, ParameterError, ShapeError

Floats = NDArray[np.float64]
LAWS = [
    SinhLaw(v0=0.1, read_voltage=0.1),
    PolynomialLaw(a3=-1.0),
    PolynomialLaw(a3=4.0),
    MeasuredLaw(voltage=(0.05, 0.1, 0.2, 0.5), values=(1.0, 2.5, 7.0, 30.0), read_voltage=0.15),
]
PASSIVE = Wires(row_segment=3.0, column_segment=5.0, driver=40.0, sense=25.0)
GATED = Wires(kind="gated", source_segment=3.0, column_segment=5.0, driver=40.0, sense=25.0, access=900.0, leak=1e-6)


def cells_of(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    conductance = np.exp(rng.uniform(np.log(1e-6), np.log(1e-3), shape))
    conductance[rng.random(shape) < 0.15] = 0.0
    return conductance


def missed(row: Floats, column: Floats, current: Floats, fed: Floats, wires: Wires) -> float:
    """Largest current missing at a node of a passive array (left, bottom), from its potentials."""
    before = np.column_stack(
        [(fed - row[:, 0]) / (wires.driver + wires.row_segment), -np.diff(row) / wires.row_segment]
    )
    after = np.column_stack([before[:, 1:], np.zeros(len(row))])
    below = np.vstack(
        [-np.diff(column, axis=0) / wires.column_segment, column[-1] / (wires.sense + wires.column_segment)]
    )
    above = np.vstack([np.zeros(column.shape[1]), below[:-1]])
    return float(max(np.abs(before - after - current).max(), np.abs(above + current - below).max()))


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.label)
def test_kirchhoffs_current_law_at_every_node(law: CellLaw) -> None:
    rng = np.random.default_rng(1)
    crossbar = Crossbar(conductance=cells_of(rng, (9, 14)), wires=PASSIVE, iv=law)
    inputs = rng.uniform(-0.2, 0.2, (3, 9))
    solution = solve_nonlinear(crossbar, inputs, nodes=True)
    assert solution.nodes is not None
    assert solution.residual < 1e-11
    for sample in range(3):
        row, column = solution.nodes.row[sample], solution.nodes.column[sample]
        current = law.current(row - column, crossbar.conductance)
        # Potentials of 0.2 V to 1e-16 behind 3 ohm: currents are known to 1e-17 A at best.
        assert missed(row, column, current, inputs[sample], PASSIVE) < 1e-14
        np.testing.assert_allclose(solution.currents[sample], column[-1] / (25.0 + 5.0), rtol=1e-10)


def test_ohms_law_is_the_hand_solved_circuit() -> None:
    """One row, one column, three cells in a bit line: nodal analysis written out."""
    g, wires = np.array([[1e-3], [2e-4], [5e-4]]), PASSIVE
    volts = np.array([0.2, -0.1, 0.05])
    # A row is its source behind driver, one segment and the cell; the bit line chains them towards the sense end.
    branch = 1.0 / (1.0 / g[:, 0] + wires.driver + wires.row_segment)
    y, z = 1.0 / wires.column_segment, 1.0 / (wires.column_segment + wires.sense)
    matrix = np.diag(branch) + np.array([[y, -y, 0.0], [-y, 2 * y, -y], [0.0, -y, y + z]])
    node = np.linalg.solve(matrix, branch * volts)
    found = solve_nonlinear(Crossbar(conductance=g, wires=wires), volts[None])
    assert found.currents[0, 0] == pytest.approx(node[2] * z, rel=1e-11)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.label)
@pytest.mark.parametrize("kind", ["passive", "gated"])
def test_one_cell_in_closed_form(law: CellLaw, kind: str) -> None:
    """Choose the voltage of the cell; its current then gives the drive voltage that belongs to it."""
    g, cell_voltage = 2e-4, 0.07
    current = float(law.current(cell_voltage, g))
    segments = {"row_segment": 7.0} if kind == "passive" else {"source_segment": 7.0}
    wires = Wires(kind=kind, column_segment=11.0, driver=130.0, sense=17.0, access=500.0, **segments)
    volts = cell_voltage + current * (7.0 + 11.0 + 130.0 + 17.0 + 500.0)
    crossbar = Crossbar(conductance=np.array([[g]]), wires=wires, iv=law)
    if kind == "passive":
        found = solve_nonlinear(crossbar, [[volts], [-volts]])
        np.testing.assert_allclose(found.currents[:, 0], [current, -current], rtol=1e-11)
    else:
        found = solve_nonlinear(crossbar, [[True], [False]], read_voltage=volts)
        np.testing.assert_allclose(found.currents[:, 0], [current, 0.0], rtol=1e-11)
    assert found.worst_drop == pytest.approx(current * 165.0 / volts, rel=1e-9)


def test_a_leaking_row_in_closed_form() -> None:
    law, leak, cell_voltage = SinhLaw(v0=0.05), 1e-5, 0.04
    current = float(law.current(cell_voltage, 1e-3))
    volts = cell_voltage + current * (1.0 / leak + 30.0)
    wires = Wires(kind="gated", driver=30.0, leak=leak, access=100.0)
    found = solve_nonlinear(Crossbar(conductance=np.array([[1e-3]]), wires=wires, iv=law), [[0]], read_voltage=volts)
    assert found.currents[0, 0] == pytest.approx(current, rel=1e-11)


@pytest.mark.parametrize("kind", ["passive", "gated"])
def test_without_wires_and_transistors_each_cell_stands_alone(kind: str) -> None:
    rng, law = np.random.default_rng(2), LAWS[0]
    g, on = cells_of(rng, (5, 8)), rng.random((4, 5)) < 0.5
    crossbar = Crossbar(conductance=g, wires=Wires(kind=kind), iv=law)
    found = solve_nonlinear(
        crossbar, on if kind == "gated" else 0.2 * on, read_voltage=0.2 if kind == "gated" else None
    )
    np.testing.assert_allclose(found.currents, on @ law.current(0.2, g), rtol=1e-14)
    assert found.worst_drop == 0.0


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.label)
@pytest.mark.parametrize("wires", [PASSIVE, GATED], ids=lambda wires: wires.kind)
def test_convergence_is_quadratic(law: CellLaw, wires: Wires) -> None:
    rng = np.random.default_rng(3)
    conductance = cells_of(rng, (24, 17))
    gated = wires.kind == "gated"
    inputs = rng.random((1, 24)) < 0.5 if gated else rng.uniform(-0.2, 0.2, (1, 24))
    drive = drive_of(Crossbar(conductance=conductance, wires=wires, iv=law), inputs, 0.2 if gated else None)
    history = newton(
        Cells(law=law, conductance=drive.conductance, series=drive.series, lines=lines_of(wires), drive=drive.volts)
    ).history
    # Once near, each step squares what is missing (in volt; the law's own scale is 0.1 V); rounding ends it.
    near = [value for value in history if 1e-13 < value < 1e-2]
    assert len(history) < 12
    assert len(near) >= 2
    for before, after in zip(near, [*near[1:], history[-1]], strict=True):
        assert after < 20.0 * before**2 + 2e-13


@pytest.mark.parametrize("wires", [PASSIVE, GATED, Wires(access=50.0, driver=9.0)], ids=["passive", "gated", "few"])
def test_a_straight_law_is_ohms_law(wires: Wires) -> None:
    rng, gated = np.random.default_rng(8), wires.kind == "gated"
    conductance, on = cells_of(rng, (11, 6)), rng.random((3, 11)) < 0.5
    inputs, read_voltage = (on, 0.2) if gated else (0.2 * on, None)
    bent = Crossbar(conductance=conductance, wires=wires, iv=PolynomialLaw(a2=3.0, a3=0.0, read_voltage=0.1))
    linear = solve(Crossbar(conductance=conductance, wires=wires), inputs, read_voltage=read_voltage, nodes=True)
    newton = solve(bent, inputs, read_voltage=read_voltage, nodes=True)
    assert (newton.method, linear.method) == ("newton", "ladder" if gated else "line-cg")
    np.testing.assert_allclose(newton.currents, linear.currents, rtol=1e-9)
    assert newton.worst_drop == pytest.approx(linear.worst_drop, rel=1e-9)
    assert newton.nodes is not None and linear.nodes is not None
    np.testing.assert_allclose(newton.nodes.row, linear.nodes.row, atol=1e-11)
    np.testing.assert_allclose(newton.nodes.column, linear.nodes.column, atol=1e-11)


def test_a_steep_law_is_damped_and_solved() -> None:
    rng, law = np.random.default_rng(4), SinhLaw(v0=0.01)
    wires = Wires(row_segment=2.0, column_segment=2.0, driver=50.0)
    crossbar = Crossbar(conductance=cells_of(rng, (20, 30)), wires=wires, iv=law)
    found = solve_nonlinear(crossbar, np.full((1, 20), 0.3), nodes=True)
    assert found.residual < 1e-11
    assert found.worst_drop > 0.5


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), law=st.sampled_from(LAWS), row=st.integers(0, 4))
def test_currents_are_odd_and_rise_with_any_voltage(seed: int, law: CellLaw, row: int) -> None:
    rng = np.random.default_rng(seed)
    ohms = np.where(rng.random(5) < 0.3, 0.0, rng.uniform(0.1, 300.0, 5)).tolist()
    names = ("row_segment", "column_segment", "driver", "sense", "access")
    crossbar = Crossbar(conductance=cells_of(rng, (5, 3)), wires=Wires(**dict(zip(names, ohms, strict=True))), iv=law)
    volts = rng.uniform(-0.2, 0.2, 5)
    more = volts + 0.05 * (np.arange(5) == row)
    found = solve_nonlinear(crossbar, [volts, -volts, more]).currents
    largest = float(np.abs(found).max())
    np.testing.assert_allclose(found[1], -found[0], rtol=0.0, atol=1e-10 * largest)
    # A network of rising resistors: more voltage at one end sends more current into every other.
    assert (found[2] >= found[0] - 1e-10 * largest).all()


def test_turned_arrays_are_the_same() -> None:
    rng = np.random.default_rng(5)
    conductance, inputs = cells_of(rng, (6, 9)), rng.uniform(-0.2, 0.2, (2, 6))
    plain = solve_nonlinear(Crossbar(conductance=conductance, wires=PASSIVE, iv=LAWS[0]), inputs).currents
    wires = replace(PASSIVE, drive_end="right", sense_end="top")
    turned = Crossbar(conductance=conductance[::-1, ::-1], wires=wires, iv=LAWS[0])
    np.testing.assert_allclose(solve_nonlinear(turned, inputs[:, ::-1]).currents[:, ::-1], plain, rtol=1e-10)


def test_vectors_do_not_see_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(6)
    crossbar = Crossbar(conductance=cells_of(rng, (7, 5)), wires=GATED, iv=LAWS[0])
    inputs = rng.random((9, 7)) < 0.5
    inputs[4] = False
    together = solve_nonlinear(crossbar, inputs, read_voltage=0.2, nodes=True)
    monkeypatch.setattr("spikecim.arrays.crossbar.newton.GROUP", 2 * 35)
    grouped = solve_nonlinear(crossbar, inputs, read_voltage=0.2, nodes=True)
    assert together.nodes is not None and grouped.nodes is not None
    np.testing.assert_allclose(grouped.currents, together.currents, rtol=1e-12)
    np.testing.assert_allclose(grouped.nodes.row, together.nodes.row, rtol=1e-12)
    none = solve_nonlinear(crossbar, inputs[:0], read_voltage=0.2, nodes=True)
    assert none.currents.shape == (0, 5)
    assert (none.residual, none.worst_drop) == (0.0, 0.0)


def test_resting_array_carries_nothing() -> None:
    found = solve_nonlinear(Crossbar(conductance=np.full((2, 3), 1e-4), wires=PASSIVE, iv=LAWS[0]), np.zeros((1, 2)))
    assert (found.currents == 0.0).all()
    assert (found.residual, found.worst_drop) == (0.0, 0.0)


def test_no_convergence_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    crossbar = Crossbar(conductance=np.full((4, 4), 1e-3), wires=PASSIVE, iv=SinhLaw(v0=0.02))
    monkeypatch.setattr(newton_steps, "STEPS", 2)
    monkeypatch.setattr("spikecim.arrays.crossbar.newton.GROUP", 1)
    with pytest.raises(CircuitError) as caught:
        solve_nonlinear(crossbar, [[0.0] * 4, [0.3] * 4])
    text = str(caught.value)
    assert "\n" not in text
    for words in ("sinh law (v0 = 0.02 V)", "input vector 1", "did not converge in 2 steps", "lower the drive voltage"):
        assert words in text


@pytest.mark.parametrize("conductance", [1e9, 1e200])
def test_a_circuit_beyond_doubles_is_one_line(conductance: float) -> None:
    wires = Wires(row_segment=1e6, column_segment=1e6)
    crossbar = Crossbar(conductance=np.full((3, 4), conductance), wires=wires, iv=SinhLaw(v0=0.02))
    with pytest.raises(CircuitError, match="check resistances, conductances and the law"):
        solve_nonlinear(crossbar, [[0.3] * 3])


def test_bad_input() -> None:
    crossbar = Crossbar(conductance=np.full((2, 3), 1e-4), wires=PASSIVE, iv=PolynomialLaw(a3=-1.0))
    with pytest.raises(ParameterError, match=r"good up to 0.495 V across a cell, but the drivers span 0.6 V"):
        solve_nonlinear(crossbar, [[0.3, -0.3]])
    with pytest.raises(ShapeError, match="inputs must have shape"):
        solve_nonlinear(crossbar, [[0.1, 0.1, 0.1]])
    with pytest.raises(ParameterError, match="read_voltage"):
        solve_nonlinear(crossbar, [[0.1, 0.1]], read_voltage=0.1)
    gated = Crossbar(conductance=np.full((2, 3), 1e-4), wires=GATED, iv=LAWS[0])
    with pytest.raises(ParameterError, match="read_voltage"):
        solve_nonlinear(gated, [[1, 0]])
    with pytest.raises(ShapeError, match="switched on"):
        solve_nonlinear(gated, [[0.1, 0.0]], read_voltage=0.1)
