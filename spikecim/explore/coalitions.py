"""One virtual chip with any of its causes taken away, and the programs that come of it.

Every draw of a chip is named, so a cause that is taken away leaves all other draws as they were.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.groups import read_groups, trim_injectors
from spikecim.build import VirtualChip, build
from spikecim.chips.spec import ChipSpec
from spikecim.errors import ParameterError
from spikecim.explore.causes import AGEING, HARDWARE_CAUSES, QUANTISATION, chip_with
from spikecim.network import Network
from spikecim.neurons.dual_threshold import draw_neurons, unit_electrons
from spikecim.parameters import switched_on
from spikecim.program import Program

# Farther than any charge comes, and still within the 32-bit lanes of the engines.
FAR = 2**30
_LANES = 2**31 - 1
# Causes that act on the cells themselves; the others leave a programmed and aged array as it is.
_IN_CELLS = frozenset({"lrs_spread", "hrs_spread", "stuck", AGEING})


@dataclass(frozen=True, kw_only=True)
class ChipCoalitions:
    """Virtual chip `index` with any set of hardware causes; arrays that several sets share are programmed once.

    Attributes
    ----------
    chip : ChipSpec
        With all its causes.
    network : Network
    seed, index : int
    age : float
        Seconds since programming.
    """

    chip: ChipSpec
    network: Network
    seed: int
    index: int
    age: float
    _arrays: dict[frozenset[str], VirtualChip] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for name, table in (("wires", self.chip.wires), ("cell.iv", switched_on(self.chip.cell.iv))):
            if table is not None:
                raise ParameterError(
                    f"chip {self.chip.name}: its {name} table is none of the causes told apart here; take it out, "
                    "or see `spikecim limits`"
                )

    def program(self, present: Collection[str]) -> Program:
        """The program of the chip with only the causes named in `present`, equal to that of `build(...).after`."""
        chip = chip_with(self.chip, present)
        array = self._array(frozenset(present))
        n_out, unit, seed = array.program.n_out, array.unit, array.future.seed
        trim = trim_injectors(array.future.cell, chip.array, chip.injectors, unit, n_out, seed=seed)
        noise = array.future.read_noise_rel(array.cells)
        if "read_noise" not in present:
            noise = np.zeros_like(noise)
        reads = read_groups(array.cells, noise, chip.synapse.weight_code(), chip.array, trim)
        neurons = draw_neurons(chip.neuron, n_out, chip.injectors.full_weight.value, chip.tick_s, seed)
        return array.program.with_(
            charge=reads.charge,
            read_noise=reads.read_noise,
            row_electrons=reads.row_electrons,
            threshold_up=neurons.threshold_up,
            threshold_down=neurons.threshold_down,
            reset_up=neurons.reset_up,
            reset_down=neurons.reset_down,
            leak=neurons.leak,
        )

    def without_design(self, program: Program, absent: Collection[str]) -> Program:
        """Take design choices named in `absent` from `program`; without rate coding, run it by `fluid_limit`."""
        changes: dict[str, Any] = {}
        if QUANTISATION in absent:
            changes["charge"] = program.charge + self._remainder()
        if "refractory" in absent:
            changes["refractory_ticks"] = 0
        if "early_stop" in absent:
            changes["delta_s"] = None
        found = program.with_(**changes)
        return _far_rails(found) if "rails" in absent else found

    def _remainder(self) -> NDArray[np.int32]:
        """Electrons (2, n_in, n_out) that rounding and clipping have taken from the real weights."""
        real = self.network.real
        if real is None:
            raise ParameterError(
                f"network {self.network.name} does not know its real weights; train it again with `spikecim train`"
            )
        unit = unit_electrons(self.chip.neuron, self.chip.injectors.full_weight.value)
        lost = np.rint(unit * (np.asarray(real, np.float64) - self.network.weights)).astype(np.int32)
        return np.stack([lost, -lost])

    def _array(self, present: frozenset[str]) -> VirtualChip:
        """The programmed and aged array; read noise has a part in it only where it is slow (1/f, telegraph)."""
        cell = self.chip.cell
        slow = any(map(switched_on, (cell.flicker, cell.telegraph)))
        in_cells = _IN_CELLS | {"read_noise"} if slow else _IN_CELLS
        key = present & in_cells
        if key not in self._arrays:
            others = {cause.name for cause in HARDWARE_CAUSES} - in_cells
            fresh = build(chip_with(self.chip, others | key), self.network, self.seed, self.index)
            self._arrays[key] = fresh.after(self.age) if AGEING in key and self.age > 0 else fresh
        return self._arrays[key]


def _far_rails(program: Program) -> Program:
    """Rails as far away as the engines' 32-bit lanes allow."""
    worst = np.abs(program.charge.astype(np.int64)).max(0) + 2 * program.read_noise.astype(np.int64)
    far = np.full(program.n_out, min(FAR, _LANES - int(worst.sum(0).max())), np.int32)
    return program.with_(rail_high=np.maximum(far, program.rail_high), rail_low=np.maximum(far, program.rail_low))
