"""Retention of LRS under heat: conductance decays exponentially, at a rate after Arrhenius.

G(t) = G(0) exp(-lambda * integral dt / tau(T)), tau(T) = tau_ref exp(Ea / k (1/T - 1/T_ref)); lambda is log-normal from
cell to cell, of mean 1. Fitted to one-hour bakes of a public 1T1R technology (presets/nominal.toml). HRS is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from scipy.constants import Boltzmann, elementary_charge

from spikecim.errors import ParameterError
from spikecim.parameters import Parameter, Quantity, Switched
from spikecim.streams import stream
from spikecim.units import ZERO_C

BOLTZMANN_EV = Boltzmann / elementary_charge
ROOM_K = 298.15
Kelvin = Annotated[Parameter[float], Quantity("kelvin", 1.0, 2000.0)]


class RetentionSpec(Switched):
    """Arrhenius law of the LRS decay and the temperatures it is stated for."""

    activation: Annotated[Parameter[float], Quantity("electron_volt", 0.0, 10.0)]
    time_constant: Annotated[Parameter[float], Quantity("second", 1e-6, 1e15)]
    at_temperature: Kelvin
    spread_ln: Annotated[Parameter[float], Quantity("dimensionless", 0.0, 3.0)]
    coldest: Kelvin
    hottest: Kelvin

    def check(self) -> None:
        if self.coldest.value > self.hottest.value:
            raise ParameterError(f"coldest {self.coldest.text()} is above hottest {self.hottest.text()}; swap them")

    def rate(self, kelvin: float) -> float:
        """Mean decay rate of ln G per second at `kelvin`.

        Raises
        ------
        ParameterError
            Outside the stated temperatures.
        """
        if not self.coldest.value <= kelvin <= self.hottest.value:
            low, high = self.coldest.value, self.hottest.value
            raise ParameterError(
                f"temperature {kelvin:g} K: retention is stated for {low:g} .. {high:g} K "
                f"({low - ZERO_C:g} .. {high - ZERO_C:g} degC, cell.retention); choose one within it"
            )
        inverse = 1.0 / kelvin - 1.0 / self.at_temperature.value
        return float(np.exp(-self.activation.value / BOLTZMANN_EV * inverse) / self.time_constant.value)

    def dose(self, heat: Sequence[tuple[float, float]]) -> float:
        """Mean decay of ln G after `heat`, a list of (seconds, kelvin)."""
        return sum(seconds * self.rate(kelvin) for seconds, kelvin in heat)


def draw_rates(spec: RetentionSpec, shape: tuple[int, ...], seed: int, *path: str | int) -> NDArray[np.float64]:
    """lambda of each cell, of mean 1."""
    sigma = spec.spread_ln.value
    z = stream(seed, *path, "retention").standard_normal(shape)
    return np.asarray(np.exp(sigma * z - sigma**2 / 2.0))
