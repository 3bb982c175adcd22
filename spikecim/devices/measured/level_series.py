"""Readings of multi-level cells by programming: one series per cell, target and cycle, repeated reads averaged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spikecim.devices.measured.estimate import FloatArray, IntArray
from spikecim.devices.measured.levels import FEWEST, LevelReadings
from spikecim.errors import DataError

_MOST_TIMES = 1000


@dataclass(frozen=True, kw_only=True)
class LevelSeries:
    """Programmings of cells, (n,), each read at some of the `times` (n_times,).

    Attributes
    ----------
    levels : float64 (n_levels,), S
        Targets, rising.
    level : int64 (n,)
        Number of the target.
    cell : int64 (n,)
    times : float64 (n_times,)
        Seconds after programming; one 0 where the file has no times.
    conductance : float64 (n_times, n), S
        Mean of the repeated reads; NaN where there is none.
    reads : int64 (n_times, n)
    squares, freedom : (n,)
        Sum of squares of repeated reads around their mean, S^2, and its degrees of freedom.
    """

    levels: FloatArray
    level: IntArray
    cell: IntArray
    times: FloatArray
    conductance: FloatArray
    reads: IntArray
    squares: FloatArray
    freedom: IntArray

    @property
    def window(self) -> float:
        """Span of the targets, S."""
        return float(self.levels[-1] - self.levels[0])

    @property
    def states(self) -> FloatArray:
        """Place of each level in the window, 0 .. 1."""
        return (self.levels - self.levels[0]) / self.window

    @property
    def fresh(self) -> FloatArray:
        """Conductance (n,) at the first time."""
        return np.asarray(self.conductance[0])

    def without(self, dropped: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> LevelSeries:
        """The series that are not `dropped` (n,)."""
        kept = ~dropped
        return LevelSeries(
            levels=self.levels,
            level=self.level[kept],
            cell=self.cell[kept],
            times=self.times,
            conductance=self.conductance[:, kept],
            reads=self.reads[:, kept],
            squares=self.squares[kept],
            freedom=self.freedom[kept],
        )


def level_series(readings: LevelReadings) -> LevelSeries:
    """Sort `readings` by programming.

    Raises
    ------
    DataError
        If a level has too few programmings, a series no first reading, or readings do not vary or follow no target.
    """
    levels, level = np.unique(readings.target, return_inverse=True)
    n = len(level)
    cell = np.arange(n) if readings.cell is None else readings.cell
    cycle = np.zeros(n, np.int64) if readings.cycle is None else readings.cycle
    keys, place = np.unique(np.stack([level, cell, cycle]), axis=1, return_inverse=True)
    seconds = np.zeros(n) if readings.time is None else readings.time
    times, when = np.unique(seconds, return_inverse=True)
    if len(times) > _MOST_TIMES:
        raise DataError(f"{readings.file}: {len(times):,} different times; round them to at most 1,000 common ones")
    shape = (len(times), keys.shape[1])
    where = (when.reshape(-1), place.reshape(-1))
    reads, total = np.zeros(shape, np.int64), np.zeros(shape)
    np.add.at(reads, where, 1)
    np.add.at(total, where, readings.conductance)
    mean = np.where(reads > 0, total / np.maximum(reads, 1), np.nan)
    squares = np.bincount(where[1], (readings.conductance - mean[where]) ** 2, minlength=shape[1]).astype(np.float64)
    found = LevelSeries(
        levels=levels,
        level=keys[0],
        cell=keys[1],
        times=times,
        conductance=mean,
        reads=reads,
        squares=squares,
        freedom=np.maximum(reads - 1, 0).sum(0),
    )
    _check(found, readings)
    return found


def _check(series: LevelSeries, readings: LevelReadings) -> None:
    told = readings.file
    late = np.flatnonzero(series.reads[0] == 0)
    if late.size:
        raise DataError(
            f"{told}: {late.size} programmed cells have no reading at the first time, {series.times[0]:g} s, from "
            "which changes are counted; leave them out, or round times to common ones"
        )
    for number, level in enumerate(series.levels):
        seen = (series.reads[:, series.level == number] > 0).sum(1)
        few = np.flatnonzero((seen < FEWEST) & (seen > 0))
        if few.size:
            when = f" at {series.times[few[0]]:g} s" if readings.time is not None else ""
            raise DataError(
                f"{told}: target {level:.4g} S was programmed {seen[few[0]]} times{when}; at least {FEWEST} are needed"
            )
    if all(np.ptp(series.fresh[series.level == number]) == 0.0 for number in range(len(series.levels))):
        raise DataError(f"{told}: all readings of each target are equal; nothing to fit")
    low, high = (float(np.median(series.fresh[series.level == number])) for number in (0, len(series.levels) - 1))
    if low >= high:
        raise DataError(
            f"{told}: the median conductance is {low:.4g} S at the lowest target and {high:.4g} S at the highest; "
            "cells must follow their targets (are the columns swapped?)"
        )
