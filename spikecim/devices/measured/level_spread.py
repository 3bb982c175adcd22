"""Spread of each level and where it comes from: nested analysis of variance over cells, cycles and repeated reads.

A reading is target + cell part + cycle part + read noise (Searle et al., Variance Components, 1992, ch. 3).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from spikecim.devices.measured.estimate import LEVEL, Estimate, FloatArray
from spikecim.devices.measured.level_series import LevelSeries
from spikecim.devices.measured.levels import FEWEST
from spikecim.devices.measured.lognormal import Groups, grouped
from spikecim.devices.measured.share import FEWEST_CELLS, FEWEST_WITHIN, cell_share, enough_for_share
from spikecim.devices.rectified import rectified_sd
from spikecim.errors import DataError

_HIGHEST_NOISE = 10.0  # what a device file takes
_HALVINGS = 60
_LEAST_LEFT = 0.3  # of a mean square within cells, once the noise of reads is taken out


@dataclass(frozen=True, kw_only=True)
class ReadFit:
    """Noise of one read, share of the conductance: `states` (n,) and one estimate each."""

    states: FloatArray
    noise: tuple[Estimate, ...]

    def at(self, states: FloatArray) -> FloatArray:
        """Noise at `states` (...), linear between the levels that tell it."""
        return np.interp(states, self.states, [one.value for one in self.noise])


def fit_read(series: LevelSeries) -> ReadFit | None:
    """Noise of repeated reads by level; None if no level has enough of them."""
    states, found = [], []
    for number, state in enumerate(series.states):
        here = series.level == number
        df, square = int(series.freedom[here].sum()), float(np.mean(series.fresh[here] ** 2))
        if df < FEWEST or square == 0.0:
            continue
        noise = chi_square(float(series.squares[here].sum()) / df / square, df, "exact, chi^2 of repeated reads")
        if noise.high <= _HIGHEST_NOISE:
            states.append(state)
            found.append(noise)
    return ReadFit(states=np.array(states), noise=tuple(found)) if found else None


def fit_spread(series: LevelSeries, read: ReadFit | None) -> tuple[Estimate, ...]:
    """Standard deviation of programming by level, share of the window; the part of the reads taken out if known."""
    return tuple(_level_spread(series, number, read) for number in range(len(series.levels)))


def fit_share(series: LevelSeries, read: ReadFit | None, told: str) -> Estimate | None:
    """Share of the variance that stays with the cell; None if no cell was programmed twice to one target.

    Raises
    ------
    DataError
        If cells were cycled, but too few of them for a split.
    """
    groups = _cycled(series)
    if not groups:
        return None
    few = min(groups, key=lambda number: (groups[number].within_df, len(groups[number].means)))
    if not enough_for_share(list(groups.values())):
        raise DataError(
            f"{told}: target {series.levels[few]:.4g} S has {len(groups[few].means)} cells and "
            f"{groups[few].within_df} repeated cycles; the split into cell and cycle needs {FEWEST_CELLS} cells and "
            f"{FEWEST_WITHIN} repeated cycles (or leave out the column cycle)"
        )
    # Cells cut at 0 are not the sum of two parts any more.
    whole = {number: one for number, one in groups.items() if not _cut(series, number)} or groups
    plain = [_without_reads(series, number, one, read) for number, one in whole.items()]
    kept = [one for one in plain if one is not None]
    return cell_share(kept) if kept else None


def chi_square(variance: float, df: float, how: str) -> Estimate:
    """Standard deviation from a variance of `df` degrees of freedom."""
    from scipy.special import chdtri

    low, high = (float(np.sqrt(df * variance / chdtri(df, tail))) for tail in ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return Estimate(value=float(np.sqrt(variance)), low=low, high=high, how=how)


def read_variance(series: LevelSeries, number: int, read: ReadFit | None) -> float:
    """Variance (share of the window, squared) that reads leave in the fresh values of level `number`."""
    if read is None:
        return 0.0
    here = series.level == number
    noise = float(read.at(series.states[number])) * series.fresh[here] / series.window
    return float(np.mean(noise**2 / series.reads[0, here]))


def _level_spread(series: LevelSeries, number: int, read: ReadFit | None) -> Estimate:
    miss, cell = _miss(series, number), series.cell[series.level == number]
    groups, certain = grouped(miss, cell), 1.0
    if _cut(series, number):
        # Far from normal: the variance of a variance grows with the fourth moment.
        kurtosis = float(np.mean((miss - miss.mean()) ** 4) / max(miss.var() ** 2, 1e-300))
        certain = min(1.0, 2.0 / max(kurtosis - 1.0, 1e-9))
    if groups.within_df:
        share = 1.0 - 1.0 / groups.harmonic
        parts = ((groups.between, len(groups.means) - 1), (share * groups.within, groups.within_df))
        variance = sum(part for part, _ in parts)
        # Satterthwaite, Biometrics Bulletin 2, 110, 1946.
        df = variance**2 / sum(part**2 / df for part, df in parts) if variance else float(len(miss) - 1)
        found = chi_square(variance, certain * df, "chi^2 over cells and cycles, Satterthwaite")
    else:
        found = chi_square(float(miss.var(ddof=1)), certain * (len(miss) - 1), "chi^2")
    noise = read_variance(series, number, read)
    plain = [float(np.sqrt(max(0.0, end**2 - noise))) for end in (found.value, found.low, found.high)]
    if _cut(series, number):
        # Cells cut at 0: the spread that programming aims with is larger than what is seen.
        centre = float(series.levels[number]) / series.window
        plain = [_before_the_cut(end, centre) for end in plain]
    return replace(found, value=plain[0], low=plain[1], high=plain[2])


def _before_the_cut(seen: float, centre: float) -> float:
    """The sd of a normal value around `centre` that shows `seen` once cut at 0; by bisection."""
    low, high = seen, 4.0 * (seen + centre) + 1e-300
    for _ in range(_HALVINGS):
        half = (low + high) / 2.0
        if float(rectified_sd(np.array(centre), np.array(half))) < seen:
            low = half
        else:
            high = half
    return (low + high) / 2.0


def _cycled(series: LevelSeries) -> dict[int, Groups]:
    """Readings by cell of each level that has cells programmed twice and moves at all."""
    found = {}
    for number in range(len(series.levels)):
        whole = grouped(_miss(series, number), series.cell[series.level == number])
        if whole.within_df and whole.within:
            found[number] = whole
    return found


def _without_reads(series: LevelSeries, number: int, one: Groups, read: ReadFit | None) -> Groups | None:
    """Mean squares of programming alone; None where reads make most of them, and nothing can be told."""
    noise = read_variance(series, number, read)
    if noise == 0.0:
        return one
    within, between = one.within - noise, one.between - noise / one.harmonic
    if within < _LEAST_LEFT * one.within or between <= 0.0:
        return None
    means = one.means.mean() + (one.means - one.means.mean()) * np.sqrt(between / one.between)
    # Satterthwaite: the difference of two mean squares is less certain than either.
    reads = int(series.freedom[series.level == number].sum())
    df = within**2 / (one.within**2 / one.within_df + noise**2 / max(reads, 1))
    return replace(one, means=means, within=within, within_df=max(1, round(df)))


def _cut(series: LevelSeries, number: int) -> bool:
    return bool((series.fresh[series.level == number] == 0.0).any())


def _miss(series: LevelSeries, number: int) -> FloatArray:
    """Fresh values of level `number` less their target, share of the window."""
    return (series.fresh[series.level == number] - series.levels[number]) / series.window
