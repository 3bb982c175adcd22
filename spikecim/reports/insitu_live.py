"""The learning curves of a study that still runs, as a figure that is drawn again as they grow."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from spikecim.reports.figure_files import write_png
from spikecim.reports.insitu_wording import device_name, rule_name
from spikecim.reports.style import CHIP, MUTED, SMALL, THIRD, new_figure, png_of, styled, y_title
from spikecim.results.insitu_live import LiveRun

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LIVE = "live.png"
# At most so often, s, and no more than one part in so many of the time: it is better spent on training.
_PAUSE_S, _SHARE = 10.0, 30.0
_SHOWN = 8
_STROKES = ("-", (0, (4, 2)), (0, (1, 1)), (0, (5, 1, 1, 1)))


@dataclass(kw_only=True, eq=False, init=False)
class LiveFigure:
    """Draws ``live.png`` in the folder `out` each time it is called, but not too often."""

    out: Path
    pause_s: float

    def __init__(self, out: Path, pause_s: float = _PAUSE_S) -> None:
        self.out, self.pause_s = Path(out), pause_s
        self._next = -math.inf

    def __call__(self, curves: tuple[LiveRun, ...]) -> None:
        began = time.monotonic()
        if began < self._next:
            return
        write_png(png_of(live(curves)), self.out / LIVE)
        now = time.monotonic()
        self._next = now + max(self.pause_s, _SHARE * (now - began))


def live(curves: tuple[LiveRun, ...]) -> Figure:
    """Validation accuracy against the epoch: the latest trainings by name, those before them in grey."""
    from matplotlib.ticker import MaxNLocator

    latest, before = curves[-_SHOWN:], curves[:-_SHOWN]
    with styled():
        figure = new_figure(2.6 + 0.17 * len(latest))
        axes = figure.subplots()
        for curve in before:
            axes.plot(*_line(curve), color=MUTED, linewidth=0.5, alpha=0.3)
        for place, curve in enumerate(latest):
            colour = (CHIP, THIRD)[place // len(_STROKES) % 2]
            axes.plot(
                *_line(curve),
                color=colour,
                linestyle=_STROKES[place % len(_STROKES)],
                linewidth=1.2,
                marker="o",
                markersize=2.5,
                label=f"{curve.phase}: {device_name(curve.device)}, {rule_name(curve.rule)}, rate {curve.rate:g}, "
                f"seed {curve.seed}",
            )
        y_title(axes, f"Validation accuracy (%), {len(curves):,} trainings so far")
        axes.set_xlabel("Epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.grid(axis="y")
        figure.legend(loc="outside lower left", frameon=False, fontsize=SMALL - 1, handlelength=2.6)
        return figure


def _line(curve: LiveRun) -> tuple[list[int], list[float]]:
    return [point.epoch for point in curve.points], [100.0 * point.validation for point in curve.points]
