"""Figure: energy of an image on one axis, under both readings of the published figure and both formal baselines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spikecim.energy.table import READINGS
from spikecim.reports.style import CHIP, INK, MUTED, PAPER, PUBLISHED, RULE, SECOND, new_figure, note, styled, y_title
from spikecim.reports.wording import published, significant

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from spikecim.results.reproduction import Reproduction

_SCOPES = {"core": "core", "chip": "chip"}
_READ_AS = {"per-synaptic-event": "per synaptic event", "per-input-spike": "per input spike"}


def baselines(rep: Reproduction) -> Figure:
    """Draw nJ per image: the chip (mean, 5-95 % of images) and the formal-coded network (both scaling rules)."""
    macs = rep.median.program.n_in * rep.median.program.n_out
    with styled():
        figure = new_figure(3.7)
        axes = figure.subplots()
        names: list[str] = []
        for reading in READINGS:
            for scope, what in _SCOPES.items():
                nj = rep.median.ledger(reading=reading).per_sample(scope) / 1000
                _chip_row(axes, len(names), nj, solid=scope == "core")
                names.append(f"{what}, {_READ_AS[reading]}")
        for what, pj in (("bare 8-bit MACs", rep.mac.bare_pj), ("8-bit MACs and memory", rep.mac.with_memory_pj)):
            _formal_row(axes, len(names), macs * pj[0] / 1000, macs * pj[1] / 1000)
            names.append(what)
        _claim(axes, rep, len(names))
        axes.axhline(3.5, color=RULE, linewidth=0.8)
        axes.set_xscale("log")
        low, high = axes.get_xlim()
        axes.set_xlim(low / 2, high)
        axes.xaxis.set_major_formatter("{x:g}")
        axes.set_yticks(range(len(names)), names, va="center")
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x")
        axes.set_xlabel("Energy per image (nJ)")
        y_title(axes, "Chip (dots), formal coding (bars)")
    return figure


def _chip_row(axes: Axes, row: int, nj: NDArray[np.float64], *, solid: bool) -> None:
    mean, (low, high) = float(nj.mean()), np.percentile(nj, [5, 95])
    if mean <= 0:
        return
    axes.plot([max(low, 1e-6), high], [row, row], color=CHIP, linewidth=1.4)
    axes.plot(mean, row, "o", color=CHIP, markersize=7, markerfacecolor=CHIP if solid else PAPER, markeredgewidth=1.4)
    note(axes, significant(mean), (mean, row), (0, 6), ha="center", color=CHIP)


def _formal_row(axes: Axes, row: int, low: float, high: float) -> None:
    axes.barh(row, high - low, left=low, height=0.3, color=SECOND, alpha=0.75)
    text = f"{significant(low)} to {significant(high)}"
    note(axes, text, (low, row), (-6, 0), ha="right", va="center", box=True)


def _claim(axes: Axes, rep: Reproduction, n_rows: int) -> None:
    """Where formal coding would have to lie for the published gain over the core."""
    gain = {row.id: row.published for row in rep.rows}.get("energy_gain_formal")
    core = float(rep.median.ledger(reading=READINGS[0]).per_sample("core").mean()) / 1000
    if rep.banner or gain is None or core <= 0:
        return
    axes.plot([gain * core] * 2, [3.6, n_rows - 0.55], color=PUBLISHED, linewidth=1.6)
    note(axes, f"{published(gain)}× core", (gain * core, 3.6), (4, -10), color=PUBLISHED)
    axes.plot([core] * 2, [0.25, n_rows - 0.55], color=MUTED, linewidth=0.7, linestyle=(0, (3, 2)))
