"""The energy table of training on a chip: joules per event at one node, each with its range and birth certificate.

At another node digital gates follow the polynomials of Stillmaker and Baas, wires, drivers and converters the square of
the supply; cells, DRAM, leakage and times stay: a projection, never a measurement.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from spikecim.energy.entries import Entry
from spikecim.energy.technology import energy_ratio
from spikecim.errors import ParameterError, hint
from spikecim.parameters import Parameter, Quantity, Section, read_section, walk
from spikecim.toml import read_toml

Joules = Annotated[Parameter[float], Quantity("joule", 0.0, 1.0)]
PREFIX = "training."
DIGITAL = ("shift_add", "post_word", "gradient_mac", "multiply", "add", "buffer_bit")
SUPPLIED = ("row_drive", "adc_bit", "interconnect_bit")
# Nodes of the polynomials that a table can be carried to, with the supply that is usual there.
NODES = {"32": ("32 HP", 0.9), "20": ("20 HP", 0.85), "14": ("14 HP", 0.8), "7": ("7 HP", 0.7)}


class TrainingNumbers(Section):
    """SI numbers of the table; what each one pays for stands in `training_terms.EVENTS`."""

    cell_read: Joules
    activity: Annotated[Parameter[float], Quantity("dimensionless", 0.0, 1.0)]
    row_drive: Joules
    adc_bit: Joules
    shift_add: Joules
    post_word: Joules
    gradient_mac: Joules
    multiply: Joules
    add: Joules
    interconnect_bit: Joules
    buffer_bit: Joules
    dram_bit: Joules
    write_pulse: Joules
    write_row: Joules
    static_power: Annotated[Parameter[float], Quantity("watt", 0.0, 1000.0)]
    position_time: Annotated[Parameter[float], Quantity("second", 0.0, 1.0)]


class TrainingTable(Section):
    """The whole table.

    Attributes
    ----------
    node : str
        Node of the polynomials in `technology.ENERGY` that the numbers are for.
    supply_v : float
        Volt of its logic.
    sources : dict of str
        Full citations of the short names.
    training : TrainingNumbers
    """

    node: str
    supply_v: float
    sources: dict[str, str]
    training: TrainingNumbers

    def check(self) -> None:
        if not 0.3 <= self.supply_v <= 5.0:
            raise ParameterError(f"supply_v {self.supply_v:g} is out of range; allowed 0.3 .. 5 volt")
        energy_ratio(self.node, self.supply_v, self.node, self.supply_v)
        for path, number in walk(self.training, PREFIX):
            if number.range is None or not number.range[0] < number.range[1]:
                raise ParameterError(f"{path}: give it range = [low, high] with low < high; every number here has one")

    def entries(self) -> tuple[Entry, ...]:
        """Every number with its range, in file order."""
        return tuple(_entry(path, number) for path, number in walk(self.training, PREFIX))

    def at_node(self, name: str) -> TrainingTable:
        """The same table carried to another node of `NODES`; its status becomes derived.

        Raises
        ------
        ParameterError
            For a node that is not known.
        """
        if name not in NODES:
            raise ParameterError(f"node {name!r} is unknown; {hint(name, NODES, 'known: ' + ', '.join(NODES) + ' nm')}")
        node, supply = NODES[name]
        if (node, supply) == (self.node, self.supply_v):
            return self
        factors = dict.fromkeys(DIGITAL, energy_ratio(self.node, self.supply_v, node, supply))
        factors |= dict.fromkeys(SUPPLIED, (supply / self.supply_v) ** 2)
        return self._scaled(factors, node, supply)

    def _scaled(self, factors: Mapping[str, float], node: str, supply: float) -> TrainingTable:
        numbers = {name: getattr(self.training, name) for name in type(self.training).model_fields}
        told = f"from {self.node} at {self.supply_v:g} V to {node} at {supply:g} V"
        scaled = {
            name: _times(number, factors[name], told) if name in factors else number for name, number in numbers.items()
        }
        return TrainingTable(node=node, supply_v=supply, sources=self.sources, training=TrainingNumbers(**scaled))


def _times(number: Parameter[float], factor: float, told: str) -> Parameter[float]:
    low, high = number.range or (number.value, number.value)
    return replace(
        number,
        value=number.value * factor,
        range=(low * factor, high * factor),
        status="derived",
        source=f"x {factor:.4g} {told}: {number.source}",
    )


def _entry(path: str, number: Parameter[Any]) -> Entry:
    low, high = number.range or (math.nan, math.nan)
    return Entry(
        path=path,
        value=float(number.value),
        low=float(low),
        high=float(high),
        unit=number.unit,
        status=number.status,
        source=number.source,
        fitted_to=number.fitted_to,
    )


@functools.cache
def shipped_table() -> TrainingTable:
    """The table that is shipped, at 32 nm."""
    file = resources.files("spikecim.energy") / "training_table.toml"
    return read_section(TrainingTable, read_toml(file, "training_table.toml", ""), "training_table.toml")


def load_table(path: Path | None = None) -> TrainingTable:
    """The shipped table, or the one in the file `path`.

    Raises
    ------
    ParameterError
        If the file is missing, no TOML, lacks a number or gives one without its range.
    """
    if path is None:
        return shipped_table()
    raw = read_toml(path, str(path), "the path of a table like spikecim/energy/training_table.toml")
    return read_section(TrainingTable, raw, str(path))
