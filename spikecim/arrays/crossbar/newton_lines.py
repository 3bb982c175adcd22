"""Wires as operators on cell currents: what voltage the lines take from each cell, one running sum per line.

A line fed or sensed at one end, with resistance `end` there and `segment` beside each cell, drops at cell k
end * (all its currents) + segment * sum over m <= k of (currents from cell m on). No node is solved for, so any of the
resistances may be 0, and Kirchhoff's current law holds by construction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spikecim.arrays.crossbar.wires import Wires

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Line:
    """All lines of one direction: `axis` they run along, ohm at their end and per segment, which end is live."""

    axis: int
    end: float
    segment: float
    last_first: bool

    def drop(self, current: Floats) -> Floats:
        """Voltage (V) lost on the way to each cell, for cell currents (..., n_rows, n_cols) in ampere."""
        if self.last_first:
            return np.flip(self._drop(np.flip(current, self.axis)), self.axis)
        return self._drop(current)

    def _drop(self, current: Floats) -> Floats:
        onward = np.flip(np.cumsum(np.flip(current, self.axis), self.axis), self.axis)
        lost = self.segment * np.cumsum(onward, self.axis)
        if self.end:
            lost += self.end * np.take(onward, [0], self.axis)
        return lost

    @property
    def ideal(self) -> bool:
        """Whether the line loses nothing."""
        return self.end == 0.0 and self.segment == 0.0


@dataclass(frozen=True, kw_only=True)
class Lines:
    """Both directions of an array: `supply` towards the drivers, `sum_line` towards the sense amplifiers."""

    supply: Line
    sum_line: Line

    @property
    def lossy(self) -> tuple[Line, ...]:
        """Those that lose anything."""
        return tuple(line for line in (self.supply, self.sum_line) if not line.ideal)

    def drop(self, current: Floats) -> Floats:
        """What all wires take from the voltage of each cell, in volt."""
        lossy = self.lossy
        if not lossy:
            return np.zeros_like(current)
        lost = lossy[0].drop(current)
        for line in lossy[1:]:
            lost += line.drop(current)
        return lost


def lines_of(wires: Wires) -> Lines:
    """The lines of an array with these wires."""
    gated = wires.kind == "gated"
    supply = Line(
        axis=-2 if gated else -1,
        end=wires.driver,
        segment=wires.source_segment if gated else wires.row_segment,
        last_first=wires.drive_end in ("right", "bottom"),
    )
    sum_line = Line(axis=-2, end=wires.sense, segment=wires.column_segment, last_first=wires.sense_end == "bottom")
    return Lines(supply=supply, sum_line=sum_line)
