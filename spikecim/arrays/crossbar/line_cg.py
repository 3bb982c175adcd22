"""Passive arrays by conjugate gradients with whole lines as preconditioner: a few steps, memory of a few arrays.

With W the potentials of all word lines for given bit lines, and C those of all bit lines for given word lines (each a
set of ladders, solved exactly), the array is the fixed point b = C(a), a = W(b). Both maps are symmetric in the inner
product <x, y> = sum of G x y, so b solves (C^-1 - W) b = W(0) by conjugate gradients preconditioned with C. C^-1 is
never applied: along with each b runs the a it came from, b = C(a). Hence every wire resistance may be 0, and cells may
be open.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.crossbar.lines import sense_currents
from spikecim.arrays.crossbar.wires import Wires
from spikecim.errors import CircuitError

Floats = NDArray[np.float64]
# Bit line potentials stop moving, as a share of the largest drive voltage; what still counts as solved; most steps.
GOAL, ENOUGH, STEPS = 1e-14, 2e-12, 400


@dataclass(frozen=True, kw_only=True, eq=False)
class LineCG:
    """A turned passive array, ready to be solved for any drive.

    Attributes
    ----------
    branches : float64 (n_rows, n_cols)
        Siemens of each cell with its transistor.
    wires : Wires
    steps : int
        Most steps for one drive.
    """

    branches: Floats
    wires: Wires
    steps: int = STEPS

    def potentials(self, volts: Floats) -> tuple[Floats, Floats, Floats]:
        """Word and bit line potentials (n_samples, n_rows, n_cols), column currents, for volts (n_samples, n_rows)."""
        from spikecim.arrays.crossbar.line_cg_kernel import factorise, iterate, solve_bits, solve_words

        cells, ohms = np.ascontiguousarray(self.branches), self._ohms()
        shares = factorise(cells, ohms)
        row, column = (np.empty((len(volts), *cells.shape)) for _ in range(2))
        for sample, drive in enumerate(np.ascontiguousarray(volts)):
            spread = np.ascontiguousarray(np.broadcast_to(drive[:, None], cells.shape))
            largest = float(np.abs(drive).max())
            column[sample], missing, steps = iterate(cells, shares, ohms, spread, (GOAL * largest, self.steps))
            self._check(missing, largest, (sample, steps))
            # Once around: each ladder leaves potentials whose small values have all their digits.
            solve_words(cells, shares[0], ohms, (drive, column[sample]), row[sample])
            solve_bits(cells, shares[1], ohms, row[sample], column[sample])
        return row, column, sense_currents(cells, row, column, ohms[2] + ohms[3])

    def _ohms(self) -> tuple[float, float, float, float]:
        wires = self.wires
        return wires.row_segment, wires.driver, wires.column_segment, wires.sense

    def _check(self, missing: float, largest: float, where: tuple[int, int]) -> None:
        if not missing <= ENOUGH * largest:
            raise CircuitError(
                f"line-cg: vector {where[0]} did not converge in {where[1]} steps (potentials still move by "
                f"{missing / largest if largest else missing:.1g} of the drive voltage, allowed {ENOUGH:g}); "
                "use method='block' or 'factor', or check conductance (S) and wires (ohm) for extreme values"
            )
