"""A program whose binary cells learn while it runs: charges of every cell, the STDP rule and the teacher, all integers.

docs/stdp.md is the contract. The rule is simplified stochastic STDP of binary cells (Suri et al., IEEE TED 60, 2402,
2013): an output spike potentiates lines that spiked not long ago, depresses the others, each cell with a probability.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spikecim.engines.plastic_rule import StdpRule
from spikecim.engines.plastic_teacher import Teacher
from spikecim.errors import EngineError, ParameterError
from spikecim.program import Program
from spikecim.spikes import SpikeTrains

if TYPE_CHECKING:
    from spikecim.engines.plastic_record import PlasticRecord

EXCITATORY, INHIBITORY = 0, 1
HRS, LRS = 0, 1
_LIMIT = 2**31 - 1


@dataclass(frozen=True, kw_only=True)
class PlasticProgram:
    """One layer of binary cells that STDP writes.

    Cell (line, neuron, side, k) has side 0 (excitatory) or 1 (inhibitory). Its write number c takes entry
    ``c % n_pool`` of the charges drawn for the state it is written to; number 0 is how it was programmed at first.

    Attributes
    ----------
    program : Program
        Neurons, window, comparator, read noise. `delta_s` is None: a learning presentation lasts its whole window.
        `charge` holds the sums of the cells as they are now.
    pool : int32 (2, 2, n_in, n_out, 2, n_cells, n_pool)
        Signed electrons that a cell adds to its neuron: [sign of the input spike: 0 is +, 1 is -][state: 0 HRS, 1 LRS].
    drawn : int64 (2, n_in, n_out, 2, n_cells, n_pool)
        Electrons that flow through a cell in one read, by state, for the energy ledger.
    lrs : bool (n_in, n_out, 2, n_cells)
        State of every cell.
    writes : int64 (n_in, n_out, 2, n_cells)
        Writes of every cell so far.
    rule : StdpRule
    seed : int
        64-bit key of the draws that decide which cells switch.
    """

    program: Program
    pool: NDArray[np.int32]
    drawn: NDArray[np.int64]
    lrs: NDArray[np.bool_]
    writes: NDArray[np.int64]
    rule: StdpRule
    seed: int

    @property
    def n_in(self) -> int:
        return self.program.n_in

    @property
    def n_out(self) -> int:
        return self.program.n_out

    @property
    def n_cells(self) -> int:
        """Cells on one side of a synapse."""
        return int(self.lrs.shape[3])

    @property
    def n_pool(self) -> int:
        return int(self.pool.shape[-1])

    def weights(self) -> NDArray[np.int64]:
        """LRS cells of the excitatory side minus those of the inhibitory side, (n_in, n_out)."""
        count: NDArray[np.int64] = self.lrs.sum(-1, dtype=np.int64)
        return count[..., EXCITATORY] - count[..., INHIBITORY]

    def cell_charges(self) -> NDArray[np.int32]:
        """Electrons each cell adds now per input spike of each sign, (2, n_in, n_out, 2, n_cells)."""
        return np.stack([_pick(self.pool[sign], self.lrs, self.writes) for sign in (0, 1)])

    def frozen(self, delta_s: int | None = None) -> Program:
        """The cells as they are now as a plain program that learns nothing, with early stop at `delta_s`."""
        rows = _pick(self.drawn, self.lrs, self.writes).sum((1, 2, 3))
        return self.program.with_(charge=_table(self), row_electrons=rows, delta_s=delta_s)

    def after(self, record: PlasticRecord) -> PlasticProgram:
        """The same chip with the cells that `record` left behind; a run in two parts is as good as one."""
        return self.with_(lrs=record.lrs, writes=record.writes)

    def with_(self, **changes: Any) -> PlasticProgram:
        """Return a checked copy with other values; the charge table follows the cells.

        Raises
        ------
        ParameterError
            As `check`.
        """
        changed = replace(self, **changes)
        changed._check_shapes()
        return replace(changed, program=changed.frozen()).check()

    def check(self) -> PlasticProgram:
        """Return self, or raise ParameterError naming the first field that breaks the contract."""
        self._check_shapes()
        self.program.check()
        self.rule.check()
        if self.program.delta_s is not None:
            raise ParameterError("plastic program: delta_s must be None; a presentation that learns runs its window")
        if self.writes.min() < 0:
            raise ParameterError("plastic program: writes must not be negative")
        if (self.program.charge != _table(self)).any():
            raise ParameterError("plastic program: program.charge is not the sum of the cells; build it with with_()")
        if (self.most_charge() > _LIMIT).any():
            raise ParameterError("plastic program: charges of one tick plus the rail may exceed 2**31 - 1 electrons")
        return self

    def most_charge(self) -> NDArray[np.int64]:
        """Largest charge that one tick can bring to each neuron in any state of its cells, rail included, (n_out,)."""
        largest = np.abs(self.pool.astype(np.int64)).max((0, 1, 6)).sum((2, 3))
        noise = 2 * self.program.read_noise.astype(np.int64)
        rail = np.maximum(self.program.rail_high, self.program.rail_low).astype(np.int64)
        total: NDArray[np.int64] = (largest + noise).sum(0) + rail
        return total

    def check_run(self, trains: SpikeTrains, teacher: Teacher) -> None:
        """Raise EngineError if `trains` or `teacher` do not fit this program."""
        self.program.check_trains(trains)
        teacher.check(trains.n_samples, self.n_out)
        drive = np.abs(teacher.drive.astype(np.int64)).max(0, initial=0)
        if (self.most_charge() + drive > _LIMIT).any():
            raise EngineError(
                "teacher: a pulse of the drive plus the charges of one tick may exceed 2**31 - 1 electrons"
            )

    def _check_shapes(self) -> None:
        n_in, n_out = self.program.n_in, self.program.n_out
        cells = (n_in, n_out, 2, self.lrs.shape[-1])
        if 0 in self.pool.shape or self.lrs.shape != cells:
            raise ParameterError(f"plastic program: lrs must have shape {cells}, got {self.lrs.shape}")
        for name, shape in {
            "writes": cells,
            "pool": (2, 2, *cells, self.n_pool),
            "drawn": (2, *cells, self.n_pool),
        }.items():
            if getattr(self, name).shape != shape:
                raise ParameterError(
                    f"plastic program: {name} must have shape {shape}, got {getattr(self, name).shape}"
                )


def _table(plastic: PlasticProgram) -> NDArray[np.int32]:
    table: NDArray[np.int32] = plastic.cell_charges().sum((3, 4), dtype=np.int64).astype(np.int32)
    return table


def _pick(pool: NDArray[Any], lrs: NDArray[np.bool_], writes: NDArray[np.int64]) -> NDArray[Any]:
    """Entries of `pool` (2, ..., n_pool) that cells (...) in their state hold after their writes."""
    of_state = np.where(lrs[..., None], pool[LRS], pool[HRS])
    return np.take_along_axis(of_state, (writes % pool.shape[-1])[..., None], -1)[..., 0]
