"""Endurance: cycling wears cells out (stuck in LRS, Weibull) and closes the window from the HRS side.

P(worn out after N) = 1 - exp(-(N / scale)^slope); ln median of HRS falls by `hrs_loss_per_decade` log10(1 + N / onset).
Bounds: no failed cell of 16 kbit after 1e5 cycles (Leti, 28 nm), arrays in use to 1e7 cycles (presets/nominal.toml).
"""

from __future__ import annotations

import math
from typing import Annotated

from spikecim.parameters import Parameter, Quantity, Switched

Cycles = Annotated[Parameter[float], Quantity("dimensionless", 1.0, 1e18)]


class EnduranceSpec(Switched):
    """SET/RESET cycles that the chip has seen before it is programmed, and what they wear."""

    cycles: Annotated[Parameter[float], Quantity("dimensionless", 0.0, 1e9)]
    weibull_scale: Cycles
    weibull_slope: Annotated[Parameter[float], Quantity("dimensionless", 0.05, 20.0)]
    hrs_loss_per_decade: Annotated[Parameter[float], Quantity("dimensionless", 0.0, 5.0)]
    onset: Cycles

    def worn_out(self) -> float:
        """Share of cells that no RESET frees from LRS any more."""
        if not self.on:
            return 0.0
        return -math.expm1(-((self.cycles.value / self.weibull_scale.value) ** self.weibull_slope.value))

    def hrs_factor(self) -> float:
        """Factor on the median resistance of HRS."""
        if not self.on:
            return 1.0
        return math.exp(-self.hrs_loss_per_decade.value * math.log10(1.0 + self.cycles.value / self.onset.value))
