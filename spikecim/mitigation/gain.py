"""The gain that a corrected map is trimmed by: the largest that the window allows, and the one that fits best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.errors import ParameterError

FloatArray = NDArray[np.float64]
# One gain for each array (a pair of polarities), one for all arrays together, or exactly 1.
GAINS = ("array", "common", "unit")


@dataclass(frozen=True, kw_only=True)
class GainRule:
    """Which arrays share a gain, and how many cells may be cut for a larger one.

    Attributes
    ----------
    kind : str
        One of `GAINS`.
    lost_share : float
        From 0 to below 1.
    """

    kind: str = "common"
    lost_share: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in GAINS:
            raise ParameterError(f"map correction: gain must be {', '.join(GAINS)}, got {self.kind!r}")
        if not 0.0 <= self.lost_share < 1.0:
            raise ParameterError(f"map correction: lost_share must be from 0 to below 1, got {self.lost_share:g}")

    def largest(self, reach: FloatArray) -> FloatArray:
        """Gains (...), or () for all, that all but the lost share of `reach` (..., n_rows, n_cols) follow."""
        if self.kind == "unit":
            return np.ones(())
        axes = (-2, -1) if self.kind == "array" else None
        # A quantile sorts; without a share to lose the minimum is the same and fast.
        least = np.quantile(reach, self.lost_share, axis=axes, method="lower") if self.lost_share else reach.min(axes)
        return np.minimum(1.0, np.asarray(least))

    def fit(self, felt: FloatArray, goal: FloatArray) -> tuple[FloatArray, float]:
        """Gains of least squares of `felt` on `goal` (..., n_rows, n_cols), and the relative rms error left.

        Raises
        ------
        ParameterError
            If nothing of the goal is left in what the arrays do.
        """
        power = float(np.vdot(goal, goal))
        if power == 0.0:
            return np.ones(()), 0.0
        gains = np.ones(()) if self.kind == "unit" else self._slopes(felt, goal, power)
        error = felt / gains[..., None, None] - goal
        return gains, float(np.sqrt(np.vdot(error, error) / power))

    def _slopes(self, felt: FloatArray, goal: FloatArray, power: float) -> FloatArray:
        common = float(np.vdot(felt, goal)) / power
        if common <= 0.0:
            raise ParameterError("weight map: with these wires the arrays carry no current that follows the weights")
        if self.kind == "common":
            return np.asarray(common)
        powers = (goal**2).sum((-2, -1))
        slopes = np.divide((felt * goal).sum((-2, -1)), powers, out=np.zeros_like(powers), where=powers > 0.0)
        # An array that holds no weight, or answers with the wrong sign, takes the common gain.
        return np.where(slopes > 0.0, slopes, common)
