"""The judge of all solvers: nodal analysis of a small array by a dense matrix, edge by edge, nodes of 0 ohm merged."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.crossbar.wires import Wires

Floats = NDArray[np.float64]
Node = Hashable
GROUND = "ground"


@dataclass
class Circuit:
    """Resistors between named nodes, some of which have a fixed potential."""

    fixed: dict[Node, float] = field(default_factory=lambda: {GROUND: 0.0})
    edges: list[tuple[Node, Node, float]] = field(default_factory=list)
    joined: dict[Node, Node] = field(default_factory=dict)

    def root(self, node: Node) -> Node:
        while node in self.joined:
            node = self.joined[node]
        return node

    def resistor(self, one: Node, other: Node, ohm: float) -> None:
        if ohm > 0.0:
            self.edges.append((one, other, 1.0 / ohm))
            return
        one, other = self.root(one), self.root(other)
        if one != other:
            # The node of a fixed potential keeps its name.
            self.joined.update({other: one} if one in self.fixed else {one: other})

    def potentials(self) -> dict[Node, float]:
        """Solve for every node that was named."""
        names = list(dict.fromkeys(node for one, other, _ in self.edges for node in (self.root(one), self.root(other))))
        free = {node: k for k, node in enumerate(node for node in names if node not in self.fixed)}
        matrix, pushed = np.zeros((len(free), len(free))), np.zeros(len(free))
        for one, other, siemens in self.edges:
            for here, there in ((one, other), (other, one)):
                here, there = self.root(here), self.root(there)
                if here in free:
                    matrix[free[here], free[here]] += siemens
                    if there in free:
                        matrix[free[here], free[there]] -= siemens
                    else:
                        pushed[free[here]] += siemens * self.fixed[there]
        found = np.linalg.solve(matrix, pushed)
        return {**self.fixed, **{node: float(found[k]) for node, k in free.items()}}


@dataclass(frozen=True)
class Judged:
    """What the judge found for one vector: (n_cols,) and two of (n_rows, n_cols)."""

    currents: Floats
    row: Floats
    column: Floats


def chain(places: list[Node], feed: Node, segment: float, terminal: float) -> Iterator[tuple[Node, Node, float]]:
    """A line from its feed on: terminal, then a segment before each place."""
    before: Node = (feed, "terminal", places[0])
    yield feed, before, terminal
    for place in places:
        yield before, place, segment
        before = place


def circuit_of(conductance: Floats, wires: Wires, drive: NDArray, read_voltage: float) -> Circuit:
    """The circuit of one vector: row voltages of a passive array, rows switched on of a gated one."""
    n_rows, n_cols = conductance.shape
    circuit, gated = Circuit(), wires.kind == "gated"
    for i in range(n_rows):
        circuit.fixed["driver", i] = read_voltage if gated else float(drive[i])
    for column in range(n_cols):
        down = list(range(n_rows)) if wires.drive_end == "top" else list(range(n_rows))[::-1]
        towards = list(range(n_rows)) if wires.sense_end == "top" else list(range(n_rows))[::-1]
        sums: list[Node] = [("column", i, column) for i in towards]
        for edge in chain(sums, GROUND, wires.column_segment, wires.sense):
            circuit.resistor(*edge)
        if gated:
            rails: list[Node] = [("row", i, column) for i in down]
            for edge in chain(rails, ("driver", 0), wires.source_segment, wires.driver):
                circuit.resistor(*edge)
    for i in range(n_rows if not gated else 0):
        along = list(range(n_cols)) if wires.drive_end == "left" else list(range(n_cols))[::-1]
        words: list[Node] = [("row", i, j) for j in along]
        for edge in chain(words, ("driver", i), wires.row_segment, wires.driver):
            circuit.resistor(*edge)
    cells = branches(conductance, wires, drive)
    for i, j in np.ndindex(n_rows, n_cols):
        if cells[i, j] > 0.0:
            circuit.edges.append((("row", i, j), ("column", i, j), float(cells[i, j])))
    return circuit


def judge(conductance: Floats, wires: Wires, drive: NDArray, read_voltage: float = 0.0) -> Judged:
    """Solve one vector."""
    n_rows, n_cols = conductance.shape
    circuit, cells = circuit_of(conductance, wires, drive, read_voltage), branches(conductance, wires, drive)
    found = circuit.potentials()
    row, column = (
        np.array([[_at(circuit, found, (kind, i, j)) for j in range(n_cols)] for i in range(n_rows)])
        for kind in ("row", "column")
    )
    return Judged(currents=(cells * (row - column)).sum(axis=0), row=row, column=column)


def branches(conductance: Floats, wires: Wires, drive: NDArray) -> Floats:
    """Each cell with its transistor, element by element."""
    made = np.zeros_like(conductance)
    for i, j in np.ndindex(*conductance.shape):
        if conductance[i, j] == 0.0:
            continue
        ohm = 1.0 / conductance[i, j]
        if wires.kind == "passive" or drive[i]:
            made[i, j] = 1.0 / (ohm + wires.access)
        elif wires.leak > 0.0:
            made[i, j] = 1.0 / (ohm + 1.0 / wires.leak)
    return made


def _at(circuit: Circuit, found: dict[Node, float], node: Node) -> float:
    return found[circuit.root(node)]
