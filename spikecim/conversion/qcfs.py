"""QCFS (Bu et al., ICLR 2022): an ANN trained with quantised clips becomes IF neurons that start half charged.

threshold = ceiling, half a threshold of charge at the start, one spike a step at most, T steps for every layer: for an
even input of T = L steps the spike count is floor(T z / ceiling + 1/2), the activation itself.
"""

from __future__ import annotations

from spikecim.conversion.assemble import Neurons, assemble, step_code
from spikecim.conversion.base import Conversion
from spikecim.conversion.output import charges
from spikecim.conversion.prepare import Prepared
from spikecim.layered.network import SpikingNetwork


def _rule(prepared: Prepared) -> SpikingNetwork:
    neurons = []
    for number, (block, z) in enumerate(zip(prepared.blocks, prepared.values(), strict=True)):
        if number == len(prepared.blocks) - 1 or block.activation is None:
            # As in the paper's program, the last layer does not fire: its charge is compared.
            neurons.append(charges(z, prepared))
        else:
            neurons.append(Neurons(value=block.activation.ceiling, initial=0.5, window="own steps"))
    code = step_code(prepared, len(neurons) - 1)
    return assemble(prepared, neurons, code)


QCFS = Conversion(
    name="qcfs",
    title="Quantised clip to IF: threshold at the trained ceiling, half charged at the start, T steps a layer",
    paper="T. Bu, W. Fang, J. Ding, P. Dai, Z. Yu, T. Huang, Optimal ANN-SNN conversion for high-accuracy and "
    "ultra-low-latency spiking neural networks, ICLR 2022, arXiv:2303.04347",
    takes=("quantised-clip",),
    remedy="it needs a network trained with quantised clips: `spikecim train lenet-qcfs` makes such a one",
    rule=_rule,
    needs="a precharged membrane, gated comparators, and an analog readout of the last layer's charges",
)
