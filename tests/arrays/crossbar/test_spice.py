"""Netlists and ngspice, the judge from outside: random circuits of both kinds, every end and law, some wires 0 ohm."""

from __future__ import annotations

import os
import re
import shutil

import numpy as np
import pytest
from numpy.typing import NDArray

from spikecim.arrays.crossbar import ngspice
from spikecim.arrays.crossbar.cell_law import CellLaw, MeasuredLaw, PolynomialLaw, SinhLaw
from spikecim.arrays.crossbar.crossbar import Crossbar
from spikecim.arrays.crossbar.ngspice import (
    Circuit,
    column_currents,
    compare_with_ngspice,
    ngspice_currents,
    operating_points,
)
from spikecim.arrays.crossbar.solve import METHODS, solve
from spikecim.arrays.crossbar.spice import netlist
from spikecim.arrays.crossbar.wires import DRIVE_ENDS, SENSE_ENDS, Wires
from spikecim.errors import MissingExtraError, ParameterError, ShapeError

LAWS = (
    SinhLaw(v0=0.2),
    SinhLaw(v0=0.03, read_voltage=0.1),
    PolynomialLaw(a3=-0.5),
    PolynomialLaw(a2=2.0, a3=3.0, read_voltage=0.2),
    MeasuredLaw(voltage=(0.05, 0.1, 0.2, 0.5), values=(1.0, 2.5, 7.0, 30.0), read_voltage=0.15),
)
RESISTANCES = ("column_segment", "driver", "sense", "access")
VOLTS = 0.2


@pytest.fixture(scope="module")
def _judge() -> None:
    """Skip where ngspice is missing, unless this machine must have it."""
    if shutil.which("ngspice") is None:
        if os.environ.get("SPIKECIM_REQUIRE_NGSPICE") == "1":
            pytest.fail("ngspice is not on the PATH, and SPIKECIM_REQUIRE_NGSPICE=1")
        pytest.skip("ngspice is not installed")


judged = pytest.mark.usefixtures("_judge")


def random_wires(rng: np.random.Generator, kind: str) -> Wires:
    """About every third resistance is 0."""

    def ohm(high: float) -> float:
        return 0.0 if rng.random() < 0.3 else float(np.exp(rng.uniform(np.log(0.1), np.log(high))))

    segment = "row_segment" if kind == "passive" else "source_segment"
    return Wires(
        kind=kind,
        drive_end=str(rng.choice(DRIVE_ENDS[kind])),
        sense_end=str(rng.choice(SENSE_ENDS)),
        leak=float(rng.choice([0.0, 1e-8, 1e-6])) if kind == "gated" else 0.0,
        **{segment: ohm(30.0), **{name: ohm(1000.0 if name == "access" else 30.0) for name in RESISTANCES}},
    )


def random_circuit(number: int, law: CellLaw | None = None) -> Circuit:
    """Not square; a sixth of the cells open; conductances over four decades."""
    rng = np.random.default_rng([7, number])
    kind, n_rows = ("passive", "gated")[number % 2], int(rng.integers(2, 12))
    n_cols = int(rng.choice([n for n in range(1, 12) if n != n_rows]))
    conductance = np.exp(rng.uniform(np.log(1e-7), np.log(1e-3), (n_rows, n_cols)))
    conductance[rng.random((n_rows, n_cols)) < 1 / 6] = 0.0
    crossbar = Crossbar(conductance=conductance, wires=random_wires(rng, kind), iv=law)
    if kind == "gated":
        return Circuit(crossbar=crossbar, inputs=rng.random(n_rows) < 0.6, read_voltage=VOLTS)
    return Circuit(crossbar=crossbar, inputs=rng.uniform(-VOLTS, VOLTS, n_rows))


@judged
def test_linear_circuits_agree_with_ngspice_by_every_exact_method() -> None:
    circuits = [random_circuit(number) for number in range(40)]
    decks = [netlist(c.crossbar, c.inputs, read_voltage=c.read_voltage) for c in circuits]
    for circuit, point in zip(circuits, operating_points(decks), strict=True):
        theirs = column_currents(point, circuit.crossbar.shape[1])
        for method in ("auto", *METHODS[circuit.crossbar.wires.kind]):
            if method == "position":
                continue
            ours = solve(
                circuit.crossbar, np.asarray(circuit.inputs)[None], read_voltage=circuit.read_voltage, method=method
            ).currents[0]
            np.testing.assert_allclose(ours, theirs, rtol=0.0, atol=1e-10 * np.abs(theirs).max(), err_msg=method)


@judged
def test_nonlinear_circuits_agree_with_ngspice() -> None:
    circuits = [random_circuit(number, LAWS[number // 2 % len(LAWS)]) for number in range(40)]
    assert {(c.crossbar.wires.kind, c.crossbar.iv) for c in circuits} == {(k, law) for k in METHODS for law in LAWS}
    # SPICE stops when its own steps fall below 1e-10 of each voltage.
    assert max(compare_with_ngspice(circuits)) < 1e-9


@judged
def test_the_comparison_sees_a_wrong_wire() -> None:
    """The test of the test: one segment 1 % off is far above the bound."""
    circuit = random_circuit(0)
    wires = Wires(row_segment=1.0, column_segment=2.0)
    crossbar = Crossbar(conductance=circuit.crossbar.conductance, wires=wires)
    deck = netlist(crossbar, circuit.inputs)
    resistor = next(line for line in deck.splitlines() if line.startswith("RWc") and line.endswith(" 2.0"))
    wrong = deck.replace(resistor, resistor.removesuffix("2.0") + "2.02")
    right, changed = (column_currents(point, crossbar.shape[1]) for point in operating_points([deck, wrong]))
    assert np.abs(changed - right).max() > 1e-7 * np.abs(right).max()


@judged
def test_node_voltages_agree_too() -> None:
    rng = np.random.default_rng(11)
    wires = Wires(row_segment=2.0, column_segment=3.0, driver=20.0, sense=10.0, drive_end="right", sense_end="top")
    crossbar = Crossbar(conductance=rng.uniform(1e-5, 1e-3, (4, 6)), wires=wires, iv=LAWS[0])
    volts = rng.uniform(-VOLTS, VOLTS, 4)
    nodes = solve(crossbar, volts[None], nodes=True).nodes
    assert nodes is not None
    (point,) = operating_points([netlist(crossbar, volts)])
    for name, ours in (("r", nodes.row[0]), ("c", nodes.column[0])):
        theirs = np.array([[point[f"v({name}{i}_{j})"] for j in range(6)] for i in range(4)])
        np.testing.assert_allclose(ours, theirs, rtol=0.0, atol=1e-10 * VOLTS)


@judged
def test_several_vectors_at_once() -> None:
    circuit = random_circuit(4)
    inputs = np.stack([np.asarray(circuit.inputs), np.zeros(circuit.crossbar.shape[0])])
    found = ngspice_currents(circuit.crossbar, inputs)
    np.testing.assert_allclose(
        found, solve(circuit.crossbar, inputs).currents, rtol=0.0, atol=1e-10 * np.abs(found).max()
    )
    assert (found[1] == 0.0).all()


@judged
def test_a_deck_that_is_none_is_one_line() -> None:
    good = netlist(random_circuit(0).crossbar, random_circuit(0).inputs)
    with pytest.raises(
        ParameterError, match=r"^circuit 1: ngspice found no operating point \(.*\); look at its netlist$"
    ):
        operating_points([good, "* nothing\nR1 a b\nQ\n.end\n"])


def test_without_ngspice_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ngspice.shutil, "which", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"ngspice is not on the PATH.*apt-get install ngspice"):
        compare_with_ngspice([random_circuit(0)])


def cards(deck: str, letter: str) -> list[str]:
    return [line for line in deck.splitlines() if line.startswith(letter)]


def test_open_cells_and_wires_of_zero_ohm_are_not_in_the_netlist() -> None:
    conductance = np.array([[1e-4, 0.0, 2e-4], [0.0, 0.0, 1e-5]])
    deck = netlist(Crossbar(conductance=conductance, wires=Wires(row_segment=2.0)), [0.1, 0.2])
    assert cards(deck, "RG") == [
        "RG0_0 r0_0 out0 10000.0",
        "RG0_2 r0_2 out2 5000.0",
        "RG1_2 r1_2 out2 99999.99999999999",
    ]
    assert len(cards(deck, "RW")) == 6
    assert "* out1 = c1_1 to c0_1" in deck
    bare = netlist(Crossbar(conductance=conductance), [0.1, 0.2])
    assert cards(bare, "RW") == []
    assert not re.search(r"^R.* 0(\.0)?$", bare, re.MULTILINE)


def test_gated_netlists_hold_what_is_switched_on() -> None:
    conductance = np.full((2, 2), 1e-4)
    on = np.array([True, False])
    dead = netlist(Crossbar(conductance=conductance, wires=Wires(kind="gated", access=500.0)), on, read_voltage=VOLTS)
    assert cards(dead, "RT") == ["RT0_0 in x0_0 500.0", "RT0_1 in x0_1 500.0"]
    leaky = Wires(kind="gated", access=500.0, leak=1e-6)
    deck = netlist(Crossbar(conductance=conductance, wires=leaky, iv=LAWS[0]), on, read_voltage=VOLTS)
    assert [card.split()[-1] for card in cards(deck, "RT")] == ["500.0", "500.0", "1000000.0", "1000000.0"]
    assert all("sinh(V(x" in card for card in cards(deck, "BG"))
    assert "Vin in 0 DC 0.2" in deck


def test_every_name_is_used_once() -> None:
    """SPICE does not tell upper from lower case."""
    for number in (0, 1):
        circuit = random_circuit(number, LAWS[0])
        deck = netlist(circuit.crossbar, circuit.inputs, read_voltage=circuit.read_voltage)
        names = [line.split()[0].lower() for line in deck.splitlines() if line[0] in "RVB"]
        assert len(set(names)) == len(names)


def test_a_netlist_takes_one_vector_that_fits() -> None:
    crossbar = Crossbar(conductance=np.full((2, 3), 1e-4))
    with pytest.raises(ShapeError, match="holds one vector"):
        netlist(crossbar, [[0.1, 0.2]])
    with pytest.raises(ShapeError, match="inputs must have shape"):
        netlist(crossbar, [0.1])
    title: NDArray[np.float64] | str = netlist(crossbar, [0.1, 0.2], title="two\nlines").splitlines()[0]
    assert title == "* two lines"
