"""Figure: which digit is read as which."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spikecim.reports.style import CHIP, INK, MUTED, PAPER, RULE, SECOND, SMALL, new_figure, styled, y_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from spikecim.results.run import RunResult


def confusion_counts(run: RunResult) -> NDArray[np.int64]:
    """Images by (label, decision), (n_classes, n_classes)."""
    n = max(run.program.n_out, int(run.labels.max(initial=0)) + 1)
    counts = np.zeros((n, n), np.int64)
    np.add.at(counts, (run.labels.astype(np.int64), run.record.winners.astype(np.int64)), 1)
    return counts


def confusion(run: RunResult) -> Figure:
    """Draw the confusion matrix in percent of each label's images; the last column counts them."""
    counts = confusion_counts(run)
    n, total = len(counts), counts.sum(1)
    share = 100 * counts / np.maximum(total, 1)[:, None]
    with styled():
        figure = new_figure(4.05)
        axes = figure.subplots()
        for label, decision in np.argwhere(counts > 0):
            _cell(axes, int(label), int(decision), float(share[label, decision]))
        for label in range(n):
            axes.text(n - 0.3, label, f"{total[label]:,}", va="center", fontsize=SMALL, color=MUTED)
        axes.text(n - 0.3, -0.72, "images", va="center", fontsize=SMALL, color=MUTED)
        axes.set(xlim=(-0.5, n + 0.6), ylim=(n - 0.5, -0.5), aspect="equal", xticks=range(n), yticks=range(n))
        axes.tick_params(length=0)
        axes.set_yticklabels(map(str, range(n)), va="center")
        axes.spines[:].set_visible(False)
        axes.hlines(np.arange(n + 1) - 0.5, -0.5, n - 0.5, color=RULE, linewidth=0.5, zorder=0)
        axes.vlines(np.arange(n + 1) - 0.5, -0.5, n - 0.5, color=RULE, linewidth=0.5, zorder=0)
        axes.set_xlabel("Read by the chip as")
        y_title(axes, "Label; share of its images (%)")
    return figure


def _cell(axes: Axes, label: int, decision: int, percent: float) -> None:
    """A cell as dark as its share; mistakes in another colour, darker for what they are rare."""
    from matplotlib.patches import Rectangle

    right = label == decision
    strength = percent / 100 if right else min(0.65, percent / 25)
    corner = (decision - 0.46, label - 0.46)
    axes.add_patch(
        Rectangle(corner, 0.92, 0.92, color=CHIP if right else SECOND, alpha=max(0.06, strength), linewidth=0)
    )
    text = f"{percent:.0f}" if percent >= 0.5 else "·"
    colour = PAPER if right and strength > 0.55 else INK
    axes.text(decision, label, text, ha="center", va="center", fontsize=SMALL, color=colour)
