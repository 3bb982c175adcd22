"""Time to first spike: a value x is one spike after (1 - x) T steps, and every neuron fires at most once.

A layer first integrates for T steps; a spike of step s is read with a pulse of width 1 - s / T, the value it
stands for. Then it fires against a ramp of one threshold in T steps: larger charges earlier (Rueckauer & Liu 2018;
the separate integration and firing phases are those of T2FSNN, Park et al. 2020, with a linear kernel instead of an
exponential one).
"""

from __future__ import annotations

from dataclasses import replace

from spikecim.conversion.assemble import Neurons, assemble, pipeline_steps, step_code
from spikecim.conversion.base import Conversion
from spikecim.conversion.output import largest_or_one
from spikecim.conversion.prepare import Prepared
from spikecim.conversion.rates import RELU_REMEDY, RELUS, percentile_activation
from spikecim.layered.network import LatencyPhase, SpikingNetwork
from spikecim.models.forward import activate


def _rule(prepared: Prepared) -> SpikingNetwork:
    neurons, n_steps = [], prepared.bounds.n_steps
    for number, (block, z) in enumerate(zip(prepared.blocks, prepared.values(), strict=True)):
        last = number == len(prepared.blocks) - 1
        # The first class to fire wins; the largest value of calibration does so at once, others after it.
        value = (
            largest_or_one(z)
            if last or block.activation is None
            else percentile_activation(activate(block.activation, z))
        )
        neurons.append(
            Neurons(
                value=value,
                initial=0.5 / n_steps,
                refractory_steps=float(n_steps),
                phase=LatencyPhase(first=number * n_steps, n_steps=n_steps),
            )
        )
    code = step_code(prepared, 0, "first-spike")
    tail = len(neurons) * n_steps + pipeline_steps(len(neurons), code.ticks_per_step)
    return assemble(prepared, neurons, replace(code, tail_steps=tail))


FIRST_SPIKE = Conversion(
    name="first-spike",
    title="ReLU to one spike at most: the earlier, the larger (latency code)",
    paper="B. Rueckauer, S.-C. Liu, Conversion of analog to spiking neural networks using sparse temporal coding, "
    "ISCAS 2018, doi:10.1109/ISCAS.2018.8351295; phases: S. Park, S. Kim, B. Na, S. Yoon, T2FSNN: deep spiking neural "
    "networks with time-to-first-spike coding, DAC 2020, arXiv:2003.11741",
    takes=RELUS,
    remedy=RELU_REMEDY,
    rule=_rule,
    needs="read pulses of falling width in steps of 1/T, a firing ramp for every neuron, gated comparators",
)
