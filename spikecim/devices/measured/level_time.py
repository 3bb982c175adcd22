"""Multi-level cells in time: a random walk with one course and a profile over states, or the power law of drift.

Times count from the first reading, which stands for programming.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spikecim.devices.measured.estimate import LEVEL, Estimate, FloatArray
from spikecim.devices.measured.level_series import LevelSeries
from spikecim.devices.measured.level_spread import ReadFit, chi_square
from spikecim.devices.measured.levels import FEWEST
from spikecim.errors import DataError


@dataclass(frozen=True, kw_only=True)
class WalkFit:
    """Random walk in shares of the window: `times` (n,) s, `shift`, `spread` (n,), `profile` (n_levels,).

    `seen_shift`, `seen_spread` (n, n_levels): what each level did; `error` (n, n_levels): standard error of the spread.
    """

    times: FloatArray
    shift: FloatArray
    spread: FloatArray
    profile: FloatArray
    seen_shift: FloatArray
    seen_spread: FloatArray
    error: FloatArray

    @property
    def residual(self) -> FloatArray:
        """Spread seen less spread fitted (n, n_levels), share of the window."""
        return self.seen_spread - self.spread[:, None] * self.profile

    @property
    def shift_residual(self) -> FloatArray:
        """Shift seen less shift fitted (n, n_levels), share of the window."""
        return self.seen_shift - self.shift[:, None] * self.profile


@dataclass(frozen=True, kw_only=True)
class DriftFit:
    """Power law (1 + t / reference)^-nu: nu and its spread over cells at `states` (n,).

    `seen`, `fitted` (n_times, n): mean ln(G / G_first) at `times` (n_times,).
    """

    times: FloatArray
    states: FloatArray
    exponent: tuple[Estimate, ...]
    exponent_spread: tuple[Estimate, ...]
    reference: float
    seen: FloatArray
    fitted: FloatArray

    @property
    def residual(self) -> FloatArray:
        """Mean ln G seen less fitted (n_times, n)."""
        return self.seen - self.fitted


def fit_walk(series: LevelSeries, read: ReadFit | None, told: str) -> WalkFit:
    """Fit the walk: the best product of a course in time and a profile over states (singular value decomposition).

    Raises
    ------
    DataError
        If nothing moves.
    """
    change = (series.conductance[1:] - series.conductance[0]) / series.window
    parts = [change[:, series.level == number] for number in range(len(series.levels))]
    n = np.array([np.isfinite(part).sum(1) for part in parts]).T
    shift = np.array([np.nanmean(part, axis=1) for part in parts]).T
    variance = np.array([np.nanvar(part, axis=1, ddof=1) for part in parts]).T - _change_noise(series, read)
    spread = np.sqrt(np.maximum(variance, 0.0))
    moved = np.hypot(shift, spread)
    if not moved.any():
        raise DataError(f"{told}: no reading differs from the first one of its cell; leave out the column of times")
    profile = np.abs(np.linalg.svd(moved, full_matrices=False)[2][0])
    profile /= profile.max()
    weight = profile / (profile @ profile)
    return WalkFit(
        times=series.times[1:] - series.times[0],
        shift=shift @ weight,
        spread=_never_falling(spread @ weight, n.sum(1)),
        profile=profile,
        seen_shift=shift,
        seen_spread=spread,
        error=np.sqrt(np.maximum(variance, 0.0) / (2.0 * n)),
    )


def fit_drift(series: LevelSeries, read: ReadFit | None, reference: float, told: str) -> DriftFit:
    """Fit nu of each cell by least squares through its first reading, and their mean and spread by level.

    Raises
    ------
    DataError
        If no level has cells enough that conduct at every time, or the law has no time to count from.
    """
    start = float(series.times[0])
    if reference + start == 0.0:
        raise DataError(
            f"{told}: the power law needs a first time after 0, or a base whose drift states its reference time"
        )
    clock = np.log1p((series.times[1:] - start) / (reference + start))
    whole = (series.conductance > 0.0).all(0)
    found: list[tuple[float, Estimate, Estimate, FloatArray]] = []
    for number, state in enumerate(series.states):
        here = whole & (series.level == number)
        if here.sum() < FEWEST:
            continue
        course = np.log(series.conductance[1:, here] / series.conductance[0, here])
        nu = -(clock @ course) / (clock @ clock)
        found.append((float(state), *_moments(nu, _slope_noise(series, number, read, clock)), course.mean(1)))
    if not found:
        raise DataError(f"{told}: no target has {FEWEST} cells that conduct at every time; drift cannot be told")
    mean = np.array([one[1].value for one in found])
    return DriftFit(
        times=series.times[1:] - start,
        states=np.array([one[0] for one in found]),
        exponent=tuple(one[1] for one in found),
        exponent_spread=tuple(one[2] for one in found),
        reference=reference + start,
        seen=np.array([one[3] for one in found]).T,
        fitted=-clock[:, None] * mean,
    )


def _moments(nu: FloatArray, noise: float) -> tuple[Estimate, Estimate]:
    """Mean and spread of `nu` (n,) over cells; `noise`: the variance that reads leave in each."""
    from scipy.special import stdtrit

    n, mean = len(nu), max(0.0, float(nu.mean()))
    half = float(stdtrit(n - 1, (1 + LEVEL) / 2)) * float(nu.std(ddof=1)) / np.sqrt(n)
    raw = chi_square(float(nu.var(ddof=1)), n - 1, "exact, chi^2")
    plain = [float(np.sqrt(max(0.0, end**2 - noise))) for end in (raw.value, raw.low, raw.high)]
    return (
        Estimate(value=mean, low=max(0.0, mean - half), high=mean + half, how="Student's t over cells"),
        Estimate(value=plain[0], low=plain[1], high=plain[2], how=raw.how),
    )


def _change_noise(series: LevelSeries, read: ReadFit | None) -> FloatArray:
    """Variance (n_times - 1, n_levels) that the reads leave in a change, share of the window squared."""
    if read is None:
        return np.zeros((len(series.times) - 1, len(series.levels)))
    noise = read.at(series.states)[series.level] * series.conductance / series.window
    each = noise**2 / np.maximum(series.reads, 1)
    both = each[1:] + each[0]
    return np.array([np.nanmean(both[:, series.level == number], axis=1) for number in range(len(series.levels))]).T


def _slope_noise(series: LevelSeries, number: int, read: ReadFit | None, clock: FloatArray) -> float:
    """Variance that the reads leave in a slope through the first reading: that reading errs in all points alike."""
    if read is None:
        return 0.0
    here = series.level == number
    each = float(read.at(series.states[number])) ** 2 * np.mean(1.0 / np.maximum(series.reads[:, here], 1), axis=1)
    return float((each[1:] @ clock**2 + each[0] * clock.sum() ** 2) / (clock @ clock) ** 2)


def _never_falling(spread: FloatArray, weight: FloatArray) -> FloatArray:
    """Nearest variances that never fall, as spreads."""
    from scipy.optimize import isotonic_regression

    return np.sqrt(isotonic_regression(spread**2, weights=weight.astype(np.float64)).x)
