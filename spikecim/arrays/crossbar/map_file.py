"""Conductance maps: from a CSV or NPY file, or drawn at random; each cell checked, each fault named with its place."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import DataError, ParameterError
from spikecim.streams import stream
from spikecim.units import parse_quantity

Floats = NDArray[np.float64]
# 64 M cells of text are more than any array that a solver here could take.
_LARGEST_FILE = 1 << 30
_MOST_CELLS = 1 << 26


def read_map(path: Path, unit: str = "S") -> Floats:
    """Return the conductances (n_rows, n_cols) in siemens of a map file.

    Parameters
    ----------
    path : Path
        ``.npy`` (a matrix of real numbers) or CSV: one line for each row, no header, lines after ``#`` skipped.
    unit : str
        Of the values: of conductance ("S", "uS") or resistance ("ohm", "kohm"). 0 S, infinite ohm and the word ``open``
        are open cells.

    Raises
    ------
    DataError
        If the file cannot be read or is no such matrix.
    ParameterError
        If the unit is none.
    """
    scale, resistance = _unit(unit)
    values = _read_npy(path) if path.suffix.lower() == ".npy" else _read_csv(path, resistance=resistance)
    bad = np.isnan(values) | (values < 0.0) | (values == 0.0 if resistance else np.isinf(values))
    if bad.any():
        row, column = (int(place) for place in np.argwhere(bad)[0])
        allowed = "above 0 (inf for an open cell)" if resistance else "0 (open cell) or above, and finite"
        raise DataError(
            f"{path}: the cell in row {row}, column {column} (from 0) is {values[row, column]:g} {unit}; "
            f"it must be {allowed}"
        )
    return 1.0 / (values * scale) if resistance else values * scale


def read_vectors(path: Path) -> Floats:
    """Return input vectors (n_samples, n_rows) from a ``.npy`` or CSV file, one line for each vector, as they stand.

    Raises
    ------
    DataError
        If the file cannot be read or holds a value that is not finite.
    """
    values = _read_npy(path) if path.suffix.lower() == ".npy" else _read_csv(path, resistance=False)
    if not np.isfinite(values).all():
        sample, row = (int(place) for place in np.argwhere(~np.isfinite(values))[0])
        raise DataError(f"{path}: row {row} of vector {sample} (from 0) is {values[sample, row]:g}; it must be finite")
    return values


def random_map(n_rows: int, n_cols: int, states: tuple[float, float], seed: int) -> Floats:
    """Return conductances (n_rows, n_cols) in siemens, LRS or HRS with the same chance; `states` in ohm, LRS first.

    Raises
    ------
    ParameterError
        If a resistance is not positive or LRS is above HRS.
    """
    lrs, hrs = states
    if not 0.0 < lrs <= hrs:
        raise ParameterError(f"LRS is {lrs:g} ohm and HRS {hrs:g} ohm; both must be above 0, and LRS not above HRS")
    if n_rows * n_cols > _MOST_CELLS:
        raise ParameterError(f"{n_rows} x {n_cols} cells are too many; {_MOST_CELLS:,} are allowed")
    low = stream(seed, "crossbar", "map").random((n_rows, n_cols)) < 0.5
    return np.where(low, 1.0 / lrs, 1.0 / hrs)


def _unit(text: str) -> tuple[float, bool]:
    """Factor to SI, and whether it is a resistance."""
    for si, resistance in (("siemens", False), ("ohm", True)):
        try:
            return parse_quantity(f"1 {text}", si), resistance
        except ParameterError:
            continue
    raise ParameterError(
        f"unit {text!r} of the map: it must be one of conductance or resistance, for example S, uS or kohm"
    )


def _read_npy(path: Path) -> Floats:
    try:
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as fault:
        raise DataError(f"{path}: cannot be read as NPY ({_reason(fault)})") from fault
    if not isinstance(values, np.ndarray) or values.ndim != 2 or 0 in values.shape or values.dtype.kind not in "fiu":
        raise DataError(f"{path}: holds no matrix of real numbers (rows, columns) with at least one cell")
    if values.size > _MOST_CELLS:
        raise DataError(
            f"{path}: {values.shape[0]} x {values.shape[1]} cells are too many; {_MOST_CELLS:,} are allowed"
        )
    return np.array(values, np.float64)


def _read_csv(path: Path, *, resistance: bool) -> Floats:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise DataError(f"{path}: {path.stat().st_size:,} bytes are too many for a map; use NPY")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as fault:
        raise DataError(f"{path}: cannot be read as CSV ({_reason(fault)})") from fault
    rows: list[list[float]] = []
    reader = csv.reader(io.StringIO(text))
    for fields in reader:
        if not "".join(fields).strip() or fields[0].lstrip().startswith("#"):
            continue
        rows.append(
            [_number(field, (path, reader.line_num, column), resistance) for column, field in enumerate(fields, 1)]
        )
        if len(rows[-1]) != len(rows[0]):
            raise DataError(
                f"{path}, line {reader.line_num}: {len(rows[-1])} values, but the first row has {len(rows[0])}; "
                "every row needs as many"
            )
    if not rows:
        raise DataError(f"{path}: is empty; write one line for each row, its conductances separated by commas")
    return np.array(rows)


def _number(field: str, place: tuple[Path, int, int], resistance: bool) -> float:
    word = field.strip()
    if word.lower() == "open":
        return math.inf if resistance else 0.0
    try:
        return float(word)
    except ValueError:
        path, line, column = place
        raise DataError(
            f"{path}, line {line}, value {column}: {word[:40]!r} is not a number (decimal point, no unit; see --unit)"
        ) from None


def _reason(fault: Exception) -> str:
    if isinstance(fault, OSError) and fault.strerror:
        return fault.strerror
    return (
        "not UTF-8 text"
        if isinstance(fault, UnicodeDecodeError)
        else str(fault).splitlines()[0]
        if str(fault)
        else "empty"
    )
