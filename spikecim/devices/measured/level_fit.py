"""Fit of a multi-level cell to measured ones; what a file does not tell is None here and kept from a base device."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from spikecim.devices.measured.estimate import Estimate, FloatArray
from spikecim.devices.measured.level_goodness import LevelGoodness, judge_levels, told_apart
from spikecim.devices.measured.level_iv import IvFit, fit_iv
from spikecim.devices.measured.level_series import LevelSeries, level_series
from spikecim.devices.measured.level_spread import ReadFit, fit_read, fit_share, fit_spread
from spikecim.devices.measured.level_stuck import StuckFit, find_stuck
from spikecim.devices.measured.level_time import DriftFit, WalkFit, fit_drift, fit_walk
from spikecim.devices.measured.levels import FEWEST, LevelReadings
from spikecim.errors import DataError

# What can be left to the base although the file tells it.
PARTS = ("read", "stuck", "time", "iv")


@dataclass(frozen=True, kw_only=True)
class LevelFit:
    """What a measured file tells.

    Attributes
    ----------
    readings : LevelReadings
    series : LevelSeries
        Programmings of cells that are not stuck.
    spread : tuple of Estimate
        Standard deviation by level, share of the window; of programming alone if `read` is known.
    apart : int
        How many of the levels are told apart.
    share : Estimate or None
        Share of the variance that stays with the cell.
    read : ReadFit or None
    stuck : StuckFit or None
    walk : WalkFit or None
    drift : DriftFit or None
    iv : IvFit or None
    goodness : tuple of LevelGoodness
    """

    readings: LevelReadings
    series: LevelSeries
    spread: tuple[Estimate, ...]
    apart: int
    share: Estimate | None
    read: ReadFit | None
    stuck: StuckFit | None
    walk: WalkFit | None
    drift: DriftFit | None
    iv: IvFit | None
    goodness: tuple[LevelGoodness, ...]

    @property
    def states(self) -> FloatArray:
        """Place of each level in the window, 0 .. 1."""
        return self.series.states


def fit_levels(
    readings: LevelReadings,
    *,
    drift_reference: float | None = None,
    read_voltage: float | None = None,
    keep: Collection[str] = (),
) -> LevelFit:
    """Fit `readings`.

    Parameters
    ----------
    drift_reference : float, optional
        Seconds: fit the power law of drift with this t0 instead of a random walk.
    read_voltage : float, optional
        Volts at which conductances count; an I-V law must reach it.
    keep : collection of str
        `PARTS` not to fit.

    Raises
    ------
    DataError
        One line: too few programmings of a level, cells for a split, times or voltages; all readings equal.
    """
    everything = level_series(readings)
    stuck = find_stuck(everything)
    series = everything.without(stuck.series)
    _enough(series, readings)
    read = None if "read" in keep else fit_read(series)
    spread = fit_spread(series, read)
    goodness = judge_levels(series, spread, read)
    timed = readings.time is not None and "time" not in keep
    if timed and len(series.times) < 2:
        raise DataError(f"{readings.file}: one time only; a change in time needs at least two")
    walk = drift = None
    if timed and drift_reference is None:
        walk = fit_walk(series, read, readings.file)
    elif timed and drift_reference is not None:
        drift = fit_drift(series, read, drift_reference, readings.file)
    iv = None
    if readings.iv is not None and "iv" not in keep:
        iv = fit_iv(readings.iv, read_voltage or 0.0, readings.file)
    return LevelFit(
        readings=readings,
        series=series,
        spread=spread,
        apart=told_apart(series.states + [one.miss for one in goodness], np.array([one.fitted for one in goodness])),
        share=fit_share(series, read, readings.file),
        read=read,
        stuck=None if "stuck" in keep else stuck,
        walk=walk,
        drift=drift,
        iv=iv,
        goodness=goodness,
    )


def _enough(series: LevelSeries, readings: LevelReadings) -> None:
    for number, level in enumerate(series.levels):
        n = int((series.level == number).sum())
        if n < FEWEST:
            raise DataError(
                f"{readings.file}: target {level:.4g} S has {n} programmings of cells that answer to their target; at "
                f"least {FEWEST} are needed"
            )
