"""How far each layer's spikes are from the activations that they stand for (Rueckauer et al. 2017, figure 2).

A rate is spikes over steps; a layer read by its charge counts that charge; a latency code's value is its spike's time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from spikecim.conversion.prepare import before_activation
from spikecim.engines.layered_event import run_layered
from spikecim.explore.compare_run import Measured
from spikecim.layered.record import LayeredRecord
from spikecim.layered_build import LayeredChip
from spikecim.models.blocks import blocks
from spikecim.models.forward import Values, activate
from spikecim.neurons.dual_threshold import unit_electrons
from spikecim.results.comparison import LayerAgreement

IMAGES = 256
_CHUNK = 32


def agreements(chip: LayeredChip, images: Values, full: Measured) -> tuple[LayerAgreement, ...]:
    """Compare every layer of `chip`, whose program has no decision margin, with the quantised ANN.

    Parameters
    ----------
    images : float32 (n_samples, *input_shape)
        The first `IMAGES` are used.
    full : Measured
        Of the same chip: its last checkpoint gives spikes and events per image.
    """
    found = [_Sums() for _ in chip.network.layers]
    for start in range(0, min(IMAGES, len(images)), _CHUNK):
        some = images[start : min(start + _CHUNK, IMAGES)]
        wanted, decoded = _activations(chip, some), _decoded(chip, some, start)
        for number, (sums, layer) in enumerate(zip(found, chip.network.layers, strict=True)):
            values, saturated, fired = decoded[number]
            # Due is a neuron whose activation is worth a whole spike.
            size = np.abs(wanted[number]) if layer.signed else wanted[number]
            due = size >= layer.rate_unit / chip.network.code.n_steps
            sums.add(wanted[number], values, saturated, due & ~fired)
    spikes, events = full.ledger.actions.reset_packets[-1], full.ledger.actions.synaptic_events[-1]
    return tuple(
        sums.agreement(layer.name, float(spikes[number]), float(events[number]))
        for number, (layer, sums) in enumerate(zip(chip.network.layers, found, strict=True))
    )


def _activations(chip: LayeredChip, images: Values) -> Sequence[NDArray[np.float64]]:
    """What the quantised ANN's layers pass on, (n, n_out) each."""
    found, x = [], images
    for block in blocks(chip.network.quantised):
        z = before_activation(block, x)
        x = activate(block.activation, z) if block.activation else z
        found.append(x.reshape(len(x), -1).astype(np.float64))
    return found


Decoded = tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_]]


def _decoded(chip: LayeredChip, images: Values, first: int) -> Sequence[Decoded]:
    """For each layer: values its spikes stand for, which neurons are saturated, and which ones fired."""
    latency = any(layer.phase is not None for layer in chip.network.layers)
    trains = chip.network.code.encode(images.reshape(len(images), -1), first_sample=first)
    record = run_layered(chip.program, trains, keep="spikes" if latency else "counts")
    return [_layer(chip, record, number) for number in range(len(chip.network.layers))]


def _layer(chip: LayeredChip, record: LayeredRecord, number: int) -> Decoded:
    layer, n_steps = chip.network.layers[number], chip.network.code.n_steps
    assert record.counts is not None
    counts = record.counts[number]
    if layer.phase is not None:
        return _latency(chip, record, number)
    if layer.window == "silent":
        full = chip.chip.injectors.full_weight.value
        charge = record.output.residual / (full * unit_electrons(chip.chip.neuron, full)) - layer.initial
        z = np.asarray(charge * (layer.rate_unit / n_steps), np.float64)
        return z, np.zeros(counts.shape, bool), np.ones(counts.shape, bool)
    program = chip.program.layers[number]
    awake = min(program.fire_to, chip.program.n_ticks) - program.fire_from
    most = n_steps if layer.refractory_steps >= 1 else awake // max(program.refractory_ticks, 1)
    values = np.asarray(counts * (layer.rate_unit / n_steps), np.float64)
    return values, np.asarray(np.abs(counts) >= most), counts != 0


def _latency(chip: LayeredChip, record: LayeredRecord, number: int) -> Decoded:
    """Spike after s steps of the firing phase: 1 - s / T."""
    layer, code = chip.network.layers[number], chip.network.code
    assert record.spikes is not None and record.counts is not None and layer.phase is not None
    spikes, shape = record.spikes[number], record.counts[number].shape
    step = (spikes.ticks - chip.program.layers[number].fire_from) // code.ticks_per_step
    values = np.zeros(shape)
    values[spikes.samples(), spikes.neurons] = 1.0 - step / layer.phase.n_steps
    return values * layer.rate_unit, values >= 1.0, values > 0


@dataclass(kw_only=True)
class _Sums:
    """Sums over neurons and images, from which the agreement follows."""

    n: int = 0
    saturated: int = 0
    silent: int = 0
    moments: NDArray[np.float64] = field(default_factory=lambda: np.zeros(5))

    def add(
        self,
        wanted: NDArray[np.float64],
        found: NDArray[np.float64],
        saturated: NDArray[np.bool_],
        silent: NDArray[np.bool_],
    ) -> None:
        """Add the neurons of some images, each (n, n_out)."""
        self.n += wanted.size
        self.saturated += int(saturated.sum())
        self.silent += int(silent.sum())
        self.moments += [wanted.sum(), found.sum(), (wanted**2).sum(), (found**2).sum(), (wanted * found).sum()]

    def agreement(self, name: str, spikes: float, events: float) -> LayerAgreement:
        """What the sums say."""
        x, y, xx, yy, xy = self.moments / self.n
        spread = np.sqrt(max(xx - x * x, 0.0) * max(yy - y * y, 0.0))
        return LayerAgreement(
            name=name,
            correlation=float((xy - x * y) / spread) if spread > 0 else float("nan"),
            error_rel=float(np.sqrt(max(xx - 2 * xy + yy, 0.0) / xx)) if xx > 0 else float("nan"),
            saturated=self.saturated / self.n,
            silent=self.silent / self.n,
            spikes_per_image=spikes,
            events_per_image=events,
        )
