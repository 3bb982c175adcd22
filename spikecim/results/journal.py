"""The journal of a study: one line for each finished point, written as it comes, that survives a kill at any moment."""

from __future__ import annotations

import math
import os
import time
from array import array
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import OutputError, ResultFileError
from spikecim.files import explain
from spikecim.results.journal_lines import CUT_HEADER, FORMAT, Entry, checked, heard, line_of, told

__all__ = ["Entry", "Journal", "Rows"]

SCHEMA = 1
# A kill loses nothing that was written; only a power cut can lose what the disk was not told to keep.
_SYNC_S = 1.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """Finished points as columns.

    Attributes
    ----------
    design, chip : int64 (n_rows,)
    values : float64 (n_rows, n_columns)
        NaN where a point failed.
    error : object (n_rows,)
        Text; empty where a point did not fail.
    """

    design: NDArray[np.int64]
    chip: NDArray[np.int64]
    values: NDArray[np.float64]
    error: NDArray[np.object_]


class Journal:
    """All finished points of one study, on disk and in memory; one process at a time has it open.

    Use it in a ``with`` statement.

    Parameters
    ----------
    path : Path
        Made if it is not there.
    columns : tuple of str
        Names of the values of a point.
    about : mapping of str to str
        What the values depend on; a journal about something else is refused.

    Raises
    ------
    ResultFileError
        If the file is no journal, of another schema, of other columns or about something else.
    OutputError
        If it cannot be written, or another process has it open.
    """

    def __init__(self, path: Path, columns: tuple[str, ...], about: Mapping[str, str]) -> None:
        self.path, self.columns = Path(path), columns
        self._place: dict[tuple[int, int], int] = {}
        self._values = array("d")
        self._errors: dict[int, str] = {}
        self._n_damaged = 0
        self._synced = time.monotonic()
        try:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise explain(error, self.path) from error
        try:
            self._lock()
            self._recover({"format": FORMAT, "schema": SCHEMA, "columns": list(columns), "about": dict(about)})
        except BaseException:
            os.close(self._file)
            raise

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            os.fsync(self._file)
        os.close(self._file)

    def __len__(self) -> int:
        return len(self._place)

    def __contains__(self, key: tuple[int, int]) -> bool:
        """Whether the point (design, chip) is finished."""
        return key in self._place

    @property
    def n_failed(self) -> int:
        """How many points failed."""
        return len(self._errors)

    @property
    def n_damaged(self) -> int:
        """Lines found damaged as the file was opened; they do not count. A last line that was cut off is none."""
        return self._n_damaged

    def get(self, design: int, chip: int) -> Entry | None:
        """The point, or None if it is not finished."""
        place = self._place.get((design, chip))
        if place is None:
            return None
        if place in self._errors:
            return Entry(design=design, chip=chip, error=self._errors[place])
        n = len(self.columns)
        return Entry(design=design, chip=chip, values=tuple(self._values[place * n : (place + 1) * n]))

    def rows(self) -> Rows:
        """All points as columns, in the order of (design, chip)."""
        n, width = len(self._place), len(self.columns)
        keys = np.fromiter((number for key in self._place for number in key), np.int64, 2 * n).reshape(n, 2)
        places = np.fromiter(self._place.values(), np.int64, n)
        order = np.lexsort((keys[:, 1], keys[:, 0]))
        error = np.full(n, "", object)
        if self._errors:
            error[:] = [self._errors.get(place, "") for place in places[order].tolist()]
        return Rows(
            design=keys[order, 0],
            chip=keys[order, 1],
            values=np.frombuffer(self._values, np.float64).reshape(-1, width)[places[order]],
            error=error,
        )

    def forget_failed(self) -> None:
        """Count points that failed as not finished, until they are added again."""
        self._place = {key: place for key, place in self._place.items() if place not in self._errors}
        self._errors.clear()

    def add(self, entry: Entry) -> None:
        """Record a finished point; of two with one key the later holds.

        Raises
        ------
        OutputError
            If the disk is full; the journal is then as it was before.
        """
        if not entry.error and len(entry.values) != len(self.columns):
            raise ResultFileError(f"{self.path}: a point has {len(entry.values)} values, not {len(self.columns)}")
        self._append(told(entry))
        self._keep(entry)

    def _keep(self, entry: Entry) -> None:
        place = len(self._values) // len(self.columns)
        old = self._place.get((entry.design, entry.chip))
        if old is not None:
            self._errors.pop(old, None)
        self._place[entry.design, entry.chip] = place
        self._values.extend(entry.values or [math.nan] * len(self.columns))
        if entry.error:
            self._errors[place] = entry.error

    def _lock(self) -> None:
        try:
            import fcntl
        except ImportError:  # Windows
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OutputError(
                f"{self.path.parent}: another spikecim is writing into this folder; wait for it or choose another --out"
            ) from None
        except OSError:
            # A file system without locks: nothing can be told.
            return

    def _recover(self, header: dict[str, Any]) -> None:
        """Read what is there, cut off an unfinished last line, begin an empty file."""
        with open(os.dup(self._file), "rb") as stream:
            stream.seek(0)
            content = stream.read()
        whole = content.rfind(b"\n") + 1
        lines = content[:whole].split(b"\n")[:-1]
        if not lines:
            if not CUT_HEADER.match(content):
                raise ResultFileError(f"{self.path}: is no journal of spikecim; choose another --out")
            os.ftruncate(self._file, 0)
            self._append(header)
            return
        self._check_header(lines[0], header)
        for line in lines[1:]:
            self._read(line)
        if whole < len(content):
            os.ftruncate(self._file, whole)

    def _check_header(self, line: bytes, header: dict[str, Any]) -> None:
        found = checked(line)
        if not isinstance(found, dict) or found.get("format") != FORMAT:
            raise ResultFileError(
                f"{self.path}: is no journal of spikecim, or its first line is damaged; choose another --out, or "
                "remove the file, and all its points are computed again"
            )
        if found.get("schema") != SCHEMA:
            raise ResultFileError(
                f"{self.path}: has schema {found.get('schema')}, this spikecim reads schema {SCHEMA}; "
                "choose another --out or go on with the version that began it"
            )
        about, wanted = found.get("about"), header["about"]
        for key in sorted({*wanted, *(about if isinstance(about, dict) else {})}):
            was = about.get(key) if isinstance(about, dict) else None
            if was != wanted.get(key):
                raise ResultFileError(
                    f"{self.path}: was begun with {key} {was}, now it is {wanted.get(key)}; "
                    "choose another --out or go back to what it was begun with"
                )
        if found.get("columns") != header["columns"]:
            raise ResultFileError(f"{self.path}: holds other metrics ({found.get('columns')}); choose another --out")

    def _read(self, line: bytes) -> None:
        entry = heard(checked(line))
        if entry is not None and (entry.error or len(entry.values) == len(self.columns)):
            self._keep(entry)
        else:
            self._n_damaged += 1

    def _append(self, data: Any) -> None:
        line, size = line_of(data), os.fstat(self._file).st_size
        try:
            written = os.write(self._file, line)
            while written < len(line):
                written += os.write(self._file, line[written:])
            if time.monotonic() - self._synced > _SYNC_S:
                os.fsync(self._file)
                self._synced = time.monotonic()
        except OSError as error:
            os.ftruncate(self._file, size)
            raise explain(error, self.path) from error
