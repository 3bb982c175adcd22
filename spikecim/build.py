"""Network + chip + seed to a programmed chip: all randomness, units and floating point are spent here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.groups import Reads, read_groups
from spikecim.chips.spec import ChipSpec
from spikecim.devices.oxram import Cells, SlcOxram
from spikecim.network import Network, network_from_array
from spikecim.neurons.dual_threshold import draw_neurons, unit_electrons
from spikecim.program import Program
from spikecim.streams import name_key


@dataclass(frozen=True, kw_only=True)
class VirtualChip:
    """One programmed chip.

    Attributes
    ----------
    program : Program
        What an engine needs.
    cells : Cells
        Every cell, (n_in, n_out, cells_per_weight).
    reads : Reads
        What one read of each weight injects, with the trimmed injector ratio and the drawn gains.
    unit : int
        Electrons of one weight unit.
    programming_j : float
        Joules spent on programming.
    """

    program: Program
    cells: Cells
    reads: Reads
    unit: int
    programming_j: float

    def effective_weights(self) -> NDArray[np.float64]:
        """Weights as the neurons feel them, in units, (n_in, n_out)."""
        return self.program.charge[0] / self.unit


def build(chip: ChipSpec, network: Network, seed: int, chip_index: int = 0) -> VirtualChip:
    """Program virtual chip number `chip_index` with `network`.

    Chips are named by (seed, index): cells, gains and offsets of one index do not depend on how many chips are built.

    Raises
    ------
    ShapeError
        If the network does not have the chip's shape or weights.
    """
    geometry, code = chip.geometry, chip.synapse.weight_code()
    shape = (geometry.n_in.value, geometry.n_out.value)
    checked = network_from_array(network.weights, limit=code.levels, shape=shape, name=network.name)
    chip_seed = name_key(seed, "chip", chip_index)
    cell = SlcOxram(spec=chip.cell)
    cells = cell.program(code.targets(checked.weights), chip_seed, "layer0", "program")
    full_weight = chip.injectors.full_weight.value
    unit = unit_electrons(chip.neuron, full_weight)
    reads = read_groups(cells, cell, chip.synapse, chip.array, chip.injectors, unit=unit, seed=chip_seed)
    neurons = draw_neurons(chip.neuron, shape[1], full_weight, chip.tick_s, chip_seed)
    program = Program(
        charge=reads.charge,
        read_noise=reads.read_noise,
        noise_seed=name_key(chip_seed, "read-noise"),
        threshold_up=neurons.threshold_up,
        threshold_down=neurons.threshold_down,
        reset_up=neurons.reset_up,
        reset_down=neurons.reset_down,
        rail_high=neurons.rail_high,
        rail_low=neurons.rail_low,
        leak=neurons.leak,
        refractory_ticks=neurons.refractory_ticks,
        comparator=chip.neuron.comparator.value,
        n_ticks=chip.n_ticks,
        delta_s=chip.decision.delta_s.value,
        row_electrons=reads.row_electrons,
        tick_s=chip.tick_s,
        cells_per_row=shape[1] * code.cells_per_weight,
    ).check()
    return VirtualChip(
        program=program, cells=cells, reads=reads, unit=unit, programming_j=cell.programming_energy(cells)
    )
