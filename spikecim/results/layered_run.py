"""The result of a run through several layers: all it takes to account for its energy again, at any recorded margin."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from spikecim.chips.multi_spec import MultiChipSpec, MultiEnergyTable
from spikecim.energy.layered import LayeredActions, LayeredLedger, LayerSite, account_layers, count_layer_actions
from spikecim.layered.record import TALLIES
from spikecim.layered.timer import Timer
from spikecim.spikes import margin_column


@dataclass(frozen=True, kw_only=True)
class RunLayer:
    """What remains of a layer when its weights are left out.

    Attributes
    ----------
    name : str
    n_in, n_out : int
        Lines brought to it; neurons.
    cells_per_group : int
        Cells that one link reads.
    n_cells : int
        RRAM cells on the chip, bias rows included.
    n_weights : int
        Weights, shared ones once.
    macs : int
        Of the same layer of the ANN, batch norms folded; biases and average pools are not counted.
    site : LayerSite
    pulses : tuple of Timer
        Rows that the layer's own timer reads.
    """

    name: str
    n_in: int
    n_out: int
    cells_per_group: int
    n_cells: int
    n_weights: int
    macs: int
    site: LayerSite
    pulses: tuple[Timer, ...]


@dataclass(frozen=True, kw_only=True)
class LayeredRun:
    """One virtual chip of several cores, run on one set of images.

    n_margins is `delta_s`, and column c of each table is the state at margin c + 1; without early stop (`delta_s` None)
    there is one column, at the end of the window.

    Attributes
    ----------
    chip : MultiChipSpec
    network, conversion : str
    layers : tuple of RunLayer
    delta_s : int or None
    n_ticks : int
        Presentation window.
    labels, ann_winners : int16 (n_samples,)
        True classes; classes that the float ANN gives.
    winners : int16 (n_samples, n_margins)
    reached : bool (n_samples, n_margins)
        False where time ran out before the margin.
    durations : int32 (n_samples, n_margins)
        Ticks until the decision.
    tallies : int64 (n_samples, n_margins, n_layers, 5)
        `layered.record.TALLIES` until then.
    programming_nj : float
        Energy that programming the chip took, once.
    settings : dict of str
        seed, chip_index, engine, version, chip digest, code, data set and where it came from, notes of the network.
    """

    chip: MultiChipSpec
    network: str
    conversion: str
    layers: tuple[RunLayer, ...]
    delta_s: int | None
    n_ticks: int
    labels: NDArray[np.int16]
    ann_winners: NDArray[np.int16]
    winners: NDArray[np.int16]
    reached: NDArray[np.bool_]
    durations: NDArray[np.int32]
    tallies: NDArray[np.int64]
    programming_nj: float
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def n_samples(self) -> int:
        return len(self.labels)

    @property
    def n_margins(self) -> int:
        return self.delta_s or 1

    @property
    def layer_names(self) -> tuple[str, ...]:
        return tuple(layer.name for layer in self.layers)

    @property
    def sites(self) -> tuple[LayerSite, ...]:
        return tuple(layer.site for layer in self.layers)

    @property
    def macs(self) -> NDArray[np.int64]:
        """Multiply-accumulate operations of the ANN's layers, (n_layers,)."""
        return np.array([layer.macs for layer in self.layers], np.int64)

    @property
    def n_cells(self) -> int:
        """RRAM cells of all layers."""
        return sum(layer.n_cells for layer in self.layers)

    @property
    def ann_accuracy(self) -> float:
        """Share of samples that the float ANN classifies as labelled."""
        return float((self.ann_winners == self.labels).mean())

    def margin_column(self, delta_s: int | None = None) -> int:
        """Column of the tables for `delta_s`; None means the run's own decision, the last column."""
        return margin_column(delta_s, self.delta_s)

    def correct(self, delta_s: int | None = None) -> NDArray[np.bool_]:
        """Which samples are classified as labelled, (n_samples,), at the run's margin or at a smaller one."""
        return self.winners[:, self.margin_column(delta_s)] == self.labels

    def accuracy(self, delta_s: int | None = None) -> float:
        """Share of correct samples."""
        return float(self.correct(delta_s).mean())

    def input_spikes(self, delta_s: int | None = None) -> float:
        """Mean input spikes per sample until the decision."""
        return float(self.tallies[:, self.margin_column(delta_s), 0, TALLIES.index("delivered")].mean())

    def time_outs(self, delta_s: int | None = None) -> float:
        """Share of samples that ran out of time before the margin; 0 for a run without early stop."""
        late = ~self.reached[:, self.margin_column(delta_s)]
        return float(late.mean()) if self.delta_s is not None else 0.0

    def actions(self, delta_s: int | None = None) -> LayeredActions:
        """Counted actions, see `energy.layered`."""
        column = self.margin_column(delta_s)
        return count_layer_actions(self, self.tallies[:, column], self.durations[:, column], self.sites)

    def ledger(self, delta_s: int | None = None, table: MultiEnergyTable | None = None) -> LayeredLedger:
        """Energy in pJ, see `energy.layered`; with another energy table than the chip's if one is given."""
        energy = self.chip.energy if table is None else table
        return account_layers(
            self.actions(delta_s),
            energy,
            core_word=energy.core_word.value,
            static_neuron=energy.static_neuron.value,
            tick_s=self.chip.tick_s,
            bits=(self.chip.link.input_bits.value, self.chip.link.output_bits.value),
        )
