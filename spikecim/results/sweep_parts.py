"""What a sweep's table says of one metric: main effects, shares of variance, spread over chips; nothing is rounded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Value = float | int | str


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A number and its 90 % interval; NaN ends where there is nothing to draw an interval from."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Level:
    """A metric at one level of a factor, or within one part of its range.

    Attributes
    ----------
    name : str
    at, low, high : float, int or str
        Value, or middle and ends of the part, in SI units.
    n_points, n_designs : int
        Points and designs with a number.
    mean : Estimate
    p5, median, p95 : float
        Over single points: virtual chips of all designs of this level.
    """

    name: str
    at: Value
    low: Value
    high: Value
    n_points: int
    n_designs: int
    mean: Estimate
    p5: float
    median: float
    p95: float


@dataclass(frozen=True, kw_only=True)
class Effect:
    """Main effect of a factor on a metric.

    Attributes
    ----------
    metric, factor : str
        ``"yield"`` is the share of chips that read well enough.
    levels : tuple of Level
        Those without a number are left out.
    change : Estimate
        Mean at the level where it is highest less that where it is lowest, on the same chips. The interval allows for
        the choice of these two levels, and of the factor among all.
    lowest, highest : str
        Names of the two levels.
    """

    metric: str
    factor: str
    levels: tuple[Level, ...]
    change: Estimate
    lowest: str
    highest: str

    @property
    def sure(self) -> bool:
        """Whether the levels differ by more than chance of designs and chips."""
        return self.change.low > 0


@dataclass(frozen=True, kw_only=True)
class Pair:
    """What two factors do together."""

    first: str
    second: str
    share: Estimate


@dataclass(frozen=True, kw_only=True)
class Shares:
    """Shares of the variance between designs, of the mean chip.

    Attributes
    ----------
    metric, method : str
    n_designs, n_chips : int
        The complete part of the table that the shares rest on.
    refused : str
        Why there are none; empty if there are.
    first, total : dict of str to Estimate
        By factor: alone; with all it takes part in (empty if unknown).
    pairs : tuple of Pair
    pairs_method, pairs_refused : str
    q2 : float
        Share of left-out designs' variance that a surrogate explains; NaN if there is no surrogate.
    """

    metric: str
    method: str
    n_designs: int
    n_chips: int
    refused: str
    first: Mapping[str, Estimate]
    total: Mapping[str, Estimate]
    pairs: tuple[Pair, ...]
    pairs_method: str
    pairs_refused: str
    q2: float

    @property
    def leading(self) -> list[str]:
        """Factors, the one with the largest share (total where known) first."""
        known = self.total or self.first
        return sorted(known, key=lambda path: -known[path].value)


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Whose variance it is, as shares that sum to 1 (`refused` says why there are none).

    Attributes
    ----------
    sd : float
        Standard deviation over all points.
    design, chip, both : Estimate
        Between designs; between chips, alike in all designs; chips that answer to designs differently.
    chip_sd : Estimate
        Standard deviation between virtual chips of one design: root of chip and both.
    """

    metric: str
    sd: float
    design: Estimate
    chip: Estimate
    both: Estimate
    chip_sd: Estimate
    n_designs: int
    n_chips: int
    refused: str
