"""Multi-level devices for the terminal and as JSON: the library, and one device with its sources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from spikecim.devices.analog_cell import AnalogCell
from spikecim.devices.multilevel import MultiLevelCell
from spikecim.devices.slc_levels import SlcLevels
from spikecim.parameters import Section, walk
from spikecim.units import format_quantity

if TYPE_CHECKING:
    from rich.table import Table


def library_table(devices: Sequence[AnalogCell]) -> tuple[Table, dict[str, Any]]:
    """One line a device, and the same as plain data in SI."""
    table = plain_table("Device", "Window", "Levels", "Spread at top", "Stuck HRS / LRS", "I-V law")
    for cell in devices:
        window = f"{format_quantity(cell.g_min, 'siemens')} .. {format_quantity(cell.g_max, 'siemens')}"
        spread = float(cell.program_sd(cell.g_max)) / (cell.g_max - cell.g_min)
        stuck = " / ".join(f"{100 * share:.3g} %" for share in cell.stuck_shares)
        table.add_row(cell.name, window, str(cell.levels), f"{100 * spread:.3g} %", stuck, cell.iv.law.value)
    return table, {"devices": [_plain(cell) for cell in devices]}


def parameter_table(cell: AnalogCell) -> tuple[Table, dict[str, Any]]:
    """Every number of a device with status and source, and the same as plain data."""
    table = plain_table("Parameter", "Value", "Status", "Source")
    parts: list[tuple[str, Section]] = []
    if isinstance(cell, MultiLevelCell):
        parts = [("", cell.spec)]
    elif isinstance(cell, SlcLevels):
        parts = [("", cell.spec), ("cell.", cell.preset)]
    found = [(prefix + path, one) for prefix, section in parts for path, one in walk(section)]
    for path, one in found:
        table.add_row(path, one.text(), one.status, one.source)
    return table, {**_plain(cell), "parameters": {path: one.describe() for path, one in found}}


def _plain(cell: AnalogCell) -> dict[str, Any]:
    return {
        "name": cell.name,
        "g_min": cell.g_min,
        "g_max": cell.g_max,
        "levels": cell.levels,
        "read_voltage": cell.read_voltage,
        "rails": list(cell.rails),
        "stuck_shares": list(cell.stuck_shares),
        "law": cell.iv.law.value,
    }


def plain_table(*heads: str) -> Table:
    """A table with these `heads`, as all of devices look."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for place, head in enumerate(heads):
        table.add_column(head, no_wrap=place == 0, overflow="fold")
    return table
