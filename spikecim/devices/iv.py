"""I-V curve of a cell: I = G V_c sinh(V / V0) / sinh(V_c / V0), with G the conductance stated at the voltage V_c.

The usual compact form of filamentary and trap-assisted conduction, with V0 of some hundred millivolt. A statistic of
resistances is taken at one voltage V_c; a read at another, or behind a series resistance that takes part of it, finds
another conductance. V0 far above both voltages is an ohmic cell.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from spikecim.parameters import Parameter, Quantity, Switched

FloatArray = NDArray[np.float64]
Bend = Annotated[Parameter[float], Quantity("volt", 0.02, 1e3)]
# Newton on a convex rising function from above: at least one V0 a step, then quadratic.
_STEPS = 300


class IvSpec(Switched):
    """How a cell's current bends.

    Attributes
    ----------
    v0
        V0 of LRS, and of HRS too unless it has its own.
    v0_hrs
        V0 of HRS.
    voltage
        V_c, at which the medians of both states are stated.
    """

    v0: Bend
    v0_hrs: Bend | None = None
    voltage: Annotated[Parameter[float], Quantity("volt", 1e-6, 5.0)]

    def bend(self, low: NDArray[np.bool_]) -> FloatArray:
        """V0 (...) of cells in LRS (`low`) and in HRS."""
        other = self.v0 if self.v0_hrs is None else self.v0_hrs
        return np.where(low, self.v0.value, other.value)

    def factor(self, voltage: FloatArray | float, bend: FloatArray) -> FloatArray:
        """Conductance at `voltage` across the cell over that at V_c, (...)."""
        stated = self.voltage.value
        return _sinhc(np.asarray(voltage, np.float64) / bend) / _sinhc(stated / bend)

    def behind(
        self, conductance: FloatArray, bend: FloatArray, volts: FloatArray | float, series_ohm: float
    ) -> FloatArray:
        """Conductance (...) of cell and `series_ohm` together at `volts` (...) across both, at least 0.

        Parameters
        ----------
        conductance : float64 (...), siemens
            Of the cell alone, at V_c.
        """
        if series_ohm == 0.0:
            return conductance * self.factor(volts, bend)
        outer = np.broadcast_to(np.asarray(volts, np.float64), conductance.shape)
        inner = outer.copy()
        scale = series_ohm * conductance * self.voltage.value / np.sinh(self.voltage.value / bend)
        for _ in range(_STEPS):
            step = (inner + scale * np.sinh(inner / bend) - outer) / (1.0 + scale / bend * np.cosh(inner / bend))
            inner -= step
            if np.abs(step).max(initial=0.0) < 1e-14 * outer.max(initial=0.0):
                break
        # Of cell and resistance in series, whatever the voltage: also where it is 0.
        alone = conductance * self.factor(inner, bend)
        return alone / (1.0 + series_ohm * alone)


def _sinhc(x: FloatArray) -> FloatArray:
    """sinh(x) / x, 1 at 0."""
    small = np.abs(x) < 1e-6
    safe = np.where(small, 1.0, x)
    return np.where(small, 1.0 + x**2 / 6.0, np.sinh(safe) / safe)
