"""Second half of every conversion: neurons chosen, the layers and the code that drive them.

For block l: z = W a + b. A spike in every step stands for the ANN value lambda (1 for pixels); P lines of a pooling
window share a row, so one spike stands for lambda(l-1) / P; the real weight of one unit is s. Hence the threshold is
``lambda(l) P / (s gain lambda(l-1))`` weight units, and a step's bias ``b P / (s lambda(l-1))``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spikecim.coding.steps import StepCode
from spikecim.conversion.geometry import route_of, window_of, wiring_of
from spikecim.conversion.prepare import Prepared
from spikecim.layered.network import LatencyPhase, SpikingLayer, SpikingNetwork
from spikecim.models.forward import Values

BUSY = 99.9  # percentile of input spikes per step that the link must carry


@dataclass(frozen=True, kw_only=True)
class Neurons:
    """What a rule chooses for one layer.

    Attributes
    ----------
    value : float
        lambda: ANN activation that one spike in every step stands for.
    gain : float
        Slope of the line the neuron realises, where the activation is small.
    others
        As in `SpikingLayer`.
    """

    value: float
    gain: float = 1.0
    signed: bool = False
    hard_reset: bool = False
    refractory_steps: float = 1.0
    initial: float = 0.0
    phase: LatencyPhase | None = None
    window: str = "whole"


def assemble(prepared: Prepared, neurons: Sequence[Neurons], code: StepCode) -> SpikingNetwork:
    """Join blocks and `neurons`, one for each block."""
    layers, value = [], 1.0
    for number, chosen in enumerate(neurons):
        layers.append(make_layer(prepared, number, chosen, value))
        value = chosen.value
    return SpikingNetwork(
        name=prepared.quantised.name.removesuffix("-quantised"),
        conversion=prepared.rule.name,
        layers=tuple(layers),
        code=code,
        quantised=prepared.quantised,
        notes=prepared.notes,
    )


def make_layer(prepared: Prepared, number: int, chosen: Neurons, value_before: float) -> SpikingLayer:
    """Layer `number`; one spike in every step of the layer before stands for `value_before`."""
    block, scale = prepared.blocks[number], prepared.scales[number]
    per_unit = window_of(block) / (scale * value_before)
    return SpikingLayer(
        name=block.name,
        wiring=wiring_of(block),
        route=route_of(block),
        weights=prepared.weights[number].reshape(-1),
        slices=prepared.bounds.slices,
        units_per_threshold=chosen.value / chosen.gain * per_unit,
        bias=block.linear.bias.astype(np.float64) * per_unit,
        rate_unit=chosen.value,
        signed=chosen.signed,
        hard_reset=chosen.hard_reset,
        refractory_steps=chosen.refractory_steps,
        initial=chosen.initial,
        phase=chosen.phase,
        window=chosen.window,
    )


def step_code(prepared: Prepared, tail_steps: int, kind: str = "even") -> StepCode:
    """The code, with steps as long as the link needs for the calibration images."""
    words, n_steps = prepared.bounds.words_per_tick, prepared.bounds.n_steps
    busy = _spikes_per_step(prepared.images, kind, n_steps)
    ticks = 1 if words >= prepared.images[0].size else max(1, int(np.ceil(np.percentile(busy, BUSY) / words)))
    ticks = max(ticks, prepared.bounds.refractory_ticks)
    return StepCode(kind=kind, n_steps=n_steps, ticks_per_step=ticks, words_per_tick=words, tail_steps=tail_steps)


def _spikes_per_step(images: Values, kind: str, n_steps: int) -> np.ndarray:
    """Input spikes in each step of each image, flat."""
    plain = StepCode(kind=kind, n_steps=n_steps, ticks_per_step=1, words_per_tick=images[0].size)
    rows = images.reshape(len(images), -1).astype(np.float64)
    return np.concatenate([np.bincount(plain.requests(row)[0], minlength=n_steps) for row in rows])


def pipeline_steps(n_layers: int, ticks_per_step: int) -> int:
    """Steps that a spike needs from the first layer to the last: one tick for each."""
    return -(-(n_layers - 1) // ticks_per_step)
