"""A chip as data: every section of a chip file, validated."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from spikecim.arrays.groups import ArraySpec, InjectorSpec, SynapseSpec
from spikecim.arrays.physical.of_chip import check_reads
from spikecim.arrays.wires_spec import WiresSpec
from spikecim.coding.renewal import ENCODERS, RateCode
from spikecim.coding.spec import CodingSpec, DecisionSpec, LinkSpec
from spikecim.datasets.preprocess import RESIZERS
from spikecim.devices.oxram import OxramSpec
from spikecim.energy.table import EnergyTable
from spikecim.neurons.dual_threshold import NeuronSpec
from spikecim.parameters import Choice, Count, Parameter, Section, walk

# Short name that a parameter's source may use, and the full citation with URL or DOI.
Sources = dict[str, Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]]


class GeometrySpec(Section):
    """Size of the array and of the images it takes."""

    n_in: Annotated[Parameter[int], Count(1, 32_767)]
    n_out: Annotated[Parameter[int], Count(1, 16_383)]
    image_side: Annotated[Parameter[int], Count(1, 1_000)]
    preprocessing: Annotated[Parameter[str], Choice(tuple(RESIZERS))]


class CellSpec(OxramSpec):
    """The cell, and the device file it started from (its name; the folder stays behind)."""

    device: str


class DeviceFile(OxramSpec):
    """A device file: a cell that chips start from."""

    name: str = ""
    title: str = ""
    sources: Sources = Field(default_factory=dict)


class ChipSpec(Section):
    """A whole chip; see `chips/spirit.toml` for a commented example."""

    schema_: Literal[1]
    name: str
    title: str
    sources: Sources = Field(default_factory=dict)
    geometry: GeometrySpec
    cell: CellSpec
    synapse: SynapseSpec
    array: ArraySpec
    wires: WiresSpec | None = None
    injectors: InjectorSpec
    neuron: NeuronSpec
    link: LinkSpec
    coding: CodingSpec
    decision: DecisionSpec
    energy: EnergyTable

    def check(self) -> None:
        check_reads(self.array, self.cell, self.wires, self.injectors)
        if self.wires is not None:
            columns = self.geometry.n_out.value * self.synapse.weight_code().cells_per_weight
            self.wires.check_size(self.geometry.n_in.value, columns)

    @property
    def n_cells(self) -> int:
        """RRAM cells of the whole array."""
        return self.geometry.n_in.value * self.geometry.n_out.value * self.synapse.weight_code().cells_per_weight

    @property
    def tick_s(self) -> float:
        return self.link.tick.value

    @property
    def n_ticks(self) -> int:
        return self.coding.window_ticks(self.tick_s)

    @property
    def word_bits(self) -> tuple[int, int]:
        return self.link.input_bits.value, self.link.output_bits.value

    def rate_code(self) -> RateCode:
        """The chip's encoder in ticks."""
        coding = self.coding
        return RateCode(
            process=ENCODERS[coding.encoder.value],
            full_scale_ticks=coding.full_scale_period.value / self.tick_s,
            zero_rate_rel=coding.zero_rate_rel.value,
            jitter_rel=coding.jitter_rel.value,
            n_ticks=self.n_ticks,
        )

    def parameters(self) -> Iterator[tuple[str, Parameter[Any]]]:
        """Every (dotted path, parameter) in file order."""
        return walk(self)

    def describe(self) -> dict[str, Any]:
        """Nested plain data that `load_chip` reads back; values are exact."""
        return describe_section(self)

    def digest(self) -> str:
        """Short hash of all values (not of their sources): two chips with one digest behave alike."""
        return digest_of(self.parameters())


def describe_section(chip: BaseModel) -> dict[str, Any]:
    """Nested plain data of a chip, as its file would write it."""
    described = _describe(chip)
    described["schema"] = described.pop("schema_")
    return described


def digest_of(parameters: Iterator[tuple[str, Parameter[Any]]]) -> str:
    """Short hash of values and units."""
    values = {path: (parameter.value, parameter.unit) for path, parameter in parameters}
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


def _describe(section: BaseModel) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, Parameter):
            result[name] = value.describe()
        elif isinstance(value, BaseModel):
            result[name] = _describe(value)
        elif value is None:
            continue
        else:
            result[name] = dict(value) if isinstance(value, dict) else value
    return result
