"""A spiking network of several layers without a chip: what a conversion makes and `build` joins with a chip."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from spikecim.coding.steps import StepCode
from spikecim.errors import ShapeError
from spikecim.layered.wiring import ConvolutionWiring, DenseWiring, Wiring
from spikecim.models.model import AnnModel

WINDOWS = ("whole", "own steps", "silent")


@dataclass(frozen=True, kw_only=True)
class SpikingLayer:
    """Integrate-and-fire neurons and the whole-number weights that feed them.

    A weight unit of neuron channel c is ``1 / units_per_threshold[c]`` of the threshold: the one scale a neuron has.

    When things happen, for layer number l (the first is 0), T = code.n_steps, S = code.ticks_per_step (what a builder
    of integer programs must do):

    ========== ================================ =========================================================
    window     comparators                      bias pulses
    ========== ================================ =========================================================
    whole      awake in the whole sample        T of them: start l, period S, stop l + T S
    own steps  ticks l S .. (l + T) S - 1 only  T of them: start l S, period S, stop (l + T) S
    silent     thresholds switched off: NEVER   T of them: start l S, period S, stop (l + T) S
    ========== ================================ =========================================================

    With a `phase` the window does not count; see `LatencyPhase`. A refractory period of r steps is round(r S) ticks.
    A silent layer is read by its charge at the end (semantics 7: ties go to the larger charge).

    Attributes
    ----------
    name : str
    wiring : DenseWiring or ConvolutionWiring
    route : int32 (n_in,)
        Row of each incoming line, -1 for none; lines of one average-pooling window share a row.
    weights : int32 (n_groups,)
        In the wiring's order, within what `slices` cell groups hold.
    slices : int
        Cell groups of each weight, with injector ratios 1, base, base^2, ... (`slice_base`).
    units_per_threshold : float64 (n_channels,)
        One for each output channel (convolution) or neuron (dense).
    bias : float64 (n_channels,)
        Weight units that arrive in every step (in a latency code once a sample); stored in bias rows when the chip is
        built.
    rate_unit : float
        ANN activation that one spike in every step stands for.
    signed : bool
        False switches the lower threshold off: a neuron for ReLU.
    hard_reset : bool
    refractory_steps : float
        Refractory period in steps; 0 lets a neuron fire in every tick.
    initial : float
        Charge at the start, as a share of the threshold.
    phase : LatencyPhase or None
        Set for a latency code.
    window : str
        One of `WINDOWS`.
    """

    name: str
    wiring: DenseWiring | ConvolutionWiring
    route: NDArray[np.int32]
    weights: NDArray[np.int32]
    slices: int
    units_per_threshold: NDArray[np.float64]
    bias: NDArray[np.float64]
    rate_unit: float
    signed: bool
    hard_reset: bool = False
    refractory_steps: float = 0.0
    initial: float = 0.0
    phase: LatencyPhase | None = None
    window: str = "whole"

    def __post_init__(self) -> None:
        n_channels = channels_of(self.wiring)
        for name, shape in (
            ("weights", (self.wiring.n_groups,)),
            ("units_per_threshold", (n_channels,)),
            ("bias", (n_channels,)),
        ):
            if getattr(self, name).shape != shape:
                raise ShapeError(f"layer {self.name}: {name} must have shape {shape}, got {getattr(self, name).shape}")
        if not (self.units_per_threshold > 0).all() or not np.isfinite(self.bias).all():
            raise ShapeError(f"layer {self.name}: units_per_threshold must be above 0, bias finite")
        if self.window not in WINDOWS:
            raise ShapeError(f"layer {self.name}: window {self.window!r} is not one of {', '.join(WINDOWS)}")

    @property
    def n_channels(self) -> int:
        return channels_of(self.wiring)

    @property
    def n_weights(self) -> int:
        """Weights stored in cells (shared ones once)."""
        return self.wiring.n_groups


@dataclass(frozen=True, kw_only=True)
class LatencyPhase:
    """When a layer of a latency code integrates and when it may fire, in steps of the network's code.

    In the integration phase a spike of step s is read with a pulse of width ``1 - s / n_steps``; in the firing phase a
    ramp adds one threshold over `n_steps`, so that a charge of x thresholds fires after ``(1 - x) n_steps`` steps.

    In ticks, for layer number l with S = ticks per step and T = n_steps, integration begins in tick
    ``f = first * S + l`` (a spike needs one tick to the next layer) and

    * the layer's ``ramp[t]`` is ``round(65536 (1 - ((t - f) // S) / T))`` in ticks f .. f + T S - 1, and 0 elsewhere;
    * the bias is one pulse: start f, stop f + 1;
    * comparators are awake in ticks f + T S .. f + 2 T S - 1 only;
    * the firing ramp is a pulse of threshold / T, with the error of the neuron's upward reset packet, whose injector
      makes it: start f + T S + S, period S, stop f + 2 T S.

    The refractory period of such a layer is `n_steps` long: one spike at most. `initial` of half a ramp step rounds the
    time of the spike instead of cutting it.
    """

    first: int
    n_steps: int


@dataclass(frozen=True, kw_only=True)
class SpikingNetwork:
    """What a conversion returns.

    Attributes
    ----------
    name : str
        Of the ANN.
    conversion : str
    layers : tuple of SpikingLayer
    code : StepCode
        How input values become spikes, and how long a sample is shown.
    quantised : AnnModel
        The ANN with the weights the layers hold, its own activations kept: the quantised ANN.
    notes : dict of str
        Paper, settings chosen from calibration data, what was clipped.
    """

    name: str
    conversion: str
    layers: tuple[SpikingLayer, ...]
    code: StepCode
    quantised: AnnModel
    notes: dict[str, str] = field(default_factory=dict)


def channels_of(wiring: Wiring) -> int:
    """Output channels: neurons of one position."""
    return wiring.c_out if isinstance(wiring, ConvolutionWiring) else wiring.n_out


def slice_base(levels: int) -> int:
    """Ratio between the injectors of two slices: slices of -levels..levels tile the whole numbers without a gap."""
    return 2 * levels + 1


def largest_weight(levels: int, slices: int) -> int:
    """Largest whole weight that `slices` groups of -levels..levels hold."""
    return (slice_base(levels) ** slices - 1) // 2


def to_slices(weights: NDArray[np.integer], levels: int, slices: int) -> NDArray[np.int8]:
    """Digits (..., slices) of `weights` (...), each -levels..levels, least significant first.

    Raises
    ------
    ShapeError
        If a weight is larger than `slices` digits hold.
    """
    base, rest = slice_base(levels), weights.astype(np.int64)
    limit = largest_weight(levels, slices)
    if np.abs(rest).max(initial=0) > limit:
        raise ShapeError(f"weight {int(np.abs(rest).max())} does not fit {slices} slices of -{levels}..{levels}")
    digits = []
    for _ in range(slices):
        digit = (rest + levels) % base - levels
        digits.append(digit)
        rest = (rest - digit) // base
    return np.stack(digits, axis=-1).astype(np.int8)
