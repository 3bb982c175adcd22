"""What a read of each row finds: resistances of cells become conductances between read voltage and clamp.

Without wires and with ohmic cells that is 1 / (R + R_access). Rows are read one after another, on SPIRIT for every
spike of its serial link and on larger cores within a tick, so the transfer of single rows is exact for passive and
gated arrays alike; were several rows of a passive array driven at once, it would still be, by superposition.

Bent cells behind wires: first order. The linear array gives each cell its share of the read voltage, the cell's
conductance is taken there, and the array is solved once more. Newton's method (`crossbar.newton`) judges it in tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.crossbar.transfer import transfer_matrix
from spikecim.arrays.physical.passive import RowReads, read_passive
from spikecim.arrays.wires_spec import GATED, WiresSpec
from spikecim.devices.iv import IvSpec

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How one physical array is read.

    Attributes
    ----------
    volts : float
        Read voltage.
    access : float
        Ohm in series with each cell.
    wires : WiresSpec or None
    iv : IvSpec or None
    split : float
        Ohm at the limit of the two states: below it a cell bends as LRS.
    unused : float
        Siemens of an unused cell alone.
    """

    volts: float
    access: float
    wires: WiresSpec | None = None
    iv: IvSpec | None = None
    split: float = np.inf
    unused: float = 0.0

    @property
    def plain(self) -> bool:
        """Whether every cell is read as if it were alone and ohmic."""
        return self.wires is None and self.iv is None

    def read(self, resistance: FloatArray) -> RowReads:
        """Read arrays of cells (..., n_rows, n_cols) in ohm, row by row.

        Raises
        ------
        ParameterError
            If the array of the wires table is smaller.
        """
        shape = resistance.shape[-2], resistance.shape[-1]
        if self.wires is None:
            lone = self._at(resistance, self.volts)
            return RowReads(sensed=lone, drawn=lone.sum(-1))
        self.wires.check_size(*shape)
        return self.read_in(resistance, [self.wires.size(*shape)])[0]

    def read_in(self, resistance: FloatArray, sizes: Sequence[tuple[int, int]]) -> list[RowReads]:
        """The same in whole arrays of each of `sizes`, (rows, columns), whatever the wires table says of them."""
        lone = self._at(resistance, self.volts)
        first = self._wired(lone, sizes)
        if self.iv is None or self.wires is None or self.wires.exact:
            return first
        # What leaks through other rows adds to a small current: no cell sees more than the whole voltage.
        shares = [np.clip(found.sensed / lone, 0.0, 1.0) for found in first]
        local = [self._at(resistance, self.volts * share) for share in shares]
        return [self._wired(cells, [size])[0] for cells, size in zip(local, sizes, strict=True)]

    def _at(self, resistance: FloatArray, volts: FloatArray | float) -> FloatArray:
        """Conductance (...) of cell and transistor together at `volts` across both."""
        if self.iv is None:
            return 1.0 / (resistance + self.access)
        return self.iv.behind(1.0 / resistance, self.iv.bend(resistance < self.split), volts, self.access)

    def _wired(self, lone: FloatArray, sizes: Sequence[tuple[int, int]]) -> list[RowReads]:
        """Reads through the wires of cells that conduct `lone` (..., n_rows, n_cols) siemens with their transistors."""
        spec = self.wires
        assert spec is not None
        unused = float(self._at(np.array(1.0 / self.unused), self.volts)) if self.unused else 0.0
        if spec.kind.value == GATED:
            return [self._gated(lone, spec, size[0], unused) for size in sizes]
        if spec.exact:
            spare = [size[1] - lone.shape[-1] for size in sizes]
            return [RowReads(sensed=lone, drawn=lone.sum(-1) + columns * unused) for columns in spare]
        # The transistors are part of `lone` already.
        return read_passive(lone, spec.wires(0.0), sizes, unused)

    def _gated(self, lone: FloatArray, spec: WiresSpec, all_rows: int, unused: float) -> RowReads:
        """Columns share nothing; unused rows lie between the network's and the clamps, and leak."""
        if spec.exact:
            return RowReads(sensed=lone, drawn=lone.sum(-1))
        wires = spec.wires(self.access)
        *batch, n_rows, n_cols = lone.shape
        cells = np.full((*batch, all_rows, n_cols), unused)
        own = slice(0, n_rows) if wires.sense_end == "bottom" else slice(all_rows - n_rows, None)
        cells[..., own, :] = lone
        # Less the transistor, which the solver puts back, on or off.
        alone = cells / (1.0 - self.access * cells)
        sensed = transfer_matrix(alone, wires)[..., own, :]
        # A source rail has no other way out than its own clamp.
        return RowReads(sensed=sensed, drawn=sensed.sum(-1))
