"""Figure: core energy of every image, and by class: an average hides a long tail of time-outs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spikecim.reports.style import CHIP, INK, MUTED, RULE, SECOND, new_figure, note, styled, y_title
from spikecim.reports.wording import significant

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from spikecim.results.run import RunResult


def energy_images(run: RunResult) -> Figure:
    """Draw the distribution over images (decided and timed out) and the spread within each class."""
    nj = run.ledger().per_sample("core") / 1000
    late = ~run.record.decisions.reached[:, -1]
    with styled():
        figure = new_figure(4.7)
        top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(2, 3))
        _distribution(top, nj, late)
        for label in np.unique(run.labels):
            _class_row(bottom, int(label), nj[run.labels == label])
        bottom.set_ylim(run.labels.max() + 0.6, run.labels.min() - 0.6)
        bottom.set_yticks(np.unique(run.labels))
        bottom.tick_params(axis="y", length=0)
        bottom.set_xlim(0, 1.04 * max(float(nj.max()), 1e-6))
        bottom.grid(axis="x")
        bottom.set_xlabel("Core energy per image (nJ)")
        y_title(top, "Images per bin")
        y_title(bottom, "Label: median, 25–75 % and 5–95 % of its images")
    return figure


def _distribution(axes: Axes, nj: NDArray[np.float64], late: NDArray[np.bool_]) -> None:
    edges = np.linspace(0, max(float(nj.max()), 1e-6), 49).tolist()
    axes.hist([nj[~late], nj[late]], edges, stacked=True, color=[CHIP, SECOND], edgecolor="none")
    axes.set_ylim(0, 1.12 * float(np.histogram(nj, edges)[0].max()))
    median, mean = float(np.median(nj)), float(nj.mean())
    for value, name, height in ((median, "median", 0.97), (mean, "mean", 0.80)):
        axes.axvline(value, ymax=height, color=INK, linewidth=0.9)
        note(
            axes,
            f"{name} {significant(value)} nJ",
            (value, height),
            (4, 0),
            xycoords=("data", "axes fraction"),
            va="top",
        )
    if late.any():
        share = 100 * nj[late].sum() / max(nj.sum(), 1e-30)
        text = f"timed out: {100 * late.mean():.1f} % of images, {share:.0f} % of energy"
        note(axes, text, (1.0, 0.45), xycoords="axes fraction", ha="right", color=MUTED)


def _class_row(axes: Axes, label: int, nj: NDArray[np.float64]) -> None:
    low, first, middle, third, high = np.percentile(nj, [5, 25, 50, 75, 95])
    axes.plot([low, high], [label, label], color=RULE, linewidth=3)
    axes.plot([first, third], [label, label], color=CHIP, linewidth=3)
    axes.plot(middle, label, "o", color=INK, markersize=4)
