"""Class "nonlinearity": inputs are voltages, and the current of a cell is G f(v) with the odd law f of the device.

f(read voltage) = read voltage, so full input keeps its weight; what changes is every input below, and its gradient.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spikecim.arrays.crossbar.cell_law import CellLaw, MeasuredLaw, PolynomialLaw, SinhLaw
from spikecim.devices.analog_cell import AnalogCell
from spikecim.devices.level_spec import LevelIv
from spikecim.errors import ParameterError

FloatArray = NDArray[np.float64]


def law_of(iv: LevelIv, read_voltage: float) -> CellLaw | None:
    """The law that a device file states, for conductances measured at `read_voltage` (V); None if linear."""
    if iv.v0 is not None:
        return SinhLaw(v0=iv.v0.value, read_voltage=read_voltage)
    if iv.a3 is not None:
        return PolynomialLaw(a3=iv.a3.value, read_voltage=read_voltage)
    if iv.volts is not None and iv.currents is not None:
        return MeasuredLaw(voltage=iv.volts.value, values=iv.currents.value, read_voltage=read_voltage)
    return None


@dataclass(frozen=True, kw_only=True)
class InputLaw:
    """What the cells make of inputs in -1 .. 1 (full scale), and its derivative.

    Attributes
    ----------
    law : CellLaw
    read_voltage : float
        Volts of input 1.
    """

    law: CellLaw
    read_voltage: float

    def apply(self, inputs: ArrayLike) -> FloatArray:
        """f(u V) / V of inputs u (...)."""
        return self.law.evaluate(np.asarray(inputs, np.float64) * self.read_voltage)[0] / self.read_voltage

    def derivative(self, inputs: ArrayLike) -> FloatArray:
        """d apply / d input (...): the true slope f'(u V)."""
        return self.law.evaluate(np.asarray(inputs, np.float64) * self.read_voltage)[1]


def input_law(device: AnalogCell) -> InputLaw:
    """The input law of a device.

    Raises
    ------
    ParameterError
        If its cells are linear: the class would have no effect.
    """
    law = law_of(device.iv, device.read_voltage)
    if law is None:
        raise ParameterError(f"nonlinearity has no effect: device {device.name} has a linear I-V law")
    return InputLaw(law=law, read_voltage=device.read_voltage)
