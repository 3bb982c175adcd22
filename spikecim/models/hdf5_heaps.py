"""Checks the text heaps of an HDF5 file before the HDF5 library sees them: on damaged ones it can loop for ever.

Layout: HDF5 File Format Specification 3.0, III.E "Global Heap". A collection begins with "GCOL", version 1, 3 bytes and
its size (8 bytes); then objects, each index (2), references (2), 4 bytes, size (8), data padded to 8. Index 0 is free
room, its size counts its own head.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

_HEAD = 16


def damaged_heap(path: Path) -> bool:
    """Whether a heap in `path` has an object that reaches out of it or has no length."""
    if path.stat().st_size == 0:
        return False
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        start = data.find(b"GCOL")
        while start >= 0:
            if not _sound(data, start):
                return True
            start = data.find(b"GCOL", start + 4)
    return False


def _sound(data: mmap.mmap, start: int) -> bool:
    """Whether the objects of the collection at `start` fill it one after another."""
    if start + _HEAD > len(data):
        return False
    (size,) = struct.unpack_from("<Q", data, start + 8)
    if size < _HEAD or start + size > len(data):
        return False
    place = start + _HEAD
    while place + _HEAD <= start + size:
        (index,) = struct.unpack_from("<H", data, place)
        (length,) = struct.unpack_from("<Q", data, place + 8)
        step = length if index == 0 else _HEAD + -(-length // 8) * 8
        if step < _HEAD or place + step > start + size:
            return False
        place += step
    return True
