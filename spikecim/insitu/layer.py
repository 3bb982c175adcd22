"""One weight matrix that learns on the chip: gradients in, pulses to cells, weights out, everything counted."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from spikecim.devices.pulsed.cells import State, stored
from spikecim.devices.pulsed.device import PulsedDevice
from spikecim.devices.pulsed.pair import WeightCells
from spikecim.errors import ParameterError, ShapeError, TrainingError
from spikecim.insitu.rules.counts import UpdateCounts
from spikecim.insitu.rules.registry import make_rule
from spikecim.insitu.rules.rule import Rule
from spikecim.insitu.rules.spec import UpdateSpec

FloatMatrix = NDArray[np.float32]


class LearningLayer:
    """Weights (n_in, n_out) on cells, and the rule that turns gradients into pulses; made by `make_layer`.

    Attributes
    ----------
    name : str
        What messages call it.
    gain : float
        What the network multiplies the weights by; kept for it, no part of the update.
    spec : UpdateSpec
    """

    def __init__(self, rule: Rule, spec: UpdateSpec, gain: float, name: str) -> None:
        self.rule, self.spec, self.gain, self.name = rule, spec, gain, name

    @property
    def threads(self) -> int:
        """How many threads share a large write; it changes the speed and never a result."""
        return self.rule.threads

    @threads.setter
    def threads(self, n: int) -> None:
        self.rule.threads = n

    @property
    def shape(self) -> tuple[int, int]:
        n_in, n_out = self.weights().shape
        return n_in, n_out

    def weights(self) -> FloatMatrix:
        """Weights (n_in, n_out) in [-1, 1] as the cells hold them now: one array, kept up to date, not to write to."""
        return self.rule.weights()

    def update(self, gradient: FloatMatrix, step: int, rate_factor: float = 1.0) -> None:
        """Write the array once.

        Parameters
        ----------
        gradient : float32 (n_in, n_out)
            dL/dw; the wanted change is against it. All zero writes nothing.
        step : int
            Number of the update, names its draws.
        rate_factor : float
            Factor on the rate, for a schedule.

        Raises
        ------
        TrainingError
            If the gradient holds NaN or infinity; nothing has changed then.
        ShapeError
            If it has another shape than the weights.
        """
        if gradient.shape != self.shape:
            raise ShapeError(f"{self.name}: gradient has shape {gradient.shape}; the weights have {self.shape}")
        gradient = np.ascontiguousarray(gradient, np.float32)
        top = max(float(gradient.max()), -float(gradient.min()))
        if not top < np.inf:
            n = gradient.size - int(np.isfinite(gradient).sum())
            raise TrainingError(
                f"{self.name}: gradient: {n:,} of {gradient.size:,} numbers are not finite at update {step};"
                " lower the rate or look at the inputs"
            )
        self.rule.counts.steps += 1
        self.rule.update(gradient, step, rate_factor, top)

    def end_epoch(self) -> None:
        """Clear the velocity if the rule says so."""
        self.rule.end_epoch()

    @property
    def counts(self) -> UpdateCounts:
        """What all updates have cost so far."""
        counts, cells = self.rule.counts, self.rule.cells
        total = sum(int(part.writes.sum(dtype=np.uint64)) for part in cells)
        counts.largest_writes = max(int(part.writes.max()) for part in cells)
        counts.mean_writes = total / sum(part.writes.size for part in cells)
        counts.stuck, counts.dead = sum(part.n_stuck for part in cells), sum(part.n_dead for part in cells)
        return counts

    def writes(self) -> tuple[NDArray[np.uint32], ...]:
        """Pulses that each cell has had, one matrix per array of cells."""
        return tuple(part.writes for part in self.rule.cells)

    def state(self) -> State:
        """Everything that updates change, for an exact resume."""
        return {**self.rule.state(), "counts": self.counts.as_array()}

    def restore(self, state: State) -> None:
        """Take up a `state` of a layer made alike.

        Raises
        ------
        ResultFileError
            If it is of another layer.
        """
        self.rule.restore(state)
        self.rule.counts.restore(stored(state, "counts", self.rule.counts.as_array()))


def make_layer(
    weights: NDArray[np.floating],
    device: PulsedDevice,
    pairing: str,
    update: UpdateSpec,
    gain: float,
    seed: int,
    *path: str | int,
) -> LearningLayer:
    """Put initial weights (n_in, n_out) on cells drawn from `device`; `path` names the layer and its draws.

    Weights outside -1 .. 1 are set to the edge, counted in `counts.clamped` and told by a Python warning.

    Raises
    ------
    ParameterError
        If a weight is not finite, or the rule cannot have this device or pairing.
    ShapeError
        If the weights are no matrix, or an empty one.
    """
    name = "/".join(map(str, path)) or "layer"
    if weights.ndim != 2 or weights.size == 0:
        raise ShapeError(f"{name}: initial weights have shape {weights.shape}; expected a matrix (n_in, n_out)")
    bad = int((~np.isfinite(weights)).sum())
    if bad:
        raise ParameterError(f"{name}: initial weights: {bad:,} are not finite numbers; allowed -1 .. 1")
    outside = int((np.abs(weights) > 1.0).sum())
    if outside:
        warnings.warn(f"{name}: initial weights: {outside:,} outside -1 .. 1 were set to the edge", stacklevel=2)
    n_in, n_out = weights.shape
    rule = make_rule(WeightCells(device, pairing, (n_in, n_out), seed, *path), device, update, seed, *path)
    rule.program(np.clip(weights, -1.0, 1.0).astype(np.float32))
    rule.counts.clamped = outside
    return LearningLayer(rule, update, gain, name)
