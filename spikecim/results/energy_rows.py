"""Rows of an energy report on the run itself: where the energy goes and what it rests on, in nJ of an inference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Over images: mean, median, 5th and 95th percentile."""

    mean: float
    median: float
    p5: float
    p95: float


@dataclass(frozen=True, kw_only=True)
class Range:
    """A value at the table's entries, and the 5th, 50th and 95th percentile over draws of them."""

    value: float
    low: float
    median: float
    high: float


@dataclass(frozen=True, kw_only=True)
class BasisRow:
    """How much of the energy rests on entries of one status."""

    status: str
    entries: tuple[str, ...]
    core_percent: float
    chip_percent: float


@dataclass(frozen=True, kw_only=True)
class PartRow:
    """Energy of one product of the ledger: a count times an entry of the table.

    Attributes
    ----------
    part, entry : str
        Part of the ledger; path of the entry in the chip file.
    counted, count
        What is counted, and how many of it an inference has on average.
    each_pj : float or None
        Of one count; None where nothing was counted.
    value, low, high : float
        Of the entry, SI.
    core_percent : float or None
        None outside the core.
    """

    part: str
    entry: str
    counted: str
    each_pj: float | None
    scope: str
    static: bool
    status: str
    value: float
    unit: str
    low: float
    high: float
    default_range: bool
    source: str
    count: float
    nj: float
    core_percent: float | None
    chip_percent: float


@dataclass(frozen=True, kw_only=True)
class LayerRow:
    """One layer: formal work, spiking work, energy."""

    layer: str
    macs: int
    events: float
    core_nj: Spread
    chip_nj: Spread
    chip_percent: float
    parts_nj: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class ClassRow:
    """Images of one label."""

    label: int
    images: int
    accuracy_percent: float
    words: float
    core_nj: Spread
    chip_nj: Spread


@dataclass(frozen=True, kw_only=True)
class MarginRow:
    """What the run would have cost and read with a smaller margin, from its own decisions."""

    delta_s: int
    accuracy_percent: float
    accuracy_low_percent: float
    accuracy_high_percent: float
    words: float
    core_nj: float
    chip_nj: float
    duration_us: float


@dataclass(frozen=True, kw_only=True)
class StaticRow:
    """Static and dynamic energy of an inference, and what a presentation without any spike costs."""

    scope: str
    static_nj: float
    dynamic_nj: float
    static_percent: float
    silent_nj: float | None


@dataclass(frozen=True, kw_only=True)
class UnpaidRow:
    """A cost that the ledger does not hold, and which way that errs."""

    what: str
    effect: str
