"""Measured pulse trains: a CSV with ``direction,pulse,conductance_uS``, and ``cell,cycle`` where there are several.

A train is the rows of one cell, cycle and direction; `pulse` counts its pulses, 0 the reading before the first one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spikecim.devices.measured.csv_text import CsvText, read_csv
from spikecim.devices.measured.estimate import FloatArray, IntArray
from spikecim.devices.measured.units import CONDUCTANCE
from spikecim.errors import DataError

COLUMNS = ("cell", "cycle", "direction", "pulse", "conductance")
DIRECTIONS = ("potentiation", "depression")
_WORDS = {
    **dict.fromkeys(("potentiation", "ltp", "up", "+", "+1", "1", "set"), 0),
    **dict.fromkeys(("depression", "ltd", "down", "-", "-1", "reset"), 1),
}
# Fewer would leave the bend of a curve open, whatever the noise.
FEWEST_STEPS = 10
_MOST_PULSES = 32767


@dataclass(frozen=True, kw_only=True)
class Trains:
    """Trains of one direction, all of the same pulses.

    Attributes
    ----------
    conductance : float64 (n_trains, n_readings), S
    cell : int64 (n_trains,)
        Number of the cell of each train.
    first, stride : int
        Pulses before the first reading, and from one reading to the next.
    """

    conductance: FloatArray
    cell: IntArray
    first: int
    stride: int

    @property
    def pulses(self) -> int:
        """Pulses of a train, from the state before the first one."""
        return self.first + self.stride * (int(self.conductance.shape[1]) - 1)


@dataclass(frozen=True, kw_only=True)
class PulseTrains:
    """A measured file: trains of both directions, and the name of each cell."""

    file: str
    digest: str
    cells: tuple[str, ...]
    up: Trains
    down: Trains


def read_trains(path: Path) -> PulseTrains:
    """Read a measured file.

    Raises
    ------
    DataError
        One line with file, line and column: missing columns or units, NaN, negative or empty values, trains that are
        cut off or too short, directions that lead the wrong way.
    """
    table = read_csv(path, COLUMNS, unit_option=False)
    for name in ("direction", "pulse", "conductance"):
        if name not in table.columns:
            raise DataError(f"{path}: column {name!r} is missing; write cell,cycle,direction,pulse,conductance_uS")
    direction, pulse = _directions(table), _pulses(table)
    conductance = _conductances(table)
    names, cell = _labels(table, "cell")
    cycle = _labels(table, "cycle")[1]
    order = np.lexsort((pulse, cycle, cell, direction))
    keys = {"direction": direction, "cell": cell, "cycle": cycle, "pulse": pulse}
    sides = [_side(table, number, {name: key[order] for name, key in keys.items()}, order) for number in (0, 1)]
    found = [_filled(side, conductance) for side in sides]
    _check_ways(table, found)
    return PulseTrains(file=path.name, digest=table.digest, cells=names, up=found[0], down=found[1])


@dataclass(frozen=True, kw_only=True)
class _Side:
    """Places of the rows of one direction, train by train."""

    rows: IntArray
    cell: IntArray
    first: int
    stride: int


def _side(table: CsvText, number: int, keys: Mapping[str, IntArray], order: IntArray) -> _Side:
    """The trains of direction `number`, every one with the same pulses; `keys` are sorted as `order` says."""
    here = keys["direction"] == number
    name = DIRECTIONS[number]
    if not here.any():
        raise DataError(f"{table.path}: no row of {name}; a device needs trains of both directions")
    cell, cycle, pulse, rows = keys["cell"][here], keys["cycle"][here], keys["pulse"][here], order[here]
    starts = np.flatnonzero(np.r_[True, (np.diff(cell) != 0) | (np.diff(cycle) != 0)])
    ends = np.r_[starts[1:], len(rows)]
    longest = int((ends - starts).max())
    model = pulse[starts[np.argmax(ends - starts)] :][:longest]
    stride = int(model[1] - model[0]) if longest > 1 else 1
    for start, end in zip(starts, ends, strict=True):
        _check_train(table, (pulse[start:end], rows[start:end]), (model, stride), name)
    if longest - 1 < FEWEST_STEPS:
        raise DataError(
            f"{table.path}: {name}: {longest} readings a train are too few for its curve; at least {FEWEST_STEPS + 1}"
        )
    if int(model[-1]) > _MOST_PULSES:
        raise DataError(f"{table.path}: {name}: {model[-1]:,} pulses a train are more than {_MOST_PULSES:,}")
    return _Side(rows=rows.reshape(-1, longest), cell=cell[starts], first=int(model[0]), stride=stride)


def _check_train(table: CsvText, train: tuple[IntArray, IntArray], like: tuple[IntArray, int], name: str) -> None:
    """Raise DataError at the first row of `train` (pulses, rows) that breaks the pulses that all trains have."""
    (pulse, rows), (model, stride) = train, like
    steps = np.diff(pulse)
    for place in np.flatnonzero(steps != stride)[:1]:
        line = table.rows[rows[place + 1]][0]
        if steps[place] == 0:
            table.fail(f"pulse {pulse[place]} of this train stands here twice; number its cycles", line, "pulse")
        told = f"{pulse[place]} is followed by {pulse[place + 1]}; every train must go on by {stride}"
        table.fail(f"a reading is missing: pulse {told}", line, "pulse")
    if len(pulse) != len(model) or pulse[0] != model[0]:
        told = f"this {name} train has pulses {pulse[0]} .. {pulse[-1]}, another {model[0]} .. {model[-1]}"
        line = table.rows[rows[-1]][0]
        table.fail(f"{told}; is the file cut off? All trains of a direction need the same pulses", line, "pulse")


def _filled(side: _Side, conductance: FloatArray) -> Trains:
    return Trains(conductance=conductance[side.rows], cell=side.cell, first=side.first, stride=side.stride)


def _check_ways(table: CsvText, sides: list[Trains]) -> None:
    for name, trains, sign in zip(DIRECTIONS, sides, (1.0, -1.0), strict=True):
        start, end = (float(trains.conductance[:, place].mean()) for place in (0, -1))
        if sign * (end - start) <= 0.0:
            way = "raise" if sign > 0 else "lower"
            raise DataError(
                f"{table.path}: {name} does not {way} the conductance ({start:.4g} S to {end:.4g} S on the mean); are"
                " the directions swapped?"
            )


def _directions(table: CsvText) -> IntArray:
    found = np.empty(len(table.rows), np.int64)
    for place, text in enumerate(table.texts("direction")):
        word = text.lower().replace("\u2212", "-")
        if word not in _WORDS:
            told = "is empty" if not text else f"{text!r} is no direction"
            table.fail(f"{told}; write up or down (ltp or ltd, + or -)", table.rows[place][0], "direction")
        found[place] = _WORDS[word]
    return found


def _pulses(table: CsvText) -> IntArray:
    found = np.empty(len(table.rows), np.int64)
    for place, text in enumerate(table.texts("pulse")):
        if not text.isdecimal():
            told = "is empty; is the file cut off?" if not text else f"{text!r} is no whole number"
            table.fail(f"{told}; count the pulses of each train from 0", table.rows[place][0], "pulse")
        found[place] = int(text)
    return found


def _conductances(table: CsvText) -> FloatArray:
    values, _ = table.numbers("conductance", CONDUCTANCE)
    for place in np.flatnonzero(~(values >= 0.0))[:1]:
        what = "is empty; is the file cut off?" if np.isnan(values[place]) else "is negative"
        table.fail(f"{what}; give a conductance of 0 or more", table.rows[place][0], "conductance")
    for place in np.flatnonzero(values > 1.0)[:1]:
        table.fail(f"{values[place]:.4g} S is above 1 S; is the unit right?", table.rows[place][0], "conductance")
    return values


def _labels(table: CsvText, name: str) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Names in order, and the number of each row's; one for all where the column is missing."""
    if name not in table.columns:
        return ("",), np.zeros(len(table.rows), np.int64)
    texts = np.array(table.texts(name))
    for place in np.flatnonzero(texts == "")[:1]:
        table.fail("is empty; write it in every row or leave the column out", table.rows[place][0], name)
    names, numbers = np.unique(texts, return_inverse=True)
    return tuple(map(str, names)), numbers.astype(np.int64)
