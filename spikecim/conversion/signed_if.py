"""Symmetric thresholds: a signed IF neuron is a line clipped at plus and minus lambda, whatever the weights' scale.

Han et al. 2023 train with such an activation (stReLU) and convert it without loss. Only the abstract of the paper was
at hand here: it names symmetric thresholds on a ReLU that lets negative values pass, which is the symmetric clip, our
hard tanh. tanh is taken as well: it becomes the clipped line that is nearest to it on the calibration values.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spikecim.conversion.assemble import Neurons, assemble, pipeline_steps, step_code
from spikecim.conversion.base import Conversion
from spikecim.conversion.output import scores
from spikecim.conversion.prepare import Prepared
from spikecim.conversion.spirit_tanh import TANHS
from spikecim.layered.network import SpikingNetwork
from spikecim.models.forward import Values

# Ceilings and slopes (as shares of tanh's own) among which the clipped line is chosen.
CEILINGS = np.linspace(0.5, 1.0, 26)
SLOPES = np.linspace(0.5, 1.0, 26)


def nearest_line(z: Values, slope: float) -> tuple[float, float]:
    """Ceiling and slope of the clipped line with the smallest squared error to ``tanh(slope z)``."""
    x = np.sort(slope * z.ravel().astype(np.float64))
    x = x[:: max(1, len(x) // 4096)]  # every k-th of the sorted values has the same spread
    wanted = np.tanh(x)
    line = np.clip(SLOPES[:, None, None] * x, -CEILINGS[:, None], CEILINGS[:, None])
    steep, high = np.unravel_index(((line - wanted) ** 2).sum(-1).argmin(), (len(SLOPES), len(CEILINGS)))
    return float(CEILINGS[high]), float(SLOPES[steep] * slope)


def _rule(prepared: Prepared) -> SpikingNetwork:
    neurons = []
    for number, (block, z) in enumerate(zip(prepared.blocks, prepared.values(), strict=True)):
        activation = block.activation
        if number == len(prepared.blocks) - 1 or activation is None:
            neurons.append(scores(z))
        elif activation.kind == "hard-tanh":
            neurons.append(Neurons(value=1.0, gain=activation.slope, signed=True))
        else:
            ceiling, gain = nearest_line(z, activation.slope)
            neurons.append(Neurons(value=ceiling, gain=gain, signed=True))
    code = step_code(prepared, 0)
    return assemble(prepared, neurons, replace(code, tail_steps=pipeline_steps(len(neurons), code.ticks_per_step)))


SIGNED_IF = Conversion(
    name="signed-if",
    title="Symmetric clip (hard tanh, or the line nearest to tanh) to signed IF, free weight scale",
    paper="J. Han, Z. Wang, J. Shen, H. Tang, Symmetric-threshold ReLU for fast and nearly lossless ANN-SNN "
    "conversion, Machine Intelligence Research 20(3):435-446, 2023, doi:10.1007/s11633-022-1388-2",
    takes=TANHS,
    remedy="train the network with hard tanh (the symmetric clip) or tanh, or choose a conversion for its activation: "
    "`spikecim conversions list`",
    rule=_rule,
)
