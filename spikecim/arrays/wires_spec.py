"""Wires of a chip's arrays as data: resistances, ends, leaking transistors, and where the network lies in the array.

What each resistance is and which segments there are: `arrays.crossbar.wires` and docs/crossbar.md.
"""

from __future__ import annotations

from typing import Annotated

from spikecim.arrays.crossbar.wires import Wires
from spikecim.errors import ParameterError
from spikecim.parameters import Choice, Count, Parameter, Quantity, Section

PASSIVE, GATED = "passive", "gated"
MOST_LINES = 4096
Ohm = Annotated[Parameter[float], Quantity("ohm", 0.0, 1e6)]
Lines = Annotated[Parameter[int], Count(1, MOST_LINES)]
# Which ends a kind can be driven from, its own first.
_ENDS = {PASSIVE: ("left", "right"), GATED: ("top", "bottom")}
_SEGMENT_OF = {PASSIVE: "row_segment", GATED: "source_segment"}


def _none(unit: str) -> Parameter[float]:
    return Parameter(value=0.0, unit=unit, status="assumed", source="not given in the wires table: none")


def _choice(value: str, source: str) -> Parameter[str]:
    return Parameter(value=value, unit="choice", status="assumed", source=source)


class WiresSpec(Section):
    """The wires of one physical array; what a file leaves out is 0.

    Attributes
    ----------
    kind
        ``"passive"``: word lines drive the cells, all transistors conduct. ``"gated"``: each column has a source rail
        beside its sum rail, and the word line opens one row of transistors.
    row_segment, source_segment, column_segment
        One segment of a word line (passive), of a source rail (gated), of a bit line or sum rail (both).
    driver, sense
        Output and terminal resistance of a row driver (passive) or source rail driver (gated), and of a clamp.
    leak
        Conductance of a transistor that is switched off (gated).
    drive_end, sense_end
        Where the drivers and the clamps sit.
    rows, columns
        Lines of the whole array, if it is larger than what the network uses. The network then lies in the corner
        farthest from row drivers and clamps, the worst one; all other cells are in HRS, their columns clamped too.
    """

    kind: Annotated[Parameter[str], Choice((PASSIVE, GATED))]
    row_segment: Ohm = _none("ohm")
    source_segment: Ohm = _none("ohm")
    column_segment: Ohm = _none("ohm")
    driver: Ohm = _none("ohm")
    sense: Ohm = _none("ohm")
    leak: Annotated[Parameter[float], Quantity("siemens", 0.0, 1.0)] = _none("siemens")
    drive_end: Annotated[Parameter[str], Choice(("left", "right", "top", "bottom"))] | None = None
    sense_end: Annotated[Parameter[str], Choice(("bottom", "top"))] = _choice("bottom", "convention")
    rows: Lines | None = None
    columns: Lines | None = None

    def check(self) -> None:
        kind = self.kind.value
        idle = _SEGMENT_OF[GATED if kind == PASSIVE else PASSIVE]
        if getattr(self, idle).value > 0:
            raise ParameterError(f"{idle}: a {kind} array has no such segment; it has {_SEGMENT_OF[kind]}")
        if kind == PASSIVE and self.leak.value > 0:
            raise ParameterError("leak: a passive array has no transistors that are switched off; set kind to gated")
        if self.drive_end is not None and self.drive_end.value not in _ENDS[kind]:
            raise ParameterError(
                f"drive_end {self.drive_end.value}: a {kind} array is driven from {' or '.join(_ENDS[kind])}"
            )

    @property
    def exact(self) -> bool:
        """Whether nothing here has any effect on what the network's cells inject."""
        return not any(
            getattr(self, name).value
            for name in ("row_segment", "source_segment", "column_segment", "driver", "sense", "leak")
        )

    def wires(self, access_ohm: float) -> Wires:
        """The same for a solver; `access_ohm` is the transistor in series with every cell."""
        end = self.drive_end.value if self.drive_end is not None else _ENDS[self.kind.value][0]
        return Wires(
            kind=self.kind.value,
            row_segment=self.row_segment.value,
            source_segment=self.source_segment.value,
            column_segment=self.column_segment.value,
            driver=self.driver.value,
            sense=self.sense.value,
            drive_end=end,
            sense_end=self.sense_end.value,
            access=access_ohm,
            leak=self.leak.value,
        )

    def check_size(self, n_rows: int, n_cols: int) -> None:
        """Raise ParameterError if the array is smaller than the network's `n_rows` x `n_cols` cells."""
        for name, used in (("rows", n_rows), ("columns", n_cols)):
            given = getattr(self, name)
            if given is not None and given.value < used:
                raise ParameterError(
                    f"wires.{name} {given.value}: the network takes {used} {name} of cells; "
                    "give at least as many, or leave it out"
                )

    def size(self, n_rows: int, n_cols: int) -> tuple[int, int]:
        """Rows and columns of the whole array around a network of `n_rows` x `n_cols` cells."""
        rows, columns = self.rows, self.columns
        return n_rows if rows is None else rows.value, n_cols if columns is None else columns.value
