"""An estimate with its 90 % interval, and the fit of one state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.units import format_quantity

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
LEVEL = 0.90
LOG_NORMAL, TAILED, SHAPED = "log-normal", "log-normal with a tail", "measured shape"


_BOUNDLESS = 1e6  # an interval that spans this factor says nothing


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A value (SI) with the ends of its 90 % interval, and how that was found."""

    value: float
    low: float
    high: float
    how: str

    def ends(self, unit: str) -> str:
        """Both ends as text; a tail of one reading may lie anywhere, and then there are none."""
        if self.low > 0 and self.high / self.low > _BOUNDLESS:
            return "not bounded by these data"
        return " .. ".join(format_quantity(end, unit) for end in (self.low, self.high))

    def holds(self, truth: float) -> bool:
        """Whether `truth` lies in the interval."""
        return self.low <= truth <= self.high


@dataclass(frozen=True, kw_only=True)
class Goodness:
    """Anderson-Darling test of a fit whose parameters came from the same data.

    Attributes
    ----------
    law : str
        What was tested.
    statistic, p_value : float
    n : int
        Readings tested.
    how : str
        Where the p-value comes from.
    """

    law: str
    statistic: float
    p_value: float
    n: int
    how: str

    @property
    def poor(self) -> bool:
        """Whether chance gives so bad a fit less than once in a hundred."""
        return self.p_value < 0.01

    def words(self) -> str:
        """The verdict in one sentence."""
        once = "less than once in a thousand" if self.p_value < 1e-3 else f"{100 * self.p_value:.2g} times in a hundred"
        told = "does not describe the data" if self.poor else "describes the data"
        return (
            f"{self.law} {told}: chance gives a fit as bad {once} (Anderson-Darling {self.statistic:.3g}, "
            f"p {'< 0.001' if self.p_value < 1e-3 else f'= {self.p_value:.2g}'}, {self.how})"
        )


@dataclass(frozen=True, kw_only=True)
class StateFit:
    """What one state looks like.

    Attributes
    ----------
    law : str
        `LOG_NORMAL`, `TAILED` or `SHAPED`.
    estimates : dict of Estimate
        By name in `StateSpec`.
    shape : tuple of float or None
        S at evenly spaced normal scores, for `SHAPED`.
    goodness : Goodness
        Of the best log-normal law, also where a measured shape has replaced it.
    n : int
        Readings fitted.
    n_cells : int
    log_r : float64 (n,)
        What was fitted.
    """

    law: str
    estimates: Mapping[str, Estimate]
    shape: tuple[float, ...] | None
    goodness: Goodness
    n: int
    n_cells: int
    log_r: FloatArray
