"""A chip of several cores as data: SPIRIT's cells, injectors and neurons on larger arrays that links join."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field

from spikecim.arrays.groups import ArraySpec, InjectorSpec, SynapseSpec
from spikecim.arrays.physical.of_chip import check_reads
from spikecim.arrays.wires_spec import WiresSpec
from spikecim.chips.spec import CellSpec, Sources, describe_section, digest_of
from spikecim.coding.spec import DecisionSpec, LinkSpec
from spikecim.energy.table import EnergyTable, Joules
from spikecim.errors import ParameterError
from spikecim.neurons.dual_threshold import NeuronSpec
from spikecim.parameters import Choice, Count, Parameter, Quantity, Section, walk

SHARED, UNSHARED = "shared", "per-position"


class CoresSpec(Section):
    """How many cores of which size.

    Attributes
    ----------
    count
        Cores on the chip.
    rows
        Word lines of a core: inputs that one neuron can sum.
    columns
        Weight columns of a core; a layer with bit slices needs one for each slice.
    neurons
        Membranes of a core: a convolution has one for each position and channel.
    convolution
        ``"shared"``: all positions read one set of cells; ``"per-position"``: each has cells of its own.
    slices
        Most cell groups one weight may be spread over, each with its own injector ratio.
    """

    count: Annotated[Parameter[int], Count(1, 1_000_000)]
    rows: Annotated[Parameter[int], Count(1, 1_000_000)]
    columns: Annotated[Parameter[int], Count(1, 1_000_000)]
    neurons: Annotated[Parameter[int], Count(1, 10_000_000)]
    convolution: Annotated[Parameter[str], Choice((SHARED, UNSHARED))]
    slices: Annotated[Parameter[int], Count(1, 4)]


class MultiLinkSpec(LinkSpec):
    """The link to the outside; `words_per_tick` of 1 is SPIRIT's serial link."""

    words_per_tick: Annotated[Parameter[int], Count(1, 1_000_000)]


class StepsSpec(Section):
    """How long a sample is shown, unless a command says otherwise."""

    steps: Annotated[Parameter[int], Count(1, 100_000)]


class MultiEnergyTable(EnergyTable):
    """SPIRIT's table, with what several cores add.

    Attributes
    ----------
    core_word
        A word that carries a spike from one core to another.
    static_neuron
        Each neuron in use, for as long as a sample lasts, beside the static power of a core.
    """

    core_word: Joules
    static_neuron: Annotated[Parameter[float], Quantity("watt", 0.0, 10.0)]

    def check(self) -> None:
        if self.reading.value != "per-synaptic-event":
            raise ParameterError("energy.reading: a chip of several cores counts per-synaptic-event only")


class MultiChipSpec(Section):
    """A whole chip of several cores; see `chips/spirit_multi.toml`."""

    schema_: Literal[1]
    name: str
    title: str
    sources: Sources = Field(default_factory=dict)
    cores: CoresSpec
    cell: CellSpec
    synapse: SynapseSpec
    array: ArraySpec
    wires: WiresSpec | None = None
    injectors: InjectorSpec
    neuron: NeuronSpec
    link: MultiLinkSpec
    coding: StepsSpec
    decision: DecisionSpec
    energy: MultiEnergyTable

    def check(self) -> None:
        if self.neuron.comparator.value != "continuous":
            raise ParameterError("neuron.comparator: a chip of several cores takes continuous only")
        if not self.synapse.weight_code().analog_cells().all():
            raise ParameterError("synapse.code: bit slices need a code whose cells all feed an injector: unary-bipolar")
        check_reads(self.array, self.cell, self.wires, self.injectors)
        if self.wires is not None:
            self._check_wires(self.wires)

    def _check_wires(self, wires: WiresSpec) -> None:
        if wires.rows is not None or wires.columns is not None:
            raise ParameterError("wires.rows, wires.columns: a chip of several cores has cores.rows and cores.columns")
        if self.cores.convolution.value == UNSHARED:
            raise ParameterError(
                "wires: cells of their own for each position (cores.convolution = per-position) have no place in an "
                "array; set it to shared, or leave the wires table out"
            )

    @property
    def tick_s(self) -> float:
        return self.link.tick.value

    def parameters(self) -> Iterator[tuple[str, Parameter[Any]]]:
        """Every (dotted path, parameter) in file order."""
        return walk(self)

    def describe(self) -> dict[str, Any]:
        """Nested plain data that `load_multi_chip` reads back; values are exact."""
        return describe_section(self)

    def digest(self) -> str:
        """Short hash of all values (not of their sources): two chips with one digest behave alike."""
        return digest_of(self.parameters())
