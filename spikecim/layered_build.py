"""Converted network + chip of several cores + seed to a layered program: all randomness and units are spent here.

A weight is spread over slices of cell groups (`arrays.slices`), a bias over rows that the core's timer reads.
Every layer draws from streams of its own, so one layer's cells do not depend on another's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.groups import step_lost
from spikecim.arrays.slices import Columns, GroupReads, draw_columns, noise_scale, read_columns, whole_charge
from spikecim.chips.multi_spec import UNSHARED, MultiChipSpec
from spikecim.devices.oxram import Cells, SlcOxram
from spikecim.layered.biases import BiasRows, split_bias
from spikecim.layered.lines import one_row, per_line
from spikecim.layered.network import SpikingLayer, SpikingNetwork, slice_base, to_slices
from spikecim.layered.program import NEVER, LayeredProgram, LayerProgram, Pulses
from spikecim.layered.timing import LayerTiming, layer_timing
from spikecim.layered.wiring import DenseWiring, SparseWiring, Wiring
from spikecim.mapping import CoreShare, Placement, place
from spikecim.mapping.physical import GroupsFound, read_layer
from spikecim.neurons.dual_threshold import NeuronBank, draw_neurons, unit_electrons
from spikecim.streams import name_key


@dataclass(frozen=True, kw_only=True)
class LayeredChip:
    """One virtual chip programmed with a network of several layers.

    Attributes
    ----------
    program : LayeredProgram
    placement : Placement
    network : SpikingNetwork
    chip : MultiChipSpec
    n_cells : tuple of int
        RRAM cells of each layer, bias rows included.
    unverified : int
        Cells outside their window after programming.
    programming_j : float
        Joules spent on programming.
    """

    program: LayeredProgram
    placement: Placement
    network: SpikingNetwork
    chip: MultiChipSpec
    n_cells: tuple[int, ...]
    unverified: int
    programming_j: float


def build_layers(
    chip: MultiChipSpec,
    network: SpikingNetwork,
    seed: int,
    chip_index: int = 0,
    *,
    delta_s: int | None = None,
    checkpoints: tuple[int, ...] = (),
) -> LayeredChip:
    """Program virtual chip number `chip_index` with `network`.

    Parameters
    ----------
    delta_s : int or None
        Decision margin; None shows every sample to its end.
    checkpoints : tuple of int
        Tick counts after which the time-out decision is read too; the end is always one.

    Raises
    ------
    ParameterError
        If the network does not fit the chip, or a charge does not fit the engines.
    """
    levels = chip.synapse.levels.value
    rows = tuple(split_bias(layer.bias, levels, layer.slices) for layer in network.layers)
    placement = place(network, chip, tuple(bias.n_rows for bias in rows))
    chip_seed = name_key(seed, "chip", chip_index)
    made = [
        _LayerBuilder(chip, network, number, bias, name_key(chip_seed, f"layer{number}")).build(
            placement.of_layer(number)
        )
        for number, bias in enumerate(rows)
    ]
    n_ticks = network.code.n_ticks
    program = LayeredProgram(
        layers=tuple(layer.program for layer in made),
        n_ticks=n_ticks,
        delta_s=delta_s,
        checkpoints=tuple(sorted({tick for tick in checkpoints if tick < n_ticks} | {n_ticks})),
        tick_s=chip.tick_s,
    )
    return LayeredChip(
        program=program.check(),
        placement=placement,
        network=network,
        chip=chip,
        n_cells=tuple(layer.n_cells for layer in made),
        unverified=sum(layer.unverified for layer in made),
        programming_j=sum(layer.programming_j for layer in made),
    )


@dataclass(frozen=True, kw_only=True)
class _Made:
    program: LayerProgram
    n_cells: int
    unverified: int
    programming_j: float


class _LayerBuilder:
    """One layer on one chip."""

    def __init__(self, chip: MultiChipSpec, network: SpikingNetwork, number: int, bias: BiasRows, seed: int) -> None:
        self._chip, self._seed, self._bias = chip, seed, bias
        self._layer: SpikingLayer = network.layers[number]
        self._timing: LayerTiming = layer_timing(self._layer, number, network.code)
        self._cell = SlcOxram(spec=chip.cell)
        self._code = chip.synapse.weight_code()
        self._wiring: Wiring = self._layer.wiring
        self._alone = chip.cores.convolution.value == UNSHARED and not isinstance(self._wiring, DenseWiring)
        # Positions with cells of their own have columns of their own: one for each neuron instead of each channel.
        self._copies = self._wiring.n_out // self._layer.n_channels if self._alone else 1
        full = chip.injectors.full_weight.value
        self._threshold = full * unit_electrons(chip.neuron, full)

    def build(self, shares: tuple[CoreShare, ...]) -> _Made:
        layer, timing = self._layer, self._timing
        weights = self._program_cells(self._weight_digits(), "weights")
        bias = self._program_cells(np.tile(self._bias.digits, (1, self._copies, 1)), "bias")
        groups = read_layer(self._chip, layer, shares, weights, bias)
        columns = self._columns(weights, groups)
        found = self._read(weights, replace(columns, gains=columns.gains[..., 1:]), groups)
        bank = self._neurons()
        pulses = self._bias_pulses(bias, columns, bank.reset_down, groups)
        wiring = self._final_wiring()
        group_electrons = np.rint(found.electrons.ravel()).astype(np.int64)
        events, electrons = per_line(wiring, layer.route, group_electrons)
        never = np.full(layer.wiring.n_out, NEVER, np.int32)
        silent = timing.fire_to <= timing.fire_from
        program = LayerProgram(
            name=layer.name,
            wiring=wiring,
            route=layer.route,
            charge=whole_charge(found.charge, f"layer {layer.name}").reshape(2, -1),
            read_noise=noise_scale(found.noise).ravel(),
            noise_seed=name_key(self._seed, "read-noise"),
            ramp=timing.ramp,
            pulses=pulses,
            initial=np.full(layer.wiring.n_out, round(layer.initial * self._threshold), np.int32),
            threshold_up=never if silent else bank.threshold_up,
            threshold_down=bank.threshold_down if layer.signed and not silent else never,
            reset_up=bank.reset_up,
            reset_down=bank.reset_down,
            rail_high=bank.rail_high,
            rail_low=bank.rail_low,
            leak=bank.leak,
            hard_reset=layer.hard_reset,
            refractory_ticks=max(timing.refractory_ticks, bank.refractory_ticks),
            fire_from=timing.fire_from,
            fire_to=timing.fire_to,
            line_events=events,
            line_electrons=electrons,
            cells_per_group=self._code.cells_per_weight * layer.slices,
        )
        cells = [weights, bias]
        return _Made(
            program=program,
            n_cells=sum(part.target.size for part in cells),
            unverified=sum(int((~part.verified).sum()) for part in cells),
            programming_j=sum(self._cell.programming_energy(part) for part in cells),
        )

    def _weight_digits(self) -> NDArray[np.int8]:
        """Digits (n_rows, n_channels, n_slices); each link alone if positions have cells of their own."""
        layer = self._layer
        apart = layer.weights[layer.wiring.links.groups][:, None] if self._alone else layer.weights
        weights = apart if self._alone else apart.reshape(-1, layer.n_channels)
        return to_slices(weights, self._chip.synapse.levels.value, layer.slices)

    def _program_cells(self, digits: NDArray[np.int8], name: str) -> Cells:
        return self._cell.program(self._code.targets(digits), self._seed, name, "program")

    def _columns(self, weights: Cells, groups: GroupsFound | None) -> Columns:
        """Injectors of the columns, the finest slice first: it holds bias cells only."""
        base = slice_base(self._chip.synapse.levels.value)
        bases = np.power(float(base), np.arange(-1, self._layer.slices), dtype=np.float64)
        unit = np.tile(self._threshold / self._layer.units_per_threshold, self._copies)
        columns = draw_columns(self._cell, self._chip.array, self._chip.injectors, unit, bases, seed=self._seed)
        if groups is None or not self._chip.injectors.by_reads:
            return columns
        lone = 1.0 / (weights.resistance + self._chip.array.access_resistance.value)
        return replace(columns, ratio=columns.ratio * step_lost(weights, lone, groups.weights))

    def _read(self, cells: Cells, columns: Columns, groups: GroupsFound | None) -> GroupReads:
        found = None if groups is None else (groups.weights, groups.weights_drawn)
        if self._alone:
            column = self._layer.wiring.links.targets
            columns = replace(columns, unit=columns.unit[column], gains=columns.gains[:, column])
            cells = one_row(cells)
            found = None if found is None else (np.swapaxes(found[0], 0, 1), np.swapaxes(found[1], 0, 1))
        noise_rel = self._cell.read_noise_rel(cells)
        return read_columns(cells, noise_rel, self._code, self._chip.array, columns, found=found)

    def _final_wiring(self) -> Wiring:
        if not self._alone:
            return self._wiring
        links = self._wiring.links
        return SparseWiring(offsets=links.offsets, targets=links.targets, n_out=self._wiring.n_out)

    def _bias_pulses(
        self, cells: Cells, columns: Columns, packet_up: NDArray[np.int32], groups: GroupsFound | None
    ) -> tuple[Pulses, ...]:
        """Bias rows and firing ramp; the ramp comes from the injector of upward reset packets and has its error."""
        timing, n_out = self._timing, self._wiring.n_out
        repeats = n_out // (self._layer.n_channels * self._copies)  # shared columns are read once for each position
        pulses: list[Pulses] = []
        if self._bias.n_rows:
            sensed = None if groups is None else (groups.bias, groups.bias_drawn)
            noise_rel = self._cell.read_noise_rel(cells)
            found = read_columns(cells, noise_rel, self._code, self._chip.array, columns, found=sensed)
            charge = whole_charge(found.charge[0].sum(0), f"bias of layer {self._layer.name}")
            start, period, stop = timing.bias
            pulses.append(
                Pulses(
                    charge=np.tile(charge, repeats),
                    start=start,
                    period=period,
                    stop=stop,
                    cells=cells.target.size * repeats,
                    electrons=int(np.rint(found.electrons.sum())) * repeats,
                )
            )
        if timing.ramp_pulse is not None:
            start, period, stop = timing.ramp_pulse
            step = np.rint(packet_up / ((stop - start + period) // period)).astype(np.int32)
            pulses.append(Pulses(charge=step, start=start, period=period, stop=stop))
        return tuple(pulses)

    def _neurons(self) -> NeuronBank:
        chip, full = self._chip, self._chip.injectors.full_weight.value
        return draw_neurons(chip.neuron, self._wiring.n_out, full, chip.tick_s, self._seed)
