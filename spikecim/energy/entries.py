"""The numbers an energy report rests on, each with the range it may honestly have.

The range stands in the chip file. Where there is none: half a unit of the last printed digit either way for a published
number, a factor of 2 either way for any other, and the entry says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from spikecim.coding.spec import LinkSpec
from spikecim.energy.table import READINGS, EnergyTable
from spikecim.energy.terms import PULSE, READING, reading_factor
from spikecim.parameters import Parameter, walk
from spikecim.units import format_quantity

FACTOR = 2.0
LINK = ("input_bits", "output_bits", "tick")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One number and its range, SI.

    Attributes
    ----------
    path : str
        Where it stands in the chip file, ``"energy.clamp_injector"``.
    value, low, high : float
        low <= value <= high. For ``energy.reading`` they are what multiplies every part: 1, or 1 / n_out.
    unit : str
        SI unit name, ``"count"``, or ``"choice"`` for the reading.
    status, source : str
        The certificate of the number; its source gives the reason for the range too.
    fitted_to : str or None
        Row of the published number that a calibrated value was fitted to.
    default_range : bool
        The chip file gives no range, and the rule above stands in.
    relative_to : float or None
        SI value that 1 stands for, where `value` is 1 and what it multiplies was counted with the chip's own number.
    """

    path: str
    value: float
    low: float
    high: float
    unit: str
    status: str
    source: str
    fitted_to: str | None = None
    default_range: bool = False
    relative_to: float | None = None

    @property
    def name(self) -> str:
        """Last part of the path."""
        return self.path.rpartition(".")[2]

    @property
    def moves(self) -> bool:
        """Whether the range has room; a number fixed by its file has none."""
        return self.low < self.high

    def si(self, number: float) -> float:
        """`number` of this entry in SI."""
        return number if self.relative_to is None else number * self.relative_to

    def text(self, number: float) -> str:
        """`number` as this entry would print it."""
        if self.unit == "choice":
            return READINGS[0] if number == 1.0 else READINGS[1]
        number = self.si(number)
        return f"{number:g}" if self.unit == "count" else format_quantity(number, self.unit)


def entries_of(
    table: EnergyTable, link: LinkSpec, *, n_out: int | None = None, reading: str | None = None
) -> tuple[Entry, ...]:
    """Every number of a chip that its ledger multiplies counts with, in file order.

    Parameters
    ----------
    table, link : EnergyTable, LinkSpec
        ``chip.energy``, ``chip.link``.
    n_out : int, optional
        Neurons of a chip of one core; without it (several cores) there is no reading to choose, and no entry for it.
    reading : str, optional
        Overrides the table's own reading.
    """
    found = [_entry(path, parameter) for path, parameter in _numbers(table, link)]
    if n_out is None:
        return tuple(found)
    return _reading(table, n_out, reading), *found


def pulse_entry(pulse_width: Parameter[float]) -> Entry:
    """The read pulse, relative to itself: the charge through the cells is proportional to it.

    The injector ratio is trimmed to the published full weight, so a longer pulse moves nothing else.
    """
    entry, own = _entry(PULSE, pulse_width), float(pulse_width.value)
    return replace(entry, value=1.0, low=entry.low / own, high=entry.high / own, relative_to=own)


def _numbers(table: EnergyTable, link: LinkSpec) -> Iterator[tuple[str, Parameter[Any]]]:
    yield from ((path, parameter) for path, parameter in walk(table, "energy.") if path != READING)
    yield from ((f"link.{name}", getattr(link, name)) for name in LINK)


def _reading(table: EnergyTable, n_out: int, reading: str | None) -> Entry:
    parameter = table.reading
    return Entry(
        path=READING,
        value=reading_factor(reading or parameter.value, n_out),
        low=1.0 / n_out,
        high=1.0,
        unit="choice",
        status=parameter.status,
        source=parameter.source,
    )


def _entry(path: str, parameter: Parameter[Any]) -> Entry:
    low, high = parameter.range or _default_range(parameter)
    return Entry(
        path=path,
        value=float(parameter.value),
        low=float(low),
        high=float(high),
        unit=parameter.unit,
        status=parameter.status,
        source=parameter.source,
        fitted_to=parameter.fitted_to,
        default_range=parameter.range is None,
    )


def _default_range(parameter: Parameter[Any]) -> tuple[float, float]:
    value = float(parameter.value)
    if parameter.status == "published":
        # A count is printed in full: there is nothing to round.
        half = 0.0 if parameter.unit == "count" else half_unit(value)
        return max(value - half, 0.0), value + half
    low, high = value / FACTOR, value * FACTOR
    return (float(max(1, round(low))), float(round(high))) if parameter.unit == "count" else (low, high)


def half_unit(value: float) -> float:
    """Half of the last printed digit: 0.05 for 3.6. Trailing zeros do not count, so 180 gives 5, on the wide side."""
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    return 0.5 * 10.0 ** int(exponent) if value else 0.0
