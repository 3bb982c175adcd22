"""What a cell device comes to: both states of many programmed cells, what verify leaves outside, spread over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.devices.oxram import Cells, OxramSpec, SlcOxram
from spikecim.devices.relaxation import draw_relaxation
from spikecim.parameters import switched_on

FloatArray = NDArray[np.float64]
_PATH = "portrait"
_TIMES = 25


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Relaxation of programmed cells: standard deviation of the change of ln G at `times` (n,), by state."""

    times: FloatArray
    lrs: FloatArray
    hrs: FloatArray


@dataclass(frozen=True, kw_only=True)
class Portrait:
    """A device in figures.

    Attributes
    ----------
    spec : OxramSpec
    cells : Cells
        Programmed cells (n,), one half towards LRS and one towards HRS.
    mean_us : tuple of float
        Mean conductance of LRS and of HRS cells that are not stuck, in microsiemens.
    spread : Spread or None
        Where the device has a relaxation table switched on.
    """

    spec: OxramSpec
    cells: Cells
    mean_us: tuple[float, float]
    spread: Spread | None

    def resistance(self, *, low: bool) -> FloatArray:
        """Ohms of the cells programmed towards LRS (`low`) or HRS."""
        return self.cells.resistance[self.cells.target == low]

    @property
    def window_ratio(self) -> float:
        """HRS median over LRS median."""
        return self.spec.hrs.median.value / self.spec.lrs.median.value

    @property
    def worst_ratio(self) -> float:
        """What lies between all but one in a hundred: 1 % quantile of HRS over 99 % quantile of LRS."""
        return float(np.quantile(self.resistance(low=False), 0.01) / np.quantile(self.resistance(low=True), 0.99))

    def outside(self, *, low: bool) -> float:
        """Share of cells programmed towards LRS (`low`) or HRS that end outside their window."""
        return float((~self.cells.verified[self.cells.target == low]).mean())


def portrait(spec: OxramSpec, *, n_cells: int = 20_000, seed: int = 0) -> Portrait:
    """Program `n_cells` cells of `spec` and follow them."""
    cell = SlcOxram(spec=spec)
    cells = cell.program(np.arange(n_cells) % 2 == 0, seed, _PATH)
    lrs, hrs = cell.mean_conductance(0.0)
    return Portrait(spec=spec, cells=cells, mean_us=(lrs * 1e6, hrs * 1e6), spread=_spread(cell, cells, seed))


def _spread(cell: SlcOxram, cells: Cells, seed: int) -> Spread | None:
    law = switched_on(cell.spec.relaxation)
    if law is None:
        return None
    low = cell.in_lrs(cells.resistance)
    walk = draw_relaxation(law, cells.resistance, low, seed, _PATH)
    first = min(law.lrs.times.value[0], law.hrs.times.value[0])
    times = np.geomspace(first, law.horizon.value, _TIMES)
    times[-1] = law.horizon.value
    found = np.array([[shift[low].std(), shift[~low].std()] for shift in map(walk.log_shift, times.tolist())])
    return Spread(times=times, lrs=found[:, 0], hrs=found[:, 1])
