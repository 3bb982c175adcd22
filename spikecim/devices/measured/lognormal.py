"""Median and spread of a log-normal state, with exact intervals: t and chi^2, over cells where cells were cycled.

Cycled cells: unweighted cell means carry the median (t, cells - 1), and the spread adds up what lies between cells and
within them, with Satterthwaite's degrees of freedom (Biometrics Bulletin 2, 110, 1946).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spikecim.devices.measured.estimate import LEVEL, Estimate, FloatArray, IntArray


@dataclass(frozen=True, kw_only=True)
class Groups:
    """Readings by cell.

    Attributes
    ----------
    means : float64 (n_cells,)
    harmonic : float
        Harmonic mean of the readings of a cell.
    within : float
        Mean square within cells.
    within_df : int
    """

    means: FloatArray
    harmonic: float
    within: float
    within_df: int

    @property
    def between(self) -> float:
        """Variance of the cell means."""
        return float(self.means.var(ddof=1))


def grouped(y: FloatArray, cell: IntArray) -> Groups:
    """Means and mean squares of `y` (n,) by `cell` (n,)."""
    _, place, counts = np.unique(cell, return_inverse=True, return_counts=True)
    means = np.bincount(place, y) / counts
    df = len(y) - len(counts)
    within = float(((y - means[place]) ** 2).sum() / df) if df else 0.0
    return Groups(means=means, harmonic=float(1 / np.mean(1 / counts)), within=within, within_df=df)


def fit_lognormal(y: FloatArray, cell: IntArray | None = None) -> dict[str, Estimate]:
    """Estimates of `median` (ohm) and `sigma_ln` from ln R `y` (n,); `cell` (n,) where cells were read repeatedly."""
    if cell is None:
        means, variance, df = y, float(y.var(ddof=1)), float(len(y) - 1)
        told = ("exact, Student's t", "exact, chi^2")
    else:
        means, variance, df = _total(grouped(y, cell))
        told = ("Student's t over cells", "chi^2 over cells and cycles, Satterthwaite")
    return {"median": _median(means, told[0]), "sigma_ln": _spread(variance, df, told[1])}


def _total(groups: Groups) -> tuple[FloatArray, float, float]:
    """Cell means, total variance of one reading, and its degrees of freedom."""
    share = 1.0 - 1.0 / groups.harmonic
    parts = ((groups.between, len(groups.means) - 1), (share * groups.within, groups.within_df))
    variance = sum(part for part, _ in parts)
    return groups.means, variance, variance**2 / sum(part**2 / df for part, df in parts if part)


def _median(means: FloatArray, how: str) -> Estimate:
    from scipy.special import stdtrit

    centre = float(means.mean())
    half = float(stdtrit(len(means) - 1, (1 + LEVEL) / 2)) * float(means.std(ddof=1)) / np.sqrt(len(means))
    low, value, high = (float(np.exp(place)) for place in (centre - half, centre, centre + half))
    return Estimate(value=value, low=low, high=high, how=how)


def _spread(variance: float, df: float, how: str) -> Estimate:
    from scipy.special import chdtri

    # chdtri takes the upper tail.
    low, high = (float(np.sqrt(df * variance / chdtri(df, p))) for p in ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return Estimate(value=float(np.sqrt(variance)), low=low, high=high, how=how)
