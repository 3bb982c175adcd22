"""Cell choice in groups of binary cells: which cells to SET so that the felt weight is nearest to the one wanted.

Exact: all 2^n patterns of a group are tried. A thermometer order takes the first cells, whatever they are like.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.codes import Units, WeightCode
from spikecim.errors import ParameterError, ShapeError

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]
NEEDS = "a map of the stuck cells, or the resistance of every cell"
# 2^16 patterns of a group are tried in a moment; more cells would need another search.
MOST_CELLS = 16
_BATCH = 1 << 19


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What each cell would conduct; first axis: left in or RESET to HRS [0], left in or SET to LRS [1].

    Attributes
    ----------
    mean : float64 (2, ..., n_cells), S
    variance : float64 (2, ..., n_cells), S^2
        0 where the cell would not be pulsed, or does not answer.
    """

    mean: FloatArray
    variance: FloatArray

    def __post_init__(self) -> None:
        if self.mean.shape != self.variance.shape or self.mean.ndim < 2 or self.mean.shape[0] != 2:
            raise ShapeError(
                f"outlook: mean and variance need one shape (2, ..., n_cells), got {self.mean.shape} and "
                f"{self.variance.shape}"
            )
        if not (np.isfinite(self.mean).all() and np.isfinite(self.variance).all() and (self.variance >= 0.0).all()):
            raise ParameterError("outlook: conductances must be finite and variances not below 0")


def outlook_of_stuck(stuck: NDArray[np.int8], units: Units) -> Outlook:
    """Outlook of cells (..., n_cells) of which only the stuck ones are known: 1 LRS, -1 HRS, 0 free."""
    if not np.isin(stuck, (-1, 0, 1)).all():
        raise ParameterError("stuck map: allowed are 0 (free), 1 (stuck in LRS) and -1 (stuck in HRS)")
    mean = np.stack([np.where(stuck == 1, units.lrs, units.hrs), np.where(stuck == -1, units.hrs, units.lrs)])
    return Outlook(mean=mean, variance=np.zeros_like(mean))


def choose_cells(
    weights: NDArray[np.integer],
    code: WeightCode,
    outlook: Outlook,
    units: Units,
    *,
    gains: FloatArray | None = None,
) -> BoolArray:
    """Cells (..., n_cells) to SET for `weights` (...).

    The smallest expected squared error of the felt weight wins; among equals the pattern nearest to the code's own.

    Parameters
    ----------
    gains : float64 (2, ...), optional
        Gain of the excitatory and the inhibitory injector of each weight against the trimmed one.

    Raises
    ------
    ShapeError
        If the outlook is not that of these weights.
    ParameterError
        If groups have more than 16 cells, or LRS does not conduct better than HRS.
    """
    n = code.cells_per_weight
    whole = np.asarray(weights, np.int64)
    if outlook.mean.shape != (2, *whole.shape, n):
        raise ShapeError(f"outlook: (2, *{whole.shape}, {n}) is needed for these weights, got {outlook.mean.shape}")
    if n > MOST_CELLS:
        raise ParameterError(
            f"cell choice tries all patterns of a group: at most {MOST_CELLS} cells, this code has {n}"
        )
    patterns = (np.arange(1 << n)[:, None] >> np.arange(n) & 1).astype(bool)
    usual = code.targets(whole.astype(np.int8)).reshape(-1, n)
    mean, variance = outlook.mean.reshape(2, -1, n), outlook.variance.reshape(2, -1, n)
    both = np.ones((2, *whole.shape)) if gains is None else np.broadcast_to(gains, (2, *whole.shape))
    both = both.reshape(2, -1, 1)
    chosen = np.empty_like(usual)
    size = max(1, _BATCH // (len(patterns) * n))
    for start in range(0, len(usual), size):
        part = slice(start, start + size)
        here = Outlook(mean=mean[:, part], variance=variance[:, part])
        costs = _costs(patterns, whole.ravel()[part], (code, units, both[:, part]), here)
        changes = (patterns != usual[part, None, :]).sum(-1)
        chosen[part] = patterns[np.argmin(costs + 1e-9 * changes, axis=1)]
    return chosen.reshape(*whole.shape, n)


def felt_weights(
    conductance: FloatArray, code: WeightCode, units: Units, gains: FloatArray | None = None
) -> FloatArray:
    """Weights (...) that neurons feel from cells (..., n_cells) in siemens, in mean LRS-HRS steps; gains (2, ...)."""
    if units.lrs <= units.hrs:
        raise ParameterError(f"cells: LRS must conduct better than HRS, got {units.lrs:.3g} S and {units.hrs:.3g} S")
    excitatory, inhibitory = code.sides(conductance, units)
    if gains is not None:
        excitatory, inhibitory = gains[0] * excitatory, gains[1] * inhibitory
    return np.asarray((excitatory - inhibitory) / (units.lrs - units.hrs))


def _costs(
    patterns: BoolArray, weights: NDArray[np.int64], circuit: tuple[WeightCode, Units, FloatArray], outlook: Outlook
) -> FloatArray:
    """Expected squared error (n, n_patterns) in weight units; `circuit` is code, units and gains (2, n, 1)."""
    code, units, gains = circuit
    mean, variance = (np.where(patterns, one[1][:, None], one[0][:, None]) for one in (outlook.mean, outlook.variance))
    error = felt_weights(mean, code, units, gains) - weights[:, None]
    # The mean of both gains is near enough for what cannot be foretold anyway.
    scale = code.noise_gain() * gains.mean(0) / (units.lrs - units.hrs)
    return np.asarray(error**2 + scale**2 * (variance * code.analog_cells()).sum(-1))
