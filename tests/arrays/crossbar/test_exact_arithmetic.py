"""Small currents keep their digits: nodal analysis in rational numbers, wires from 10 micro-ohm to 100 kohm."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from spikecim.arrays.crossbar.crossbar import Crossbar
from spikecim.arrays.crossbar.solve import solve
from spikecim.arrays.crossbar.transfer import transfer_matrix
from spikecim.arrays.crossbar.wires import Wires
from tests.arrays.crossbar.nodal import circuit_of

CASES = 8


def exact_currents(cells: NDArray[np.float64], wires: Wires, drive: NDArray, volts: float) -> list[float]:
    """Gaussian elimination without any rounding."""
    circuit = circuit_of(cells, wires, drive, volts)
    known = {node: Fraction(value) for node, value in circuit.fixed.items()}
    edges = [(circuit.root(one), circuit.root(other), Fraction(siemens)) for one, other, siemens in circuit.edges]
    free = [node for node in dict.fromkeys(end for edge in edges for end in edge[:2]) if node not in known]
    rows = {node: dict.fromkeys([*free, "pushed"], Fraction(0)) for node in free}
    for one, other, siemens in edges:
        for here, there in ((one, other), (other, one)):
            if here in rows:
                rows[here][here] += siemens
                if there in rows:
                    rows[here][there] -= siemens
                else:
                    rows[here]["pushed"] += siemens * known[there]
    for k, pivot in enumerate(free):
        for node in free[k + 1 :]:
            factor = rows[node][pivot] / rows[pivot][pivot]
            if factor:
                rows[node] = {key: value - factor * rows[pivot][key] for key, value in rows[node].items()}
    for k, pivot in reversed(list(enumerate(free))):
        rest = sum((rows[pivot][node] * known[node] for node in free[k + 1 :]), Fraction(0))
        known[pivot] = (rows[pivot]["pushed"] - rest) / rows[pivot][pivot]
    currents = [Fraction(0)] * cells.shape[1]
    for (one, other, siemens), (name, place, _) in zip(edges, circuit.edges, strict=True):
        if isinstance(name, tuple) and isinstance(place, tuple) and (name[0], place[0]) == ("row", "column"):
            currents[place[2]] += siemens * (known[one] - known[other])
    return [float(current) for current in currents]


def random_case(seed: int, kind: str) -> tuple[NDArray[np.float64], Wires]:
    draw = np.random.default_rng(seed)
    shape = tuple(draw.integers(2, 4, 2))
    cells = np.where(draw.random(shape) < 0.2, 0.0, 10.0 ** draw.uniform(-7.0, -3.0, shape))
    names = ("source_segment" if kind == "gated" else "row_segment", "column_segment", "driver", "sense", "access")
    ohms = {name: 10.0 ** draw.uniform(-5.0, 5.0) * (draw.random() < 0.8) for name in names}
    leak = float(draw.choice([0.0, 1e-9, 1e-5])) if kind == "gated" else 0.0
    sense_end = str(draw.choice(["top", "bottom"]))
    return cells, Wires(kind=kind, leak=leak, sense_end=sense_end, **ohms)


@pytest.mark.parametrize("seed", range(CASES))
def test_passive_currents_to_the_last_digits(seed: int) -> None:
    cells, wires = random_case(seed, "passive")
    volts = np.random.default_rng(seed).uniform(0.01, 0.3, cells.shape[0])
    expected = exact_currents(cells, wires, volts, 0.0)
    found = solve(Crossbar(conductance=cells, wires=wires), volts[None], method="line-cg")
    np.testing.assert_allclose(found.currents[0], expected, rtol=1e-12)
    np.testing.assert_allclose(volts @ transfer_matrix(cells, wires), expected, rtol=1e-13)


@pytest.mark.parametrize("seed", range(CASES))
def test_gated_currents_to_the_last_digits(seed: int) -> None:
    cells, wires = random_case(seed, "gated")
    on = np.random.default_rng(seed).random(cells.shape[0]) < 0.6
    found = solve(Crossbar(conductance=cells, wires=wires), on[None], read_voltage=0.2)
    np.testing.assert_allclose(found.currents[0], exact_currents(cells, wires, on, 0.2), rtol=1e-13)
    alone = np.arange(cells.shape[0]) == seed % cells.shape[0]
    rows = transfer_matrix(cells, wires)
    np.testing.assert_allclose(rows[alone][0], exact_currents(cells, wires, alone, 1.0), rtol=1e-13)
