"""The contents of a NIR file as plain dictionaries: HDF5 read with limits, no links followed, no code.

NIR stores a graph as HDF5 groups (Pedersen et al., Nature Communications 15:8122, 2024). The file may come from
anywhere, so only arrays of numbers and short texts are taken, each one's size is known before it is read, and links are
refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from spikecim.errors import ModelError
from spikecim.models.hdf5_heaps import damaged_heap
from spikecim.models.limits import check_size
from spikecim.models.model import MOST_PARAMETERS

MOST_ITEMS = 20_000
MOST_DEPTH = 8
_LONGEST_TEXT = 10_000
_MOST_PACKED = 1100
# HDF5's own filters and lzf: anything else would be a plug-in, that is, code.
_FILTERS = {1, 2, 3, 4, 5, 6, 32000}


def read_tree(path: Path) -> dict[str, Any]:
    """Return the groups of `path` as dictionaries, their data as arrays and texts.

    Raises
    ------
    ModelError
        If the file is missing, damaged, too large, or holds links or what else is no plain data.
    """
    import h5py

    check_size(path)
    try:
        if damaged_heap(path):
            raise ValueError("texts that reach out of their place")
        with h5py.File(path, "r") as file:
            return _Reader(path, h5py).group(file, "", 0)
    except ModelError:
        raise
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, MemoryError, OverflowError, UnicodeError) as error:
        reason = " ".join(str(error).split())[:120]
        raise ModelError(f"{path}: is not a NIR file, or damaged ({reason})") from None


class _Reader:
    """Counts what has been read, so that a small file cannot become a large one."""

    def __init__(self, path: Path, h5py: Any) -> None:
        self.path, self.h5py = path, h5py
        self.items, self.numbers = 0, 0

    def group(self, group: Any, place: str, depth: int) -> dict[str, Any]:
        if depth > MOST_DEPTH:
            raise ModelError(f"{self.path}: {place} lies deeper than {MOST_DEPTH} groups; no NIR graph does")
        found: dict[str, Any] = {}
        for name in group:
            where = f"{place}/{name}"
            self.items += 1
            if self.items > MOST_ITEMS:
                raise ModelError(f"{self.path}: more than {MOST_ITEMS} entries; no network of this size is read")
            if not isinstance(group.get(name, getlink=True), self.h5py.HardLink):
                raise ModelError(f"{self.path}: {where} is a link; NIR files hold their data themselves")
            entry = group[name]
            if isinstance(entry, self.h5py.Group):
                found[name] = self.group(entry, where, depth + 1)
            elif isinstance(entry, self.h5py.Dataset):
                found[name] = self.data(entry, where)
            else:
                raise ModelError(f"{self.path}: {where} is neither a group nor data")
        return found

    def data(self, data: Any, where: str) -> Any:
        plan = data.id.get_create_plist()
        filters = {plan.get_filter(number)[0] for number in range(plan.get_nfilters())}
        if data.external or data.is_virtual or not filters <= _FILTERS:
            raise ModelError(f"{self.path}: {where} lies in another file or is packed in a way that is not read")
        if data.shape is None:
            return None
        text = self.h5py.check_string_dtype(data.dtype)
        count = int(np.prod(data.shape, dtype=np.float64))
        if text is not None:
            return self.texts(data, where, count)
        if data.dtype.kind not in "fiub":
            raise ModelError(f"{self.path}: {where} is of type {data.dtype}; numbers and texts are read")
        self.numbers += count
        # Deflate packs at most about 1030 to 1; more would be numbers that nobody stored.
        stored = _MOST_PACKED * (data.id.get_storage_size() + 64)
        if self.numbers > MOST_PARAMETERS or count * data.dtype.itemsize > stored:
            raise ModelError(
                f"{self.path}: {where} of shape {data.shape} is too large or was not stored; "
                f"at most {MOST_PARAMETERS} numbers are read"
            )
        return data[()]

    def texts(self, data: Any, where: str, count: int) -> Any:
        """One text, or an array of them: read one by one, since each could be long."""
        if count > 2 * MOST_ITEMS or len(data.shape) > 2:
            raise ModelError(f"{self.path}: {where} holds {count} texts; at most {2 * MOST_ITEMS} are read")
        if data.shape == ():
            return self.text(data[()], where)
        places = np.ndindex(*data.shape)
        return np.array([self.text(data[place], where) for place in places], dtype=object).reshape(data.shape)

    def text(self, value: Any, where: str) -> str:
        if len(value) > _LONGEST_TEXT:
            raise ModelError(f"{self.path}: {where} is a text of {len(value)} characters; at most {_LONGEST_TEXT}")
        return value.decode("utf-8") if isinstance(value, bytes) else str(value)
