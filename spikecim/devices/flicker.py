"""1/f read noise: one slow fluctuation per decade of time constants, all of one variance.

The sum of processes with correlation times 10^k s, equally strong, has a spectrum close to 1/f (van der Ziel 1950).
What is faster than one presentation acts as white noise of a read; what is slower is frozen in the moment of a run.
"""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import ParameterError
from spikecim.parameters import Parameter, Quantity, Switched
from spikecim.streams import stream

Seconds = Annotated[Parameter[float], Quantity("second", 1e-12, 1e10)]
Amplitude = Annotated[Parameter[float], Quantity("dimensionless", 0.0, 1.0)]


class FlickerSpec(Switched):
    """Relative standard deviation of the current in each decade of time constants, by state."""

    per_decade_lrs: Amplitude
    per_decade_hrs: Amplitude
    fastest: Seconds
    slowest: Seconds

    def check(self) -> None:
        if self.fastest.value >= self.slowest.value:
            raise ParameterError(f"fastest {self.fastest.text()} must be below slowest {self.slowest.text()}")

    def amplitude(self, low: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Relative standard deviation per decade of cells in LRS (`low`) and HRS, (...)."""
        return np.where(low, self.per_decade_lrs.value, self.per_decade_hrs.value)

    def fast_decades(self, corner: float) -> float:
        """Decades of time constants below `corner` seconds: white within one presentation."""
        return max(0.0, math.log10(min(corner, self.slowest.value) / self.fastest.value))

    def slow_constants(self, corner: float) -> NDArray[np.float64]:
        """Time constants above `corner` seconds, one a decade at its middle."""
        start = math.log10(max(corner, self.fastest.value))
        decades = max(0, math.ceil(math.log10(self.slowest.value) - start - 1e-9))
        return np.asarray(10.0 ** (start + 0.5 + np.arange(decades)), np.float64)

    def moment(
        self, seconds: float, corner: float, shape: tuple[int, ...], seed: int, *path: str | int
    ) -> NDArray[np.float64]:
        """Sum of the slow unit fluctuations (...) at `seconds`: variance one per decade above `corner`."""
        total = np.zeros(shape)
        for constant in self.slow_constants(corner):
            total += _at(seconds, float(constant), shape, seed, *path)
        return total


def _at(seconds: float, constant: float, shape: tuple[int, ...], seed: int, *path: str | int) -> NDArray[np.float64]:
    """A unit-variance fluctuation at one time: it turns from one drawn node to the next, `constant` apart."""
    node = math.floor(seconds / constant)
    angle = (seconds / constant - node) * math.pi / 2.0
    here, there = (stream(seed, *path, "flicker", f"{constant:.6e}", node + k).standard_normal(shape) for k in (0, 1))
    return math.cos(angle) * here + math.sin(angle) * there


def flicker_trace(spec: FlickerSpec, times: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Relative current (n_times,) of one LRS cell read at rising `times` in seconds, all decades resolved."""
    total = np.zeros(len(times))
    for constant in spec.slow_constants(spec.fastest.value):
        place = times / constant
        node = np.floor(place).astype(np.int64)
        values = stream(seed, "trace", f"{constant:.6e}").standard_normal(int(node.max()) + 2)
        angle = (place - node) * np.pi / 2.0
        total += np.cos(angle) * values[node] + np.sin(angle) * values[node + 1]
    return spec.per_decade_lrs.value * total
