"""SPIRIT's conversion for networks of any depth: tanh to signed IF neurons with a refractory period of one step.

The threshold is one full weight, so the argument of tanh is kept only if a real weight of 1 / slope is the full weight:
the weight scale is fixed (`tanh_if.convert_tanh` is the case of one layer). A refractory period of one step makes the
rate a clipped line, h_sat (Perez-Carrasco et al. 2013); tanh itself is only approached by it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spikecim.conversion.assemble import Neurons, assemble, pipeline_steps, step_code
from spikecim.conversion.base import Conversion
from spikecim.conversion.output import scores
from spikecim.conversion.prepare import Prepared
from spikecim.layered.network import SpikingNetwork

TANHS = ("tanh", "hard-tanh")


def _rule(prepared: Prepared) -> SpikingNetwork:
    neurons, code = [], step_code(prepared, 0)
    for number, (block, z) in enumerate(zip(prepared.blocks, prepared.values(), strict=True)):
        if block.activation is None:
            neurons.append(scores(z))  # no slope fixes its scale
            continue
        gain, refractory = block.activation.slope, 1.0
        if number == len(prepared.blocks) - 1:
            # Scores are compared: they must not end at one spike a step, so a step has room for the largest one.
            refractory, needed = 0.0, int(np.ceil(np.abs(z).max() * gain))
            code = replace(code, ticks_per_step=max(code.ticks_per_step, needed))
        neurons.append(Neurons(value=1.0, gain=gain, signed=True, refractory_steps=refractory))
    return assemble(prepared, neurons, replace(code, tail_steps=pipeline_steps(len(neurons), code.ticks_per_step)))


SPIRIT_TANH = Conversion(
    name="spirit-tanh",
    title="tanh to signed IF with a refractory period; one full weight is one threshold",
    paper="A. Valentian et al., Fully integrated spiking neural network with analog neurons and RRAM synapses, "
    "IEDM 2019, doi:10.1109/IEDM19573.2019.8993431; after J. A. Perez-Carrasco et al., Mapping from frame-driven to "
    "frame-free event-driven vision systems by low-rate rate coding and coincidence processing, IEEE TPAMI 35(11), "
    "2013, doi:10.1109/TPAMI.2013.71",
    takes=TANHS,
    remedy="train the network with tanh or hard tanh, or choose a conversion for its activation: "
    "`spikecim conversions list`",
    rule=_rule,
    fixed_scale=True,
)
