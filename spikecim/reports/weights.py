"""Figure: the weights that were stored, and the weights that the neurons feel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spikecim.neurons.dual_threshold import unit_electrons
from spikecim.reports.style import CHIP, INK, MUTED, RULE, SECOND, new_figure, note, strokes, styled, y_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from spikecim.results.run import RunResult

_MAPS = 10  # neurons drawn as maps at most


def effective_weights(run: RunResult) -> NDArray[np.float64]:
    """Charge of one positive input spike in weight units, (n_in, n_out)."""
    return run.program.charge[0] / unit_electrons(run.chip.neuron, run.chip.injectors.full_weight.value)


def weights(run: RunResult) -> Figure:
    """Draw both weight sets as maps of the input grid, and the error of every weight by its level."""
    stored, felt = run.network.weights.astype(float), effective_weights(run)
    shown = min(_MAPS, run.program.n_out)
    with styled():
        figure = new_figure(3.9)
        figure.set_layout_engine("constrained", w_pad=0.02, h_pad=0.03)
        halves = figure.add_gridspec(2, 1, height_ratios=(1.05, 2.1))
        grid = halves[0].subgridspec(2, shown, wspace=0.04, hspace=0.06)
        for row, (name, values) in enumerate((("stored", stored), ("felt", felt))):
            for neuron in range(shown):
                axes = figure.add_subplot(grid[row, neuron])
                _map(axes, values[:, neuron], float(np.abs(stored).max(initial=1)))
                axes.set_xlabel("pixels", visible=False)
                axes.set_ylabel(name if neuron == 0 else "", fontsize=8.5)
                if row == 0:
                    axes.set_title(str(neuron), loc="center", pad=3, fontsize=8.5, color=MUTED)
        _errors(figure.add_subplot(halves[1]), stored.ravel(), (felt - stored).ravel())
    return figure


def _map(axes: Axes, values: NDArray[np.float64], full: float) -> None:
    """Blue pulls up, orange pulls down; transparent is zero, so that it fits on any paper."""
    from matplotlib.colors import to_rgb

    side = round(len(values) ** 0.5)
    grid = (values if side * side == len(values) else np.pad(values, (0, (side + 1) ** 2 - len(values)))).reshape(-1)
    side = round(len(grid) ** 0.5)
    image = np.empty((side, side, 4))
    image[..., :3] = np.where(grid.reshape(side, side, 1) > 0, to_rgb(CHIP), to_rgb(SECOND))
    image[..., 3] = np.clip(np.abs(grid.reshape(side, side)) / full, 0, 1)
    axes.imshow(image, interpolation="none")
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set(visible=True, color=RULE)


def _errors(axes: Axes, stored: NDArray[np.float64], error: NDArray[np.float64]) -> None:
    """One hairline per weight; a dot and a bar for mean and standard deviation of each level."""
    levels = np.unique(stored)
    reach = 1.15 * max(float(np.abs(error).max()), 0.05)
    axes.axhline(0, color=MUTED, linewidth=0.7)
    x, y = np.repeat(np.column_stack([stored - 0.3, stored + 0.1]), 1, 0), error
    flat = np.column_stack([x, np.full(len(y), np.nan)]).ravel()
    axes.plot(flat, np.repeat(y, 3), color=CHIP, linewidth=0.5, alpha=0.55)
    for level in levels:
        own = error[stored == level]
        strokes(axes, [level + 0.26], [own.mean() - own.std()], [own.mean() + own.std()], color=INK, linewidth=1.4)
        axes.plot(level + 0.26, own.mean(), "o", color=INK, markersize=3.6)
        note(axes, f"{own.std():.2f}", (level, 1.0), (0, -3), xycoords=("data", "axes fraction"), ha="center", va="top")
    axes.set(ylim=(-reach, 1.3 * reach), xticks=levels)
    axes.set_xlabel("Stored weight (levels); above: standard deviation of its error")
    axes.grid(axis="y")
    y_title(axes, "Felt minus stored (levels)")
