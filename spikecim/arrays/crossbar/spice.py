"""Netlists for SPICE: any array, passive or gated, linear or not, every node named; the judge of our own solvers.

SPICE knows no resistor of 0 ohm and none that conducts nothing: nodes that 0 ohm joins share one name, and open cells
are left out. Both are exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spikecim.arrays.crossbar.cell_law import CellLaw
from spikecim.arrays.crossbar.crossbar import Crossbar
from spikecim.arrays.crossbar.drive import drive_of
from spikecim.errors import ShapeError

# To the last digits; gmin, which SPICE may put across devices to get started, out of the way.
_OPTIONS = ".options reltol=1e-10 vntol=1e-14 abstol=1e-20 gmin=1e-24 itl1=1000"
_LEGEND = {
    "passive": (
        "in<i>: driver of row i; d<i>: behind its resistance; r<i>_<j>: word line of row i at column j",
        "c<i>_<j>: bit line of column j at row i; t<j>: before the sense resistance; out<j>: 0 V, ammeter Vout<j>",
    ),
    "gated": (
        "in: read voltage; d<j>: behind the driver of rail j; r<i>_<j>: source rail of column j at row i",
        "c<i>_<j>: sum rail of column j at row i; t<j>: before the sense resistance; out<j>: 0 V, ammeter Vout<j>",
    ),
}


def netlist(
    crossbar: Crossbar, inputs: ArrayLike, *, read_voltage: float | None = None, title: str = "spikecim crossbar"
) -> str:
    """Return the circuit for one input vector as a SPICE deck with its operating point (``.op``).

    Parameters
    ----------
    crossbar : Crossbar
    inputs : (n_rows,) volt of each row of a passive array; rows that are on (bool) of a gated one
    read_voltage : float, optional
        Volt of the source rails of a gated array.
    title : str
        First line.

    Returns
    -------
    str
        Column j's current is i(Vout<j>). Cells are counted from 0; nonlinear ones are behavioural sources.

    Raises
    ------
    ShapeError, ParameterError
        As `solve` does; also if `inputs` is more than one vector.
    """
    if np.ndim(inputs) != 1:
        raise ShapeError(f"netlist: inputs have shape {np.shape(inputs)}; a netlist holds one vector (n_rows,)")
    drive = drive_of(crossbar, np.asarray(inputs)[None], read_voltage)
    wires, (n_rows, n_cols) = crossbar.wires, crossbar.conductance.shape
    lines = [f"* {' '.join(title.split())}", f"* {n_rows} rows, {n_cols} columns, {wires.kind}; counted from 0"]
    lines += [f"* {line}" for line in _LEGEND[wires.kind]]
    lines += _sources(crossbar, drive.volts[0])
    supply, cards = _supply(crossbar)
    sums, more = _sum_lines(crossbar)
    lines += [*cards, *more, "* cells: RT<i>_<j> transistor, RG<i>_<j> or BG<i>_<j> cell"]
    conductance = np.broadcast_to(drive.conductance, (1, n_rows, n_cols))[0]
    series = np.broadcast_to(drive.series, (1, n_rows, n_cols))[0]
    for i, j in zip(*np.nonzero(conductance > 0.0), strict=True):
        lines += _cell(f"{i}_{j}", (supply[i][j], sums[i][j]), (conductance[i, j], series[i, j]), crossbar.iv)
    return "\n".join([*lines, _OPTIONS, ".op", ".end", ""])


def _sources(crossbar: Crossbar, volts: NDArray[np.float64]) -> list[str]:
    n_rows, n_cols = crossbar.conductance.shape
    ammeters = [f"Vout{j} out{j} 0 DC 0" for j in range(n_cols)]
    if crossbar.wires.kind == "gated":
        return [f"Vin in 0 DC {float(volts.flat[0])!r}", *ammeters]
    return [f"Vin{i} in{i} 0 DC {float(volts[i, 0])!r}" for i in range(n_rows)] + ammeters


def _supply(crossbar: Crossbar) -> tuple[list[list[str]], list[str]]:
    """Node that feeds each cell, and the cards of all word lines or source rails."""
    wires, (n_rows, n_cols) = crossbar.wires, crossbar.conductance.shape
    ohms, cards = (wires.driver, wires.source_segment or wires.row_segment), [f"* {_what(crossbar)[0]}"]
    nodes = [[""] * n_cols for _ in range(n_rows)]
    if wires.kind == "gated":
        for j in range(n_cols):
            way = [(i, j) for i in _order(n_rows, wires.drive_end == "bottom")]
            _lay(nodes, way, ("in", f"d{j}", "r"), ohms, cards)
    else:
        for i in range(n_rows):
            way = [(i, j) for j in _order(n_cols, wires.drive_end == "right")]
            _lay(nodes, way, (f"in{i}", f"d{i}", "r"), ohms, cards)
    return nodes, cards


def _sum_lines(crossbar: Crossbar) -> tuple[list[list[str]], list[str]]:
    """Node each cell feeds, and the cards of all bit lines or sum rails."""
    wires, (n_rows, n_cols) = crossbar.wires, crossbar.conductance.shape
    cards = [f"* {_what(crossbar)[1]}"]
    nodes = [[""] * n_cols for _ in range(n_rows)]
    for j in range(n_cols):
        way = [(i, j) for i in _order(n_rows, wires.sense_end == "bottom")]
        _lay(nodes, way, (f"out{j}", f"t{j}", "c"), (wires.sense, wires.column_segment), cards)
    return nodes, cards


def _what(crossbar: Crossbar) -> tuple[str, str]:
    return ("source rails", "sum rails") if crossbar.wires.kind == "gated" else ("word lines", "bit lines")


def _order(count: int, last_first: bool) -> Sequence[int]:
    return range(count)[::-1] if last_first else range(count)


def _lay(
    nodes: list[list[str]],
    way: list[tuple[int, int]],
    names: tuple[str, str, str],
    ohms: tuple[float, float],
    cards: list[str],
) -> None:
    """Walk one line from its live end along the cells on its `way`; name the `nodes`, add resistors and a comment."""
    (live, behind, letter), (end, segment) = names, ohms
    stops = [(behind, end), *((f"{letter}{i}_{j}", segment) for i, j in way)]
    here, resistors, passed = live, [], [live]
    for number, (name, ohm) in enumerate(stops):
        if ohm > 0.0:
            resistors.append(f"RW{name} {here} {name} {float(ohm)!r}")
            here = name
            passed.append(name)
        if number:
            i, j = way[number - 1]
            nodes[i][j] = here
    joined = "" if segment > 0.0 else f" = {stops[1][0]} to {stops[-1][0]}"
    cards.append(f"* {passed[0]} - {passed[-1]}{joined}" if len(passed) > 1 else f"* {passed[0]}{joined}")
    cards += resistors


def _cell(place: str, ends: tuple[str, str], values: tuple[float, float], law: CellLaw | None) -> Iterator[str]:
    (source, sink), (conductance, series) = ends, values
    if series > 0.0:
        yield f"RT{place} {source} x{place} {float(series)!r}"
        source = f"x{place}"
    if law is None:
        yield f"RG{place} {source} {sink} {float(1.0 / conductance)!r}"
    else:
        yield f"BG{place} {source} {sink} I={float(conductance)!r}*({law.expression(f'V({source},{sink})')})"
