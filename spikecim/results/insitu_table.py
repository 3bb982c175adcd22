"""The table of a study of training on the chip: device x rule, rates tuned on validation and scored on test images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class MeanInterval:
    """A mean over `n` seeds with its confidence interval; None for a single seed, whose spread nothing tells."""

    value: float
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, kw_only=True)
class DeviceRow:
    """What a device of the grid is.

    Attributes
    ----------
    name, title : str
    ltp, ltd : float or None
        Nonlinearity labels of potentiation and depression; None for a measured table.
    pulses_up, pulses_down : int
        From one end of the window to the other.
    cycle_to_cycle : float
        Noise of one pulse, % of the window.
    symmetric_point : float or None
        Weight at which a step up is as large as a step down; None if there is none.
    pull : float
        Share of the distance to it that one pair of pulses takes, %.
    """

    name: str
    title: str
    ltp: float | None
    ltd: float | None
    pulses_up: int
    pulses_down: int
    cycle_to_cycle: float
    symmetric_point: float | None
    pull: float

    @property
    def strength(self) -> float | None:
        """Mean size of the two labels."""
        return None if self.ltp is None or self.ltd is None else 0.5 * (abs(self.ltp) + abs(self.ltd))


@dataclass(frozen=True, kw_only=True)
class RateRow:
    """One rate of the tuning.

    Attributes
    ----------
    rate : float
    added : bool
        The study did not list it: the best rate stood at an end.
    seeds : tuple of (float or None)
        Validation accuracy of each tuning seed, %; None where it failed.
    mean : float or None
        None if a seed failed: such a rate is not chosen.
    error : str
        Of the first seed that failed; empty if none did.
    """

    rate: float
    added: bool
    seeds: tuple[float | None, ...]
    mean: float | None
    error: str


@dataclass(frozen=True, kw_only=True)
class SeedRow:
    """One scored training.

    Attributes
    ----------
    seed : int
    test, validation, train : float or None
        Accuracies at the end, %; None if it failed.
    pulses : float or None
        For each cell, on average.
    largest_writes : int or None
        Of the cell that had most.
    error : str
        Why it failed; empty if it did not.
    """

    seed: int
    test: float | None = None
    validation: float | None = None
    train: float | None = None
    pulses: float | None = None
    largest_writes: int | None = None
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class CurveRow:
    """One epoch of the scored trainings: accuracies in %; `train` is None where it was not measured."""

    epoch: int
    validation: MeanInterval
    train: MeanInterval | None


@dataclass(frozen=True, kw_only=True)
class ArrayRow:
    """What one layer's array did, over the scored seeds.

    Attributes
    ----------
    layer : str
    cells : int
    pulses : float
        For each cell in the whole training, mean over cells and seeds.
    pulses_per_step : float
        The same for each update.
    largest_writes : int
        Of the cell that had most, of all seeds.
    row_phases : float
        Row and sign phases of programming, mean over seeds.
    velocity_bits : float
        Bits of velocity moved, for each weight and update.
    clamped, stuck, dead : int
        Initial weights outside the window, cells that never moved, cells worn out; most of any seed.
    """

    layer: str
    cells: int
    pulses: float
    pulses_per_step: float
    largest_writes: int
    row_phases: float
    velocity_bits: float
    clamped: int
    stuck: int
    dead: int


@dataclass(frozen=True, kw_only=True)
class CellResult:
    """One device and rule.

    Attributes
    ----------
    device, rule : str
    rates : tuple of RateRow
        Rising.
    best : float or None
        Rate of highest mean validation accuracy; None if every rate failed.
    edge : str
        ``"lowest"`` or ``"highest"`` if `best` stands at that end of what was tried, else empty.
    seeds : tuple of SeedRow
    test, validation : MeanInterval or None
        Accuracies over the seeds that did not fail, %; None if all did.
    pulses : float or None
        For each cell of all layers, mean over seeds.
    curve : tuple of CurveRow
    arrays : tuple of ArrayRow
    trouble : str
        What failed, in one line; empty if nothing did.
    """

    device: str
    rule: str
    rates: tuple[RateRow, ...]
    best: float | None
    edge: str
    seeds: tuple[SeedRow, ...]
    test: MeanInterval | None
    validation: MeanInterval | None
    pulses: float | None
    curve: tuple[CurveRow, ...]
    arrays: tuple[ArrayRow, ...]
    trouble: str = ""


@dataclass(frozen=True, kw_only=True)
class GainRow:
    """What a rule gains over the reference rule on one device, seed by seed.

    `gain` is in points of test accuracy, paired by seed, None if no seed ended well with both; `fewer_pulses` are
    pulses of the reference over those of the rule.
    """

    device: str
    rule: str
    against: str
    gain: MeanInterval | None
    fewer_pulses: float | None


@dataclass(frozen=True, kw_only=True)
class InsituTable:
    """A finished study.

    Attributes
    ----------
    study : mapping
        As `InsituStudy.describe` gives it.
    reference : str
        The rule that gains are against.
    cells : tuple of CellResult
        Devices in the outer loop.
    """

    study: Mapping[str, Any]
    version: str
    reference: str
    devices: tuple[DeviceRow, ...]
    cells: tuple[CellResult, ...]
    gains: tuple[GainRow, ...]
    confidence_percent: float
    trainings: int
    failed: int

    def cell(self, device: str, rule: str) -> CellResult:
        """The cell of `device` and `rule`; KeyError if there is none."""
        for cell in self.cells:
            if (cell.device, cell.rule) == (device, rule):
                return cell
        raise KeyError((device, rule))
