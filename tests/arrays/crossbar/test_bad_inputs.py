"""Every bad input gives one line that names what is wrong, where, and what is allowed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from spikecim.arrays.crossbar.crossbar import Crossbar
from spikecim.arrays.crossbar.factor import Factorised
from spikecim.arrays.crossbar.line_cg import LineCG
from spikecim.arrays.crossbar.position import position_factor
from spikecim.arrays.crossbar.solve import solve
from spikecim.arrays.crossbar.transfer import Transfer, transfer_matrix
from spikecim.arrays.crossbar.wires import Wires
from spikecim.errors import CircuitError, ParameterError, ShapeError, SpikecimError

CELLS = np.full((3, 2), 1e-5)
GATED = Wires(kind="gated", source_segment=1.0)
VOLTS = np.full((1, 3), 0.1)
PASSIVE_NAMES = ("row_segment", "column_segment", "driver", "sense", "access")


def refused(work: Callable[[], Any], kind: type[SpikecimError], *parts: str) -> None:
    with pytest.raises(kind) as caught:
        work()
    text = str(caught.value)
    assert "\n" not in text
    for part in parts:
        assert part in text


@pytest.mark.parametrize("name", [*PASSIVE_NAMES, "source_segment", "leak"])
@pytest.mark.parametrize("value", [-1.0, np.inf, -np.inf, np.nan, "much", None])
def test_resistances_must_be_finite_and_not_negative(name: str, value: Any) -> None:
    refused(lambda: Wires(kind="gated", **{name: value}), ParameterError, f"wires.{name}", "finite", "0 or more")


def test_wires_of_the_other_kind_are_refused() -> None:
    refused(lambda: Wires(source_segment=1.0), ParameterError, "wires.source_segment", "passive", "0")
    refused(lambda: Wires(leak=1e-9), ParameterError, "wires.leak", "passive")
    refused(lambda: Wires(kind="gated", row_segment=1.0), ParameterError, "wires.row_segment", "gated")


def test_unknown_kinds_and_ends_are_refused() -> None:
    refused(lambda: Wires(kind="active"), ParameterError, "wires.kind", "'passive' or 'gated'", "'active'")
    refused(lambda: Wires(drive_end="top"), ParameterError, "wires.drive_end", "'left' or 'right'", "'top'")
    refused(lambda: Wires(kind="gated", drive_end="left"), ParameterError, "drive_end", "'top' or 'bottom'")
    refused(lambda: Wires(sense_end="left"), ParameterError, "wires.sense_end", "'bottom' or 'top'")


@pytest.mark.parametrize("value", [-1e-6, np.inf, np.nan])
def test_a_cell_of_zero_negative_or_infinite_resistance_is_named(value: float) -> None:
    cells = CELLS.copy()
    cells[2, 1] = value
    refused(lambda: Crossbar(conductance=cells), ShapeError, "conductance of cell (2, 1)", "open cell", "1 such")
    refused(lambda: transfer_matrix(cells[None], Wires()), ShapeError, "conductance of cell (0, 2, 1)")
    refused(lambda: position_factor(cells, Wires()), ShapeError, "conductance of cell (2, 1)")


def test_conductances_must_be_a_matrix_of_numbers() -> None:
    refused(lambda: Crossbar(conductance=np.ones(3)), ShapeError, "(n_rows, n_cols)", "(3,)")
    refused(lambda: Crossbar(conductance=np.ones((2, 3, 4))), ShapeError, "(n_rows, n_cols)", "(2, 3, 4)")
    refused(lambda: Crossbar(conductance=np.ones((0, 4))), ShapeError, "at least one row", "(0, 4)")
    refused(lambda: transfer_matrix(np.ones(3), Wires()), ShapeError, "(..., n_rows, n_cols)")
    words: Any = np.array([["a"]])
    refused(lambda: Crossbar(conductance=words), ShapeError, "conductance", "real numbers")
    refused(lambda: Crossbar(conductance=CELLS + 1j), ShapeError, "conductance", "real numbers")


def test_voltages_must_fit_the_rows() -> None:
    passive = Crossbar(conductance=CELLS)
    refused(lambda: solve(passive, np.ones((2, 4))), ShapeError, "inputs", "(n_samples, 3)", "(2, 4)")
    refused(lambda: solve(passive, np.ones(3)), ShapeError, "inputs", "(n_samples, 3)", "(3,)")
    refused(lambda: solve(passive, [[0.0, np.nan, 0.0]]), ShapeError, "row 1", "vector 0", "finite")
    refused(lambda: Factorised(passive).solve(np.ones((1, 2))), ShapeError, "(n_samples, 3)")
    refused(lambda: Transfer(passive).solve(np.ones((1, 2))), ShapeError, "(n_samples, 3)")


def test_switches_are_zero_or_one() -> None:
    gated = Crossbar(conductance=CELLS, wires=GATED)
    refused(lambda: solve(gated, VOLTS, read_voltage=0.1), ShapeError, "switched on", "False, True, 0 and 1")
    found = solve(gated, [[1, 0, 1]], read_voltage=0.1)
    np.testing.assert_array_equal(found.currents, solve(gated, [[True, False, True]], read_voltage=0.1).currents)


def test_the_read_voltage_belongs_to_gated_arrays() -> None:
    refused(lambda: solve(Crossbar(conductance=CELLS), VOLTS, read_voltage=0.1), ParameterError, "read_voltage")
    gated = Crossbar(conductance=CELLS, wires=GATED)
    for volts in (None, np.inf, np.nan):
        refused(lambda volts=volts: solve(gated, VOLTS > 0.0, read_voltage=volts), ParameterError, "read_voltage")


def test_methods_are_named() -> None:
    passive, gated = Crossbar(conductance=CELLS), Crossbar(conductance=CELLS, wires=GATED)
    refused(lambda: solve(passive, VOLTS, method="line_cg"), ParameterError, "'line-cg'", "passive", "'block'")
    refused(lambda: solve(passive, VOLTS, method="ladder"), ParameterError, "'ladder'", "passive")
    refused(lambda: solve(gated, VOLTS, method="block", read_voltage=1.0), ParameterError, "'ladder'", "gated")
    refused(lambda: solve(passive, VOLTS, method="transfer", nodes=True), ParameterError, "potentials", "'block'")
    refused(lambda: Transfer(gated), ParameterError, "passive", "gated")
    refused(lambda: Factorised(gated), ParameterError, "passive", "gated")
    leaky = Crossbar(conductance=CELLS, wires=replace(GATED, leak=1e-6))
    on = np.ones((1, len(CELLS)), bool)
    refused(lambda: solve(leaky, on, read_voltage=0.1, method="position"), ParameterError, "wires.leak", "ladder")
    refused(lambda: position_factor(CELLS, GATED, activity=1.5), ParameterError, "activity", "0 to 1", "1.5")


def test_conjugate_gradients_that_do_not_converge_say_so() -> None:
    cells = np.random.default_rng(0).uniform(1e-5, 1e-4, (8, 8))
    solver = LineCG(branches=cells, wires=Wires(row_segment=100.0, column_segment=100.0), steps=2)
    refused(lambda: solver.potentials(np.ones((1, 8))), CircuitError, "line-cg", "2 steps", "'block'")


def test_auto_takes_elimination_where_conjugate_gradients_give_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spikecim.arrays.crossbar.line_cg.ENOUGH", -1.0)
    crossbar = Crossbar(conductance=CELLS, wires=Wires(row_segment=5.0, column_segment=5.0))
    found = solve(crossbar, VOLTS)
    assert found.method == "block"
    np.testing.assert_allclose(found.currents, solve(crossbar, VOLTS, method="factor").currents, rtol=1e-12)


def test_circuits_beyond_double_precision_are_called_singular() -> None:
    passive = Crossbar(conductance=np.full((3, 3), 1e300), wires=Wires(row_segment=1e300, column_segment=1e300))
    refused(lambda: transfer_matrix(passive.conductance, passive.wires), CircuitError, "singular", "wires (ohm)")
    for method in ("block", "factor", "line-cg", "auto"):
        refused(lambda method=method: solve(passive, np.ones((1, 3)), method=method), CircuitError)
    gated = Crossbar(conductance=passive.conductance, wires=Wires(kind="gated", driver=1e300, column_segment=1e300))
    refused(lambda: solve(gated, np.ones((1, 3)), read_voltage=1.0), CircuitError, "singular")
