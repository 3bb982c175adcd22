"""Measured multi-level cells: a CSV with ``target_uS,conductance_uS``, and ``cell,cycle,time_s`` as far as known.

Rows of one cell, target, cycle and time are repeated reads; rows with ``voltage_V,current_uA`` are I-V points.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spikecim.devices.measured.csv_text import CsvText, read_csv
from spikecim.devices.measured.units import CONDUCTANCE, CURRENT, TIME, VOLTAGE
from spikecim.errors import DataError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Mask = NDArray[np.bool_]
COLUMNS = ("target", "conductance", "cell", "cycle", "time", "read", "voltage", "current")
# As measured/table.py: fewer readings of a level would leave its spread open by a third.
FEWEST = 30


@dataclass(frozen=True, kw_only=True)
class IvPoints:
    """Points of I-V curves; arrays (n,): number of the curve, volt, ampere."""

    curve: IntArray
    voltage: FloatArray
    current: FloatArray

    @property
    def n_curves(self) -> int:
        return int(self.curve.max()) + 1


@dataclass(frozen=True, kw_only=True)
class LevelReadings:
    """A measured file; arrays (n,).

    Attributes
    ----------
    file, digest : str
        Name without folder, and SHA-256.
    target, conductance : float64, S
    cell : int64 or None
        Number of the cell, where the file tells cells apart.
    cycle : int64 or None
        Number of the programming of the cell.
    time : float64 or None
        Seconds after programming.
    iv : IvPoints or None
    """

    file: str
    digest: str
    target: FloatArray
    conductance: FloatArray
    cell: IntArray | None
    cycle: IntArray | None
    time: FloatArray | None
    iv: IvPoints | None

    @property
    def levels(self) -> FloatArray:
        """Targets that were programmed, rising."""
        return np.unique(self.target)


def read_levels(path: Path) -> LevelReadings:
    """Read a measured file.

    Raises
    ------
    DataError
        One line with file, line and column: missing columns or units, negative or empty values, one target only, or an
        I-V row that is not one.
    """
    table = read_csv(path, COLUMNS, unit_option=False)
    _check_columns(table)
    bent = _iv_rows(table)
    rows = np.flatnonzero(~bent)
    target, conductance = (_conductances(table, name, rows) for name in ("target", "conductance"))
    found = LevelReadings(
        file=path.name,
        digest=table.digest,
        target=target,
        conductance=conductance,
        cell=_labels(table, "cell", rows),
        cycle=_labels(table, "cycle", rows),
        time=_times(table, rows) if "time" in table.columns else None,
        iv=_iv_points(table, np.flatnonzero(bent)) if bent.any() else None,
    )
    if len(found.levels) < 2:
        told = "one target only" if len(target) else "no readings of conductance"
        raise DataError(f"{path}: {told}; a window needs at least two targets")
    return found


def _check_columns(table: CsvText) -> None:
    names = set(table.columns)
    for name in ("target", "conductance"):
        if name not in names:
            raise DataError(f"{table.path}: column {name!r} is missing; write target_uS,conductance_uS")
    for name in ("cycle", "time", "read"):
        if name in names and "cell" not in names:
            raise DataError(f"{table.path}: column {name!r} needs a column 'cell' that tells whose reading it is")
    if len(names & {"voltage", "current"}) == 1:
        raise DataError(f"{table.path}: an I-V curve needs both columns, voltage_V and current_uA")


def _conductances(table: CsvText, name: str, rows: IntArray) -> FloatArray:
    values, _ = table.numbers(name, CONDUCTANCE)
    for place in rows[~(values[rows] >= 0.0)]:
        what = "is empty" if np.isnan(values[place]) else "is negative"
        table.fail(f"{what}; give a conductance of 0 or more", table.rows[place][0], name)
    for place in rows[values[rows] > 1.0]:
        table.fail(f"{values[place]:.4g} S is above 1 S; is the unit right?", table.rows[place][0], name)
    return values[rows]


def _times(table: CsvText, rows: IntArray) -> FloatArray:
    seconds, _ = table.numbers("time", TIME)
    for place in rows[~(seconds[rows] >= 0.0)]:
        what = "is empty" if np.isnan(seconds[place]) else "is negative"
        table.fail(f"{what}; give the time after programming", table.rows[place][0], "time")
    return seconds[rows]


def _labels(table: CsvText, name: str, rows: IntArray) -> IntArray | None:
    if name not in table.columns:
        return None
    texts = np.array(table.texts(name))[rows]
    for place in rows[texts == ""]:
        table.fail("is empty; write it in every row or leave the column out", table.rows[place][0], name)
    return np.unique(texts, return_inverse=True)[1].astype(np.int64)


def _iv_rows(table: CsvText) -> Mask:
    """Which rows are points of an I-V curve."""
    if "voltage" not in table.columns:
        return np.zeros(len(table.rows), np.bool_)
    said = {name: np.array(table.texts(name)) != "" for name in ("voltage", "current", "conductance")}
    bent = said["voltage"] | said["current"]
    for name in ("voltage", "current"):
        for place in np.flatnonzero(bent & ~said[name]):
            table.fail("is empty; an I-V row has a voltage and a current", table.rows[place][0], name)
    for place in np.flatnonzero(bent & said["conductance"]):
        table.fail("is told twice; leave conductance empty in an I-V row", table.rows[place][0], "conductance")
    return bent


def _iv_points(table: CsvText, rows: IntArray) -> IvPoints:
    volts, amperes = table.numbers("voltage", VOLTAGE)[0][rows], table.numbers("current", CURRENT)[0][rows]
    for place in rows[volts * amperes < 0.0]:
        table.fail("flows against its voltage; is the sign right?", table.rows[place][0], "current")
    told = [table.texts(name) for name in ("cell", "target", "cycle") if name in table.columns]
    keys = np.array(["\t".join(parts) for parts in zip(*told, strict=True)])[rows]
    curve = np.unique(keys, return_inverse=True)[1].astype(np.int64)
    # A current of 0 has no logarithm and says nothing of the bend.
    kept = (volts != 0.0) & (amperes != 0.0)
    if not kept.any():
        raise DataError(f"{table.path}: all I-V rows have no voltage or no current; nothing to fit")
    curve = np.unique(curve[kept], return_inverse=True)[1].astype(np.int64)
    return IvPoints(curve=curve, voltage=np.abs(volts[kept]), current=np.abs(amperes[kept]))
