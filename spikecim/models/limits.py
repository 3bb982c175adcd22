"""How much of an untrusted file is read: its size is known before the first byte."""

from __future__ import annotations

from pathlib import Path

from spikecim.errors import ModelError
from spikecim.models.model import MOST_PARAMETERS

MOST_BYTES = 8 * MOST_PARAMETERS


def check_size(path: Path) -> None:
    """Raise ModelError unless `path` is a file of a size that a network has."""
    try:
        if not path.is_file():
            raise ModelError(f"{path}: {'is a folder, not a file' if path.is_dir() else 'no such file'}")
        size = path.stat().st_size
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror})") from None
    if size > MOST_BYTES:
        raise ModelError(f"{path}: {size >> 20} MB; at most {MOST_BYTES >> 20} MB are read")


def read_bytes(path: Path) -> bytes:
    """All of `path`.

    Raises
    ------
    ModelError
        If it is missing, too large or not readable.
    """
    check_size(path)
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror})") from None
