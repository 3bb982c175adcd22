"""A CSV file as named columns of text: what is wrong is told with file, line and column; units are never guessed."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from spikecim.devices.measured.units import check_unit, split_header, split_value
from spikecim.errors import DataError, ParameterError, hint

MAX_BYTES, MAX_ROWS = 64_000_000, 2_000_000
_VALUE_LIKE = re.compile(r"[+-]?\d[\d.eE+-]*")


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: its header as written, its unit or "", and its place in a row."""

    header: str
    unit: str
    place: int


@dataclass(frozen=True, kw_only=True)
class CsvText:
    """A CSV file.

    Attributes
    ----------
    path : str
        As the user gave it, for messages.
    digest : str
        SHA-256 of the file, in hexadecimal.
    columns : dict of Column
        By name: the header in small letters, without its unit.
    rows : list of (line number, fields)
    unit_option : bool
        Whether the user could state the unit on the command line.
    """

    path: str
    digest: str
    columns: Mapping[str, Column]
    rows: list[tuple[int, list[str]]]
    unit_option: bool = True

    def fail(self, message: str, line: int, name: str) -> NoReturn:
        """Raise DataError at `line` of column `name`."""
        raise DataError(f"{self.path}: line {line}, column {self.columns[name].header!r}: {message}")

    def texts(self, name: str) -> list[str]:
        """Fields of column `name`, "" where a row is too short."""
        place = self.columns[name].place
        return [fields[place].strip() if place < len(fields) else "" for _, fields in self.rows]

    def numbers(
        self, name: str, units: Mapping[str, float], stated: str | None = None
    ) -> tuple[NDArray[np.float64], str]:
        """Column `name` in SI, NaN where a field is empty; and the unit it was written in.

        Parameters
        ----------
        units : dict of float
            Units allowed here, with their factors.
        stated : str, optional
            Unit that the user stated beside the file.

        Raises
        ------
        DataError
            With line and column: no number, not finite, or a unit that is missing or contradicts another.
        """
        values = np.full(len(self.rows), np.nan)
        fixed = self._unit(name, units, stated)
        unit = fixed
        for place, text in enumerate(self.texts(name)):
            if not text:
                continue
            line = self.rows[place][0]
            try:
                values[place], own = split_value(text)
                if own:
                    check_unit(own, units)
            except ParameterError as error:
                self.fail(str(error), line, name)
            if unit is None:
                unit = own
            if own != unit and (own or not fixed):
                told = f"in {unit}" if unit else "without a unit"
                self.fail(f"{text!r} in a column {told}; write the whole column in one unit", line, name)
        if not unit:
            self._ask(name, units)
        return values * units[unit], unit

    def _unit(self, name: str, units: Mapping[str, float], stated: str | None) -> str | None:
        column = self.columns[name]
        for unit in (column.unit, stated):
            if unit:
                try:
                    check_unit(unit, units)
                except ParameterError as error:
                    raise DataError(f"{self.path}: column {column.header!r}: {error}") from None
        if stated and column.unit and stated != column.unit:
            raise DataError(
                f"{self.path}: column {column.header!r} says {column.unit}, but --unit says {stated}; drop one of them"
            )
        return column.unit or stated or None

    def _ask(self, name: str, units: Mapping[str, float]) -> NoReturn:
        header, example = self.columns[name].header, "kohm" if "kohm" in units else next(iter(units))
        other = f", or give --unit {example}" if self.unit_option and name != "time" else ""
        raise DataError(
            f"{self.path}: column {header!r} states no unit; write it in the header ({name}_{example}){other} "
            f"(allowed: {', '.join(units)})"
        )


def read_csv(path: Path, known: Collection[str], *, unit_option: bool = True) -> CsvText:
    """Read a CSV file (comma, semicolon or tab) whose first line names its columns; lines with # are comments.

    Parameters
    ----------
    known : collection of str
        Column names that mean something here.
    unit_option : bool
        Whether the user could state a unit on the command line.

    Raises
    ------
    DataError
        If it cannot be read, is empty, binary, too large, or has unknown or doubled columns.
    """
    content = _content(path)
    lines = [(n, line) for n, line in enumerate(_decoded(path, content).splitlines(), 1) if _speaks(line)]
    if not lines:
        raise DataError(f"{path}: is empty; the first line names the columns, each with its unit")
    if len(lines) - 1 > MAX_ROWS:
        raise DataError(f"{path}: holds {len(lines) - 1:,} rows, more than {MAX_ROWS:,}; take a sample of them")
    header = lines[0][1]
    delimiter = max(",;\t", key=header.count)
    try:
        fields = [next(csv.reader([line], delimiter=delimiter, strict=True)) for _, line in lines]
    except csv.Error as error:
        raise DataError(f"{path}: is not a CSV file ({error})") from None
    columns = _columns(path, lines[0][0], fields[0], known)
    rows = [(number, row) for (number, _), row in zip(lines[1:], fields[1:], strict=True)]
    if not rows:
        raise DataError(f"{path}: holds a header and no values")
    for line, row in rows:
        if len(row) > len(fields[0]):
            more = "; a decimal comma? write a point" if delimiter == "," else ""
            raise DataError(f"{path}: line {line}: {len(row)} fields, but the header names {len(fields[0])}{more}")
    digest = hashlib.sha256(content).hexdigest()
    return CsvText(path=str(path), digest=digest, columns=columns, rows=rows, unit_option=unit_option)


def _content(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise DataError(
                f"{path}: {size / 1e6:,.0f} MB are more than {MAX_BYTES / 1e6:.0f} MB; take a sample of the rows"
            )
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); give the path of a CSV file") from None


def _decoded(path: Path, content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise DataError(f"{path}: is not text (UTF-8); save the table as CSV in UTF-8, not as a workbook")
    return text


def _speaks(line: str) -> bool:
    return bool(line.strip(" ,;\t")) and not line.lstrip().startswith("#")


def _columns(path: Path, line: int, headers: list[str], known: Collection[str]) -> dict[str, Column]:
    columns: dict[str, Column] = {}
    for place, text in enumerate(headers):
        name, unit = split_header(text)
        header = text.strip()
        if name not in known and _VALUE_LIKE.fullmatch(header):
            raise DataError(f"{path}: line {line} holds values; the first line must name the columns and their units")
        if name not in known:
            help_ = hint(name, known, f"allowed: {', '.join(known)}, with a unit as in resistance_ohm")
            raise DataError(f"{path}: line {line}, column {place + 1}: {header!r} is unknown; {help_}")
        if name in columns:
            raise DataError(
                f"{path}: line {line}, column {place + 1}: {columns[name].header!r} and {header!r} are one quantity; "
                "keep one of the columns"
            )
        columns[name] = Column(header=header, unit=unit, place=place)
    return columns
