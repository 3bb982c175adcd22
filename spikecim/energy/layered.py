"""Actions and energy of a program of several layers: the ledger of one core, layer by layer, and the words between.

For one layer it counts what `actions.count_actions` counts for SPIRIT's one core. New are the slices of a weight (each
has injectors of its own), the rows that a core's timer reads (biases, the firing ramp of a latency code: spikes of the
timer, paid for even when no input comes), and the words that carry spikes from core to core.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from spikecim.energy.counted import Counted, CountedLayer
from spikecim.energy.table import EnergyTable
from spikecim.energy.terms import CORE_PARTS, layered_terms_of, parts_pj
from spikecim.errors import ParameterError, ShapeError
from spikecim.layered.record import TALLIES
from spikecim.layered.timer import Timer
from spikecim.parameters import walk

LAYERED_PARTS = (*CORE_PARTS, "logic", "link", "core_word")
LAYERED_SCOPES = {"core": CORE_PARTS, "chip": LAYERED_PARTS}
# What stands for all of a run, and is not counted sample by sample.
STANDING = ("cores", "neurons")
Counts = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class LayerSite:
    """What the place of a layer on the chip means for its energy.

    Attributes
    ----------
    slices : int
        Cell groups of a weight, each with two injectors.
    words_per_spike : int
        Cores that a spike brought to the layer must reach.
    cores : float
        Cores the layer takes; a core that layers share counts for each with its part. They sum to the cores in use.
    """

    slices: int
    words_per_spike: int
    cores: float


@dataclass(frozen=True, kw_only=True)
class LayeredActions:
    """Counts, each int64 (n_samples, n_layers) unless another shape is given.

    Attributes
    ----------
    input_words, output_words
        Words on the link to the outside: those of the first and of the last layer; 0 elsewhere.
    cell_reads, cell_electrons
        Cells read, and charge through them, by spikes and by the timer; the shorter pulses of a latency code let less
        charge pass, while clamps and injectors are counted in full.
    synaptic_events
        One row reaching one neuron; bias rows and a firing ramp count too.
    injector_pulses, comparator_decisions
        Two for each event and slice; two for each event.
    reset_packets
        Spikes the layer emitted.
    core_words
        Words on the links between cores: one for each core a spike must reach; the outer link brings an input spike to
        the first core by itself.
    ticks : int64 (n_samples,)
        How long a sample lasted.
    cores : float64 (n_layers,)
    neurons : int64 (n_layers,)
        Membranes in use.
    """

    input_words: Counts
    output_words: Counts
    cell_reads: Counts
    cell_electrons: Counts
    synaptic_events: Counts
    injector_pulses: Counts
    comparator_decisions: Counts
    reset_packets: Counts
    core_words: Counts
    ticks: Counts
    cores: NDArray[np.float64]
    neurons: Counts

    def total(self) -> dict[str, int]:
        """Sums over samples and layers; `cores` and `neurons` are no counts of actions."""
        counted = [field.name for field in fields(self) if field.name not in STANDING]
        return {name: int(getattr(self, name).sum()) for name in counted}


def count_layer_actions(
    program: Counted, tallies: Counts, durations: NDArray[np.integer], sites: Sequence[LayerSite]
) -> LayeredActions:
    """Count what every sample cost until its decision, or until any other tick that the record has tallies of.

    Parameters
    ----------
    tallies : int64 (n_samples, n_layers, 5)
        `layered.record.TALLIES`: ``record.tallies``, or a column of ``margin_tallies`` or ``checkpoint_tallies``.
    durations : int (n_samples,)
        Ticks until then: ``record.output.decisions.durations[:, -1]``, or the same column.
    sites : sequence of LayerSite
        One for each layer, `mapping.costs.sites_of`.

    Raises
    ------
    ShapeError
        If the arrays do not fit the program or each other.
    """
    layers, ticks = program.layers, np.asarray(durations, np.int64)
    shape = (len(ticks), len(layers), len(TALLIES))
    if tallies.shape != shape or len(sites) != len(layers):
        raise ShapeError(
            f"energy: tallies must have shape (n_samples, n_layers, {len(TALLIES)}) = {shape} and every layer a site, "
            f"got {tallies.shape} and {len(sites)} sites"
        )
    delivered, events, electrons, up, down = np.moveaxis(tallies.astype(np.int64), -1, 0)
    timed = np.array([_timed(layer, site, ticks) for layer, site in zip(layers, sites, strict=True)])
    bias_reads, bias_electrons, bias_events, bias_groups = np.moveaxis(timed, 0, -1)  # to (4, n_samples, n_layers)
    slices, reach = (np.array([getattr(site, name) for site in sites]) for name in ("slices", "words_per_spike"))
    first, last = np.zeros((2, len(layers)), np.int64)
    first[0] = last[-1] = 1
    emitted = up + down
    return LayeredActions(
        input_words=delivered * first,
        output_words=emitted * last,
        cell_reads=events * [layer.cells_per_group for layer in layers] + bias_reads,
        cell_electrons=electrons + bias_electrons,
        synaptic_events=events + bias_events,
        injector_pulses=2 * (events * slices + bias_groups),
        comparator_decisions=2 * (events + bias_events),
        reset_packets=emitted,
        core_words=delivered * (reach - first),
        ticks=ticks,
        cores=np.array([site.cores for site in sites], np.float64),
        neurons=np.array([layer.n_out for layer in layers], np.int64),
    )


def _timed(layer: CountedLayer, site: LayerSite, ticks: Counts) -> Counts:
    """Cells, electrons, events and groups that the layer's timer read in `ticks` (n_samples,), (4, n_samples)."""
    sums = np.zeros((4, len(ticks)), np.int64)
    for pulses in layer.pulses:
        events, groups = _reach(pulses, layer, site)
        sums += np.outer([pulses.cells, pulses.electrons, events, groups], pulses.firings(ticks))
    return sums


def _reach(pulses: Timer, layer: CountedLayer, site: LayerSite) -> tuple[int, int]:
    """Synaptic events and cell groups of one firing: a bias has one slice more than a weight, a ramp has no cells."""
    if not pulses.cells:
        return layer.n_out, layer.n_out
    groups = pulses.cells // (layer.cells_per_group // site.slices)
    return groups // (site.slices + 1), groups


@dataclass(frozen=True, kw_only=True)
class LayeredLedger:
    """Energy in pJ.

    Attributes
    ----------
    parts : dict of float64 (n_samples, n_layers)
        One entry for each of `LAYERED_PARTS`; the core is the first five.
    actions : LayeredActions
    """

    parts: dict[str, NDArray[np.float64]]
    actions: LayeredActions

    def by_layer(self, scope: str) -> NDArray[np.float64]:
        """pJ of each sample and layer (n_samples, n_layers) in scope ``"core"`` or ``"chip"``: its parts, in order."""
        if scope not in LAYERED_SCOPES:
            raise ParameterError(f"energy scope {scope!r} is not one of {', '.join(LAYERED_SCOPES)}")
        return _in_order([self.parts[name] for name in LAYERED_SCOPES[scope]])

    def per_sample(self, scope: str) -> NDArray[np.float64]:
        """pJ of each sample (n_samples,): the sum of its layers, in their order."""
        return _in_order(list(self.by_layer(scope).T))

    def total_pj(self, scope: str) -> float:
        """pJ of all samples together."""
        return float(self.per_sample(scope).sum())

    def per_synaptic_event_pj(self, scope: str) -> float:
        """Mean pJ per synaptic event; NaN when there was none."""
        events = int(self.actions.synaptic_events.sum())
        return self.total_pj(scope) / events if events else float("nan")


def _in_order(terms: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Sum of `terms`, one after the other: NumPy's own sum groups them by how many samples there are."""
    return reduce(np.add, terms)


def account_layers(
    actions: LayeredActions,
    table: EnergyTable,
    *,
    core_word: float,
    static_neuron: float,
    tick_s: float,
    bits: tuple[int, int],
) -> LayeredLedger:
    """Multiply counts by the table, read per synaptic event.

    Parameters
    ----------
    core_word : float
        Joules of one word from core to core (`MultiEnergyTable.core_word`).
    static_neuron : float
        Watts of one neuron in use, beside the table's static power of a core.
    bits : (int, int)
        Bits of an input and of an output word on the link.
    """
    numbers = {path: p.value for path, p in walk(table, "energy.")}
    numbers |= {"energy.core_word": core_word, "energy.static_neuron": static_neuron, "link.tick": tick_s}
    numbers |= {"link.input_bits": bits[0], "link.output_bits": bits[1]}
    return LayeredLedger(parts=parts_pj(layered_terms_of(actions), numbers, LAYERED_PARTS), actions=actions)
