"""Reader of IDX files, plain or gzip (format: "The MNIST database", Y. LeCun, C. Cortes, C. J. C. Burges)."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import DataError, DataNotFoundError

UBYTE = 0x08
MAX_AXES = 4


def read_idx(path: Path, *, dataset: str = "NAME") -> NDArray[np.uint8]:
    """Return the array in an IDX file of unsigned bytes.

    Parameters
    ----------
    path : Path
        A gzip file if the name ends in ``.gz``, else a plain one.
    dataset : str
        Catalogue name, for the error message.

    Returns
    -------
    uint8, read-only
        1 to 4 axes, as the file says.

    Raises
    ------
    DataError
        If the file is truncated, too long, not gzip, not IDX or of another type.
    DataNotFoundError
        If there is no such file.
    """
    try:
        return _parse(_unpack(Path(path)))
    except FileNotFoundError as fault:
        raise DataNotFoundError(f"{path}: no such file; get it with: spikecim data fetch {dataset}") from fault
    except OSError as fault:
        raise DataError(f"{path}: cannot be read ({fault.strerror}); make it a readable file") from fault
    except ValueError as fault:
        remedy = f"delete it and download it again: spikecim data fetch {dataset}"
        raise DataError(f"{path}: {fault}; {remedy}") from fault


def _unpack(path: Path) -> bytes:
    data = path.read_bytes()
    if path.suffix != ".gz":
        return data
    if data[:2] != b"\x1f\x8b":
        raise ValueError(f"not a gzip file although its name ends in .gz (begins with {data[:4].hex(' ')!r})")
    try:
        return gzip.decompress(data)
    except EOFError as fault:
        raise ValueError(f"truncated gzip file of {len(data):,} bytes") from fault
    except (gzip.BadGzipFile, zlib.error) as fault:
        raise ValueError(f"damaged gzip file ({fault})") from fault


def _parse(data: bytes) -> NDArray[np.uint8]:
    shape, start = _header(data)
    expected, found = math.prod(shape), len(data) - start
    if found < expected:
        raise ValueError(f"truncated: {found:,} of {expected:,} bytes for shape {shape}")
    if found > expected:
        raise ValueError(f"{found - expected:,} bytes too many after the {expected:,} for shape {shape}")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)


def _header(data: bytes) -> tuple[tuple[int, ...], int]:
    """Return the shape and the length of the header: 00 00, type, number of axes, then one uint32 for each axis."""
    if len(data) < 4 or data[:2] != b"\x00\x00":
        raise ValueError(f"not an IDX file (begins with {data[:4].hex(' ')!r}, expected 00 00 08 and the axes)")
    if data[2] != UBYTE:
        raise ValueError(f"IDX type 0x{data[2]:02x}; only 0x08 (unsigned byte) is read")
    n_axes = data[3]
    if not 1 <= n_axes <= MAX_AXES:
        raise ValueError(f"IDX array of {n_axes} axes; allowed: 1 to {MAX_AXES}")
    start = 4 + 4 * n_axes
    if len(data) < start:
        raise ValueError(f"truncated: {len(data)} of {start} bytes of the IDX header")
    return tuple(np.frombuffer(data[4:start], ">u4").tolist()), start
