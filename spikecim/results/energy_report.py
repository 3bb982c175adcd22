"""The energy report of runs as values: what an inference costs, where it goes, against what, what would change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.results.energy_against_rows import AnchorRow, BarRow, LinkRow, ProjectionRow, PublishedRow, WayRow
from spikecim.results.energy_gain_rows import BaselineRow, Claim, Constant, ProgrammingRow
from spikecim.results.energy_rows import (
    BasisRow,
    ClassRow,
    LayerRow,
    MarginRow,
    PartRow,
    Range,
    Spread,
    StaticRow,
    UnpaidRow,
)


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Energy of an inference in one scope and reading.

    Attributes
    ----------
    scope, reading : str
    basis : str
        ``"as counted"``, or ``"scaled, not physical"`` for a reading that divides every part, standing power and the
        charge of the cells too.
    nj : Spread
        Of an inference.
    nj_mean_low, nj_mean_high : float
        95 % confidence of the mean over images; None for a single one.
    pj_per_event, pj_per_spike : Spread
        Mean: all energy over all events or spikes; the rest over images that had any.
    free, anchored : Range
        Mean nJ of an inference with every entry over its range, and with calibrated entries solved again for the
        published figures in every draw.
    """

    scope: str
    reading: str
    basis: str
    nj: Spread
    nj_mean_low: float | None
    nj_mean_high: float | None
    pj_per_event: Spread | None
    pj_per_spike: Spread | None
    free: Range
    anchored: Range | None


@dataclass(frozen=True, kw_only=True)
class PerImage:
    """One entry an image, each (n_samples,); `late` are those that timed out."""

    label: NDArray[np.integer]
    correct: NDArray[np.bool_]
    late: NDArray[np.bool_]
    words_in: NDArray[np.int64]
    words_out: NDArray[np.int64]
    events: NDArray[np.int64]
    duration_us: NDArray[np.float64]
    core_nj: NDArray[np.float64]
    chip_nj: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class RunEnergy:
    """Everything about one run; rows are described at their classes.

    Attributes
    ----------
    name, settings
        As in `energy_source.EnergySource`.
    late_percent, late_core_percent : float
        Images that timed out, and their share of the core's energy.
    words_in, words_out, events : float
        Per inference, mean.
    macs : int
        Of one inference in formal coding.
    published_pj : dict of str to float
        The published pJ per event by scope, if the run is of the task they were measured on.
    ways : tuple of WayRow
        Words in and out.
    constants : tuple of Constant
        Behind the formal baselines, for a network of this size.
    nonzero_percent : float or None
        Input values that are not 0; None where the run does not hold its images.
    anchor : AnchorRow or None
        None where no given run can tell the published figures.
    unpaid : tuple of UnpaidRow
        What the totals leave out.
    idle : dict of str to str
        Entries without a bar in the tornado, and why.
    published : tuple of PublishedRow
        This run's own rows; those of others are `EnergyReport.published`.
    """

    name: str
    settings: Mapping[str, str]
    images: int
    accuracy_percent: float
    accuracy_low_percent: float
    accuracy_high_percent: float
    late_percent: float
    late_core_percent: float
    delta_s: int | None
    words_in: float
    words_out: float
    events: float
    macs: int
    events_per_mac: float
    published_pj: Mapping[str, float]
    duration_us: float
    reading: str
    scopes: tuple[Scope, ...]
    basis: tuple[BasisRow, ...]
    parts: tuple[PartRow, ...]
    layers: tuple[LayerRow, ...]
    classes: tuple[ClassRow, ...]
    margins: tuple[MarginRow, ...]
    static: tuple[StaticRow, ...]
    links: tuple[LinkRow, ...]
    ways: tuple[WayRow, ...]
    constants: tuple[Constant, ...]
    nonzero_percent: float | None
    anchor: AnchorRow | None
    baselines: tuple[BaselineRow, ...]
    programming: ProgrammingRow | None
    tornado: tuple[BarRow, ...]
    unpaid: tuple[UnpaidRow, ...]
    idle: Mapping[str, str]
    projection: tuple[ProjectionRow, ...]
    published: tuple[PublishedRow, ...]
    per_image: PerImage

    @property
    def silent(self) -> bool:
        """Whether no image had a synaptic event: standing power is all there is."""
        return not self.per_image.events.any()

    def scope(self, name: str, reading: str | None = None) -> Scope:
        """One scope under one reading; the chip's own if none is given."""
        wanted = reading or self.reading
        return next(one for one in self.scopes if (one.scope, one.reading) == (name, wanted))


@dataclass(frozen=True, kw_only=True)
class EnergyReport:
    """One or more runs side by side.

    Attributes
    ----------
    runs : tuple of RunEnergy
    remarks : tuple of str
        What a reader must know before comparing the runs.
    published : tuple of PublishedRow
        Chips of the literature.
    citations : dict of str to str
        Full sources by their short names.
    claim : Claim
        What was published for SPIRIT; compared only with runs of the published task.
    draws, seed : int
        Of the Monte Carlo.
    percentiles : (float, float)
        Of every range and spread.
    confidence_percent : float
        Of intervals over images.
    break_even : float
        A gain above it means that spikes take less.
    near_points : float
        Points of accuracy that a smaller margin may cost and still count as the same.
    version : str
    """

    runs: tuple[RunEnergy, ...]
    remarks: tuple[str, ...]
    published: tuple[PublishedRow, ...]
    citations: Mapping[str, str]
    claim: Claim
    draws: int
    seed: int
    percentiles: tuple[float, float]
    confidence_percent: float
    break_even: float
    near_points: float
    version: str
