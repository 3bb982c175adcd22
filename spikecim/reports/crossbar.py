"""An array read once, for the terminal, as JSON and as a picture: what the wires take."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from spikecim.arrays.crossbar.reading import Reading
from spikecim.arrays.crossbar.wires import Wires
from spikecim.reports.style import new_figure, styled
from spikecim.units import format_quantity

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType
    from rich.table import Table

_COLUMNS_SHOWN = 8


def crossbar_summary(reading: Reading) -> list[RenderableType]:
    """What the array is, what it loses, and some of its columns under the first vector."""
    from rich.text import Text

    n_rows, n_cols = reading.crossbar.shape
    open_cells = int((reading.crossbar.conductance == 0.0).sum())
    solution, law = reading.solution, reading.crossbar.iv
    facts = _grid()
    facts.add_row("Array", f"{n_rows} x {n_cols} cells, {reading.crossbar.wires.kind}" + _open(open_cells))
    facts.add_row("Wires", _wires_text(reading.crossbar.wires))
    facts.add_row("Cells", "Ohm's law" if law is None else law.label)
    facts.add_row("Input vectors", f"{len(reading.inputs):,}")
    facts.add_row("Current lost to the wires", f"{100 * reading.loss:.3g} % of the ideal sum")
    facts.add_row("Worst column", f"off by {100 * reading.largest_error:.3g} % of the largest ideal current")
    facts.add_row("Worst voltage drop", f"{100 * solution.worst_drop:.3g} % of the drive voltage")
    facts.add_row("Kirchhoff missed by", f"{solution.residual:.1e} of the drive voltage ({solution.method})")
    return [facts, Text("Column currents, first input vector:"), _currents(reading)]


def crossbar_json(reading: Reading) -> dict[str, Any]:
    """The same as plain data in SI, with all columns of all vectors."""
    wires, (n_rows, n_cols) = reading.crossbar.wires, reading.crossbar.shape
    law = reading.crossbar.iv
    return {
        "rows": n_rows,
        "columns": n_cols,
        "wires": {field.name: getattr(wires, field.name) for field in fields(Wires)},
        "law": "ohm" if law is None else law.label,
        "read_voltage": reading.read_voltage,
        "vectors": len(reading.inputs),
        "method": reading.solution.method,
        "residual": reading.solution.residual,
        "worst_drop": reading.solution.worst_drop,
        "loss": reading.loss,
        "largest_error": reading.largest_error,
        "currents": reading.solution.currents.tolist(),
        "ideal_currents": reading.ideal.tolist(),
    }


def drop_figure(reading: Reading) -> Figure:
    """Draw the share of the drive voltage missing at each cell under the first input vector; dark is much."""
    n_rows, n_cols = reading.crossbar.shape
    lost = 100.0 * reading.drop()
    with styled():
        figure = new_figure(float(np.clip(1.3 + 3.0 * n_rows / n_cols, 1.8, 5.0)))
        axes = figure.subplots()
        picture = axes.imshow(
            lost, cmap="Greys", vmin=0.0, vmax=max(float(lost.max()), 1e-9), aspect="auto", interpolation="nearest"
        )
        axes.set_xlabel("Column")
        axes.set_ylabel("Row")
        axes.set_title("Voltage missing at each cell (% of the drive voltage)")
        axes.locator_params(integer=True, nbins=5)
        for side in axes.spines.values():
            side.set_visible(True)
        bar = figure.colorbar(picture, ax=axes, shrink=0.8, pad=0.02)
        bar.outline.set_visible(False)
    return figure


def _grid() -> Table:
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    return table


def _open(count: int) -> str:
    return f", {count:,} of them open" if count else ""


def _wires_text(wires: Wires) -> str:
    parts = [
        f"{field.name.replace('_', ' ')} {format_quantity(getattr(wires, field.name), 'ohm')}"
        for field in fields(Wires)
        if field.name not in ("kind", "drive_end", "sense_end", "leak") and getattr(wires, field.name) > 0.0
    ]
    if wires.leak > 0.0:
        parts.append(f"leak {format_quantity(wires.leak, 'siemens')}")
    return f"{', '.join(parts) or 'ideal'}; driven at the {wires.drive_end}, sensed at the {wires.sense_end}"


def _currents(reading: Reading) -> Table:
    """Some columns evenly over the array, the first and the last among them."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD)
    for head in ("Column", "Current", "Ideal", "Share"):
        table.add_column(head, justify="right", no_wrap=True)
    n_cols = reading.crossbar.shape[1]
    for column in np.unique(np.linspace(0, n_cols - 1, min(n_cols, _COLUMNS_SHOWN)).round().astype(int)):
        real, ideal = float(reading.solution.currents[0, column]), float(reading.ideal[0, column])
        share = f"{100 * real / ideal:.4g} %" if ideal else "–"
        table.add_row(str(column), format_quantity(real, "ampere"), format_quantity(ideal, "ampere"), share)
    return table
