"""What the energy of training on a chip was found to be, beside the published figures: values that reports read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from spikecim.energy.entries import Entry
from spikecim.energy.sensitivity import Bar
from spikecim.energy.training import TrainingLedger
from spikecim.results.findings import Row

Span = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Assumption:
    """What is taken for something that no text which could be read states, and why."""

    what: str
    taken: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Way:
    """One dataflow at one node.

    Attributes
    ----------
    name, short : str
        For a sentence, and for a figure.
    node : str
        nm.
    design : mapping
        As `TrainingDesign.as_dict` gives it.
    microjoules : float
        Of one trained image.
    full : (low, typical, high)
        Tera-operations per joule: 5 % and 95 % of the draws around the table's own value.
    peak : float
        The same without interconnect, buffers and DRAM; typical only, and never shown alone.
    gain : (low, typical, high)
        Energy of the naive dataflow at the same node over this one's, both with the same draws.
    """

    name: str
    short: str
    node: str
    design: Mapping[str, Any]
    microjoules: float
    full: Span
    peak: float
    gain: Span


@dataclass(frozen=True, kw_only=True)
class BatchPoint:
    """What one batch size gives: full tera-operations per joule by gradient site, and momentum in % of the rest."""

    batch: int
    full: Mapping[str, float]
    peer: float
    momentum_percent: float
    formula_percent: float


@dataclass(frozen=True, kw_only=True)
class AccuracyPoint:
    """Test accuracy of one device and rule, %; the interval is over seeds, None where there is only one.

    Attributes
    ----------
    device, rule : str
    accuracy : (low or None, mean, high or None)
    seeds : int
    rate : float
        Tuned on validation images.
    pulses_per_update : float
        For each cell.
    image_nj, write_percent : float or None
        Energy of one trained image with the writes that were counted, and the share of cell writes in it; None where
        the network is none of dense layers.
    pilot : float or None
        What this project's own early pilot gave, %: no published figure.
    """

    device: str
    rule: str
    accuracy: tuple[float | None, float, float | None]
    seeds: int
    rate: float
    pulses_per_update: float
    image_nj: float | None = None
    write_percent: float | None = None
    pilot: float | None = None


@dataclass(frozen=True, kw_only=True)
class TrainingEnergy:
    """The whole reproduction.

    Attributes
    ----------
    rows : list of Row
    banner : str or None
        What keeps rows from being judged.
    assumptions : tuple of Assumption
    ledgers : mapping of str to TrainingLedger
        ``"naive"`` and ``"accumulated"``, at the node of the rows.
    ways : tuple of Way
    batches : tuple of BatchPoint
    tornado : tuple of Bar
        pJ of a trained image of the accumulated dataflow.
    entries : tuple of Entry
    sources : mapping of str to str
    accuracies : tuple of AccuracyPoint
    facts : dict of str
    """

    rows: list[Row]
    banner: str | None
    assumptions: tuple[Assumption, ...]
    ledgers: Mapping[str, TrainingLedger]
    ways: tuple[Way, ...]
    batches: tuple[BatchPoint, ...]
    tornado: tuple[Bar, ...]
    entries: tuple[Entry, ...]
    sources: Mapping[str, str]
    accuracies: tuple[AccuracyPoint, ...] = ()
    facts: dict[str, str] = field(default_factory=dict)
