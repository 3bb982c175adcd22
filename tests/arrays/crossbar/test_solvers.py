"""All exact solvers against nodal analysis by hand: odd shapes, each resistance alone and all, each end, open cells."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from spikecim.arrays.crossbar.crossbar import Crossbar
from spikecim.arrays.crossbar.factor import Factorised
from spikecim.arrays.crossbar.newton_lines import lines_of
from spikecim.arrays.crossbar.solution import Solution
from spikecim.arrays.crossbar.solve import solve
from spikecim.arrays.crossbar.transfer import Transfer, transfer_matrix
from spikecim.arrays.crossbar.wires import DRIVE_ENDS, SENSE_ENDS, Wires
from tests.arrays.crossbar.nodal import branches, judge

Floats = NDArray[np.float64]
SHAPES = [(3, 5), (7, 2), (1, 4), (5, 1), (1, 1), (6, 6)]
READ_VOLTAGE = 0.2
PASSIVE = {"row_segment": 30.0, "column_segment": 45.0, "driver": 700.0, "sense": 250.0, "access": 3000.0}
GATED = {"source_segment": 20.0, "column_segment": 45.0, "driver": 90.0, "sense": 250.0, "access": 3e3, "leak": 1e-7}
EXACT = ("line-cg", "block", "factor")


def wirings(values: dict[str, float], kind: str) -> list[Wires]:
    """No wire, each alone, all of them; all of them on each pair of ends."""
    alone = [Wires(kind=kind), *(Wires(kind=kind, **{name: value}) for name, value in values.items())]
    ends = [(drive, sense) for drive in DRIVE_ENDS[kind] for sense in SENSE_ENDS]
    return alone + [Wires(kind=kind, drive_end=drive, sense_end=sense, **values) for drive, sense in ends]


def named(wires: Wires) -> str:
    present = [name for name in (*PASSIVE, "source_segment", "leak") if getattr(wires, name)]
    return f"{wires.drive_end}-{wires.sense_end}-{'+'.join(present) if len(present) < 3 else 'all'}"


def cells(shape: tuple[int, int], seed: int = 5) -> Floats:
    """Three decades of conductance, a fifth of the cells open."""
    draw = np.random.default_rng(seed)
    return np.where(draw.random(shape) < 0.2, 0.0, 10.0 ** draw.uniform(-6.0, -3.0, shape))


def inputs(n_rows: int, kind: str) -> NDArray:
    draw = np.random.default_rng(n_rows)
    return draw.random((3, n_rows)) < 0.6 if kind == "gated" else draw.uniform(-0.3, 0.3, (3, n_rows))


def assert_currents(found: Floats, expected: Floats) -> None:
    """Each to 1e-9 of the largest of its vector, and of itself unless it is a difference of larger ones."""
    scale = np.abs(expected).max(axis=1, keepdims=True)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=0.0 if (scale == 0.0).any() else 1e-12 * scale.min())


def assert_agrees(solution: Solution, crossbar: Crossbar, drive: NDArray, read_voltage: float = 0.0) -> None:
    judged = [judge(crossbar.conductance, crossbar.wires, vector, read_voltage) for vector in drive]
    assert_currents(solution.currents, np.array([one.currents for one in judged]))
    assert solution.nodes is not None
    np.testing.assert_allclose(solution.nodes.row, [one.row for one in judged], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(solution.nodes.column, [one.column for one in judged], rtol=1e-9, atol=1e-12)
    assert solution.residual < 1e-12
    assert solution.worst_drop == pytest.approx(worst_drop(crossbar, drive, read_voltage), rel=1e-9, abs=1e-12)


def worst_drop(crossbar: Crossbar, drive: NDArray, read_voltage: float) -> float:
    """Element by element from the judge's potentials."""
    worst, gated = 0.0, crossbar.wires.kind == "gated"
    for vector in drive:
        judged, conducting = judge(crossbar.conductance, crossbar.wires, vector, read_voltage), None
        conducting = branches(crossbar.conductance, crossbar.wires, vector) > 0.0
        largest = abs(read_voltage) if gated else np.abs(vector).max()
        for i, j in np.argwhere(conducting):
            meant = read_voltage if gated else vector[i]
            worst = max(worst, abs(meant - judged.row[i, j] + judged.column[i, j]) / largest)
    return worst


@pytest.mark.parametrize("wires", wirings(PASSIVE, "passive"), ids=named)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_passive_arrays_agree_with_nodal_analysis(shape: tuple[int, int], wires: Wires) -> None:
    crossbar, drive = Crossbar(conductance=cells(shape), wires=wires), inputs(shape[0], "passive")
    for method in EXACT:
        assert_agrees(solve(crossbar, drive, method=method, nodes=True), crossbar, drive)
    expected = np.array([judge(crossbar.conductance, wires, vector).currents for vector in drive])
    assert_currents(drive @ transfer_matrix(crossbar.conductance, wires), expected)
    assert_currents(solve(crossbar, drive, method="transfer").currents, expected)


@pytest.mark.parametrize("wires", wirings(GATED, "gated"), ids=named)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_gated_arrays_agree_with_nodal_analysis(shape: tuple[int, int], wires: Wires) -> None:
    crossbar, drive = Crossbar(conductance=cells(shape), wires=wires), inputs(shape[0], "gated")
    assert_agrees(solve(crossbar, drive, read_voltage=READ_VOLTAGE, nodes=True), crossbar, drive, READ_VOLTAGE)
    alone = np.eye(shape[0], dtype=bool)
    expected = np.array([judge(crossbar.conductance, wires, vector, 1.0).currents for vector in alone])
    np.testing.assert_allclose(transfer_matrix(crossbar.conductance, wires), expected, rtol=1e-9, atol=0.0)


@pytest.mark.parametrize("wires", [w for w in wirings(PASSIVE, "passive") if w.driver and w.sense], ids=named)
def test_currents_add_up_at_every_node_of_a_passive_array(wires: Wires) -> None:
    """Kirchhoff's first law with Ohm's law on every segment, at nodes the solver was never asked to balance."""
    crossbar = Crossbar(conductance=cells((9, 13)), wires=wires)
    volts = inputs(9, "passive")
    for method in EXACT:
        solution = solve(crossbar, volts, method=method, nodes=True)
        nodes = solution.nodes
        assert nodes is not None
        through = crossbar.branches * (nodes.row - nodes.column)
        fed = np.broadcast_to(volts[:, :, None], nodes.row.shape)
        _balanced(nodes.row, -through, fed, lines_of(wires).supply)
        _balanced(nodes.column, through, np.zeros_like(fed), lines_of(wires).sum_line)


def test_currents_add_up_at_every_node_of_a_gated_array() -> None:
    for wires in [w for w in wirings(GATED, "gated") if w.driver and w.sense]:
        crossbar, on = Crossbar(conductance=cells((9, 13)), wires=wires), inputs(9, "gated")
        nodes = solve(crossbar, on, read_voltage=READ_VOLTAGE, nodes=True).nodes
        assert nodes is not None
        cell = np.where(on[:, :, None], crossbar.branches, crossbar.off_branches)
        through, lines = cell * (nodes.row - nodes.column), lines_of(wires)
        _balanced(nodes.row, -through, np.full_like(through, READ_VOLTAGE), lines.supply)
        _balanced(nodes.column, through, np.zeros_like(through), lines.sum_line)


def _balanced(potential: Floats, pushed: Floats, feed: Floats, line) -> None:  # type: ignore[no-untyped-def]
    """At each node of a line: what comes along the wires and through the cell is nothing in all."""
    potential, pushed, feed = (np.moveaxis(values, line.axis, -1) for values in (potential, pushed, feed))
    if line.last_first:
        potential, pushed, feed = potential[..., ::-1], pushed[..., ::-1], feed[..., ::-1]
    arriving = np.diff(np.concatenate([feed[..., :1], potential], axis=-1), axis=-1) / -line.segment
    arriving[..., 0] *= line.segment / (line.segment + line.end)
    leaving = np.concatenate([arriving[..., 1:], np.zeros_like(arriving[..., :1])], axis=-1)
    imbalance = np.abs(arriving + pushed - leaving)
    assert imbalance.max() < 1e-9 * np.abs(arriving).max()


@pytest.mark.parametrize("shape", [(64, 40), (40, 64)])
def test_exact_solvers_agree_on_larger_arrays(shape: tuple[int, int]) -> None:
    wires = Wires(row_segment=1.0, column_segment=1.5, driver=100.0, sense=50.0, access=2e3, drive_end="right")
    crossbar = Crossbar(conductance=cells(shape), wires=wires)
    volts = np.random.default_rng(1).uniform(0.0, 0.2, (4, shape[0]))
    expected = solve(crossbar, volts, method="factor", nodes=True)
    for method in ("line-cg", "block", "auto"):
        found = solve(crossbar, volts, method=method, nodes=True)
        np.testing.assert_allclose(found.currents, expected.currents, rtol=2e-11)
        assert found.nodes is not None and expected.nodes is not None
        np.testing.assert_allclose(found.nodes.column, expected.nodes.column, atol=1e-13)
    np.testing.assert_allclose(volts @ transfer_matrix(crossbar.conductance, wires), expected.currents, rtol=2e-11)


def test_checkpoints_of_the_elimination_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    crossbar = Crossbar(conductance=cells((30, 7)), wires=Wires(**PASSIVE))
    volts = inputs(30, "passive")
    whole = solve(crossbar, volts, method="block", nodes=True)
    monkeypatch.setattr("spikecim.arrays.crossbar.block.KEPT_BYTES", 0)
    parts = solve(crossbar, volts, method="block", nodes=True)
    assert whole.nodes is not None and parts.nodes is not None
    np.testing.assert_array_equal(parts.nodes.column, whole.nodes.column)
    np.testing.assert_array_equal(parts.currents, whole.currents)


def test_vectors_in_parts_give_what_they_give_together(monkeypatch: pytest.MonkeyPatch) -> None:
    passive = Crossbar(conductance=cells((6, 5)), wires=Wires(**PASSIVE))
    gated = Crossbar(conductance=cells((6, 5)), wires=Wires(kind="gated", **GATED))
    jobs = [(passive, inputs(6, "passive"), None), (gated, inputs(6, "gated"), READ_VOLTAGE)]
    together = [solve(bar, drive, read_voltage=volts, nodes=True) for bar, drive, volts in jobs]
    monkeypatch.setattr("spikecim.arrays.crossbar.solve.CHUNK_CELLS", 1)
    for (bar, drive, volts), expected in zip(jobs, together, strict=True):
        found = solve(bar, drive, read_voltage=volts, nodes=True)
        np.testing.assert_array_equal(found.currents, expected.currents)
        assert found.nodes is not None and expected.nodes is not None
        np.testing.assert_array_equal(found.nodes.row, expected.nodes.row)
        assert (found.residual, found.worst_drop) == (expected.residual, expected.worst_drop)


def test_no_vector_at_all_is_no_current() -> None:
    for crossbar, volts in (
        (Crossbar(conductance=cells((3, 2)), wires=Wires(**PASSIVE)), None),
        (Crossbar(conductance=cells((3, 2)), wires=Wires(kind="gated", **GATED)), READ_VOLTAGE),
    ):
        solution = solve(crossbar, np.empty((0, 3)), read_voltage=volts)
        assert solution.currents.shape == (0, 2)
        assert solution.residual == solution.worst_drop == 0.0


def test_rows_at_zero_volt_give_no_current_and_no_drop() -> None:
    crossbar = Crossbar(conductance=cells((3, 2)), wires=Wires(**PASSIVE))
    for method in (*EXACT, "position", "transfer"):
        assert not solve(crossbar, np.zeros((1, 3)), method=method).currents.any()


def test_an_array_of_open_cells_is_solved() -> None:
    crossbar = Crossbar(conductance=np.zeros((3, 2)), wires=Wires(**PASSIVE))
    for method in (*EXACT, "position", "transfer"):
        solution = solve(crossbar, np.ones((1, 3)), method=method)
        assert not solution.currents.any()
        assert solution.worst_drop == 0.0


def test_a_batch_of_arrays_is_each_of_them() -> None:
    batch = np.stack([cells((4, 6), seed) for seed in range(6)]).reshape(2, 3, 4, 6)
    for wires in (Wires(**PASSIVE), Wires(kind="gated", **GATED), replace(Wires(**PASSIVE), drive_end="right")):
        found = transfer_matrix(batch, wires)
        for place in np.ndindex(2, 3):
            np.testing.assert_array_equal(found[place], transfer_matrix(batch[place], wires))


def test_a_kept_factorisation_and_transfer_matrix_solve_again() -> None:
    crossbar = Crossbar(conductance=cells((5, 4)), wires=Wires(**PASSIVE))
    factorised, transfer = Factorised(crossbar), Transfer(crossbar)
    for seed in range(2):
        volts = np.random.default_rng(seed).uniform(0.0, 0.3, (2, 5))
        expected = solve(crossbar, volts, method="line-cg").currents
        np.testing.assert_allclose(factorised.solve(volts).currents, expected, rtol=1e-11)
        np.testing.assert_allclose(transfer.solve(volts).currents, expected, rtol=1e-11)
    assert transfer.residual < 1e-12
    assert transfer.worst_drop == solve(crossbar, np.ones((1, 5))).worst_drop
