"""Checksums: a data file is used only if its bytes are the published ones."""

from __future__ import annotations

import hashlib
from pathlib import Path

from spikecim.datasets.catalogue import DataFile
from spikecim.errors import DataError


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file in hex; `DataError` if it cannot be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as fault:
        reason = fault.strerror or fault
        raise DataError(f"{path}: cannot be read ({reason}); make it readable or remove it") from fault


def verify(path: Path, file: DataFile, dataset: str) -> None:
    """Raise `DataError` unless `path` holds the published bytes of `file`, as published or unpacked."""
    expected, found = file.checksum_of(path), sha256_of(path)
    if found == expected:
        return
    sums = f"sha256 expected {expected[:12]}, found {found[:12]}"
    remedy = f"delete it and download it again: spikecim data fetch {dataset}"
    raise DataError(f"{path}: not the published {dataset} file ({sums}); {remedy}")
