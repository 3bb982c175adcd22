"""Measured resistances of cells: the three kinds of CSV a device engineer brings, checked and in SI.

`lrs_ohm,hrs_ohm` or `state,resistance_ohm` (cells); with `cell` and `cycle` (cycles); with `cell` and `time_s` (times).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spikecim.devices.measured.csv_text import CsvText, read_csv
from spikecim.devices.measured.units import CONDUCTANCE, HIGHEST_OHM, LOWEST_OHM, RESISTANCE, TIME, check_unit
from spikecim.errors import DataError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
STATES = ("lrs", "hrs")
# Fewer say nothing of a tail or of a quantile; an interval of 90 % would still be a third of the spread wide.
FEWEST = 30
COLUMNS = ("lrs", "hrs", "state", "resistance", "conductance", "cell", "cycle", "time")
# A gap in ln R, and how near a power of a thousand (in such powers) the two parts must lie, to ask about the unit.
_GAP, _NEAR = float(np.log(30.0)), 0.06
_FORMS = "lrs_ohm,hrs_ohm or state,resistance_ohm, with cell,cycle or cell,time_s if there are"


@dataclass(frozen=True, kw_only=True)
class Readings:
    """Resistances of one state.

    Attributes
    ----------
    resistance : float64 (n,), ohm
    cell : int64 (n,) or None
        Number of the cell from 0, where the file tells cells apart.
    time : float64 (n,) or None
        Seconds after programming.
    """

    resistance: FloatArray
    cell: IntArray | None = None
    time: FloatArray | None = None

    @property
    def n_cells(self) -> int:
        return len(self.resistance) if self.cell is None else len(np.unique(self.cell))


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A measured file.

    Attributes
    ----------
    file : str
        Its name, without folder.
    digest : str
        SHA-256 of its content.
    kind : str
        ``"cells"``, ``"cycles"`` or ``"times"``.
    lrs, hrs : Readings
    """

    file: str
    digest: str
    kind: str
    lrs: Readings
    hrs: Readings

    def of(self, state: str) -> Readings:
        return self.lrs if state == "lrs" else self.hrs


def read_measured(path: Path, unit: str | None = None) -> Measured:
    """Read the measured resistances in the CSV file `path`.

    Parameters
    ----------
    unit : str, optional
        Unit of the resistances (or conductances) where headers and values state none.

    Raises
    ------
    DataError
        One line with file, line and column: text, negative, zero, infinite or too few values, unknown states,
        doubled columns or cells, LRS above HRS, or a unit that would have to be guessed.
    """
    if unit is not None:
        check_unit(unit, {**RESISTANCE, **CONDUCTANCE})
    table = read_csv(path, COLUMNS)
    kind = _kind(table)
    lines = np.array([line for line, _ in table.rows])
    by_state = _wide(table, unit) if "lrs" in table.columns else _long(table, unit)
    cell = _labels(table, "cell") if "cell" in table.columns else None
    time = _times(table) if kind == "times" else None
    again = _labels(table, "cycle") if kind == "cycles" else time
    readings = {}
    for state, (ohm, name) in by_state.items():
        here = np.flatnonzero(np.isfinite(ohm))
        if cell is not None:
            _no_doubles(table, state, (cell, again), here)
        readings[state] = Readings(
            resistance=ohm[here],
            cell=None if cell is None or kind == "cells" else np.unique(cell[here], return_inverse=True)[1],
            time=None if time is None else time[here],
        )
        _enough(table, state, readings[state])
        if unit is None:
            _one_unit(table, name, ohm, lines)
    low, high = (float(np.median(readings[state].resistance)) for state in STATES)
    if low >= high:
        raise DataError(
            f"{path}: the LRS median {low:.4g} ohm is not below the HRS median {high:.4g} ohm; are the two swapped, or "
            "conductances called resistances?"
        )
    return Measured(file=path.name, digest=table.digest, kind=kind, lrs=readings["lrs"], hrs=readings["hrs"])


def _kind(table: CsvText) -> str:
    names = set(table.columns)
    values = names & {"lrs", "hrs", "resistance", "conductance"}
    if len(values & {"resistance", "conductance"}) == 2:
        raise DataError(f"{table.path}: resistance and conductance are one quantity twice; keep one of the columns")
    wide, long = values == {"lrs", "hrs"} and "state" not in names, len(values) == 1 and "state" in names
    if not (wide or (long and not values & {"lrs", "hrs"})):
        found = ", ".join(column.header for column in table.columns.values())
        raise DataError(f"{table.path}: columns {found} do not tell LRS and HRS; write {_FORMS}")
    if {"cycle", "time"} <= names:
        raise DataError(f"{table.path}: cycle and time together are not fitted; bring two files, one for each")
    for name in ("cycle", "time"):
        if name in names and "cell" not in names:
            raise DataError(f"{table.path}: column {name!r} needs a column 'cell' that tells whose reading it is")
    return "cycles" if "cycle" in names else "times" if "time" in names else "cells"


def _wide(table: CsvText, unit: str | None) -> dict[str, tuple[FloatArray, str]]:
    low, high = (table.columns[state] for state in STATES)
    if low.unit != high.unit:
        if not (low.unit and high.unit):
            bare, other = (low, high) if high.unit else (high, low)
            raise DataError(
                f"{table.path}: column {bare.header!r} states no unit while {other.header!r} does; "
                "write the unit in both headers"
            )
        raise DataError(
            f"{table.path}: columns {low.header!r} and {high.header!r} have two units; write both in one "
            "and name it in both headers"
        )
    found = {state: (ohms(table, state, unit), state) for state in STATES}
    for state, (ohm, _) in found.items():
        gaps = np.flatnonzero(np.isnan(ohm))
        last = int(np.flatnonzero(np.isfinite(ohm)).max(initial=-1))
        if "cell" not in table.columns and gaps.size and gaps[0] < last:
            table.fail("is empty; only the end of the shorter column may be", table.rows[gaps[0]][0], state)
    return found


def _long(table: CsvText, unit: str | None) -> dict[str, tuple[FloatArray, str]]:
    name = "resistance" if "resistance" in table.columns else "conductance"
    ohm = ohms(table, name, unit)
    states = np.array([text.lower() for text in table.texts("state")])
    for (line, _), state, value in zip(table.rows, states, ohm, strict=True):
        if state not in STATES:
            table.fail(f"state {str(state)!r} is unknown; allowed: LRS, HRS", line, "state")
        if np.isnan(value):
            table.fail("is empty; leave out the row if nothing was measured", line, name)
    return {state: (np.where(states == state, ohm, np.nan), name) for state in STATES}


def ohms(table: CsvText, name: str, unit: str | None = None) -> FloatArray:
    """Column `name` of `table` in ohm (n_rows,), from resistances or conductances; NaN where it is empty."""
    allowed = {"resistance": RESISTANCE, "conductance": CONDUCTANCE}.get(name, {**RESISTANCE, **CONDUCTANCE})
    values, told = table.numbers(name, allowed, unit)
    for place in np.flatnonzero(values <= 0):
        what = "0" if values[place] == 0 else f"{table.texts(name)[place]} is negative"
        table.fail(f"{what}: must be above 0", table.rows[place][0], name)
    ohm = 1.0 / values if told in CONDUCTANCE else values
    for place in np.flatnonzero((ohm < LOWEST_OHM) | (ohm > HIGHEST_OHM)):
        table.fail(f"{ohm[place]:.4g} ohm is outside 1 ohm .. 1 Tohm; is the unit right?", table.rows[place][0], name)
    return ohm


def _times(table: CsvText) -> FloatArray:
    seconds, _ = table.numbers("time", TIME)
    for place in np.flatnonzero(~(seconds >= 0)):
        what = "is empty" if np.isnan(seconds[place]) else "is negative"
        table.fail(f"{what}; give the time after programming", table.rows[place][0], "time")
    return seconds


def _labels(table: CsvText, name: str) -> IntArray:
    texts = table.texts(name)
    if "" in texts:
        table.fail("is empty", table.rows[texts.index("")][0], name)
    return np.unique(np.array(texts), return_inverse=True)[1].astype(np.int64)


def _no_doubles(table: CsvText, state: str, keys: tuple[IntArray, NDArray[np.generic] | None], here: IntArray) -> None:
    cell, again = keys
    key = np.stack([cell[here], np.zeros(len(here)) if again is None else again[here]])
    _, first, count = np.unique(key, axis=1, return_index=True, return_counts=True)
    if (count > 1).any():
        same = (key == key[:, [first[np.argmax(count > 1)]]]).all(0)
        place = here[np.flatnonzero(same)[1]]
        more = "; tell its readings apart by a column cycle or time_s" if again is None else ""
        line = table.rows[place][0]
        table.fail(f"a second {state.upper()} reading of cell {table.texts('cell')[place]!r}{more}", line, "cell")


def _enough(table: CsvText, state: str, readings: Readings) -> None:
    n = readings.n_cells if readings.time is not None else len(readings.resistance)
    if n < FEWEST:
        what = "cells" if readings.time is not None else "resistances"
        raise DataError(f"{table.path}: {n} {state.upper()} {what} are too few; at least {FEWEST} are needed")


def _one_unit(table: CsvText, name: str, ohm: FloatArray, lines: IntArray) -> None:
    """Ask where part of a state lies a thousand times off, behind a wide gap: ohm among kohm look like that."""
    here = np.flatnonzero(np.isfinite(ohm))
    order = here[np.argsort(ohm[here], kind="stable")]
    logs = np.log(ohm[order])
    cut = int(np.argmax(np.diff(logs))) + 1
    minor = order[:cut] if cut < len(order) / 2 else order[cut:]
    thousands = float(np.median(logs[cut:]) - np.median(logs[:cut])) / np.log(1e3)
    wide = np.diff(logs).max() > _GAP
    if wide and round(thousands) >= 1 and abs(thousands - round(thousands)) < _NEAR:
        lie = "value lies" if len(minor) == 1 else "values lie"
        table.fail(
            f"{len(minor)} {lie} about {1e3 ** round(thousands):,.0f} times off the rest, as if in another unit; "
            "if all are in one, say so with --unit",
            int(lines[minor].min()),
            name,
        )
