"""Weight codes compared on the same network, spikes and chip seeds: the study as a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from spikecim.results.population import interval

Span = tuple[float, float, float]
FloatArray = NDArray[np.float64]
SPIRIT_CODE, TRIPLE_SIGN, SINGLE_SIGN = "unary-bipolar", "sign-magnitude", "sign-magnitude-single"


@dataclass(frozen=True, kw_only=True, order=True)
class CellSetting:
    """What is varied between points; all else is as on the chip.

    Attributes
    ----------
    stuck_lrs, stuck_hrs : float
        Shares of cells stuck in either state.
    hrs_sigma : float
        sigma_ln of the HRS resistance.
    after_s : float
        Seconds since programming, at room temperature.
    """

    stuck_lrs: float
    stuck_hrs: float
    hrs_sigma: float
    after_s: float = 0.0

    @property
    def stuck(self) -> float:
        """Share of stuck cells of both kinds."""
        return self.stuck_lrs + self.stuck_hrs


@dataclass(frozen=True, kw_only=True)
class ChipRows:
    """Virtual chips 0..n_chips-1 under one setting, each array float64 (n_chips,).

    Attributes
    ----------
    accuracy : share of samples
    input_spikes : mean per image
    cell_pj, core_pj : mean energy per image of the cell current, and of the whole core
    programming_nj : energy of programming the chip
    """

    accuracy: FloatArray
    input_spikes: FloatArray
    cell_pj: FloatArray
    core_pj: FloatArray
    programming_nj: FloatArray

    def accuracy_percent(self) -> Span:
        """(5th percentile, median, 95th percentile) over chips, in percent."""
        low, middle, high = interval(100.0 * self.accuracy)
        return low, middle, high

    def yield_share(self, at_least: float) -> float:
        """Share of chips that read at least the accuracy `at_least`."""
        return float((self.accuracy >= at_least).mean())


@dataclass(frozen=True, kw_only=True)
class CodeFacts:
    """What a code costs before any chip is drawn.

    Attributes
    ----------
    name : str
    cells_per_weight, n_cells : int
        Cells of one weight and of the whole array.
    error_per_stuck : float
        Mean absolute weight error of this network, in units, per share of stuck cells (half of each kind), to first
        order: 4 means that 1 % of stuck cells cost 0.04 units a weight.
    worst_single_fault : float
        Largest weight error, in units, from one bad cell.
    """

    name: str
    cells_per_weight: int
    n_cells: int
    error_per_stuck: float
    worst_single_fault: float


@dataclass(frozen=True, kw_only=True)
class CodePoint:
    """All virtual chips of one code under one setting."""

    code: str
    setting: CellSetting
    chips: ChipRows


@dataclass(frozen=True, kw_only=True)
class GroupPoint:
    """The chip with another number of cells per polarity, and the network quantised anew for it.

    Attributes
    ----------
    levels : int
        Cells per polarity.
    n_cells : int
        Cells of the whole array.
    formal_accuracy : float
        Share correct of the formal network with these weights.
    chips : ChipRows
    """

    levels: int
    n_cells: int
    formal_accuracy: float
    chips: ChipRows


@dataclass(frozen=True, kw_only=True)
class CodeStudy:
    """Weight codes under faults and spread.

    Attributes
    ----------
    n_images, n_chips, seed, levels : int
        Images; virtual chips of each point; seed of all draws; cells per polarity of the chip.
    formal_accuracy, ideal_accuracy : float
        Share correct of the formal network, and of the ideal chip.
    yield_within : float
        A chip counts as good if it reads at most this much less than the ideal chip.
    nominal : CellSetting
        The chip's own.
    codes : tuple of CodeFacts
    points : tuple of CodePoint
        In the order they were run; whole points only.
    requested : int
        Chips asked for; fewer in the points mean that the study was interrupted.
    groups : tuple of GroupPoint
    facts : dict of str
        Chip, data set, version and the like.
    """

    n_images: int
    n_chips: int
    seed: int
    levels: int
    formal_accuracy: float
    ideal_accuracy: float
    yield_within: float
    nominal: CellSetting
    codes: tuple[CodeFacts, ...]
    points: tuple[CodePoint, ...]
    requested: int
    groups: tuple[GroupPoint, ...] = ()
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def good_accuracy(self) -> float:
        """Accuracy from which a chip counts as good."""
        return self.ideal_accuracy - self.yield_within

    @property
    def interrupted(self) -> bool:
        return self.n_chips < self.requested

    def at(self, code: str, setting: CellSetting) -> CodePoint | None:
        """The point of `code` at `setting`, or None if it was not run."""
        return next((point for point in self.points if point.code == code and point.setting == setting), None)

    def stuck_curve(self, code: str) -> list[CodePoint]:
        """Points at the chip's HRS spread with as many cells stuck in LRS as in HRS, by rising rate."""
        sigma = self.nominal.hrs_sigma
        here = [
            p for p in self._of(code) if p.setting.hrs_sigma == sigma and p.setting.stuck_lrs == p.setting.stuck_hrs
        ]
        return sorted(here, key=lambda point: point.setting.stuck)

    def sigma_curve(self, code: str) -> list[CodePoint]:
        """Points at the chip's stuck rates, by rising HRS spread."""
        stuck = self.nominal.stuck_lrs, self.nominal.stuck_hrs
        here = [p for p in self._of(code) if (p.setting.stuck_lrs, p.setting.stuck_hrs) == stuck]
        return sorted(here, key=lambda point: point.setting.hrs_sigma)

    def _of(self, code: str) -> Sequence[CodePoint]:
        return [point for point in self.points if point.code == code and point.setting.after_s == 0]
