"""ReLU to IF, normalised by the largest activation (Diehl et al. 2015)."""

from __future__ import annotations

from spikecim.conversion.base import Conversion
from spikecim.conversion.prepare import Prepared
from spikecim.conversion.rates import RELU_REMEDY, RELUS, largest_activation, normalise
from spikecim.layered.network import SpikingNetwork


def _rule(prepared: Prepared) -> SpikingNetwork:
    return normalise(prepared, largest_activation)


RELU_MAX = Conversion(
    name="relu-max",
    title="ReLU to IF, soft reset, threshold at the largest activation",
    paper="P. U. Diehl et al., Fast-classifying, high-accuracy spiking deep networks through weight and threshold "
    "balancing, IJCNN 2015, doi:10.1109/IJCNN.2015.7280696; soft reset: B. Rueckauer et al., Front. Neurosci. 11:682, "
    "2017, doi:10.3389/fnins.2017.00682",
    takes=RELUS,
    remedy=RELU_REMEDY,
    rule=_rule,
)
