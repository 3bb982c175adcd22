"""The table of a study: a row for each virtual chip of each design, in HDF5 (layout: docs/run-format.md).

The rows rise in design, then chip, and the file holds no date: the same results give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import ResultFileError
from spikecim.results.hdf5_parts import (
    array_at,
    check_schema,
    kind_of,
    load_packed,
    put_array,
    put_texts,
    save_packed,
    text_at,
)

if TYPE_CHECKING:
    import h5py

FORMAT, SCHEMA = "spikecim-sweep-table", 1
DONE, FAILED = "done", "failed"
# What a column may hold: quantities, counts, names (as objects: a long text in one row must not widen all others).
_KINDS = {"f": "float64", "i": "int64", "O": "text"}


@dataclass(frozen=True, kw_only=True, eq=False)
class SweepTable:
    """Results of a study as columns.

    Attributes
    ----------
    study : dict
        `Study.describe()`.
    design, chip : int64 (n_rows,)
    factors : dict of str to float64, int64 or object (n_rows,)
        In SI units, in the study's order; names are an array of str objects.
    metrics : dict of str to float64 (n_rows,)
        NaN where a point failed.
    error : object (n_rows,)
        Why a point failed, as str; empty where it did not.
    """

    study: Mapping[str, Any]
    design: NDArray[np.int64]
    chip: NDArray[np.int64]
    factors: dict[str, NDArray[Any]]
    metrics: dict[str, NDArray[np.float64]]
    error: NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.design)

    @property
    def done(self) -> NDArray[np.bool_]:
        """Which rows have metrics."""
        return np.asarray(self.error == "", np.bool_)

    @property
    def status(self) -> NDArray[np.str_]:
        """``"done"`` or ``"failed"`` (n_rows,)."""
        return np.where(self.done, DONE, FAILED)

    @property
    def n_failed(self) -> int:
        """Rows without metrics."""
        return int((~self.done).sum())

    def columns(self) -> dict[str, NDArray[Any]]:
        """All columns by name, in the order of a CSV."""
        named = {"design": self.design, "chip": self.chip}
        return {**named, **self.factors, **self.metrics, "status": self.status, "error": self.error}


def write_table(table: SweepTable, path: Path) -> None:
    """Write `table`, whole or not at all, replacing a file of that name.

    Raises
    ------
    OutputError
        If the folder is missing or not writable, the disk is full, or a column is not what `SweepTable` says.
    """
    kinds = {name: _KINDS.get(values.dtype.kind, "") for name, values in table.factors.items()}

    def write(file: h5py.File) -> None:
        put_texts(file, {"study": json.dumps(table.study, sort_keys=True)})
        put_texts(file, {"factors": json.dumps(kinds), "metrics": json.dumps(list(table.metrics))})
        for place, values in _places(table).items():
            _put(file, place, values, len(table))

    save_packed(path, FORMAT, SCHEMA, write, dated=False)


def load_table(path: Path) -> SweepTable:
    """Read a table that `write_table` wrote.

    Raises
    ------
    ResultFileError
        If the file is missing, no table of spikecim, of another schema, cut off, damaged or inconsistent.
    """

    def read(file: h5py.File) -> SweepTable:
        if kind_of(file) != FORMAT:
            raise ResultFileError("is no table of a study; give the table.h5 that `spikecim sweep` wrote")
        check_schema(file, SCHEMA)
        return _unpack(file)

    return load_packed(path, read)


def _places(table: SweepTable) -> dict[str, NDArray[Any]]:
    columns = {"design": table.design, "chip": table.chip, "error": table.error}
    columns |= {f"factor/{name}": values for name, values in table.factors.items()}
    return columns | {f"metric/{name}": values for name, values in table.metrics.items()}


def _put(file: h5py.File, place: str, values: NDArray[Any], n_rows: int) -> None:
    """One column: numbers as they are, texts as labels and the place of each row's among them."""
    kind = _KINDS.get(values.dtype.kind)
    if values.shape != (n_rows,) or kind is None:
        raise ValueError(f"{place}: a column must be {n_rows} numbers or texts, got {values.dtype} {values.shape}")
    if kind != "text":
        put_array(file, place, values.astype(kind, copy=False))
        return
    labels = sorted(set(values.tolist()))
    number = {label: index for index, label in enumerate(labels)}
    put_array(file, f"{place}/codes", np.fromiter((number[value] for value in values), np.int32, n_rows))
    put_array(file, f"{place}/labels", np.frombuffer(json.dumps(labels).encode(), np.uint8))


def _unpack(file: h5py.File) -> SweepTable:
    sizes: dict[str, int] = {}
    kinds, metrics = json.loads(text_at(file, "factors")), json.loads(text_at(file, "metrics"))
    return SweepTable(
        study=json.loads(text_at(file, "study")),
        design=_column(file, "design", "int64", sizes),
        chip=_column(file, "chip", "int64", sizes),
        factors={name: _column(file, f"factor/{name}", kind, sizes) for name, kind in kinds.items()},
        metrics={name: _column(file, f"metric/{name}", "float64", sizes) for name in metrics},
        error=_column(file, "error", "text", sizes),
    )


def _column(file: h5py.File, place: str, kind: str, sizes: dict[str, int]) -> NDArray[Any]:
    if kind in ("float64", "int64"):
        return array_at(file, place, kind, ("n_rows",), sizes)
    codes = array_at(file, f"{place}/codes", "int32", ("n_rows",), sizes)
    packed = array_at(file, f"{place}/labels", "uint8", ("n_bytes",), {})
    labels = json.loads(packed.tobytes())
    if kind != "text" or not all(isinstance(label, str) for label in labels):
        raise ResultFileError(f"{place}: is neither numbers nor texts")
    if ((codes < 0) | (codes >= len(labels))).any():
        raise ResultFileError(f"{place}: rows and labels do not fit each other")
    return np.array([*labels, ""], object)[codes]
