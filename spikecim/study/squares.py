"""Mean squares of a table of designs and chips, and what other designs and chips would have made of them.

A mean square of few chips is far from symmetric about its truth, so percentiles of a bootstrap hold it too seldom. Here
truth = mean square * freedom / chi-square (generalised intervals: Weerahandi, J. Am. Stat. Assoc. 88, 1993, 899-905),
with fewer degrees of freedom where the squares scatter more than those of normal numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spikecim.study.pairs import Floats

DRAWS = 4_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """A complete table (n designs, m chips) taken apart: y = mean + design + chip + rest."""

    mean: float
    design: Floats
    chip: Floats
    rest: Floats

    @classmethod
    def of(cls, values: Floats) -> Table:
        mean = float(values.mean())
        design, chip = values.mean(axis=1) - mean, values.mean(axis=0) - mean
        return cls(mean=mean, design=design, chip=chip, rest=values - mean - design[:, None] - chip)

    def drawn(self, source: np.random.Generator, *, fixed: bool) -> Floats:
        """Draw variances of design, chip and both (`spread.components`), (DRAWS, 3)."""
        n, m = self.rest.shape
        rest = _drawn(_mean_square(self.rest, (n - 1) * (m - 1)), _freedom_of_rest(self.rest), source)
        chips = n * _drawn(_mean_square(self.chip, m - 1), _freedom(self.chip), source)
        if fixed:
            return np.stack([self._grid(rest, source), chips / n, rest * (n - 1) / n], axis=1)
        designs = m * _drawn(_mean_square(self.design, n - 1), _freedom(self.design), source)
        return np.stack([(designs - rest) / m, (chips - rest) / n, rest], axis=1)

    def _grid(self, rest: Floats, source: np.random.Generator) -> Floats:
        """Variance of the designs there are: their means are moved by what so few chips do."""
        n, m = self.rest.shape
        scale = np.sqrt((m - 1) / source.chisquare(m - 1, size=(DRAWS, 1)) / (m * (m - 1)))
        moved = self.design + scale * (source.normal(size=(DRAWS, m)) @ self.rest.T)
        # The chips' chance is in these means twice: as it was found, and as it was drawn.
        return np.asarray((moved**2).mean(axis=1) - 2 * rest * (n - 1) / n / m)


def _mean_square(effects: Floats, freedom: int) -> float:
    return float((effects**2).sum() / freedom)


def _drawn(square: float, freedom: float, source: np.random.Generator) -> Floats:
    return square * freedom / source.chisquare(freedom, size=DRAWS)


def _freedom(effects: Floats) -> float:
    """Degrees of freedom of a sum of squares, from the scatter of the squares, (k - 1) at most."""
    return _matched((effects**2).mean(), (effects**2).var() / len(effects), len(effects) - 1)


def _freedom_of_rest(rest: Floats) -> float:
    squares, (n, m) = rest**2, rest.shape
    chance = squares.mean(axis=0).var() / m + squares.mean(axis=1).var() / n
    return _matched(squares.mean(), chance, (n - 1) * (m - 1))


def _matched(square: float, variance: float, most: int) -> float:
    """Freedom of the chi-square with this relative variance; 1 at least, `most` at most."""
    return most if variance <= 0 else float(max(1.0, min(most, 2 * square**2 / variance)))
