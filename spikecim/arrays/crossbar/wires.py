"""What joins the cells of an array: resistance of every wire, terminal and transistor, and which ends are connected.

The two circuits and all conventions are drawn in docs/crossbar.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from spikecim.errors import ParameterError

KINDS = ("passive", "gated")
DRIVE_ENDS = {"passive": ("left", "right"), "gated": ("top", "bottom")}
SENSE_ENDS = ("bottom", "top")
# Wires that one of the two kinds does not have.
FOREIGN = {"passive": ("source_segment", "leak"), "gated": ("row_segment",)}


@dataclass(frozen=True, kw_only=True)
class Wires:
    """Resistances (ohm, each may be 0, which is exact) and connected ends of an array.

    Attributes
    ----------
    kind : str
        "passive": each row is a word line with its own driver. "gated": each column has a source rail beside its sum
        rail, and a row switches the transistors of its cells on.
    row_segment : float
        Passive: one piece of word line, before each cell seen from the driver, also before the first.
    source_segment : float
        Gated: one piece of source rail, before each cell seen from its driver, also before the first.
    column_segment : float
        One piece of bit line (passive) or sum rail (gated), after each cell seen towards the sense end, also the last.
    driver : float
        Output and terminal of each row driver (passive) or of each source rail's driver (gated).
    sense : float
        Input and terminal of each sense circuit, which holds its column at 0 V.
    drive_end : str
        Passive: "left" or "right"; gated: "top" or "bottom". Left out: "left", "top".
    sense_end : str
        "bottom" or "top".
    access : float
        Transistor (or selector) in series with each cell, switched on.
    leak : float
        Gated: conductance in siemens of a transistor that is switched off, in series with its cell.

    Raises
    ------
    ParameterError
        If a value is negative, not finite, or belongs to the other kind.
    """

    kind: str = "passive"
    row_segment: float = 0.0
    source_segment: float = 0.0
    column_segment: float = 0.0
    driver: float = 0.0
    sense: float = 0.0
    drive_end: str = ""
    sense_end: str = "bottom"
    access: float = 0.0
    leak: float = 0.0

    def __post_init__(self) -> None:
        _one_of("kind", self.kind, KINDS)
        if not self.drive_end:
            object.__setattr__(self, "drive_end", DRIVE_ENDS[self.kind][0])
        _one_of("drive_end", self.drive_end, DRIVE_ENDS[self.kind], f" of a {self.kind} array")
        _one_of("sense_end", self.sense_end, SENSE_ENDS)
        for name in (*RESISTANCES, "leak"):
            object.__setattr__(self, name, _checked(name, getattr(self, name)))
        for name in FOREIGN[self.kind]:
            if getattr(self, name) != 0.0:
                raise ParameterError(f"wires.{name} must be 0 in a {self.kind} array, got {getattr(self, name):g}")

    @property
    def ideal(self) -> bool:
        """No wire or terminal has any resistance (`access` may have)."""
        return not any(getattr(self, name) for name in RESISTANCES if name != "access")


RESISTANCES = tuple(field.name for field in fields(Wires) if field.type == "float" and field.name != "leak")


def _one_of(name: str, value: str, allowed: tuple[str, ...], where: str = "") -> None:
    if value not in allowed:
        raise ParameterError(f"wires.{name}{where} must be {' or '.join(map(repr, allowed))}, got {value!r}")


def _checked(name: str, value: float) -> float:
    what = "conductance in siemens" if name == "leak" else "resistance in ohm"
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not (math.isfinite(number) and number >= 0.0):
        raise ParameterError(f"wires.{name} must be a finite {what}, 0 or more, got {value!r}")
    return number
