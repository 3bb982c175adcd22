"""Figure: every cell of a programmed array as a pixel, its resistance as grey, where the array has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spikecim.devices.oxram import Cells
from spikecim.reports.style import new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def cell_image(cells: Cells) -> Figure:
    """Draw `cells` (n_in, n_out, n_cells): a line for each row, the cells of a weight side by side; dark is LRS."""
    n_in, n_out, n_cells = cells.resistance.shape
    logs = np.log10(cells.resistance).reshape(n_in, n_out * n_cells)
    with styled():
        figure = new_figure(float(np.clip(1.2 + 0.03 * n_in, 2.4, 8.0)))
        axes = figure.subplots()
        # Limits by quantile: a single cell far off would leave all others one grey.
        low, high = np.quantile(logs, [0.002, 0.998])
        picture = axes.imshow(
            logs, cmap="gray", vmin=low, vmax=max(high, low + 0.01), aspect="auto", interpolation="nearest"
        )
        for edge in range(1, n_out):
            axes.axvline(edge * n_cells - 0.5, color="white", linewidth=1.6)
        axes.set_xticks([(neuron + 0.5) * n_cells - 0.5 for neuron in range(n_out)], [str(n) for n in range(n_out)])
        axes.tick_params(length=0)
        axes.set_xlabel(f"Neuron, {n_cells} cells of each weight side by side")
        axes.set_ylabel("Row")
        axes.set_title("Resistance of every cell")
        for side in axes.spines.values():
            side.set_visible(False)
        bar = figure.colorbar(picture, ax=axes, shrink=0.6, pad=0.02)
        decades = np.arange(np.ceil(low), np.floor(high) + 1)
        bar.set_ticks(decades.tolist(), labels=[_ohm(10.0**decade) for decade in decades])
        bar.outline.set_visible(False)
    return figure


def _ohm(value: float) -> str:
    for scale, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= scale:
            return f"{value / scale:g} {prefix}Ω"
    return f"{value:g} Ω"
