"""Neurons of the last layer: signed, because its values are compared and never passed through an activation."""

from __future__ import annotations

import numpy as np

from spikecim.conversion.assemble import Neurons
from spikecim.conversion.prepare import Prepared
from spikecim.models.forward import Values

SAFE_SHARE = 0.5  # of the rail: what the largest calibration value may fill in a layer that is read by its charge


def scores(z: Values) -> Neurons:
    """Signed neurons that fire once in every step for calibration's largest value: scores neither end nor starve."""
    return Neurons(value=largest_or_one(np.abs(z)), signed=True)


def charges(z: Values, prepared: Prepared) -> Neurons:
    """Neurons that never fire; the whole sample's charge, read at its end, fills half the rail at most."""
    share = min(1.0, SAFE_SHARE * prepared.bounds.rail)
    value = largest_or_one(np.abs(z)) * prepared.bounds.n_steps / share
    return Neurons(value=value, signed=True, window="silent")


def largest_or_one(values: Values) -> float:
    """Largest of `values`; 1 if none is above 0 (a layer silent on every calibration image needs some scale)."""
    top = float(values.max(initial=0.0))
    return top if top > 0 else 1.0
