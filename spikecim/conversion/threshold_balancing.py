"""Threshold balancing (Sengupta et al. 2019): thresholds from the largest input that the SNN itself sees in a step.

Layer by layer: with all layers before it spiking, a layer's threshold is the largest weighted sum of spikes that one of
its neurons receives in one step of any calibration image. No neuron is then ever asked for two spikes in a step.
The largest sum of a step is at least the mean one, the activation; a simulation too short for spikes to reach a deep
layer has not seen it, so a threshold never lies below the largest activation.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spikecim.conversion.assemble import Neurons, assemble, make_layer, pipeline_steps, step_code
from spikecim.conversion.base import Conversion
from spikecim.conversion.clocked import Spikes, drive, input_spikes, one_later, run_layer
from spikecim.conversion.geometry import window_of
from spikecim.conversion.output import scores
from spikecim.conversion.prepare import Prepared
from spikecim.conversion.rates import RELU_REMEDY, RELUS, largest_activation
from spikecim.layered.network import SpikingLayer, SpikingNetwork
from spikecim.models.forward import activate

# The SNN is simulated on this many calibration images, for at most so many steps.
IMAGES, STEPS = 16, 64


def _rule(prepared: Prepared) -> SpikingNetwork:
    images = prepared.images[:: max(1, len(prepared.images) // IMAGES)][:IMAGES]
    code = step_code(prepared, 0)
    last = len(prepared.blocks) - 1
    clock = replace(code, n_steps=min(STEPS, code.n_steps), ticks_per_step=1, tail_steps=last)
    spikes, neurons, value = input_spikes(clock, images), [], 1.0
    for number, (block, z) in enumerate(zip(prepared.blocks, prepared.values(), strict=True)):
        if number == last or block.activation is None:
            neurons.append(scores(z))
            break
        # With a threshold of one lambda(l-1) / P, units are real weights: theta is read in them.
        plain = Neurons(value=value / window_of(block))
        theta = largest_sum(make_layer(prepared, number, plain, value), spikes)
        before, value = value, max(plain.value * theta, largest_activation(activate(block.activation, z)))
        neurons.append(Neurons(value=value))
        spikes, _ = run_layer(make_layer(prepared, number, neurons[-1], before), number, spikes, clock)
        spikes = one_later(spikes)
    prepared.notes["balanced_on"] = f"{len(images)} images, {clock.n_steps} steps"
    return assemble(prepared, neurons, replace(code, tail_steps=pipeline_steps(len(neurons), code.ticks_per_step)))


def largest_sum(layer: SpikingLayer, spikes: Spikes) -> float:
    """Largest input of one step in thresholds, bias included; 1 if no neuron ever receives a positive one."""
    repeat = layer.wiring.n_out // layer.n_channels
    bias, per_threshold = np.tile(layer.bias, repeat), np.tile(layer.units_per_threshold, repeat)
    top = max(float(((drive(layer, step) + bias) / per_threshold).max()) for step in spikes)
    return top if top > 0 else 1.0


THRESHOLD_BALANCING = Conversion(
    name="threshold-balancing",
    title="ReLU to IF, soft reset, threshold at the largest input of one step seen in the SNN",
    paper="A. Sengupta, Y. Ye, R. Wang, C. Liu, K. Roy, Going deeper in spiking neural networks: VGG and residual "
    "architectures, Front. Neurosci. 13:95, 2019, doi:10.3389/fnins.2019.00095",
    takes=RELUS,
    remedy=RELU_REMEDY,
    rule=_rule,
)
