"""What a layer needs to know of its hardware: the plan, the classes that are on, how its rows lie on arrays."""

from __future__ import annotations

from dataclasses import dataclass

from spikecim.analog.drive import Curve
from spikecim.arrays.analog.nonlinearity import law_of
from spikecim.arrays.analog.plan import ArrayPlan
from spikecim.arrays.analog.slices import continuous, sliced
from spikecim.arrays.analog.tiling import spans


@dataclass(frozen=True, kw_only=True)
class Wiring:
    """Hardware of one layer.

    Attributes
    ----------
    label : str
        Name of the layer in the network, for messages and for its streams of random numbers.
    plan : ArrayPlan
    errors : frozenset of str
        Classes that are on.
    tiles : tuple of slice
        Rows of one group in each physical array.
    pack : int
        Groups that share one array, on its diagonal; their rows are driven group after group.
    """

    label: str
    plan: ArrayPlan
    errors: frozenset[str]
    tiles: tuple[slice, ...]
    pack: int = 1

    @property
    def n_slices(self) -> int:
        """Arrays side by side that hold the digits of a weight."""
        on = "quantisation" in self.errors
        plan = self.plan
        return (sliced(1.0, plan.weight_bits, plan.bits_per_cell) if on else continuous(1.0)).n_slices

    @property
    def input_bits(self) -> int | None:
        """Bits of the DAC; None while quantisation is off."""
        return self.plan.input_bits if "quantisation" in self.errors else None

    @property
    def adc_bits(self) -> int | None:
        """Bits of the ADC; None while quantisation is off."""
        return self.plan.adc_bits if "quantisation" in self.errors else None

    @property
    def curve(self) -> Curve | None:
        """I-V curve of the cells; None while nonlinearity is off."""
        if "nonlinearity" not in self.errors:
            return None
        voltage = self.plan.device.read_voltage
        law = law_of(self.plan.device.iv, voltage)
        return None if law is None else Curve(law=law, voltage=voltage)


def wire(label: str, plan: ArrayPlan, errors: frozenset[str], rows: int, group: tuple[int, int] = (1, 1)) -> Wiring:
    """Wiring of a layer of `rows` word lines per group; `group` is (groups, outputs of each).

    Small groups share arrays: as many as fit on a diagonal, of a number that divides the groups evenly.
    """
    groups, n_out = group
    most = min(groups, max(1, min(plan.rows // rows, plan.columns // n_out))) if groups > 1 else 1
    pack = next(number for number in range(most, 0, -1) if groups % number == 0)
    return Wiring(label=label, plan=plan, errors=errors, tiles=spans(rows, plan.rows), pack=pack)
