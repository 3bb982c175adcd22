"""Lines of a journal: checksum, space, JSON. What was cut off or damaged does not count: its point runs again."""

from __future__ import annotations

import json
import math
import re
import zlib
from dataclasses import dataclass
from typing import Any

FORMAT = "spikecim-journal"
# A file whose first line was cut off: nothing is lost with it.
CUT_HEADER = re.compile(rb"[0-9a-f]{0,8}\Z|[0-9a-f]{8} (\{\"format\":\"spikecim-journal|.{0,27}\Z)")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One finished point.

    Attributes
    ----------
    design, chip : int
    values : tuple of float
        In the order of the journal's columns; empty if it failed.
    error : str
        Why it failed; empty if it did not.
    """

    design: int
    chip: int
    values: tuple[float, ...] = ()
    error: str = ""


def told(entry: Entry) -> list[Any]:
    """What a line says of `entry`, as plain data."""
    # JSON has no name for what is not finite.
    values = [float(value) if math.isfinite(value) else repr(float(value)) for value in entry.values]
    return [entry.design, entry.chip, entry.error or values]


def heard(data: Any) -> Entry | None:
    """The entry that `told` told of; None if it is none."""
    match data:
        case [int(design), int(chip), list(values)]:
            return Entry(design=design, chip=chip, values=tuple(float(value) for value in values))
        case [int(design), int(chip), str(error)]:
            return Entry(design=design, chip=chip, error=error)
    return None


def line_of(data: Any) -> bytes:
    """`data` as a line, with its end."""
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return f"{zlib.crc32(text.encode()):08x} {text}\n".encode()


def checked(line: bytes) -> Any:
    """What a line without its end says; None if it is damaged."""
    try:
        return json.loads(line[9:]) if line[:9] == f"{zlib.crc32(line[9:]):08x} ".encode() else None
    except (ValueError, RecursionError):
        return None
