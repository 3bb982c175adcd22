"""How far an array may grow: every virtual chip at every wire resistance, on/off ratio and array size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from spikecim.results.population import interval

FloatArray = NDArray[np.float64]
Span = tuple[float, float, float]
# Loss of accuracy that an array may cost: the seed question of crossbar limits.
ALLOWED = 0.01
NO_WIRES = "none"


@dataclass(frozen=True, kw_only=True, order=True)
class LimitSetting:
    """One array around the network.

    Attributes
    ----------
    kind : str
        ``"passive"``, ``"gated"``, or ``"none"``: cells alone.
    ohm : float
        Each segment of a word line or source rail, and of a bit line.
    ratio : float
        Median HRS over median LRS.
    side : int
        Rows and columns of the array; 0: no larger than the network.
    """

    kind: str
    ohm: float
    ratio: float
    side: int


@dataclass(frozen=True, kw_only=True)
class LimitPoint:
    """Virtual chips 0..n_chips-1 in one array, each column float64 (n_chips,).

    Attributes
    ----------
    accuracy : share of samples
    input_spikes : mean per image
    cell_pj, core_pj : mean energy per image of the current through the array, and of the whole core
    """

    setting: LimitSetting
    accuracy: FloatArray
    input_spikes: FloatArray
    cell_pj: FloatArray
    core_pj: FloatArray


@dataclass(frozen=True, kw_only=True)
class Largest:
    """The largest square array that keeps the allowed loss: (5 %, median, 95 %) over chips of its side.

    0 stands for less than the smallest side, infinity for more than the largest.
    """

    kind: str
    ohm: float
    ratio: float
    side: Span


@dataclass(frozen=True, kw_only=True)
class LimitStudy:
    """Arrays around one network.

    Attributes
    ----------
    kinds, ohms, ratios, sides : what was varied
    own_ratio : float
        The chip's own on/off ratio, at which `curve_ohms` were run without any unused cell.
    curve_ohms : tuple of float
    shape : (rows, columns)
        Cells of the network.
    points : tuple of LimitPoint
    n_images, seed, requested : int
        Images; seed of all draws; chips asked for.
    ideal_accuracy : float
        Share correct of the chip without any error.
    trim : str
        What the injectors are set on: ``"reads"`` of the whole array, or lone ``"cells"``.
    facts : dict of str
    """

    kinds: tuple[str, ...]
    ohms: tuple[float, ...]
    ratios: tuple[float, ...]
    sides: tuple[int, ...]
    own_ratio: float
    curve_ohms: tuple[float, ...]
    shape: tuple[int, int]
    points: tuple[LimitPoint, ...]
    n_images: int
    seed: int
    requested: int
    ideal_accuracy: float
    trim: str
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def n_chips(self) -> int:
        return len(self.points[0].accuracy)

    @property
    def interrupted(self) -> bool:
        return self.n_chips < self.requested

    def at(self, kind: str, ohm: float, ratio: float, side: int = 0) -> LimitPoint:
        """The point of one setting; KeyError if it was not run."""
        setting = LimitSetting(kind=kind, ohm=ohm, ratio=ratio, side=side)
        return self._by_setting[setting]

    def bare(self, ratio: float) -> LimitPoint:
        """The same chips without wires."""
        return self.at(NO_WIRES, 0.0, ratio)

    def loss(self, point: LimitPoint) -> FloatArray:
        """Accuracy (n_chips,) that each chip loses to its array."""
        return self.bare(point.setting.ratio).accuracy - point.accuracy

    def along_sides(self, kind: str, ohm: float, ratio: float) -> list[LimitPoint]:
        """Points by rising side."""
        return [self.at(kind, ohm, ratio, side) for side in self.sides]

    def largest(self, kind: str, ohm: float, ratio: float) -> Largest:
        """Where each chip's loss first passes `ALLOWED`; between two sides a straight line over the log of the side."""
        lost = np.stack([self.loss(point) for point in self.along_sides(kind, ohm, ratio)])
        each = np.array([crossing(self.sides, lost[:, chip], ALLOWED) for chip in range(self.n_chips)])
        low, middle, high = np.percentile(each, [5.0, 50.0, 95.0], method="inverted_cdf")
        return Largest(kind=kind, ohm=ohm, ratio=ratio, side=(float(low), float(middle), float(high)))

    def all_largest(self) -> list[Largest]:
        """One for each kind, resistance and ratio, in that order."""
        return [self.largest(kind, ohm, ratio) for kind in self.kinds for ohm in self.ohms for ratio in self.ratios]

    @property
    def _by_setting(self) -> dict[LimitSetting, LimitPoint]:
        return {point.setting: point for point in self.points}


def crossing(sides: Sequence[int], lost: FloatArray, allowed: float) -> float:
    """Side at which `lost` (n_sides,) first passes `allowed`: 0 if it starts beyond, infinity if it never does."""
    beyond = np.flatnonzero(lost > allowed)
    if len(beyond) == 0:
        return float("inf")
    k = int(beyond[0])
    if k == 0:
        return 0.0
    part = (allowed - lost[k - 1]) / (lost[k] - lost[k - 1])
    return float(sides[k - 1] * (sides[k] / sides[k - 1]) ** part)


def span(values: FloatArray) -> Span:
    """(5 %, median, 95 %) over chips."""
    return interval(values)
