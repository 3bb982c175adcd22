"""From the tables of a chip file to its `Reading`, and what those tables may not say together."""

from __future__ import annotations

from spikecim.arrays.groups import ArraySpec, InjectorSpec
from spikecim.arrays.physical.reading import Reading
from spikecim.arrays.wires_spec import WiresSpec
from spikecim.devices.oxram import OxramSpec, SlcOxram
from spikecim.errors import ParameterError
from spikecim.parameters import switched_on


def reading_of(array: ArraySpec, cell: OxramSpec, wires: WiresSpec | None) -> Reading:
    """How a chip with these tables reads its cells; an unused cell is a mean HRS cell."""
    return Reading(
        volts=array.read_voltage.value,
        access=array.access_resistance.value,
        wires=wires,
        iv=switched_on(cell.iv),
        split=(cell.lrs.median.value * cell.hrs.median.value) ** 0.5,
        unused=0.0 if wires is None else SlcOxram(spec=cell).mean_conductance(0.0)[1],
    )


def check_reads(array: ArraySpec, cell: OxramSpec, wires: WiresSpec | None, injectors: InjectorSpec) -> None:
    """Raise ParameterError for a table that would be without effect on every read."""
    iv = switched_on(cell.iv)
    alone = (wires is None or wires.exact) and not array.access_resistance.value
    if iv is not None and alone and iv.voltage.value == array.read_voltage.value:
        raise ParameterError(
            f"cell.iv: without effect, since cells are stated and read at the same {iv.voltage.text()} and nothing is "
            "in series with them; set cell.iv.voltage to that of the measurement, or switch it off"
        )
    if injectors.by_reads and wires is None and iv is None:
        raise ParameterError(
            "injectors.trim reads: without effect, since there is neither a wires table nor cell.iv; leave it out"
        )
