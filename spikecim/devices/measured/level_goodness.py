"""How well the fitted device describes the cells it was fitted to: spread, miss and shape of each level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spikecim.devices.measured.estimate import Estimate, FloatArray
from spikecim.devices.measured.goodness import judge_lognormal
from spikecim.devices.measured.level_series import LevelSeries
from spikecim.devices.measured.level_spread import ReadFit, read_variance
from spikecim.devices.rectified import rectified_mean, rectified_sd

# Two levels are told apart where this many standard deviations of each fit between them: 2.3 % of either beyond the
# threshold.
APART = 2.0
_FEWEST_JUDGED = 8  # of the table of Anderson and Darling


@dataclass(frozen=True, kw_only=True)
class LevelGoodness:
    """One level, in shares of the window.

    Attributes
    ----------
    n : int
        Programmings.
    seen, fitted : float
        Standard deviation of the first readings, measured and of the fitted device, read noise included.
    miss : float
        Mean of the readings less that of the fitted device.
    beyond : float
        Share of readings more than two fitted standard deviations off; 0.046 of a normal law.
    p_value : float or None
        Anderson-Darling against a normal law, one programming a cell; None where there is nothing to judge.
    """

    n: int
    seen: float
    fitted: float
    miss: float
    beyond: float
    p_value: float | None


def judge_levels(series: LevelSeries, spread: tuple[Estimate, ...], read: ReadFit | None) -> tuple[LevelGoodness, ...]:
    """Hold each level against the fitted device."""
    return tuple(_judge(series, number, one.value, read) for number, one in enumerate(spread))


def told_apart(means: FloatArray, sds: FloatArray) -> int:
    """How many of the levels (n,) one can take so that neighbours are `APART` standard deviations of both away."""
    order = np.argsort(means, kind="stable")
    centre, wide = means[order], APART * sds[order]
    longest = np.ones(len(order), np.int64)
    for place in range(1, len(order)):
        clear = centre[place] - centre[:place] >= wide[:place] + wide[place]
        longest[place] += int(longest[:place][clear].max(initial=0))
    return int(longest.max())


def _judge(series: LevelSeries, number: int, spread: float, read: ReadFit | None) -> LevelGoodness:
    here = series.level == number
    values = series.fresh[here] / series.window
    centre, sd = np.array(series.levels[number] / series.window), np.array(spread)
    mean = float(rectified_mean(centre, sd))
    fitted = float(np.sqrt(rectified_sd(centre, sd) ** 2 + read_variance(series, number, read)))
    away = np.abs(values - values.mean())
    return LevelGoodness(
        n=len(values),
        seen=float(values.std(ddof=1)),
        fitted=fitted,
        miss=float(values.mean()) - mean,
        beyond=float((away > 2.0 * fitted).mean()) if fitted else 0.0,
        p_value=_shape(values, series.cell[here]),
    )


def _shape(values: FloatArray, cell: np.ndarray[tuple[int], np.dtype[np.int64]]) -> float | None:
    alone = values[np.unique(cell, return_index=True)[1]]
    # Cells cut at 0 are not normal and are not meant to be.
    if len(alone) < _FEWEST_JUDGED or np.ptp(alone) == 0.0 or (alone == 0.0).any():
        return None
    return judge_lognormal(alone).p_value
