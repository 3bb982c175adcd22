"""What a comparison of ANN-to-SNN conversions found: one row for each conversion on each chip, as data."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class LayerAgreement:
    """How far one layer's spike rates are from the ANN's activations, over calibration-free test images.

    Attributes
    ----------
    name : str
    correlation : float
        Pearson's, over all neurons and images, of spike rate times rate unit against the quantised ANN's activation.
    error_rel : float
        Root of the mean squared difference over the root of the mean squared activation.
    saturated, silent : float
        Share of neurons and images that fired as often as they can; that should have fired and did not.
    spikes_per_image, events_per_image : float
    """

    name: str
    correlation: float
    error_rel: float
    saturated: float
    silent: float
    spikes_per_image: float
    events_per_image: float


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Accuracy while a sample goes on, all float64 (n_points,): by time-out decisions at checkpoints, or by margin.

    Attributes
    ----------
    axis : int64 (n_points,)
        Ticks, or delta_s.
    accuracy, low, high : share of correct images, and its 95 % interval
    input_spikes, spikes, events, core_nj, chip_nj, ticks : means per image
    time_out : share of images whose margin was not reached (0 for checkpoints)
    """

    axis: NDArray[np.int64]
    accuracy: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    input_spikes: NDArray[np.float64]
    spikes: NDArray[np.float64]
    events: NDArray[np.float64]
    core_nj: NDArray[np.float64]
    chip_nj: NDArray[np.float64]
    ticks: NDArray[np.float64]
    time_out: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class LossStep:
    """One step of the way from the ANN to the chip: what is real from here on, and the accuracy then."""

    name: str
    accuracy: float


@dataclass(frozen=True, kw_only=True)
class Disagreement:
    """An image that the ANN and the SNN class differently."""

    index: int
    label: int
    ann: int
    snn: int
    image: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class ComparisonRow:
    """One conversion on one chip.

    Attributes
    ----------
    conversion, chip : str
    accuracy, accuracy_low, accuracy_high : float
        Median over virtual chips and their 5-95 % range; for a single chip the 95 % interval of the image sample.
    n_chips : int
    quantised_accuracy : float
        Of the ANN with the weights that the cells hold.
    input_spikes_per_image, spikes_per_image, synaptic_events_per_image : float
        `spikes_per_image` counts the neurons of all layers.
    energy_core_nj, energy_chip_nj : float
        Per image.
    latency_ticks : float
        Mean ticks until the decision.
    latency_s : float
    time_out : float
        Share of images whose margin was not reached.
    loss_vs_ann_pp : float
        Percentage points below the float ANN.
    steps, ticks_per_step, slices, n_cells, n_cores : int
    accuracy_per_chip : tuple of float
        One for each virtual chip, in their order.
    checkpoints, margins : Curve or None
        Of the median chip: every image shown to its end, read on the way; and ended by each margin up to delta_s
        (None if the network's last layer has no margin to reach).
    layers : tuple of LayerAgreement
        Of the median chip, over a few hundred images shown to their end.
    losses : tuple of LossStep
        Of the median chip; its last one is that chip itself.
    disagreements : tuple of Disagreement
    notes : dict of str
    """

    conversion: str
    chip: str
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    n_chips: int
    quantised_accuracy: float
    input_spikes_per_image: float
    spikes_per_image: float
    synaptic_events_per_image: float
    energy_core_nj: float
    energy_chip_nj: float
    latency_ticks: float
    latency_s: float
    time_out: float
    loss_vs_ann_pp: float
    steps: int
    ticks_per_step: int
    slices: int
    n_cells: int
    n_cores: int
    accuracy_per_chip: tuple[float, ...] = ()
    checkpoints: Curve | None = None
    margins: Curve | None = None
    layers: tuple[LayerAgreement, ...] = ()
    losses: tuple[LossStep, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def interval(self) -> str:
        """What accuracy_low and accuracy_high are: a range of chips, or an interval of the image sample."""
        return "5-95 % of chips" if self.n_chips > 1 else "95 % of images"


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A conversion or a chip that does not take this network, and why."""

    conversion: str
    chip: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """All rows for one network and one set of images.

    Attributes
    ----------
    network, dataset, origin : str
    n_samples : int
    ann_accuracy : float
        Of the float ANN on these images.
    macs : int
        Of one ANN inference.
    rows : tuple of ComparisonRow
    refused : tuple of Refusal
    interrupted : bool
        Rows that were asked for are missing.
    facts : dict of str
        Version, command, seed, chips, calibration images.
    """

    network: str
    dataset: str
    origin: str
    n_samples: int
    ann_accuracy: float
    macs: int
    rows: tuple[ComparisonRow, ...]
    refused: tuple[Refusal, ...] = ()
    interrupted: bool = False
    facts: dict[str, str] = field(default_factory=dict)
