"""Files of measured stuck maps: one chip, one or more matrices; .npz (no pickle) or CSV with one line a stuck cell.

CSV: ``# chip,NAME``, one ``# layer,NAME,2,n_slices,n_in,n_columns`` a matrix, the header, then the stuck cells.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.analog.stuck import StuckMap
from spikecim.errors import DataError, OutputError, ShapeError
from spikecim.files import replacing, write_text

HEADER = ("layer", "polarity", "slice", "row", "column", "state")
_STATES = {"LRS": 1, "HRS": -1}
_POLARITIES = {"positive": 0, "negative": 1}
# A file that unpacks to more is no map of a chip.
_MOST_BYTES = 2**31
_LAYER = "layer:"


def write_stuck_maps(path: Path, maps: Mapping[str, StuckMap]) -> None:
    """Write the maps of one chip, by matrix, to `path` (.npz or .csv), whole or not at all.

    Raises
    ------
    OutputError
        If it cannot be written, or ends in neither.
    DataError
        If the maps are of several chips, or there are none.
    """
    chips = {one.chip for one in maps.values()}
    if len(chips) != 1:
        raise DataError(f"stuck maps of {len(chips)} chips; a file holds those of one")
    if path.suffix == ".csv":
        write_text(path, _csv_text(chips.pop(), maps))
    elif path.suffix == ".npz":
        arrays: dict[str, Any] = {_LAYER + name: one.cells for name, one in maps.items()}
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, chip=np.array(chips.pop()), **arrays)
    else:
        raise OutputError(f"{path}: a stuck map is a .npz or a .csv file; end the name in one of them")


def read_stuck_maps(path: Path) -> dict[str, StuckMap]:
    """The maps of one chip, by matrix.

    Raises
    ------
    DataError
        If the file cannot be read or is no stuck map, in one line.
    """
    try:
        return _read_csv(path) if path.suffix == ".csv" else _read_npz(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}); give a stuck map, .npz or .csv") from None
    except (ValueError, KeyError, IndexError, EOFError, zipfile.BadZipFile) as error:
        text = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"{path}: is no stuck map ({text})") from None


def _read_npz(path: Path) -> dict[str, StuckMap]:
    with zipfile.ZipFile(path) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > _MOST_BYTES:
            raise ValueError("it unpacks to more than 2 GiB")
    with np.load(path, allow_pickle=False) as stored:
        if "chip" not in stored.files or stored["chip"].shape != () or stored["chip"].dtype.kind != "U":
            raise ValueError("it names no chip")
        chip = str(stored["chip"])
        names = [name.removeprefix(_LAYER) for name in stored.files if name.startswith(_LAYER)]
        if not names:
            raise ValueError("it holds no matrix")
        return {name: StuckMap(cells=stored[_LAYER + name], chip=chip, layer=name) for name in names}


def _csv_text(chip: str, maps: Mapping[str, StuckMap]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["# chip", chip])
    for name, one in maps.items():
        writer.writerow(["# layer", name, *one.cells.shape])
    writer.writerow(HEADER)
    words = ["HRS", "", "LRS"]
    for name, one in maps.items():
        for polarity, part, row, column in np.argwhere(one.cells).tolist():
            state = words[int(one.cells[polarity, part, row, column]) + 1]
            writer.writerow([name, list(_POLARITIES)[polarity], part, row, column, state])
    return text.getvalue()


def _read_csv(path: Path) -> dict[str, StuckMap]:
    lines = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8").removeprefix("\ufeff"))))
    chips = [line[1] for line in lines if line[:1] == ["# chip"]]
    if len(chips) != 1:
        raise ValueError("it must name one chip, in a line '# chip,NAME'")
    cells = {line[1]: _empty(line) for line in lines if line[:1] == ["# layer"]}
    for number, line in enumerate(lines, 1):
        if line and not line[0].startswith("#") and tuple(line) != HEADER:
            _place(cells, line, number)
    if not cells:
        raise ValueError("it holds no matrix; each needs a line '# layer,NAME,2,n_slices,n_in,n_columns'")
    return {name: StuckMap(cells=found, chip=chips[0], layer=name) for name, found in cells.items()}


def _empty(line: list[str]) -> NDArray[np.int8]:
    shape = tuple(map(int, line[2:]))
    if len(shape) != 4 or shape[0] != 2 or min(shape) < 1 or int(np.prod(shape, dtype=object)) > _MOST_BYTES:
        raise ShapeError(f"layer {line[1]!r}: the shape must be 2, n_slices, n_in, n_columns, got {line[2:]}")
    return np.zeros(shape, np.int8)


def _place(cells: dict[str, NDArray[np.int8]], line: list[str], number: int) -> None:
    if len(line) != len(HEADER) or line[0] not in cells:
        raise ValueError(f"line {number}: expected {','.join(HEADER)} of a layer named above, got {','.join(line)!r}")
    name, polarity, part, row, column, state = line
    if polarity not in _POLARITIES or state not in _STATES:
        raise ValueError(f"line {number}: polarity is {' or '.join(_POLARITIES)}, state {' or '.join(_STATES)}")
    place = (_POLARITIES[polarity], int(part), int(row), int(column))
    if any(not 0 <= index < size for index, size in zip(place, cells[name].shape, strict=True)):
        raise ValueError(f"line {number}: no such cell in layer {name!r} of shape {cells[name].shape}")
    cells[name][place] = _STATES[state]
