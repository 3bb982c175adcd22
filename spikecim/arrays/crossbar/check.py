"""Checks of what a user hands to the solvers: one line that says what, where and what is allowed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spikecim.errors import CircuitError, ParameterError, ShapeError


def checked_conductance(conductance: ArrayLike, n_axes: int | None = None) -> NDArray[np.float64]:
    """Conductances (..., n_rows, n_cols) as float64; `n_axes` None allows leading axes."""
    values = _numbers(conductance, "conductance")
    if values.ndim < 2 or (n_axes is not None and values.ndim != n_axes):
        allowed = "(n_rows, n_cols)" if n_axes == 2 else "(..., n_rows, n_cols)"
        raise ShapeError(f"conductance must have shape {allowed}, got {values.shape}")
    if 0 in values.shape[-2:]:
        raise ShapeError(f"conductance must have at least one row and one column, got shape {values.shape}")
    bad = ~(np.isfinite(values) & (values >= 0.0))
    if bad.any():
        place = tuple(int(k) for k in np.argwhere(bad)[0])
        raise ShapeError(
            f"conductance of cell {place} must be finite and 0 S (open cell) or more, got {values[place]:g}; "
            f"{int(bad.sum())} such cells"
        )
    return values


def checked_voltages(inputs: ArrayLike, n_rows: int) -> NDArray[np.float64]:
    """Row voltages (n_samples, n_rows) of a passive array as float64."""
    volts = _numbers(inputs, "inputs")
    _check_rows(volts, n_rows)
    bad = ~np.isfinite(volts)
    if bad.any():
        sample, row = (int(k) for k in np.argwhere(bad)[0])
        raise ShapeError(f"inputs: voltage of row {row} in vector {sample} must be finite, got {volts[sample, row]:g}")
    return volts


def checked_switches(inputs: ArrayLike, n_rows: int) -> NDArray[np.bool_]:
    """Rows switched on (n_samples, n_rows) of a gated array as bool; 0 and 1 are taken too."""
    values = np.asarray(inputs)
    _check_rows(values, n_rows)
    if values.dtype != np.bool_ and not (values.dtype.kind in "iuf" and np.isin(values, (0, 1)).all()):
        raise ShapeError(
            "inputs of a gated array say which rows are switched on: only False, True, 0 and 1 are allowed"
        )
    return values.astype(np.bool_)


def checked_read_voltage(kind: str, read_voltage: float | None) -> float:
    """The source rails' voltage of a gated array; a passive array has none (0 is returned)."""
    if kind == "passive":
        if read_voltage is not None:
            raise ParameterError("read_voltage belongs to gated arrays; a passive array takes its voltages as inputs")
        return 0.0
    if read_voltage is None or not np.isfinite(read_voltage):
        raise ParameterError(f"read_voltage of a gated array must be a finite number of volts, got {read_voltage}")
    return float(read_voltage)


def checked_finite(values: NDArray[np.float64], what: str) -> NDArray[np.float64]:
    """`values`, unless one is not finite."""
    if not np.isfinite(values).all():
        raise CircuitError(
            f"{what}: the circuit is singular in double precision; "
            "check conductance (S) and wires (ohm) for extreme values"
        )
    return values


def _numbers(values: ArrayLike, name: str) -> NDArray[np.float64]:
    array: NDArray[Any] = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise ShapeError(f"{name} must be an array of real numbers, got {array.dtype}")
    return np.ascontiguousarray(array, np.float64)


def _check_rows(values: NDArray[Any], n_rows: int) -> None:
    if values.ndim != 2 or values.shape[1] != n_rows:
        raise ShapeError(f"inputs must have shape (n_samples, {n_rows}), one value a row, got {values.shape}")
