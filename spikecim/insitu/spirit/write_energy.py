"""What single-cell writes cost: pulses times a table of pJ (write_energy.toml); parts sum to the total."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated

from spikecim.errors import ParameterError
from spikecim.parameters import Parameter, Quantity, Section, read_section
from spikecim.toml import read_toml

PICO = 1e12
ENDS = ("low", "typical", "high")
WRITE_PARTS = ("set", "reset", "lines", "verify", "supply_loss")
Joules = Annotated[Parameter[float], Quantity("joule", 0.0, 1.0)]


class WriteTable(Section):
    """Joules of one write pulse.

    Attributes
    ----------
    set_pulse, reset_pulse
        Through the cell and its transistor.
    line_swing
        Lines of the cell, charged once for every pulse.
    verify_read
        The read after every pulse of write-verify; none where one pulse is all.
    supply_efficiency
        Share of the supply's energy that reaches the array at the programming voltage; reads need no such voltage.
    """

    set_pulse: Joules
    reset_pulse: Joules
    line_swing: Joules
    verify_read: Joules
    supply_efficiency: Annotated[Parameter[float], Quantity("dimensionless", 1e-3, 1.0)]

    def check(self) -> None:
        for name in type(self).model_fields:
            if getattr(self, name).range is None:
                raise ParameterError(f"{name}: has no range; write range = [low, high]")


class WriteFile(Section):
    """The table with its title and the citations of its sources."""

    title: str
    sources: dict[str, str]
    table: WriteTable


@dataclass(frozen=True, kw_only=True)
class WriteCounts:
    """Pulses of a learning, or of a programming: whole numbers, or means over chips."""

    set_pulses: float
    reset_pulses: float
    verify_reads: float

    def __post_init__(self) -> None:
        for name, count in vars(self).items():
            if count < 0:
                raise ParameterError(f"{name} {count}: must not be negative")


@dataclass(frozen=True, kw_only=True)
class WriteLedger:
    """Energy of writes in pJ.

    Attributes
    ----------
    parts : dict of float
        One entry for each of `WRITE_PARTS`.
    """

    parts: dict[str, float]

    @property
    def total_pj(self) -> float:
        """Sum of the parts, in their order."""
        return sum(self.parts[name] for name in WRITE_PARTS)


def write_file(path: Path | None = None) -> WriteFile:
    """The shipped table, or the one at `path`.

    Raises
    ------
    ParameterError
        If a file cannot be read, or a number of it lacks unit, status, source or range.
    """
    if path is not None:
        return read_section(WriteFile, read_toml(path, str(path), "a table of write energies"), str(path))
    text = (resources.files("spikecim.insitu.spirit") / "write_energy.toml").read_text(encoding="utf-8")
    return read_section(WriteFile, tomllib.loads(text), "write_energy.toml")


def account_writes(counts: WriteCounts, table: WriteTable, end: str = "typical") -> WriteLedger:
    """Multiply `counts` by the table, at its values or at one end of all its ranges.

    Raises
    ------
    ParameterError
        If `end` is not one of `ENDS`.
    """
    if end not in ENDS:
        raise ParameterError(f"end {end!r} is unknown; allowed: {', '.join(ENDS)}")
    at = {name: _at(getattr(table, name), end) for name in type(table).model_fields}
    # A better supply is the cheaper end.
    turned = {"low": "high", "high": "low"}.get(end, end)
    efficiency = _at(table.supply_efficiency, turned)
    pulses = counts.set_pulses + counts.reset_pulses
    parts = {
        "set": counts.set_pulses * at["set_pulse"] * PICO,
        "reset": counts.reset_pulses * at["reset_pulse"] * PICO,
        "lines": pulses * at["line_swing"] * PICO,
        "verify": counts.verify_reads * at["verify_read"] * PICO,
    }
    raised = parts["set"] + parts["reset"] + parts["lines"]
    return WriteLedger(parts={**parts, "supply_loss": raised * (1.0 / efficiency - 1.0)})


def _at(parameter: Parameter[float], end: str) -> float:
    if end == "typical" or parameter.range is None:
        return parameter.value
    return parameter.range[0 if end == "low" else 1]
