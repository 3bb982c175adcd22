"""Bootstrap over designs and chips at once: both are drawn with replacement, apart from each other.

The pigeonhole bootstrap (Owen, Ann. Appl. Stat. 1, 2007, 386-411) for tables whose rows and columns are both samples.
Noise of single points counts more than once, which widens its intervals; few chips narrow them: percentiles of 8 draws
from 8 chips are too close together. Designs of a grid are all there are and are not drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.streams import stream

LOW, HIGH = 5.0, 95.0  # percentiles of the 90 % interval
RESAMPLES, FEWEST, LARGE = 400, 100, 10_000_000


@dataclass(frozen=True, kw_only=True)
class Sampled:
    """What one bootstrap draws from.

    Attributes
    ----------
    clusters : int
        Designs, or base points of a Saltelli design, that are drawn as a whole; 0 where designs are fixed.
    chips : int
    seed : int
    name : str
        Of what is estimated: the same name gives the same draws.
    """

    clusters: int
    chips: int
    seed: int
    name: str

    @property
    def n_draws(self) -> int:
        """Fewer for large tables, whose intervals are narrow anyway."""
        return max(FEWEST, min(RESAMPLES, LARGE // (max(1, self.clusters) * self.chips)))

    def draws(self) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """How often each cluster and each chip is drawn, (clusters,) and (chips,); none if there is nothing to draw."""
        if self.clusters <= 1 and self.chips <= 1:
            return
        source = stream(self.seed, "bootstrap", self.name)
        for _ in range(self.n_draws):
            yield _counts(source, self.clusters), _counts(source, self.chips)


def _counts(source: np.random.Generator, n: int) -> NDArray[np.float64]:
    """Multiplicities of n draws from n, not all of the same one: pairs of different ones are needed."""
    while n > 1:
        counts = np.bincount(source.integers(0, n, n), minlength=n)
        if counts.max() < n:
            return counts.astype(np.float64)
    return np.ones(n)


def percentiles(found: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Ends of the 90 % interval of `found` (n_draws, ...); NaN where no draw has a number."""
    if not len(found):
        empty = np.full(found.shape[1:], np.nan)
        return empty, empty
    none = ~np.isfinite(found).any(axis=0)
    low, high = np.nanpercentile(np.where(none, 0.0, found), [LOW, HIGH], axis=0)
    return np.where(none, np.nan, low), np.where(none, np.nan, high)
