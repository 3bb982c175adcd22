"""Network + chip + seed to a programmed chip: all randomness, units and floating point are spent here."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spikecim.arrays.groups import Reads, Trim, read_groups, step_lost, trim_injectors
from spikecim.arrays.physical.of_chip import reading_of
from spikecim.arrays.physical.passive import RowReads
from spikecim.chips.spec import ChipSpec
from spikecim.devices.ageing import FRESH, Future, Past
from spikecim.devices.oxram import Cells, SlcOxram
from spikecim.devices.retention import ROOM_K
from spikecim.errors import ParameterError, ShapeError
from spikecim.network import Network, network_from_array
from spikecim.neurons.dual_threshold import NeuronBank, draw_neurons, unit_electrons
from spikecim.program import Program
from spikecim.streams import name_key
from spikecim.units import parse_quantity


@dataclass(frozen=True, kw_only=True)
class VirtualChip:
    """One programmed chip at one moment of its life.

    Attributes
    ----------
    program : Program
        What an engine needs.
    cells : Cells
        Every cell as it is now, (n_in, n_out, cells_per_weight).
    reads : Reads
        What one read of each weight injects now.
    trim : Trim
        Injector ratio and gains, set when the chip was made.
    unit : int
        Electrons of one weight unit.
    programming_j : float
        Joules spent on programming.
    chip : ChipSpec
    past : Past
        Time, heat and reads since programming.
    future : Future
        The cells as programmed, and what time holds for them.
    """

    program: Program
    cells: Cells
    reads: Reads
    trim: Trim
    unit: int
    programming_j: float
    chip: ChipSpec
    past: Past
    future: Future

    def effective_weights(self) -> NDArray[np.float64]:
        """Weights as the neurons feel them, in units, (n_in, n_out)."""
        return self.program.charge[0] / self.unit

    def after(
        self, seconds: float | str = 0.0, temperature: float | str = ROOM_K, reads: ArrayLike = 0.0
    ) -> VirtualChip:
        """The same chip later: ``chip.after("1 h", "85 degC", reads=800e6)``.

        Two steps in a row are as good as one. Injectors, comparators and neurons do not age.

        Parameters
        ----------
        seconds : float or str
            Time to pass.
        temperature : float or str
            Kelvin, or text with a unit, during that time.
        reads : float or float64 (n_in,)
            Reads of each row during that time.

        Raises
        ------
        ParameterError
            Outside the range that a law is stated for, or if nothing in the cell would answer.
        ShapeError
            If `reads` is neither a number nor one for each row.
        """
        if np.shape(reads) not in ((), (self.program.n_in,)):
            raise ShapeError(f"reads: expected a number or shape ({self.program.n_in},), got {np.shape(reads)}")
        return self.at(self.past.then(_si(seconds, "second"), _si(temperature, "kelvin"), reads))

    def at(self, past: Past) -> VirtualChip:
        """The same chip after `past`, counted from its programming; errors as for `after`."""
        cells = self.future.at(past)
        found = _read(self.chip, self.future, cells, self.trim, _found(self.chip, cells))
        program = self.program.with_(
            charge=found.charge, read_noise=found.read_noise, row_electrons=found.row_electrons
        )
        return replace(self, program=program, cells=cells, reads=found, past=past)


def build(
    chip: ChipSpec,
    network: Network,
    seed: int,
    chip_index: int = 0,
    *,
    resistance: NDArray[np.float64] | None = None,
) -> VirtualChip:
    """Program virtual chip number `chip_index` with `network`.

    Chips are named by (seed, index): cells, gains and offsets of one index do not depend on how many chips are built.

    Parameters
    ----------
    resistance : float64 (n_in, n_out, cells_per_weight), ohm, optional
        A measured cell map that takes the place of the drawn cells.

    Raises
    ------
    ShapeError
        If the network, or the cell map, does not have the chip's shape or weights.
    """
    geometry, code = chip.geometry, chip.synapse.weight_code()
    shape = (geometry.n_in.value, geometry.n_out.value)
    checked = network_from_array(network.weights, limit=code.levels, shape=shape, name=network.name)
    chip_seed = name_key(seed, "chip", chip_index)
    cell, path = SlcOxram(spec=chip.cell), ("layer0", "program")
    fresh = cell.program(code.targets(checked.weights), chip_seed, *path)
    if resistance is not None:
        fresh = _measured(cell, fresh, resistance)
    future = Future(cell=cell, fresh=fresh, seed=chip_seed, path=path, corner=chip.coding.window.value)
    full_weight = chip.injectors.full_weight.value
    unit = unit_electrons(chip.neuron, full_weight)
    cells = future.at(FRESH)
    found = _found(chip, cells)
    trim = _trim(chip, future, cells, found)
    reads = _read(chip, future, cells, trim, found)
    neurons = draw_neurons(chip.neuron, shape[1], full_weight, chip.tick_s, chip_seed)
    return VirtualChip(
        program=_program(chip, reads, neurons, name_key(chip_seed, "read-noise")),
        cells=cells,
        reads=reads,
        trim=trim,
        unit=unit,
        programming_j=cell.programming_energy(fresh),
        chip=chip,
        past=FRESH,
        future=future,
    )


def rewired(fresh: VirtualChip, chip: ChipSpec, found: RowReads) -> VirtualChip:
    """The chip that `build` would make of `chip`, if all that sets it apart from a `fresh` one are wires and trim.

    Parameters
    ----------
    found : RowReads (n_in, n_out * cells_per_weight)
        What reads of the fresh cells find through the wires of `chip`.
    """
    trim = _trim(chip, fresh.future, fresh.cells, found)
    reads = _read(chip, fresh.future, fresh.cells, trim, found)
    program = fresh.program.with_(charge=reads.charge, read_noise=reads.read_noise, row_electrons=reads.row_electrons)
    return replace(fresh, program=program, reads=reads, trim=trim, chip=chip)


def _program(chip: ChipSpec, reads: Reads, neurons: NeuronBank, noise_seed: int) -> Program:
    return Program(
        charge=reads.charge,
        read_noise=reads.read_noise,
        noise_seed=noise_seed,
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
        cells_per_row=chip.geometry.n_out.value * chip.synapse.weight_code().cells_per_weight,
    ).check()


def _trim(chip: ChipSpec, future: Future, cells: Cells, found: RowReads | None) -> Trim:
    """Injectors of a fresh chip, set on lone cells or on what reads of the whole array find."""
    n_out, unit = cells.target.shape[1], unit_electrons(chip.neuron, chip.injectors.full_weight.value)
    trim = trim_injectors(future.cell, chip.array, chip.injectors, unit, n_out, seed=future.seed)
    if found is None or not chip.injectors.by_reads:
        return trim
    lone = 1.0 / (cells.resistance + chip.array.access_resistance.value)
    return replace(trim, ratio=trim.ratio * step_lost(cells, lone, found.sensed.reshape(lone.shape)))


def _read(chip: ChipSpec, future: Future, cells: Cells, trim: Trim, found: RowReads | None) -> Reads:
    noise_rel = future.read_noise_rel(cells)
    return read_groups(cells, noise_rel, chip.synapse.weight_code(), chip.array, trim, found=found)


def _found(chip: ChipSpec, cells: Cells) -> RowReads | None:
    """What reads find through wires and bent cells: columns lie neuron by neuron, cell by cell; None if neither is."""
    reading = reading_of(chip.array, chip.cell, chip.wires)
    return None if reading.plain else reading.read(cells.resistance.reshape(len(cells.resistance), -1))


def _measured(cell: SlcOxram, drawn: Cells, resistance: NDArray[np.float64]) -> Cells:
    """The drawn cells with measured resistances: none is stuck by lot, the map says what each one is."""
    if resistance.shape != drawn.target.shape:
        raise ShapeError(f"cell map: the chip has {drawn.target.shape} (row, neuron, cell), got {resistance.shape}")
    if not (np.isfinite(resistance) & (resistance > 0)).all():
        raise ParameterError("cell map: every resistance must be a finite number of ohms above 0")
    return replace(
        drawn,
        resistance=resistance.astype(np.float64),
        stuck=np.zeros_like(drawn.stuck),
        verified=cell.inside(resistance, drawn.target),
    )


def _si(value: float | str, unit: str) -> float:
    return parse_quantity(value, unit) if isinstance(value, str) else float(value)
