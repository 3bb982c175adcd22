"""SPIRIT's dual-threshold integrate-and-fire neuron on a capacitor, in whole electrons (FIG, EMB).

One weight unit is a whole number of electrons u, and the threshold is exactly `full_weight` units, so that a stimulus
through a weight of +-full_weight fires an ideal neuron at once and sums of units are exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from scipy.constants import elementary_charge

from spikecim.errors import ParameterError
from spikecim.parameters import Choice, Parameter, Quantity, Section
from spikecim.streams import stream

COMPARATORS = ("continuous", "on_event")
MOST_ELECTRONS = 2**31 - 1


class NeuronSpec(Section):
    """The neuron as a chip file states it."""

    capacitance: Annotated[Parameter[float], Quantity("farad", 1e-18, 1e-6)]
    threshold_voltage: Annotated[Parameter[float], Quantity("volt", 1e-6, 10.0)]
    rail_voltage: Annotated[Parameter[float], Quantity("volt", 1e-6, 1000.0)]
    refractory: Annotated[Parameter[float], Quantity("second", 0.0, 1.0)]
    comparator: Annotated[Parameter[str], Choice(COMPARATORS)]
    offset_sd: Annotated[Parameter[float], Quantity("volt", 0.0, 1.0)]
    reset_error_rel: Annotated[Parameter[float], Quantity("dimensionless", 0.0, 1.0)]
    leak_current: Annotated[Parameter[float], Quantity("ampere", 0.0, 1.0)]

    def check(self) -> None:
        rail, threshold = self.rail_voltage, self.threshold_voltage
        if rail.value < threshold.value:
            raise ParameterError(
                f"rail_voltage {rail.text()} is below threshold_voltage {threshold.text()}, so no spike could fire; "
                "raise the first or lower the second"
            )


@dataclass(frozen=True, kw_only=True)
class NeuronBank:
    """One chip's neurons in electrons; arrays are int32 (n_out,), all positive magnitudes.

    A neuron fires +1 when its charge is at least `threshold_up` and -1 when it is at most ``-threshold_down``; the
    reset packet is then subtracted or added. The charge is kept within ``-rail_low..rail_high``.
    """

    threshold_up: NDArray[np.int32]
    threshold_down: NDArray[np.int32]
    reset_up: NDArray[np.int32]
    reset_down: NDArray[np.int32]
    rail_high: NDArray[np.int32]
    rail_low: NDArray[np.int32]
    leak: NDArray[np.int32]
    refractory_ticks: int


def unit_electrons(spec: NeuronSpec, full_weight: int) -> int:
    """Electrons of one weight unit: C * X_th / (full_weight * e), rounded once."""
    charge = spec.capacitance.value * spec.threshold_voltage.value
    unit = round(charge / (full_weight * elementary_charge))
    if unit < 1:
        raise ParameterError("neuron: capacitance times threshold_voltage holds less than one electron per weight unit")
    _within_lanes(full_weight * unit, "capacitance times threshold_voltage")
    return unit


def draw_neurons(spec: NeuronSpec, n_out: int, full_weight: int, tick_s: float, seed: int) -> NeuronBank:
    """Draw one chip's neurons: comparator offsets and reset-packet errors are Gaussian, one per neuron and side."""
    threshold = full_weight * unit_electrons(spec, full_weight)
    # Volts count by the rounded threshold, so that a rail of two thresholds holds exactly two.
    per_volt = threshold / spec.threshold_voltage.value
    offsets = stream(seed, "neuron", "offset").standard_normal((2, n_out)) * spec.offset_sd.value * per_volt
    errors = stream(seed, "neuron", "reset").standard_normal((2, n_out)) * spec.reset_error_rel.value
    rail = np.full(n_out, _within_lanes(round(spec.rail_voltage.value * per_volt), "rail_voltage"), np.int32)
    leak = _within_lanes(round(spec.leak_current.value * tick_s / elementary_charge), "leak_current")
    thresholds = np.clip(np.rint(threshold + offsets), 1, MOST_ELECTRONS)
    # A packet cannot swing the node past the far rail: the injector that makes it runs out of headroom there.
    resets = np.clip(np.rint(threshold * (1.0 + errors)), 1, np.minimum(thresholds + rail, MOST_ELECTRONS))
    thresholds, resets = thresholds.astype(np.int32), resets.astype(np.int32)
    return NeuronBank(
        threshold_up=thresholds[0],
        threshold_down=thresholds[1],
        reset_up=resets[0],
        reset_down=resets[1],
        rail_high=rail,
        rail_low=rail.copy(),
        leak=np.full(n_out, leak, np.int32),
        refractory_ticks=round(spec.refractory.value / tick_s),
    )


def _within_lanes(count: int, what: str) -> int:
    if count > MOST_ELECTRONS:
        raise ParameterError(f"neuron: {what} is {count:.3g} electrons; the engines count up to {MOST_ELECTRONS}")
    return count
