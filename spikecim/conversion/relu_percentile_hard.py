"""As `relu_percentile`, but a spike sets the charge to 0: what lies beyond the threshold is lost (hard reset)."""

from __future__ import annotations

from spikecim.conversion.base import Conversion
from spikecim.conversion.prepare import Prepared
from spikecim.conversion.rates import RELU_REMEDY, RELUS, normalise, percentile_activation
from spikecim.conversion.relu_percentile import PAPER
from spikecim.layered.network import SpikingNetwork


def _rule(prepared: Prepared) -> SpikingNetwork:
    return normalise(prepared, percentile_activation, hard_reset=True)


RELU_PERCENTILE_HARD = Conversion(
    name="relu-percentile-hard",
    title="ReLU to IF, hard reset, threshold at the 99.9th percentile of the activations",
    paper=f"{PAPER}, section 2.2 (reset to zero)",
    takes=RELUS,
    remedy=RELU_REMEDY,
    rule=_rule,
    needs="a switch that empties the membrane, in place of the reset packet",
)
