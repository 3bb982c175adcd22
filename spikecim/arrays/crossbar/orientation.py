"""Arrays turned so that drivers are at the left (or top) and sense circuits at the bottom: views, nothing is copied."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.crossbar.wires import Wires

T = TypeVar("T", bound=np.generic)


def turned(values: NDArray[T], wires: Wires) -> NDArray[T]:
    """Cells (..., n_rows, n_cols) as seen from the drive end (first) and the sense end (last); its own inverse.

    A gated array is turned by its drive end alone: whether both rails end on one side stays a property of it.
    """
    if wires.kind == "gated":
        return values[..., ::-1, :] if wires.drive_end == "bottom" else values
    if wires.drive_end == "right":
        values = values[..., ::-1]
    return values[..., ::-1, :] if wires.sense_end == "top" else values


def turned_rows(inputs: NDArray[T], wires: Wires) -> NDArray[T]:
    """Inputs (n_samples, n_rows) in the row order of `turned`."""
    reverse = wires.drive_end == "bottom" if wires.kind == "gated" else wires.sense_end == "top"
    return inputs[:, ::-1] if reverse else inputs


def transpose(values: NDArray[T]) -> NDArray[T]:
    """Cells of a turned array in the places they have in `transposed` wires; its own inverse."""
    return np.swapaxes(values[..., ::-1, ::-1], -1, -2)


def transposed(wires: Wires) -> Wires:
    """Wires of the reciprocal passive array, already turned: word lines become bit lines, sources become senses."""
    return replace(
        wires,
        row_segment=wires.column_segment,
        column_segment=wires.row_segment,
        driver=wires.sense,
        sense=wires.driver,
        drive_end="left",
        sense_end="bottom",
    )
