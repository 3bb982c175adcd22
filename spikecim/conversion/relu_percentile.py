"""ReLU to IF, normalised by the 99.9th percentile of the activations (Rueckauer et al. 2017)."""

from __future__ import annotations

from spikecim.conversion.base import Conversion
from spikecim.conversion.prepare import Prepared
from spikecim.conversion.rates import RELU_REMEDY, RELUS, normalise, percentile_activation
from spikecim.layered.network import SpikingNetwork

PAPER = (
    "B. Rueckauer, I.-A. Lungu, Y. Hu, M. Pfeiffer, S.-C. Liu, Conversion of continuous-valued deep networks to "
    "efficient event-driven networks for image classification, Front. Neurosci. 11:682, 2017, "
    "doi:10.3389/fnins.2017.00682"
)


def _rule(prepared: Prepared) -> SpikingNetwork:
    return normalise(prepared, percentile_activation)


RELU_PERCENTILE = Conversion(
    name="relu-percentile",
    title="ReLU to IF, soft reset, threshold at the 99.9th percentile of the activations",
    paper=PAPER,
    takes=RELUS,
    remedy=RELU_REMEDY,
    rule=_rule,
)
