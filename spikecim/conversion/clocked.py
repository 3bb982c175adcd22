"""A spiking network step by step in floating point, without a chip: for rules that look at the SNN itself.

One tick a step and a parallel link (`docs/semantics.md` with S = 1), charge in weight units, rails out of reach.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spikecim.coding.steps import StepCode
from spikecim.layered.network import SpikingLayer, SpikingNetwork, channels_of
from spikecim.layered.wiring import ConvolutionWiring
from spikecim.models.forward import Values, convolve
from spikecim.models.layers import Convolution

Spikes = NDArray[np.int8]  # (n_ticks, n_samples, n_lines): -1, 0, 1


@dataclass(frozen=True, kw_only=True)
class Clocked:
    """What `run_clocked` saw.

    Attributes
    ----------
    spikes : tuple of int8 (n_ticks, n_samples, n_out), one for each layer
    charge : float64 (n_samples, n_classes)
        Of the last layer at the end, in thresholds.
    winners : int64 (n_samples,)
        Best score; ties go to the larger charge, then to the lower index.
    """

    spikes: tuple[Spikes, ...]
    charge: NDArray[np.float64]

    def counts(self, layer: int) -> NDArray[np.int64]:
        """Positive minus negative spikes of `layer`, (n_samples, n_out)."""
        return self.spikes[layer].sum(0, dtype=np.int64)

    @property
    def winners(self) -> NDArray[np.int64]:
        score = self.counts(-1)
        charge = np.where(score == score.max(1, keepdims=True), self.charge, -np.inf)
        return charge.argmax(1)


def run_clocked(network: SpikingNetwork, images: Values) -> Clocked:
    """Run `network` on `images` (n, *input_shape), one tick a step whatever its code says of the link."""
    code = replace(network.code, ticks_per_step=1, tail_steps=clocked_tail(network))
    spikes, found, charge = input_spikes(code, images), [], np.empty((0, 0))
    for number, layer in enumerate(network.layers):
        spikes, charge = run_layer(layer, number, spikes, code)
        found.append(spikes)
        spikes = one_later(spikes)
    return Clocked(spikes=tuple(found), charge=charge)


def clocked_tail(network: SpikingNetwork) -> int:
    """Tail of `network` with one tick a step: at least one tick for each layer behind the first."""
    late = max((layer.phase.first for layer in network.layers if layer.phase), default=0)
    return len(network.layers) - 1 + (late + network.code.n_steps if late or network.layers[0].phase else 0)


def one_later(spikes: Spikes) -> Spikes:
    """What the next layer sees: every spike one tick later."""
    return np.concatenate([np.zeros_like(spikes[:1]), spikes[:-1]])


def input_spikes(code: StepCode, images: Values) -> Spikes:
    """Spikes of a parallel link, (n_ticks, n_samples, n_in)."""
    rows = images.reshape(len(images), -1)
    trains = replace(code, words_per_tick=rows.shape[1]).encode(rows)
    spikes = np.zeros((code.n_ticks, *rows.shape), np.int8)
    sample = np.repeat(np.arange(len(rows)), np.diff(trains.offsets))
    spikes[trains.ticks, sample, trains.lines] = trains.signs
    return spikes


def drive(layer: SpikingLayer, spikes: NDArray[np.int8]) -> NDArray[np.float64]:
    """Weight units that the spikes (n_samples, n_in) of one tick bring, (n_samples, n_out)."""
    wiring = layer.wiring
    rows = _rows(layer, spikes)
    if not isinstance(wiring, ConvolutionWiring):
        return (rows @ layer.weights.reshape(wiring.n_rows, wiring.n_out).astype(np.float32)).astype(np.float64)
    kernel = layer.weights.reshape(*wiring.kernel, wiring.c_group, wiring.c_out).astype(np.float32)
    linear = Convolution(
        weights=kernel,
        bias=np.zeros(wiring.c_out, np.float32),
        stride=wiring.stride,
        padding=wiring.padding,
        groups=wiring.groups,
    )
    return convolve(linear, rows.reshape(len(rows), *wiring.in_shape)).reshape(len(rows), -1).astype(np.float64)


def _rows(layer: SpikingLayer, spikes: NDArray[np.int8]) -> NDArray[np.float32]:
    """Signed spikes on each row, (n_samples, n_rows): lines of one pooling window add up."""
    if len(layer.route) == layer.wiring.n_rows and (layer.route == np.arange(len(layer.route))).all():
        return spikes.astype(np.float32)
    used = np.flatnonzero(layer.route >= 0)
    order = used[np.argsort(layer.route[used], kind="stable")]
    row, start = np.unique(layer.route[order], return_index=True)
    rows = np.zeros((len(spikes), layer.wiring.n_rows), np.float32)
    rows[:, row] = np.add.reduceat(spikes[:, order].astype(np.float32), start, axis=1)
    return rows


def run_layer(layer: SpikingLayer, number: int, spikes: Spikes, code: StepCode) -> tuple[Spikes, NDArray[np.float64]]:
    """Spikes (n_ticks, n_samples, n_out) and last charge, in thresholds, of layer `number` fed with `spikes`."""
    n_ticks, n_samples, _ = spikes.shape
    n_out = layer.wiring.n_out
    repeat = n_out // channels_of(layer.wiring)
    per_threshold, bias = np.tile(layer.units_per_threshold, repeat), np.tile(layer.bias, repeat)
    out = np.zeros((n_ticks, n_samples, n_out), np.int8)
    charge = np.full((n_samples, n_out), layer.initial)
    last = np.full((n_samples, n_out), -n_ticks - 1)
    refractory = max(1, round(layer.refractory_steps))
    for tick in range(n_ticks):
        width, with_bias, awake, ramp = _timing(layer, number, tick, code)
        if width and spikes[tick].any():
            charge += drive(layer, spikes[tick]) * width / per_threshold
        charge += with_bias * bias / per_threshold + ramp
        if not awake:
            continue
        ready = tick - last >= refractory
        # A charge of a whole threshold, off by rounding in float only, is a whole threshold.
        fired = np.where(ready & (charge >= 1 - 1e-9), 1, 0) - (ready & (charge <= -1 + 1e-9) & layer.signed)
        last[fired != 0] = tick
        charge = np.where(fired != 0, 0.0, charge) if layer.hard_reset else charge - fired
        out[tick] = fired
    return out, charge


def _timing(layer: SpikingLayer, number: int, tick: int, code: StepCode) -> tuple[float, int, bool, float]:
    """Read pulse width, bias pulses, whether comparators are awake, firing ramp: of `layer` in `tick`."""
    n_steps, local = code.n_steps, tick - number
    if layer.phase is None:
        own = 0 <= local < n_steps
        return 1.0, int(own), layer.window == "whole" or (layer.window == "own steps" and own), 0.0
    local -= layer.phase.first
    width = 1.0 - local / n_steps if 0 <= local < n_steps else 0.0
    firing = n_steps <= local < 2 * n_steps
    return width, int(local == 0), firing, 1.0 / n_steps if firing and local > n_steps else 0.0
