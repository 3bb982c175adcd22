"""What one input vector makes of each cell: voltage offered, conductance, what stands in series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spikecim.arrays.crossbar.check import checked_read_voltage, checked_switches, checked_voltages
from spikecim.arrays.crossbar.crossbar import Crossbar

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Drive:
    """Cells of an array under some input vectors; the first axis is 1 where all vectors share it.

    Attributes
    ----------
    volts : float64 (n_samples, n_rows, n_cols)
        Voltage (V) of the driver behind each cell; the sense end is at 0 V.
    conductance : float64 (1 or n_samples, n_rows, n_cols)
        Siemens; 0 is an open cell, or one behind a transistor that is off and does not leak.
    series : float64, broadcasts to (n_samples, n_rows, n_cols)
        Ohm in series with each cell.
    """

    volts: Floats
    conductance: Floats
    series: Floats


def drive_of(crossbar: Crossbar, inputs: ArrayLike, read_voltage: float | None) -> Drive:
    """Cells of `crossbar` under `inputs`, (n_samples, n_rows): volt of a passive array, switches (bool) of a gated one.

    Raises
    ------
    ShapeError, ParameterError
        If `inputs` or `read_voltage` do not fit the array.
    """
    wires, (n_rows, n_cols) = crossbar.wires, crossbar.shape
    volts = checked_read_voltage(wires.kind, read_voltage)
    access = np.full((1, 1, 1), wires.access)
    if wires.kind == "passive":
        offered = checked_voltages(inputs, n_rows)[:, :, None] * np.ones(n_cols)
        return Drive(volts=offered, conductance=crossbar.conductance[None], series=access)
    on = checked_switches(inputs, n_rows)[:, :, None]
    offered = np.full((len(on), n_rows, n_cols), volts)
    if wires.leak == 0.0:
        return Drive(volts=offered, conductance=np.where(on, crossbar.conductance, 0.0), series=access)
    return Drive(volts=offered, conductance=crossbar.conductance[None], series=np.where(on, access, 1.0 / wires.leak))
