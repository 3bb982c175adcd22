"""Stuck cells among measured ones: those that answer to no target and lie at a rail whatever they were to be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.devices.measured.estimate import LEVEL, Estimate, FloatArray, IntArray
from spikecim.devices.measured.level_series import LevelSeries

Mask = NDArray[np.bool_]
# A reading is off its target beyond so many robust standard deviations and this share of the window.
_FAR, _LEAST = 6.0, 0.1
# Near a rail that is known, fewer suffice; a rail is taken to be at least this wide, in shares of the window.
_NEAR, _TIGHT = 3.0, 1e-3


@dataclass(frozen=True, kw_only=True)
class StuckSide:
    """Cells stuck at one rail: share with its interval, cells seen and told from, rail in S (None: no cell)."""

    share: Estimate
    stuck: int
    cells: int
    rail: float | None


@dataclass(frozen=True, kw_only=True)
class StuckFit:
    """Stuck cells of both rails; `series` (n,) tells which series are theirs."""

    low: StuckSide
    high: StuckSide
    series: Mask


def find_stuck(series: LevelSeries) -> StuckFit:
    """Find cells that lie off every target that could tell, all on one side.

    A level tells of a rail only where the rail is well away from it: a cell stuck at the level's own conductance is not
    seen there, so each share counts only cells that had a level that tells. Far readings say where a rail is; near it,
    less far ones count too.
    """
    middle, robust = _bands(series)
    sides, marks = [], []
    for sign in (-1.0, 1.0):
        tells, off, rail = _off(series, middle, robust, sign)
        side, mark = _side(series.cell, tells, off, rail)
        sides.append(side)
        marks.append(mark)
    return StuckFit(low=sides[0], high=sides[1], series=marks[0] | marks[1])


def _off(series: LevelSeries, middle: FloatArray, robust: FloatArray, sign: float) -> tuple[Mask, Mask, float | None]:
    """Which series (n,) are of a level that tells of the rail on this side, which are off, and the rail (S)."""
    limit = np.maximum(_FAR * robust, _LEAST * series.window)
    beyond = sign * (series.fresh - middle[series.level])
    off = beyond > limit[series.level]
    if not off.any():
        end = float(middle[0] if sign < 0 else middle[-1])
        return (sign * (end - middle) > limit)[series.level], off, None
    rail = float(np.median(series.fresh[off]))
    around = _FAR * max(_robust_sd(series.fresh[off]), _TIGHT * series.window)
    away = sign * (rail - middle)
    near = (np.abs(series.fresh - rail) <= around) & (beyond > _NEAR * robust[series.level])
    clear = away > _NEAR * robust + around
    return ((away > limit) | clear)[series.level], off | (near & clear[series.level]), rail


def _bands(series: LevelSeries) -> tuple[FloatArray, FloatArray]:
    """Median and robust standard deviation of each level, (n_levels,), S."""
    parts = [series.fresh[series.level == number] for number in range(len(series.levels))]
    return np.array([np.median(part) for part in parts]), np.array([_robust_sd(part) for part in parts])


def _robust_sd(values: FloatArray) -> float:
    # A median deviation as the standard deviation of a normal law.
    return float(1.4826 * np.median(np.abs(values - np.median(values))))


def _side(cell: IntArray, tells: Mask, off: Mask, rail: float | None) -> tuple[StuckSide, Mask]:
    """One rail: a cell is stuck if all its programmings at levels that tell are off."""
    asked, missed = np.bincount(cell, tells), np.bincount(cell, tells & off)
    stuck = (asked > 0) & (missed == asked)
    seen, n = int(stuck.sum()), int((asked > 0).sum())
    side = StuckSide(share=exact_share(seen, n), stuck=seen, cells=n, rail=rail if seen else None)
    return side, np.asarray(stuck[cell])


def exact_share(k: int, n: int) -> Estimate:
    """k of n with the exact interval of Clopper and Pearson (Biometrika 26, 404, 1934)."""
    from scipy.special import betaincinv

    tail = (1.0 - LEVEL) / 2.0
    low = float(betaincinv(k, n - k + 1, tail)) if k else 0.0
    high = float(betaincinv(k + 1, n - k, 1.0 - tail)) if k < n else 1.0
    return Estimate(value=k / n if n else 0.0, low=low, high=high, how="exact, Clopper and Pearson")
