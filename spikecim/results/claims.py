"""What the two claims of the chip's authors were found to be worth: values that reports read."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from spikecim.results.findings import Row

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class WindowCurve:
    """One network on the ideal chip, read after windows of several lengths.

    Attributes
    ----------
    network, conversion : str
    n_images : int
    steps : int64 (n_windows,)
    accuracy : float64 (n_windows,)
        Of the spiking network.
    otherwise : float64 (n_windows,)
        Share of images decided otherwise than by the quantised ANN.
    ann, quantised : float
        Accuracy of the float and of the quantised ANN on the same images.
    loss : (float, float, float)
        5 %, middle, 95 % of the SNN's accuracy minus the quantised ANN's at the longest window: paired, over images.
    tried : dict of str to float
        Conversions and the share of held-out training images they decided otherwise; the least was taken.
    """

    network: str
    conversion: str
    n_images: int
    steps: NDArray[np.int64]
    accuracy: Floats
    otherwise: Floats
    ann: float
    quantised: float
    loss: tuple[float, float, float]
    tried: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class CloseCalls:
    """The perceptron's images that the longest window of its curve decides otherwise, followed to longer windows.

    Attributes
    ----------
    steps : int64 (n_windows,)
        The first one is the curve's longest.
    otherwise : int64 (n_windows,)
        How many of them are still decided otherwise.
    largest_lead : float
        The ANN's largest lead among them, in output spikes of the first window.
    ties : int
        Images of the whole set whose two best sums are equal in the ANN.
    """

    steps: NDArray[np.int64]
    otherwise: NDArray[np.int64]
    largest_lead: float
    ties: int


@dataclass(frozen=True, kw_only=True)
class RateEquivalence:
    """Claim 1: rate coding is equivalent to formal coding."""

    rows: list[Row]
    banner: str | None
    curves: tuple[WindowCurve, ...]
    close: CloseCalls | None
    skipped: dict[str, str]
    facts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Setting:
    """When a sample ends, and what that gave on held-out training images of the exact chip.

    Attributes
    ----------
    steps : int
    margin : int or None
        Decision margin delta_s; None shows every image for all steps.
    accuracy, core_nj : float
    """

    steps: int
    margin: int | None
    accuracy: float
    core_nj: float

    def text(self) -> str:
        """``margin 2, at most 16 steps``."""
        return f"{self.steps} steps" if self.margin is None else f"margin {self.margin}, at most {self.steps} steps"


@dataclass(frozen=True, kw_only=True)
class DepthPoint:
    """One network: its formal-coded cost, and what spikes cost at the setting chosen on held-out images.

    Attributes
    ----------
    network : str
    n_images : int
    macs : int64 (n_layers,)
    bare_nj, memory_nj : (float, float)
        Formal coding, one image: low and high.
    active : float
        Share of MACs whose input is not zero: what a formal chip that skips zeros would still do.
    ann, quantised : float
        Accuracies on the test images.
    whole : float
        Accuracy of the exact chip, all images shown for the whole window.
    settings : tuple of Setting
        All that was tried on held-out images.
    chosen : Setting
    accuracy, core_nj, chip_nj, events_per_mac : float
        Of the exact chip on the test images at `chosen`; nJ of an image; synaptic events of an image, those of biases
        too, over MACs.
    layer_events : float64 (n_layers,)
        Events over MACs by layer.
    spikes : float64 (n_layers + 1,)
        Spikes an image for each input line, then for each neuron of each layer.
    chip_accuracy, chip_core_nj : float64 (n_chips,)
        The same of virtual chips with real cells and neurons.
    """

    network: str
    n_images: int
    macs: NDArray[np.int64]
    bare_nj: tuple[float, float]
    memory_nj: tuple[float, float]
    active: float
    ann: float
    quantised: float
    whole: float
    settings: tuple[Setting, ...]
    chosen: Setting
    accuracy: float
    core_nj: float
    chip_nj: float
    events_per_mac: float
    layer_events: Floats
    spikes: Floats
    chip_accuracy: Floats
    chip_core_nj: Floats

    @property
    def depth(self) -> int:
        """Layers of weights."""
        return len(self.macs)

    def gain(self, baseline: str, scope: str = "core") -> tuple[float, float]:
        """Formal over spiking energy, low and high, for baseline ``"bare"`` or ``"memory"``."""
        formal = self.bare_nj if baseline == "bare" else self.memory_nj
        spent = self.core_nj if scope == "core" else self.chip_nj
        return formal[0] / spent, formal[1] / spent


@dataclass(frozen=True, kw_only=True)
class DepthSparsity:
    """Claim 2: sparsity pays more with depth.

    Attributes
    ----------
    points, further : tuple of DepthPoint
        Networks of rising depth; other networks.
    tolerance : float
        Points of accuracy that the chosen end of a sample may cost, on held-out images.
    others : dict of float to tuple of float
        For other tolerances, the gain at each depth over that at the first, on held-out images.
    equal : tuple of float
        The same if every depth only has to read as much right as the first one.
    """

    rows: list[Row]
    banner: str | None
    points: tuple[DepthPoint, ...]
    further: tuple[DepthPoint, ...]
    tolerance: float
    others: dict[float, tuple[float, ...]]
    equal: tuple[float, ...]
    skipped: dict[str, str]
    facts: dict[str, str] = field(default_factory=dict)
