"""Cell maps: one resistance for each cell of an array, in and out; and the list of pulses that programs it.

A map is a CSV with columns row, neuron, cell and resistance_ohm (or another unit in the header; other columns of an
exported image are ignored), or a .npy array (n_in, n_out, cells_per_weight) in ohm.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spikecim.devices.measured.csv_text import MAX_BYTES, CsvText, read_csv
from spikecim.devices.measured.table import ohms
from spikecim.devices.oxram import Cells
from spikecim.devices.states import ProgrammingSpec
from spikecim.errors import DataError, ShapeError

FloatArray = NDArray[np.float64]
PLACES = ("row", "neuron", "cell")
_KNOWN = (*PLACES, "resistance", "conductance", "target", "level")
IMAGE_HEAD = "row,neuron,cell,target,level,resistance_ohm"
LIST_HEAD = "order,row,neuron,cell,pulse,operation,level,verify_from_ohm,verify_to_ohm"


def read_cell_map(path: Path, shape: tuple[int, int, int]) -> FloatArray:
    """Read the cell map in `path`.

    Parameters
    ----------
    shape : (n_in, n_out, cells_per_weight)
        Of the chip.

    Returns
    -------
    float64 (n_in, n_out, cells_per_weight), ohm

    Raises
    ------
    DataError, ShapeError
        One line: not a map, another shape, missing or doubled cells, or a resistance that is none.
    """
    if path.suffix.lower() == ".npy":
        return _from_npy(path, shape)
    if path.suffix.lower() != ".csv":
        raise DataError(f"{path}: a cell map is a .csv or a .npy file")
    return _from_csv(read_csv(path, _KNOWN, unit_option=False), shape)


def image_lines(cells: Cells, in_lrs: NDArray[np.bool_]) -> Iterator[str]:
    """CSV lines of programmed `cells` (n_in, n_out, n_cells): what each should be, what it reads as, and its ohms."""
    yield IMAGE_HEAD
    for place in np.ndindex(cells.resistance.shape):
        # repr gives the digits that read back to the same number.
        ohm = repr(float(cells.resistance[place]))
        yield ",".join([*map(str, place), _state(bool(cells.target[place])), _state(bool(in_lrs[place])), ohm])


def programming_lines(cells: Cells, rules: ProgrammingSpec) -> Iterator[str]:
    """CSV lines of every pulse that `cells` (n_in, n_out, n_cells) took, row by row, each with its verify window."""
    yield LIST_HEAD
    verified = rules.mode.value == "write-verify"
    windows = {True: f"0,{rules.lrs_max.value!r}", False: f"{rules.hrs_min.value!r},"}
    order = 0
    for place in np.ndindex(cells.target.shape):
        low = bool(cells.target[place])
        tail = f"{'SET' if low else 'RESET'},{_state(low)},{windows[low] if verified else ','}"
        for pulse in range(1, int(cells.pulses[place]) + 1):
            order += 1
            yield ",".join([str(order), *map(str, place), str(pulse), tail])


def _state(low: bool) -> str:
    return "LRS" if low else "HRS"


def _from_npy(path: Path, shape: tuple[int, int, int]) -> FloatArray:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DataError(f"{path}: is larger than {MAX_BYTES / 1e6:.0f} MB; a map holds one number for each cell")
        values = np.load(path, allow_pickle=False)
    except DataError:
        raise
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or 'not a .npy file'})") from None
    except (ValueError, EOFError):
        raise DataError(f"{path}: is not a .npy file of plain numbers") from None
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiu":
        raise DataError(f"{path}: is not an array of real numbers")
    if values.shape != shape:
        raise ShapeError(f"{path}: the chip has {shape} (row, neuron, cell), the map {values.shape}")
    ohm = values.astype(np.float64)
    bad = np.argwhere(~(np.isfinite(ohm) & (ohm > 0)))
    if len(bad):
        at = tuple(map(int, bad[0]))
        raise DataError(f"{path}: cell {at} (row, neuron, cell) is {ohm[at]:g} ohm; must be finite and above 0")
    return ohm


def _from_csv(table: CsvText, shape: tuple[int, int, int]) -> FloatArray:
    values = [name for name in ("resistance", "conductance") if name in table.columns]
    missing = [name for name in PLACES if name not in table.columns]
    if missing or len(values) != 1:
        lacking = ", ".join([*missing, *([] if values else ["resistance_ohm"])]) or "one of resistance and conductance"
        raise DataError(f"{table.path}: columns row,neuron,cell,resistance_ohm are needed; missing: {lacking}")
    ohm = ohms(table, values[0])
    for place in np.flatnonzero(np.isnan(ohm)):
        table.fail("is empty; every cell needs its resistance", table.rows[place][0], values[0])
    places = tuple(_places(table, name, size) for name, size in zip(PLACES, shape, strict=True))
    flat = np.ravel_multi_index(places, shape)
    counts = np.bincount(flat, minlength=int(np.prod(shape)))
    if (counts > 1).any():
        again = np.flatnonzero(flat == np.argmax(counts > 1))[1]
        at = tuple(int(one[again]) for one in places)
        raise DataError(f"{table.path}: line {table.rows[again][0]}: cell {at} (row, neuron, cell) stands there twice")
    if (counts == 0).any():
        at = tuple(map(int, np.unravel_index(np.argmin(counts), shape)))
        raise ShapeError(
            f"{table.path}: {(counts == 0).sum():,} of {counts.size:,} cells are missing, the first is {at} (row, "
            f"neuron, cell); the chip has {shape}"
        )
    found = np.empty(shape)
    found[places] = ohm
    return found


def _places(table: CsvText, name: str, size: int) -> NDArray[np.int64]:
    """Whole numbers 0 .. size - 1 in column `name`."""
    found = np.empty(len(table.rows), np.int64)
    for place, text in enumerate(table.texts(name)):
        line = table.rows[place][0]
        if not (text.isascii() and text.isdigit()):
            table.fail(f"{text!r} is not a whole number from 0", line, name)
        if len(text) > 9 or int(text) >= size:
            table.fail(f"{text} is outside the chip; allowed 0 .. {size - 1}", line, name)
        found[place] = int(text)
    return found
