"""What a study of learning on SPIRIT found: accuracy before and after, forgetting, writes per cell, and pJ."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spikecim.errors import ShapeError

CONFIDENCE = 0.95
BUDGETS = (1e6, 1e7)
BUDGET_SOURCE = (
    "1e6 cycles: Leti 28 nm 1T1R, doi 10.3389/fnano.2025.1549547; 1e7: a 16,384-cell OxRAM array still usable for "
    "learning, doi 10.1038/s41928-020-00523-3"
)


@dataclass(frozen=True, kw_only=True)
class Spread:
    """A number over virtual chips.

    Attributes
    ----------
    mean : float
    low, high : float
        95 % interval of the mean over other chips (Student's t); the images are the same for all chips. Of a single
        chip it is the mean itself.
    lowest, highest : float
        Of any chip.
    """

    mean: float
    low: float
    high: float
    lowest: float
    highest: float


def spread(values: Sequence[float]) -> Spread:
    """Mean of `values`, one or more, and its interval.

    Raises
    ------
    ShapeError
        If there is none.
    """
    n = len(values)
    if not n:
        raise ShapeError("no chip: a mean needs one or more")
    mean = math.fsum(values) / n
    half = 0.0
    if n > 1:
        from scipy.special import stdtrit

        deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1))
        half = float(stdtrit(n - 1, 0.5 + CONFIDENCE / 2)) * deviation / math.sqrt(n)
    return Spread(mean=mean, low=mean - half, high=mean + half, lowest=min(values), highest=max(values))


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Accuracy on validation images while a chip learns, each tuple with one entry for each point.

    Attributes
    ----------
    presented : tuple of int
        Images presented so far.
    old, new : tuple of Spread
        Accuracy in percent.
    """

    presented: tuple[int, ...]
    old: tuple[Spread, ...]
    new: tuple[Spread, ...]


@dataclass(frozen=True, kw_only=True)
class ConditionResult:
    """One way to learn, over all chips.

    Attributes
    ----------
    name, rule, updates : str
    rehearsal : int
        Images of each old class kept, 0 for none, -1 for all.
    needs : str
        What data the host must hold.
    rate : float or None
        The rate chosen on validation images; None where there is none to choose.
    tuning : tuple of (float, float)
        Each rate, and the mean accuracy in percent on validation images that it gave on chips of their own.
    chips : mapping of str to tuple of float
        By metric, one entry for each chip. Accuracies, forgetting and gain in percent and points.
    histogram : tuple of float
        Cells of a chip, in the mean, that were written 0, 1, 2, ... times; the last entry holds all beyond.
    curve : Curve or None
    write_pj : mapping of str to mapping of str to float
        Parts of the write energy of one learning, mean over chips, at the ``"low"``, ``"typical"`` and ``"high"`` end.
    read_pj : mapping of str to float
        Parts of the energy of the learning presentations, mean over chips.
    """

    name: str
    rule: str
    updates: str
    rehearsal: int
    needs: str
    rate: float | None
    tuning: tuple[tuple[float, float], ...]
    chips: Mapping[str, tuple[float, ...]]
    histogram: tuple[float, ...]
    curve: Curve | None
    write_pj: Mapping[str, Mapping[str, float]]
    read_pj: Mapping[str, float]

    def spread(self, metric: str) -> Spread:
        """Of `metric` over chips."""
        return spread(self.chips[metric])

    def written_pj(self, end: str = "typical") -> float:
        """All parts of the write energy of one learning."""
        return sum(self.write_pj[end].values())

    @property
    def presented_pj(self) -> float:
        """All parts of the energy of the learning presentations."""
        return sum(self.read_pj.values())

    @property
    def total_pj(self) -> float:
        """Writes at their typical energy, and presentations."""
        return self.written_pj() + self.presented_pj

    def lives(self, budget: float) -> tuple[float, float]:
        """Learnings until a cell has seen `budget` pulses: if the worst cell is always the same, and if wear is even.

        Every pulse, SET or RESET, counts as a whole cycle. Infinite where nothing is written.
        """
        worst, mean = self.spread("pulses_largest").mean, self.spread("pulses_mean").mean
        return (budget / worst if worst else math.inf), (budget / mean if mean else math.inf)


@dataclass(frozen=True, kw_only=True)
class Ideal:
    """Accuracies in percent of perceptrons with real weights, off the chip: on old, on new, on all test images."""

    old: float
    new: float
    both: float


@dataclass(frozen=True, kw_only=True)
class Learning:
    """A finished study.

    Attributes
    ----------
    study : mapping
        As `LearnStudy.describe` gives it.
    version, title, task, what : str
    n_chips, n_tuning_chips : int
    n_cells : int
        Cells of a chip.
    n_old, n_new : int
        Test images of what was known, and of what is new.
    n_validation : int
    before : mapping of str to tuple of float
        Accuracy in percent before the learning, by ``"old"``, ``"new"``, ``"all"``, one entry for each chip.
    start, taught : Ideal
        Trained on what was known, and on everything.
    conditions : tuple of ConditionResult
    table : tuple of mapping
        Entries of the table of write energies: name, value, range, status, source.
    """

    study: Mapping[str, Any]
    version: str
    title: str
    task: str
    what: str
    n_chips: int
    n_tuning_chips: int
    n_cells: int
    n_old: int
    n_new: int
    n_validation: int
    before: Mapping[str, tuple[float, ...]]
    start: Ideal
    taught: Ideal
    conditions: tuple[ConditionResult, ...]
    table: tuple[Mapping[str, str], ...]
