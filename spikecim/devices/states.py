"""What one resistance state (LRS or HRS) looks like over many cells, and how a cell is written.

ln R = ln(median) + sigma_ln * S(z), z a standard normal number. S(z) = z is the log-normal distribution of Proxy A
(presets/nominal.toml); `shape` puts a measured quantile function in its place. A share of the cells may lie in a tail.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import ParameterError
from spikecim.parameters import Choice, Count, Parameter, Quantity, Section, Series

Fraction = Annotated[Parameter[float], Quantity("dimensionless", 0.0, 1.0)]
Positive = Annotated[Parameter[float], Quantity("dimensionless", 1e-6, 1e6)]
Resistance = Annotated[Parameter[float], Quantity("ohm", 1.0, 1e12)]
Energy = Annotated[Parameter[float], Quantity("joule", 0.0, 1.0)]
# The knots of `shape` lie evenly between these normal scores; beyond them the shape stays level.
SHAPE_REACH = 4.0


class StateSpec(Section):
    """Distribution of one resistance state.

    `shape` lists S at evenly spaced normal scores from -4 to 4 (Phi(z) is the share of cells below).
    """

    median: Resistance
    sigma_ln: Annotated[Parameter[float], Quantity("dimensionless", 0.0, 5.0)]
    tail_probability: Fraction
    tail_low_factor: Positive
    tail_high_factor: Positive
    read_noise_rel: Fraction
    shape: Annotated[Parameter[tuple[float, ...]], Series("dimensionless", -30.0, 30.0, shortest=3)] | None = None

    def check(self) -> None:
        low, high = self.tail_low_factor.value, self.tail_high_factor.value
        if low > high:
            raise ParameterError(f"tail_low_factor {low:g} is above tail_high_factor {high:g}; swap them")
        if self.tail_probability.value > 0 and low == high == 1:
            raise ParameterError(
                f"tail_probability {self.tail_probability.text()} is without effect while tail_low_factor and "
                "tail_high_factor are 1; set it to 0 or give the tail another factor"
            )
        if self.shape is not None:
            if any(later < earlier for earlier, later in pairwise(self.shape.value)):
                raise ParameterError("shape is a quantile function: its values must not fall from entry to entry")
            if self.tail_probability.value > 0:
                raise ParameterError("a measured shape holds its tails already: set tail_probability to 0")

    def score(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """S at normal numbers `z`, any shape."""
        if self.shape is None:
            return z
        values = np.array(self.shape.value)
        return np.interp(z, _knots(len(values)), values)

    def score_below(self, level: NDArray[np.float64]) -> NDArray[np.float64]:
        """The normal number up to which S stays below `level`; infinite where it always or never does."""
        if self.shape is None:
            return level
        values = np.array(self.shape.value)
        return np.interp(level, values, _knots(len(values)), left=-np.inf, right=np.inf)

    def tail_factor(
        self, draw: NDArray[np.float64], place: NDArray[np.float64], *, always: bool = False
    ) -> NDArray[np.float64]:
        """Factor on R, log-uniform between the tail's ends for cells in it (uniform `draw` < probability), else 1."""
        low, high = np.log(self.tail_low_factor.value), np.log(self.tail_high_factor.value)
        in_tail = np.ones(draw.shape, bool) if always else draw < self.tail_probability.value
        return np.where(in_tail, np.exp(low + (high - low) * place), 1.0)


class ProgrammingSpec(Section):
    """How a cell is written."""

    mode: Annotated[Parameter[str], Choice(("one-pulse", "write-verify"))]
    lrs_max: Resistance
    hrs_min: Resistance
    max_pulses: Annotated[Parameter[int], Count(1, 10_000)]
    set_energy: Energy
    reset_energy: Energy

    def check(self) -> None:
        if self.mode.value == "one-pulse" and self.max_pulses.value > 1:
            raise ParameterError(
                f"max_pulses {self.max_pulses.value} is without effect in mode one-pulse; "
                "set max_pulses to 1 or mode to write-verify"
            )


def _knots(n: int) -> NDArray[np.float64]:
    return np.linspace(-SHAPE_REACH, SHAPE_REACH, n)
