"""What SPIRIT's chips make of every possible weight: tables of charge that a training can look weights up in.

A table is read from the same cells, injectors and neurons as `build` makes (spikecim/build.py): each cell is programmed
once to LRS and once to HRS, and the weight code says which of its cells a weight takes in which state. Through wires a
cell is taken to lose the share that the cell in its place loses with the weights as they are now.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.groups import Trim, read_groups, step_lost, trim_injectors
from spikecim.arrays.physical.of_chip import reading_of
from spikecim.arrays.physical.passive import RowReads
from spikecim.chips.spec import ChipSpec
from spikecim.devices.ageing import FRESH, Future
from spikecim.devices.oxram import Cells, SlcOxram
from spikecim.devices.retention import ROOM_K
from spikecim.neurons.dual_threshold import NeuronBank, draw_neurons, unit_electrons
from spikecim.streams import name_key

FloatArray = NDArray[np.float32]
Weights = NDArray[np.int8]
PATH = ("layer0", "program")  # as `build` names the cells


@dataclass(frozen=True, kw_only=True)
class ChipTable:
    """One chip, whatever its weights will be.

    Attributes
    ----------
    charge : float32 (2, 2 * levels + 1, n_in, n_out)
        What one spike of either sign adds at each weight, -levels first, in weight units.
    threshold, reset : float32 (2, n_out)
        Upper and lower threshold, and reset packet after a positive and a negative spike, in weight units.
    rail : float32 (2, n_out)
        Highest and lowest charge, both positive, in weight units.
    """

    charge: FloatArray
    threshold: FloatArray
    reset: FloatArray
    rail: FloatArray

    @property
    def levels(self) -> int:
        return int(self.charge.shape[1]) // 2


def fresh_table(chip: ChipSpec, weights: Weights, seed: int, *path: str | int, seconds: float = 0.0) -> ChipTable:
    """Draw a chip of its own for every `path`, `seconds` after programming: its cells, injectors and neurons.

    Parameters
    ----------
    weights : int8 (n_in, n_out)
        What the array holds while wires take their share; without wires and bent cells they do not matter.

    Raises
    ------
    ParameterError
        If nothing in the cell answers to time, or not to so long a time.
    """
    chip_seed = name_key(seed, "aware", *path)
    return _table(chip, weights, _Seeds(chip=chip_seed, walk=chip_seed, cycle=0), seconds)


def known_table(
    chip: ChipSpec, weights: Weights, seed: int, chip_index: int, cycle: int, *, seconds: float = 0.0
) -> ChipTable:
    """The table of virtual chip (seed, chip_index) as a measurement of it would foretell the next programming.

    What stays with a chip is its own: the part of each cell that every pulse gives again, stuck cells, gains, offsets,
    packets. What each programming draws anew (cycle-to-cycle part, relaxation) is drawn by `cycle`, from 1 on: the
    programming that `build` does, cycle 0, is never seen.
    """
    chip_seed = name_key(seed, "chip", chip_index)
    walk = name_key(chip_seed, "aware", cycle)
    return _table(chip, weights, _Seeds(chip=chip_seed, walk=walk, cycle=cycle), seconds)


def ideal_table(chip: ChipSpec) -> ChipTable:
    """Whole weights are whole units, thresholds and packets `full_weight` of them."""
    levels, shape = chip.synapse.levels.value, (chip.geometry.n_in.value, chip.geometry.n_out.value)
    steps = np.broadcast_to(np.arange(-levels, levels + 1)[:, None, None], (2 * levels + 1, *shape))
    full = np.full((2, shape[1]), float(chip.injectors.full_weight.value), np.float32)
    rail = full * np.float32(chip.neuron.rail_voltage.value / chip.neuron.threshold_voltage.value)
    return ChipTable(charge=np.stack([steps, -steps]).astype(np.float32), threshold=full, reset=full, rail=rail)


@dataclass(frozen=True, kw_only=True)
class _Seeds:
    """What names the cells, their relaxation, and the programming."""

    chip: int
    walk: int
    cycle: int


def _table(chip: ChipSpec, weights: Weights, seeds: _Seeds, seconds: float) -> ChipTable:
    cell, full_weight = SlcOxram(spec=chip.cell), chip.injectors.full_weight.value
    unit, n_out = unit_electrons(chip.neuron, full_weight), chip.geometry.n_out.value
    trim = trim_injectors(cell, chip.array, chip.injectors, unit, n_out, seed=seeds.chip)
    high, low = (_in_state(chip, cell, lrs, seeds) for lrs in (True, False))
    trim, share = _wired(chip, high.fresh, low.fresh, weights, trim)
    past = FRESH.then(seconds, ROOM_K, 0.0) if seconds else FRESH
    aged = high.at(past), low.at(past)
    levels = chip.synapse.levels.value
    charge = []
    for weight in range(-levels, levels + 1):
        cells = _mixed(chip, *aged, np.full(weights.shape, weight, np.int8))
        sensed = _lone(chip, cells) * np.where(cells.target, *share)
        found = RowReads(sensed=sensed, drawn=np.zeros(len(weights)))
        reads = read_groups(
            cells, np.zeros(cells.target.shape), chip.synapse.weight_code(), chip.array, trim, found=found
        )
        charge.append(reads.charge.astype(np.float32))
    neurons = draw_neurons(chip.neuron, n_out, full_weight, chip.tick_s, seeds.chip)
    return ChipTable(charge=np.stack(charge, 1) / np.float32(unit), **_in_units(neurons, unit))


def _in_state(chip: ChipSpec, cell: SlcOxram, lrs: bool, seeds: _Seeds) -> Future:
    """Every cell of the chip programmed to one state."""
    shape = (chip.geometry.n_in.value, chip.geometry.n_out.value, chip.synapse.weight_code().cells_per_weight)
    fresh = cell.program(np.full(shape, lrs), seeds.chip, *PATH, cycle=seeds.cycle)
    return Future(cell=cell, fresh=fresh, seed=seeds.walk, path=PATH, corner=chip.coding.window.value)


def _mixed(chip: ChipSpec, high: Cells, low: Cells, weights: Weights) -> Cells:
    """The cells that `weights` ask for: those of `high` where they ask for LRS."""
    target = chip.synapse.weight_code().targets(weights)
    return replace(high, resistance=np.where(target, high.resistance, low.resistance), target=target)


def _lone(chip: ChipSpec, cells: Cells) -> NDArray[np.float64]:
    return 1.0 / (cells.resistance + chip.array.access_resistance.value)


def _wired(chip: ChipSpec, high: Cells, low: Cells, weights: Weights, trim: Trim) -> tuple[Trim, NDArray[np.float64]]:
    """Injectors trimmed as `build` does, and what wires and bent cells leave of a cell's current in LRS, in HRS."""
    reading = reading_of(chip.array, chip.cell, chip.wires)
    if reading.plain:
        return trim, np.ones((2, 1, 1, 1))

    def share(cells: Cells) -> NDArray[np.float64]:
        sensed = reading.read(cells.resistance.reshape(len(weights), -1)).sensed
        return sensed.reshape(cells.target.shape) / _lone(chip, cells)

    cells = _mixed(chip, high, low, weights)
    now = share(cells)
    if chip.injectors.by_reads:
        lone = _lone(chip, cells)
        trim = replace(trim, ratio=trim.ratio * step_lost(cells, lone, lone * now))
    # Without wires a cell does not feel the others, so both states can be read at once.
    return trim, np.stack([share(high), share(low)] if chip.wires is None else [now, now])


def _in_units(neurons: NeuronBank, unit: int) -> dict[str, FloatArray]:
    pairs = {
        "threshold": (neurons.threshold_up, neurons.threshold_down),
        "reset": (neurons.reset_up, neurons.reset_down),
        "rail": (neurons.rail_high, neurons.rail_low),
    }
    return {name: (np.stack(pair) / unit).astype(np.float32) for name, pair in pairs.items()}
