"""One part of CIFAR-10 as records, checked: a label byte, then 1,024 red, 1,024 green and 1,024 blue bytes each."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIDE, CHANNELS, N_CLASSES = 32, 3, 10
N_VALUES = CHANNELS * SIDE * SIDE
RECORD = 1 + N_VALUES

Samples = tuple[NDArray[np.uint8], NDArray[np.uint8]]


@dataclass(frozen=True, kw_only=True)
class Part:
    """A run of records as published, and the sha256 of their bytes, whatever file they come in."""

    name: str
    n_records: int
    sha256: str

    @property
    def n_bytes(self) -> int:
        return RECORD * self.n_records


def from_bytes(data: bytes, part: Part) -> Samples:
    """Return images uint8 (n, 32, 32, 3) and labels uint8 (n,), read-only.

    Raises
    ------
    ValueError
        If there are more or fewer bytes than `part` has, a label is above 9, or the bytes are not the published ones.
    """
    if len(data) != part.n_bytes:
        found = "truncated" if len(data) < part.n_bytes else "too long"
        raise ValueError(f"{found}: {len(data):,} bytes, not the {part.n_bytes:,} of {part.n_records:,} records")
    return _samples(np.frombuffer(data, np.uint8).reshape(-1, RECORD), part)


def from_columns(pixels: NDArray[np.uint8], labels: list[int], part: Part) -> Samples:
    """The same from an array (n, 3072) and a list of labels."""
    if pixels.shape != (part.n_records, N_VALUES) or len(labels) != part.n_records:
        found = f"data {pixels.shape} and {len(labels):,} labels"
        raise ValueError(f"{found}, not the {part.n_records:,} records of {N_VALUES:,} values of {part.name}")
    _check_labels(np.asarray(labels, dtype=object))
    return _samples(np.column_stack([np.asarray(labels, np.uint8), pixels]), part)


def _samples(records: NDArray[np.uint8], part: Part) -> Samples:
    labels = records[:, 0].copy()
    _check_labels(labels)
    found = hashlib.sha256(np.ascontiguousarray(records).data).hexdigest()
    if found != part.sha256:
        sums = f"sha256 of the records expected {part.sha256[:12]}, found {found[:12]}"
        raise ValueError(f"not the published {part.name} ({sums})")
    planes = records[:, 1:].reshape(-1, CHANNELS, SIDE, SIDE)
    images = np.ascontiguousarray(planes.transpose(0, 2, 3, 1))
    for array in (images, labels):
        array.flags.writeable = False
    return images, labels


def _check_labels(labels: NDArray[Any]) -> None:
    bad = (labels < 0) | (labels >= N_CLASSES)
    if bad.any():
        place = int(np.argmax(bad))
        raise ValueError(f"record {place} has label {labels[place]}; allowed: 0 to {N_CLASSES - 1}")
