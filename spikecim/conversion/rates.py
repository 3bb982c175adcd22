"""ReLU as the spike rate of an integrate-and-fire neuron: what the normalisations by activation share.

An IF neuron with threshold lambda fires at rate min(max(z, 0) / lambda, 1) per step if its input is even
(Diehl et al. 2015, Rueckauer et al. 2017). The rules differ in how lambda is read from calibration activations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from spikecim.conversion.assemble import Neurons, assemble, pipeline_steps, step_code
from spikecim.conversion.output import largest_or_one, scores
from spikecim.conversion.prepare import Prepared
from spikecim.layered.network import SpikingNetwork
from spikecim.models.forward import Values, activate

RELUS = ("relu", "clipped-relu")
RELU_REMEDY = (
    "train the network with ReLU, or choose a conversion that takes its activation: `spikecim conversions list`"
)
PERCENTILE = 99.9


def largest_activation(activation: Values) -> float:
    """lambda of Diehl et al.: the largest activation."""
    return largest_or_one(activation)


def percentile_activation(activation: Values) -> float:
    """lambda of Rueckauer et al.: the 99.9th percentile of the activations above 0."""
    active = activation[activation > 0]
    return float(np.percentile(active, PERCENTILE)) if len(active) else 1.0


def normalise(prepared: Prepared, value_of: Callable[[Values], float], *, hard_reset: bool = False) -> SpikingNetwork:
    """Neurons whose full rate stands for ``value_of(activations)``; the last layer is signed."""
    neurons: list[Neurons] = []
    clipped = []
    for block, z in zip(prepared.blocks, prepared.values(), strict=True):
        if len(neurons) == len(prepared.blocks) - 1 or block.activation is None:
            neurons.append(replace(scores(z), hard_reset=hard_reset))
            continue
        activation = activate(block.activation, z)
        neurons.append(Neurons(value=value_of(activation), hard_reset=hard_reset))
        clipped.append(float((activation > neurons[-1].value).mean()))
    prepared.notes["clipped_activations"] = " ".join(f"{share:.2g}" for share in clipped)
    code = step_code(prepared, 0)
    return assemble(prepared, neurons, replace(code, tail_steps=pipeline_steps(len(neurons), code.ticks_per_step)))
