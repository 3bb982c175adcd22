"""A virtual SPIRIT chip whose single cells are written while it lives; only rows that change are read anew.

Every SET and RESET draws a new cycle-to-cycle part of its cell (devices/oxram.py: `rewrite`); the part that stays with
the cell, stuck cells, injectors and neurons are those of `build`. What a row injects is read as `build` reads it, so
the program is the one that a full rebuild from the same resistances gives, to the last electron.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.groups import read_groups
from spikecim.arrays.physical.of_chip import reading_of
from spikecim.build import VirtualChip
from spikecim.chips.spec import ChipSpec
from spikecim.devices.oxram import Cells
from spikecim.devices.states import ProgrammingSpec
from spikecim.devices.telegraph import TelegraphSpec
from spikecim.errors import ParameterError, ShapeError
from spikecim.insitu.spirit.write_energy import WriteCounts
from spikecim.parameters import switched_on
from spikecim.streams import stream

__all__ = ["LivingChip", "check_chip", "verifies"]


class LivingChip:
    """Cells, program and write counters of one chip; `write` changes them in place.

    Parameters
    ----------
    made : VirtualChip
        A fresh chip, as `build` returns it.

    Attributes
    ----------
    cells : Cells (n_in, n_out, n_cells)
        As they are now; `cells.pulses` are those of the programming before the learning.
    program : Program
        What an engine needs, as of now.
    given_up : bool (n_in, n_out, n_cells)
        Cells whose last write ended outside its window: a controller that verifies knows them and leaves them alone.
    set_pulses, reset_pulses : int64 (n_in, n_out, n_cells)
        Pulses since then.
    set_writes, reset_writes : int64 (n_in, n_out, n_cells)
        Writes since then, of one pulse or more each.
    """

    def __init__(self, made: VirtualChip) -> None:
        check_chip(made.chip)
        if not made.past.fresh:
            raise ParameterError("learning starts on a fresh chip; this one has aged")
        self.made, self.cells, self.program = made, made.cells, made.program
        self._seed, self._path, self._cell = made.future.seed, made.future.path, made.future.cell
        shape = made.cells.target.shape
        self._body = self._cell.body(shape, self._seed, *self._path)
        self.given_up = ~made.cells.verified if verifies(made.chip) else np.zeros(shape, bool)
        self.set_pulses, self.reset_pulses = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        self.set_writes, self.reset_writes = np.zeros(shape, np.int64), np.zeros(shape, np.int64)

    @property
    def pulses(self) -> NDArray[np.int64]:
        """SET and RESET pulses of each cell since the learning began, (n_in, n_out, n_cells)."""
        return self.set_pulses + self.reset_pulses

    @property
    def writes(self) -> NDArray[np.int64]:
        """Writes of each cell since the learning began, (n_in, n_out, n_cells)."""
        return self.set_writes + self.reset_writes

    def weights(self) -> NDArray[np.int64]:
        """Weights that the cells were last written to, (n_in, n_out)."""
        return self.made.chip.synapse.weight_code().decode(self.cells.target)

    def counts(self) -> WriteCounts:
        """Pulses in all."""
        pulses = int(self.pulses.sum())
        return WriteCounts(
            set_pulses=int(self.set_pulses.sum()),
            reset_pulses=int(self.reset_pulses.sum()),
            verify_reads=pulses if verifies(self.made.chip) else 0,
        )

    def write(self, chosen: NDArray[np.int64], targets: NDArray[np.bool_], step: int) -> None:
        """Write cells towards `targets`; the pulses' draws are named by `step`, which must not come twice.

        Parameters
        ----------
        chosen : int64 (n,)
            Flat places of different cells in (n_in, n_out, n_cells).
        targets : bool (n,), True for SET

        Raises
        ------
        ShapeError
            If a place is outside the array or comes twice, or places and targets differ in number.
        """
        shape = self.cells.target.shape
        _check_places(chosen, targets, int(np.prod(shape)))
        if not len(chosen):
            return
        at = np.unravel_index(chosen, shape)
        old = Cells(**{name: array[at] for name, array in vars(self.cells).items()})
        draws = stream(self._seed, *self._path, "learning", step)
        new = self._cell.rewrite(old, self._body.reshape(2, -1)[:, chosen], targets, draws)
        self._count(at, new)
        self.cells = _replaced(self.cells, at, new)
        if verifies(self.made.chip):
            self.given_up[at] = ~new.verified
        self._read(np.unique(at[0]))

    def _count(self, at: tuple[NDArray[np.intp], ...], new: Cells) -> None:
        self.set_pulses[at] += np.where(new.target, new.pulses, 0)
        self.reset_pulses[at] += np.where(new.target, 0, new.pulses)
        self.set_writes[at] += new.target
        self.reset_writes[at] += ~new.target

    def _read(self, rows: NDArray[np.intp]) -> None:
        """Put what `rows` inject now into the program."""
        made, part = self.made, Cells(**{name: array[rows] for name, array in vars(self.cells).items()})
        noise = made.future.read_noise_rel(part)
        found = read_groups(part, noise, made.chip.synapse.weight_code(), made.chip.array, made.trim)
        charge, read_noise = self.program.charge.copy(), self.program.read_noise.copy()
        row_electrons = self.program.row_electrons.copy()
        charge[:, rows], read_noise[rows], row_electrons[rows] = found.charge, found.read_noise, found.row_electrons
        self.program = self.program.with_(charge=charge, read_noise=read_noise, row_electrons=row_electrons)


def verifies(chip: ChipSpec) -> bool:
    """Whether every pulse is followed by a read."""
    rules: ProgrammingSpec = chip.cell.programming
    return rules.mode.value == "write-verify"


def check_chip(chip: ChipSpec) -> None:
    """Raise ParameterError if a row of `chip` cannot be read without the others, or its cells change with time."""
    if not reading_of(chip.array, chip.cell, chip.wires).plain:
        raise ParameterError(
            f"chip {chip.name}: learning reads each row alone, which wires and bent cells do not allow; "
            "take the table wires out, and cell.iv"
        )
    telegraph: TelegraphSpec | None = switched_on(chip.cell.telegraph)
    if switched_on(chip.cell.flicker) is not None or telegraph is not None:
        raise ParameterError(
            f"chip {chip.name}: learning knows no slow noise of cells; set cell.flicker.switch and "
            "cell.telegraph.switch to off"
        )


def _replaced(cells: Cells, at: tuple[NDArray[np.intp], ...], new: Cells) -> Cells:
    resistance, target, verified = cells.resistance.copy(), cells.target.copy(), cells.verified.copy()
    resistance[at], target[at], verified[at] = new.resistance, new.target, new.verified
    return replace(cells, resistance=resistance, target=target, verified=verified)


def _check_places(chosen: NDArray[np.int64], targets: NDArray[np.bool_], n_cells: int) -> None:
    if chosen.shape != targets.shape or chosen.ndim != 1:
        raise ShapeError(f"cells to write: {chosen.shape} places and {targets.shape} targets do not pair up")
    if len(chosen) and not 0 <= chosen.min() <= chosen.max() < n_cells:
        raise ShapeError(f"cells to write: places must lie in 0..{n_cells - 1}")
    if len(np.unique(chosen)) < len(chosen):
        raise ShapeError("cells to write: a cell comes twice in one write")
